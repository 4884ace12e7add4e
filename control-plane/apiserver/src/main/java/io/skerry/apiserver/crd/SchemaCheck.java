package io.skerry.apiserver.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.re2j.PatternSyntaxException;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.Schema;
import io.skerry.machinery.schema.SchemaValidator;
import io.skerry.machinery.validation.FieldError;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Checks that an {@code openAPIV3Schema} is structural (KEP-2337) and uses only what apiextensions supports, in its words
 * (k8s.io/apiextensions-apiserver, pkg/apiserver/schema/validation.go and pkg/apis/apiextensions/validation/validation.go).
 */
final class SchemaCheck {
    private static final List<String> TYPES = List.of("array", "boolean", "integer", "number", "object", "string");
    /** Keywords of JSON Schema that a CRD cannot use. */
    private static final List<String> UNSUPPORTED = List.of("additionalItems", "patternProperties", "definitions", "dependencies", "$ref", "id");
    /** What must not stand within allOf, anyOf, oneOf and not, and what it must be there. */
    private static final Map<String, String> NOT_NESTED = Map.of("type", "must be empty to be structural", "additionalProperties", "must be undefined to be structural",
            "default", "must be undefined to be structural", "title", "must be empty to be structural", "description", "must be empty to be structural",
            "nullable", "must be false to be structural", "x-kubernetes-preserve-unknown-fields", "must be false to be structural",
            "x-kubernetes-embedded-resource", "must be false to be structural", "x-kubernetes-int-or-string", "must be false to be structural",
            "x-kubernetes-validations", "must be empty to be structural");
    private static final JsonNode INT_OR_STRING = Json.parse("[{\"type\":\"integer\"},{\"type\":\"string\"}]");

    private enum Level { ROOT, ITEM, FIELD }

    private final List<FieldError> errors;

    private SchemaCheck(List<FieldError> errors) {
        this.errors = errors;
    }

    static void check(JsonNode schema, String path, List<FieldError> errors) {
        int before = errors.size();
        SchemaCheck check = new SchemaCheck(errors);
        check.schema(schema, path, Level.ROOT, false);
        if (errors.size() == before) {
            // expressions of a schema that is wrong in itself would only tell about it once more
            RuleCheck.check(schema, path, errors);
        }
    }

    private void required(String path, String detail) {
        errors.add(new FieldError(FieldError.Type.REQUIRED, path, null, detail));
    }

    private void invalid(String path, JsonNode value, String detail) {
        errors.add(new FieldError(FieldError.Type.INVALID, path, Json.string(value), detail));
    }

    private void forbidden(String path, String detail) {
        errors.add(new FieldError(FieldError.Type.FORBIDDEN, path, null, detail));
    }

    private void oneOf(JsonNode schema, String path, String field, List<String> supported) {
        String value = Json.text(schema, field);
        if (!value.isEmpty() && !supported.contains(value)) {
            errors.add(new FieldError(FieldError.Type.NOT_SUPPORTED, path + "." + field, "\"" + value + "\"",
                    "supported values: " + String.join(", ", supported.stream().map(s -> "\"" + s + "\"").toList())));
        }
    }

    /** @param insideMeta below the metadata of a whole object, where no defaults may stand */
    private void schema(JsonNode schema, String path, Level level, boolean insideMeta) {
        String type = Json.text(schema, "type");
        boolean intOrString = schema.path("x-kubernetes-int-or-string").asBoolean();
        boolean preserve = schema.path("x-kubernetes-preserve-unknown-fields").asBoolean();
        boolean embedded = schema.path("x-kubernetes-embedded-resource").asBoolean();
        if (type.equals("null")) {
            forbidden(path + ".type", "type cannot be set to null, use nullable as an alternative");
        } else {
            oneOf(schema, path, "type", TYPES);
        }
        if (embedded && !type.equals("object")) {
            if (type.isEmpty()) {
                required(path + ".type", "must be object if x-kubernetes-embedded-resource is true");
            } else {
                invalid(path + ".type", schema.get("type"), "must be object if x-kubernetes-embedded-resource is true");
            }
        } else if (type.isEmpty() && !intOrString && !preserve) {
            required(path + ".type", switch (level) {
                case ROOT -> "must not be empty at the root";
                case ITEM -> "must not be empty for specified array items";
                case FIELD -> "must not be empty for specified object fields";
            });
        } else if (level == Level.ROOT && !type.isEmpty() && !type.equals("object")) {
            invalid(path + ".type", schema.get("type"), "must be object at the root");
        }
        keywords(schema, path, level, intOrString, preserve, embedded);
        listsAndMaps(schema, path, type);
        values(schema, path);
        if (schema.has("default")) {
            defaults(schema, path, insideMeta);
        }
        children(schema, path, level, embedded, insideMeta);
    }

