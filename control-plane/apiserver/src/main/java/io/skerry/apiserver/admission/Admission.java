package io.skerry.apiserver.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.registry.Call;

/**
 * One admission plug-in: looks at a write after defaulting and before validation, may change the object on create and update, or
 * refuse by throwing {@link io.skerry.apiserver.status.ApiException}.
 */
public interface Admission {

    /**
     * @param operation CREATE, UPDATE or DELETE
     * @param object    the new object, changed in place; for DELETE the present one, not to be changed
     * @param old       the present object, null for CREATE
     */
    void admit(Call call, Operation operation, ObjectNode object, ObjectNode old);

    enum Operation { CREATE, UPDATE, DELETE }
}
