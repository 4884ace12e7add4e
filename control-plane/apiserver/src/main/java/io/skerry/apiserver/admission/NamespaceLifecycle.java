package io.skerry.apiserver.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.json.Json;
import java.util.List;
import java.util.Set;

/** Nothing is created in a namespace that is not there or that is going; the cluster's own namespaces stay. */
public final class NamespaceLifecycle implements Admission {
    private static final Set<String> IMMORTAL = Set.of("default", "kube-system", "kube-public");
    /** Reviews are answers, not objects, and are possible anywhere. */
    private static final Set<String> REVIEWS = Set.of("localsubjectaccessreviews");

    private final Store store;

    public NamespaceLifecycle(Store store) {
        this.store = store;
    }

    @Override
    public void admit(Call call, Operation operation, ObjectNode object, ObjectNode old) {
        var type = call.type();
        if (operation == Operation.DELETE) {
            String name = Json.text(old, "metadata", "name");
            if (type.is("", "namespaces") && IMMORTAL.contains(name)) {
                throw ApiException.forbidden("", "namespaces", name, "this namespace may not be deleted");
            }
            return;
        }
        if (operation != Operation.CREATE || !type.namespaced() || REVIEWS.contains(type.plural())) {
            return;
        }
        String namespace = call.info().namespace();
        ObjectNode present = store.tree("", "namespaces", namespace);
        if (present == null) {
            throw ApiException.notFound("", "namespaces", namespace);
        }
        if (Json.text(present, "status", "phase").equals("Terminating")) {
            ApiException forbidden = ApiException.forbidden(type.group(), type.plural(), Json.text(object, "metadata", "name"),
                    "unable to create new content in namespace " + namespace + " because it is being terminated");
            throw forbidden.withCauses(List.of(new ApiException.Cause("NamespaceTerminating", "namespace " + namespace + " is being terminated",
                    "metadata.namespace")));
        }
    }
}
