package io.skerry.apiserver.registry;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;

/** Namespaces: held from deletion by spec.finalizers until the namespace controller has emptied them. */
public final class NamespaceStrategy extends Strategy {
    /** The label every namespace carries with its own name (KEP-2161). */
    public static final String NAME_LABEL = "kubernetes.io/metadata.name";

    NamespaceStrategy(ResourceType type) {
        super(type, false);
    }

    @Override
    public void prepareForCreate(ObjectNode namespace) {
        ObjectNode spec = Json.ensureObject(namespace, "spec");
        ArrayNode finalizers = spec.get("finalizers") instanceof ArrayNode given ? given : spec.putArray("finalizers");
        boolean kubernetes = false;
        for (var finalizer : finalizers) {
            kubernetes |= finalizer.asText().equals("kubernetes");
        }
        if (!kubernetes) {
            finalizers.add("kubernetes");
        }
        namespace.putObject("status").put("phase", "Active");
        label(namespace);
    }

    @Override
    public void prepareForUpdate(ObjectNode updated, ObjectNode old) {
        super.prepareForUpdate(updated, old);
        Json.ensureObject(updated, "spec");
        // only the finalize subresource changes them
        put("finalizers", Json.at(old, "spec").get("finalizers"), Json.ensureObject(updated, "spec"));
        label(updated);
    }

    @Override
    public boolean heldFromDeletion(ObjectNode namespace) {
        return !Json.at(namespace, "spec", "finalizers").isEmpty();
    }

    @Override
    public void markDeleted(ObjectNode namespace) {
        Json.ensureObject(namespace, "status").put("phase", "Terminating");
    }

    private static void label(ObjectNode namespace) {
        String name = Json.text(namespace, "metadata", "name");
        if (!name.isEmpty()) {
            Json.ensureObject(namespace, "metadata", "labels").put(NAME_LABEL, name);
        }
    }
}
