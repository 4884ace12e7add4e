package io.skerry.apiserver.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.registry.Call;

/**
 * One admission plug-in. It sees a write twice: after defaulting, when it may change the object, and after validation, when it may only
 * refuse, by throwing {@link io.skerry.apiserver.status.ApiException}.
 */
public interface Admission {

    /**
     * Before validation; may change the object of a create or update, or refuse.
     *
     * @param operation CREATE, UPDATE or DELETE
     * @param object    the new object, changed in place; for DELETE the present one, not to be changed
     * @param old       the present object, null for CREATE
     */
    default void admit(Call call, Operation operation, ObjectNode object, ObjectNode old) {
    }

    /** After validation, with the object as it would be stored, which is not to be changed any more; as {@link #admit}. */
    default void validate(Call call, Operation operation, ObjectNode object, ObjectNode old) {
    }

    /**
     * What is not stored itself: a POST of Binding, Eviction, TokenRequest and the reviews, or a CONNECT (exec, attach, port-forward). May change the
     * object of a POST, or refuse.
     *
     * @param call      names the pod or account that it is about, where there is one
     * @param operation CREATE or CONNECT
     */
    default void admitUnstored(Call call, Operation operation, ObjectNode object) {
    }

    enum Operation { CREATE, UPDATE, DELETE, CONNECT }
}