    private void keywords(JsonNode schema, String path, Level level, boolean intOrString, boolean preserve, boolean embedded) {
        for (String keyword : UNSUPPORTED) {
            if (schema.hasNonNull(keyword) && !(schema.get(keyword).isContainerNode() && schema.get(keyword).isEmpty())) {
                forbidden(path + "." + keyword, keyword + " is not supported");
            }
        }
        if (schema.path("uniqueItems").asBoolean()) {
            forbidden(path + ".uniqueItems", "uniqueItems cannot be set to true since the runtime complexity becomes quadratic");
        }
        if (schema.hasNonNull("x-kubernetes-preserve-unknown-fields") && !preserve) {
            invalid(path + ".x-kubernetes-preserve-unknown-fields", schema.get("x-kubernetes-preserve-unknown-fields"), "must be true or undefined");
        }
        if (intOrString && preserve) {
            invalid(path + ".x-kubernetes-preserve-unknown-fields", schema.get("x-kubernetes-preserve-unknown-fields"), "must be false if x-kubernetes-int-or-string is true");
        }
        if (intOrString && embedded) {
            invalid(path + ".x-kubernetes-embedded-resource", schema.get("x-kubernetes-embedded-resource"), "must be false if x-kubernetes-int-or-string is true");
        }
        JsonNode additional = schema.path("additionalProperties");
        if (!additional.isMissingNode() && !additional.isNull()) {
            if (level == Level.ROOT) {
                forbidden(path + ".additionalProperties", "must not be used at the root");
            }
            if (embedded) {
                forbidden(path + ".additionalProperties", "must not be used if x-kubernetes-embedded-resource is set");
            }
            if (!schema.path("properties").isEmpty() && !additional.isBoolean()) {
                forbidden(path + ".additionalProperties", "additionalProperties and properties are mutual exclusive");
            }
        }
        if (embedded && !preserve && schema.path("properties").isEmpty()) {
            required(path + ".properties", "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields");
        }
        if (level == Level.ROOT || embedded) {
            metadata(schema.path("properties"), path, level);
        }
    }

    /** Of metadata a schema may only restrict name and generateName. */
    private void metadata(JsonNode properties, String path, Level level) {
        for (String field : List.of("kind", "apiVersion")) {
            if (properties.has(field) && !Json.text(properties, field, "type").equals("string")) {
                invalid(path + ".properties[" + field + "].type", properties.get(field).path("type"), "must be string");
            }
        }
        JsonNode metadata = properties.get("metadata");
        if (metadata == null) {
            return;
        }
        if (!Json.text(metadata, "type").equals("object")) {
            invalid(path + ".properties[metadata].type", metadata.path("type"), "must be object");
        }
        if (level == Level.ROOT && metadata instanceof ObjectNode object) {
            ObjectNode rest = object.deepCopy();
            if (rest.path("properties") instanceof ObjectNode fields) {
                fields.remove(List.of("name", "generateName"));
                if (fields.isEmpty()) {
                    rest.remove("properties");
                }
            }
            rest.remove(List.of("type", "default", "description"));
            if (!rest.isEmpty()) {
                forbidden(path + ".properties[metadata]", "must not specify anything other than name and generateName, but metadata is implicitly specified");
            }
        }
    }

    private void listsAndMaps(JsonNode schema, String path, String type) {
        kindOf(schema, path, type, "x-kubernetes-map-type", "object", List.of("atomic", "granular"));
        kindOf(schema, path, type, "x-kubernetes-list-type", "array", List.of("atomic", "set", "map"));
        JsonNode items = schema.path("items");
        String listType = Json.text(schema, "x-kubernetes-list-type");
        if (type.equals("array") && !items.isObject()) {
            if (items.isArray()) {
                forbidden(path + ".items", "items must be a schema object and not an array");
            } else {
                required(path + ".items", "must be specified");
            }
        }
        JsonNode keys = schema.path("x-kubernetes-list-map-keys");
        if (!keys.isEmpty() && !listType.equals("map")) {
            if (listType.isEmpty()) {
                required(path + ".x-kubernetes-list-type", "must be map if x-kubernetes-list-map-keys is non-empty");
            } else {
                invalid(path + ".x-kubernetes-list-type", schema.get("x-kubernetes-list-type"), "must be map if x-kubernetes-list-map-keys is non-empty");
            }
        }
        if (listType.equals("set") && Json.text(items, "type").equals("object") && !Json.text(items, "x-kubernetes-map-type").equals("atomic")) {
            invalid(path + ".items.x-kubernetes-map-type", items.path("x-kubernetes-map-type"), "must be atomic as item of a list with x-kubernetes-list-type=set");
        }
        if ((listType.equals("set") || listType.equals("map")) && items.path("nullable").asBoolean()) {
            forbidden(path + ".items.nullable", "cannot be nullable when x-kubernetes-list-type is " + listType);
        }
        if (listType.equals("map")) {
            mapKeys(keys, items, path);
        }
    }

    private void kindOf(JsonNode schema, String path, String type, String field, String wanted, List<String> supported) {
        if (schema.hasNonNull(field) && !type.equals(wanted)) {
            if (type.isEmpty()) {
                required(path + ".type", "must be " + wanted + " if " + field + " is specified");
            } else {
                invalid(path + ".type", schema.get("type"), "must be " + wanted + " if " + field + " is specified");
            }
        }
        oneOf(schema, path, field, supported);
    }

