package io.skerry.apiserver.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.registry.Conditions;
import io.skerry.apiserver.registry.ServedTypes;
import io.skerry.apiserver.registry.Strategy;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.validation.FieldError;
import java.util.List;
import java.util.Locale;

/**
 * CustomResourceDefinitions: established with the write that makes them, so that their types are served once the client has its answer. A
 * finalizer holds one that is deleted until its objects are gone.
 */
public final class DefinitionStrategy extends Strategy {
    static final String FINALIZER = "customresourcecleanup.apiextensions.k8s.io";

    private final DefinitionNames names;

    public DefinitionStrategy(ResourceType type, ServedTypes types) {
        super(type, true);
        names = new DefinitionNames(types);
    }

    @Override
    public boolean unconditionalUpdate() {
        return false;
    }

    @Override
    public void prepareForCreate(ObjectNode definition) {
        super.prepareForCreate(definition);
        ArrayNode finalizers = metadata(definition).get("finalizers") instanceof ArrayNode present ? present : metadata(definition).putArray("finalizers");
        finalizers.add(FINALIZER);
        nameDefaults(definition);
        accept(definition);
    }

    @Override
    public void prepareForUpdate(ObjectNode updated, ObjectNode old) {
        nameDefaults(updated);
        super.prepareForUpdate(updated, old);
        accept(updated);
    }

    private static void nameDefaults(ObjectNode definition) {
        ObjectNode spec = Json.ensureObject(definition, "spec");
        ObjectNode names = Json.ensureObject(spec, "names");
        String kind = Json.text(names, "kind");
        if (Json.text(names, "singular").isEmpty()) {
            names.put("singular", kind.toLowerCase(Locale.ROOT));
        }
        if (Json.text(names, "listKind").isEmpty()) {
            names.put("listKind", kind + "List");
        }
        if (Json.text(spec, "conversion", "strategy").isEmpty()) {
            Json.ensureObject(spec, "conversion").put("strategy", "None");
        }
    }

    private void accept(ObjectNode definition) {
        names.accept(definition);
        JsonNode spec = definition.path("spec");
        ObjectNode status = Json.ensureObject(definition, "status");
        ArrayNode stored = status.get("storedVersions") instanceof ArrayNode present ? present : status.putArray("storedVersions");
        for (JsonNode version : spec.path("versions")) {
            JsonNode name = version.get("name");
            if (version.path("storage").asBoolean() && name != null && !contains(stored, name)) {
                stored.add(name);
            }
        }
    }

    private static boolean contains(ArrayNode array, JsonNode value) {
        for (JsonNode each : array) {
            if (each.equals(value)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void markDeleted(ObjectNode definition) {
        Conditions.set(definition, "Terminating", true, "InstanceDeletionPending", "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon");
    }

    @Override
    public List<FieldError> validate(ObjectNode definition, ObjectNode old) {
        return DefinitionValidation.validate(definition, old);
    }
}
