package io.skerry.apiserver.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.registry.Strategy;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.validation.FieldError;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * CustomResourceDefinitions: established with the write that makes them, so that their types are served once the client has its answer. A
 * finalizer holds one that is deleted until its objects are gone.
 */
public final class DefinitionStrategy extends Strategy {
    static final String FINALIZER = "customresourcecleanup.apiextensions.k8s.io";

    private final Function<ObjectNode, String> nameConflict;

    /** @param nameConflict tells which name of a definition another type of its group has already, or "" */
    public DefinitionStrategy(ResourceType type, Function<ObjectNode, String> nameConflict) {
        super(type, true);
        this.nameConflict = nameConflict;
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
        JsonNode spec = definition.path("spec");
        ObjectNode status = Json.ensureObject(definition, "status");
        String conflict = nameConflict.apply(definition);
        if (conflict.isEmpty()) {
            status.set("acceptedNames", spec.path("names").deepCopy());
            Conditions.set(definition, "NamesAccepted", true, "NoConflicts", "no conflicts found");
            Conditions.set(definition, "Established", true, "InitialNamesAccepted", "the initial names have been accepted");
        } else {
            Conditions.set(definition, "NamesAccepted", false, "ListConflict", conflict);
            if (!Conditions.isTrue(definition, "Established")) {
                Json.ensureObject(status, "acceptedNames").put("plural", "").put("kind", "");
                Conditions.set(definition, "Established", false, "NotAccepted", "not all names are accepted");
            }
        }
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
        List<FieldError> errors = new ArrayList<>();
        JsonNode spec = definition.path("spec");
        String name = Json.text(definition, "metadata", "name");
        String wanted = Json.text(spec, "names", "plural") + "." + Json.text(spec, "group");
        if (!name.equals(wanted)) {
            errors.add(new FieldError(FieldError.Type.INVALID, "metadata.name", "\"" + name + "\"", "must be spec.names.plural+\".\"+spec.group"));
        }
        for (String field : List.of("group", "scope")) {
            if (Json.text(spec, field).isEmpty()) {
                errors.add(new FieldError(FieldError.Type.REQUIRED, "spec." + field, null, ""));
            }
        }
        for (String field : List.of("plural", "kind")) {
            if (Json.text(spec, "names", field).isEmpty()) {
                errors.add(new FieldError(FieldError.Type.REQUIRED, "spec.names." + field, null, ""));
            }
        }
        String scope = Json.text(spec, "scope");
        if (!scope.isEmpty() && !scope.equals("Cluster") && !scope.equals("Namespaced")) {
            errors.add(new FieldError(FieldError.Type.NOT_SUPPORTED, "spec.scope", "\"" + scope + "\"", "supported values: \"Cluster\", \"Namespaced\""));
        }
        if (old != null) {
            immutable(errors, "spec.group", Json.text(spec, "group"), Json.text(old, "spec", "group"));
            immutable(errors, "spec.scope", scope, Json.text(old, "spec", "scope"));
            immutable(errors, "spec.names.kind", Json.text(spec, "names", "kind"), Json.text(old, "spec", "names", "kind"));
            immutable(errors, "spec.names.plural", Json.text(spec, "names", "plural"), Json.text(old, "spec", "names", "plural"));
        }
        versions(errors, spec.path("versions"));
        return errors;
    }

    private static void immutable(List<FieldError> errors, String field, String now, String before) {
        if (!now.equals(before)) {
            errors.add(new FieldError(FieldError.Type.INVALID, field, "\"" + now + "\"", "field is immutable"));
        }
    }

    private static void versions(List<FieldError> errors, JsonNode versions) {
        int storage = 0;
        for (int i = 0; i < versions.size(); i++) {
            JsonNode version = versions.get(i);
            storage += version.path("storage").asBoolean() ? 1 : 0;
            String path = "spec.versions[" + i + "]";
            JsonNode schema = Json.at(version, "schema", "openAPIV3Schema");
            if (!schema.isObject()) {
                errors.add(new FieldError(FieldError.Type.REQUIRED, path + ".schema.openAPIV3Schema", null, "schemas are required"));
            } else {
                structural(errors, schema, path + ".schema.openAPIV3Schema", true);
            }
        }
        if (versions.isEmpty() || storage != 1) {
            errors.add(new FieldError(FieldError.Type.INVALID, "spec.versions", Json.string(versions.isMissingNode() ? Json.array() : versions),
                    "must have exactly one version marked as storage version"));
        }
    }

    /** Every value has a type (KEP-2337), or says that it has none. */
    private static void structural(List<FieldError> errors, JsonNode schema, String path, boolean root) {
        boolean free = schema.path("x-kubernetes-int-or-string").asBoolean() || schema.path("x-kubernetes-preserve-unknown-fields").asBoolean();
        String type = Json.text(schema, "type");
        if (type.isEmpty() && (root || !free)) {
            errors.add(new FieldError(FieldError.Type.REQUIRED, path + ".type", null, root ? "must not be empty at the root" : "must not be empty for specified object fields"));
        } else if (root && !type.equals("object")) {
            errors.add(new FieldError(FieldError.Type.INVALID, path + ".type", "\"" + type + "\"", "must be object at the root"));
        }
        schema.path("properties").properties().forEach(p -> structural(errors, p.getValue(), path + ".properties[" + p.getKey() + "]", false));
        if (schema.path("additionalProperties").isObject()) {
            structural(errors, schema.get("additionalProperties"), path + ".additionalProperties", false);
        }
        if (schema.path("items").isObject()) {
            structural(errors, schema.get("items"), path + ".items", false);
        } else if (type.equals("array")) {
            errors.add(new FieldError(FieldError.Type.REQUIRED, path + ".items", null, "must be specified"));
        }
    }
}