    private void mapKeys(JsonNode keys, JsonNode items, String path) {
        if (keys.isEmpty()) {
            required(path + ".x-kubernetes-list-map-keys", "must not be empty if x-kubernetes-list-type is map");
        }
        if (items.isObject() && !Json.text(items, "type").equals("object")) {
            invalid(path + ".items.type", items.path("type"), "must be object if parent array's x-kubernetes-list-type is map");
            return;
        }
        Set<String> seen = new HashSet<>();
        Set<String> required = new HashSet<>();
        items.path("required").forEach(r -> required.add(r.asText()));
        for (JsonNode key : keys) {
            String name = key.asText();
            JsonNode property = items.path("properties").path(name);
            if (property.isMissingNode()) {
                invalid(path + ".x-kubernetes-list-map-keys", keys, "entries must all be names of item properties");
            } else if (Set.of("array", "object").contains(Json.text(property, "type"))) {
                invalid(path + ".items.properties[" + name + "].type", property.get("type"), "must be a scalar type if parent array's x-kubernetes-list-type is map");
            } else if (property.path("nullable").asBoolean()) {
                forbidden(path + ".items.properties[" + name + "].nullable", "this property is in x-kubernetes-list-map-keys, so it cannot be nullable");
            } else if (!required.contains(name) && !property.has("default")) {
                required(path + ".items.properties[" + name + "].default", "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property");
            }
            if (!seen.add(name)) {
                invalid(path + ".x-kubernetes-list-map-keys", keys, "must not contain duplicate entries");
            }
        }
    }

    /** Rules about values, which may combine others; what those say must be of values alone. */
    private void values(JsonNode schema, String path) {
        String pattern = Json.text(schema, "pattern");
        if (!pattern.isEmpty()) {
            try {
                Patterns.compile(pattern);
            } catch (PatternSyntaxException e) {
                invalid(path + ".pattern", schema.get("pattern"), "must be a valid regular expression, but isn't: " + e.getMessage());
            }
        }
        boolean mayName = schema.path("x-kubernetes-int-or-string").asBoolean();
        for (String junctor : List.of("allOf", "anyOf", "oneOf")) {
            JsonNode list = schema.path(junctor);
            if (mayName && junctor.equals("anyOf") && list.equals(INT_OR_STRING)) {
                continue;
            }
            for (int i = 0; i < list.size(); i++) {
                boolean firstOfAll = mayName && junctor.equals("allOf") && i == 0 && list.get(0).path("anyOf").equals(INT_OR_STRING);
                if (!firstOfAll) {
                    nested(list.get(i), path + "." + junctor + "[" + i + "]");
                }
            }
        }
        if (schema.path("not").isObject()) {
            nested(schema.get("not"), path + ".not");
        }
    }

    private void nested(JsonNode schema, String path) {
        NOT_NESTED.entrySet().stream().sorted(Map.Entry.comparingByKey()).forEach(rule -> {
            JsonNode value = schema.path(rule.getKey());
            boolean set = !value.isMissingNode() && !value.isNull() && !(value.isBoolean() && !value.asBoolean() && !rule.getKey().equals("default"))
                    && !(value.isTextual() && value.asText().isEmpty()) && !(value.isArray() && value.isEmpty());
            if (set) {
                forbidden(path + "." + rule.getKey(), rule.getValue());
            }
        });
        if (schema.path("properties").has("metadata")) {
            forbidden(path + ".properties[metadata]", "must not be specified in a nested context");
        }
        values(schema, path);
        if (schema.path("items").isObject()) {
            nested(schema.get("items"), path + ".items");
        }
        schema.path("properties").properties().forEach(p -> nested(p.getValue(), path + ".properties[" + p.getKey() + "]"));
    }

    private void defaults(JsonNode schema, String path, boolean insideMeta) {
        JsonNode value = schema.get("default");
        if (insideMeta) {
            forbidden(path + ".default", "must not be set in top-level metadata");
            return;
        }
        if (value.isNull() && !schema.path("nullable").asBoolean()) {
            // as upstream: dropped when it is applied
            return;
        }
        int before = errors.size();
        errors.addAll(StructuralValidation.validate(value, schema, path + ".default"));
        if (errors.size() == before && value instanceof ObjectNode object) {
            Schema known = Schema.ofOpenApi(schema);
            if (!SchemaValidator.unknownFields(object, known).isEmpty()) {
                invalid(path + ".default", value, "must be pruned");
            }
        }
    }

    private void children(JsonNode schema, String path, Level level, boolean embedded, boolean insideMeta) {
        schema.path("properties").properties().forEach(p -> {
            boolean meta = insideMeta || (level == Level.ROOT || embedded) && p.getKey().equals("metadata");
            schema(p.getValue(), path + ".properties[" + p.getKey() + "]", Level.FIELD, meta);
        });
        if (schema.path("additionalProperties").isObject()) {
            schema(schema.get("additionalProperties"), path + ".additionalProperties", Level.FIELD, insideMeta);
        }
        if (schema.path("items").isObject()) {
            schema(schema.get("items"), path + ".items", Level.ITEM, insideMeta);
        }
    }
}
