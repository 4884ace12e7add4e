package io.skerry.apiserver.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.Store;
import io.skerry.machinery.json.Json;
import java.util.Comparator;

/** DefaultStorageClass: a claim that names no class gets the one that is annotated as the default, the newest where there are several. */
public final class DefaultStorageClass implements Admission {
    private static final String ANNOTATION = "storageclass.kubernetes.io/is-default-class";

    private final Store store;

    public DefaultStorageClass(Store store) {
        this.store = store;
    }

    @Override
    public void admit(Call call, Operation operation, ObjectNode claim, ObjectNode old) {
        if (operation != Operation.CREATE || !call.type().is("", "persistentvolumeclaims") || !call.info().subresource().isEmpty()
                || Json.at(claim, "spec").has("storageClassName") || !Json.text(claim, "metadata", "annotations", "volume.beta.kubernetes.io/storage-class").isEmpty()) {
            return;
        }
        store.cache().resource("storage.k8s.io", "storageclasses").snapshot("").entries().stream().map(Entry::tree)
                .filter(c -> Json.text(c, "metadata", "annotations", ANNOTATION).equals("true"))
                .max(Comparator.comparing((ObjectNode c) -> Json.text(c, "metadata", "creationTimestamp"))
                        .thenComparing(c -> Json.text(c, "metadata", "name"), Comparator.reverseOrder()))
                .ifPresent(c -> Json.ensureObject(claim, "spec").put("storageClassName", Json.text(c, "metadata", "name")));
    }
}
