package io.skerry.machinery.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads a CRD's structural schema (apiextensions.k8s.io/v1 {@code JSONSchemaProps}). */
final class StructuralSchema {

    private static final String OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

    private StructuralSchema() {}

    /** The schema of a whole object: apiVersion, kind and metadata are known without being declared, and cannot be declared otherwise. */
    static Schema readRoot(JsonNode node) {
        return node == null || !node.isObject() ? read(MissingNode.getInstance()) : read(node, true);
    }

    static Schema read(JsonNode node) {
        if (node == null || !node.isObject()) {
            return Schema.any();
        }
        return read(node, node.path("x-kubernetes-embedded-resource").asBoolean());
    }

    private static Schema read(JsonNode node, boolean wholeObject) {
        Schema.Parts parts = new Schema.Parts(wholeObject ? Schema.Type.OBJECT : type(node));
        String description = node.path("description").asText("");
        parts.description = () -> description;
        parts.format = node.path("format").asText("");
        parts.required = Set.copyOf(strings(node.path("required")));
        parts.enumValues = strings(node.path("enum"));
        parts.defaultValue = node.get("default");
        parts.nullable = node.path("nullable").asBoolean();
        parts.preserveUnknownFields = node.path("x-kubernetes-preserve-unknown-fields").asBoolean();
        parts.embeddedResource = node.path("x-kubernetes-embedded-resource").asBoolean();
        parts.atomic = node.path("x-kubernetes-map-type").asText("").equals("atomic");
        parts.rules = node;
        switch (parts.type) {
            case OBJECT -> {
                Map<String, Schema> fields = new LinkedHashMap<>();
                if (wholeObject) {
                    fields.put("apiVersion", new Schema.Parts(Schema.Type.STRING).build());
                    fields.put("kind", new Schema.Parts(Schema.Type.STRING).build());
                    fields.put("metadata", TypeTable.builtin().schema(OBJECT_META).orElseThrow());
                }
                node.path("properties").properties().forEach(p -> fields.computeIfAbsent(p.getKey(), k -> read(p.getValue())));
                parts.fields = fields;
            }
            case MAP -> parts.values = read(node.path("additionalProperties"));
            case ARRAY -> {
                parts.items = read(node.path("items"));
                parts.listType = switch (node.path("x-kubernetes-list-type").asText("")) {
                    case "set" -> Schema.ListType.SET;
                    case "map" -> Schema.ListType.MAP;
                    default -> Schema.ListType.ATOMIC;
                };
                parts.listMapKeys = strings(node.path("x-kubernetes-list-map-keys"));
            }
            default -> { }
        }
        return parts.build();
    }

    private static Schema.Type type(JsonNode node) {
        if (node.path("x-kubernetes-int-or-string").asBoolean()) {
            return Schema.Type.INT_OR_STRING;
        }
        return switch (node.path("type").asText("")) {
            case "object" -> {
                JsonNode additional = node.path("additionalProperties");
                boolean map = (additional.isObject() || additional.asBoolean()) && node.path("properties").isEmpty();
                yield map ? Schema.Type.MAP : Schema.Type.OBJECT;
            }
            case "array" -> Schema.Type.ARRAY;
            case "string" -> Schema.Type.STRING;
            case "integer" -> Schema.Type.INTEGER;
            case "number" -> Schema.Type.NUMBER;
            case "boolean" -> Schema.Type.BOOLEAN;
            // without a type only x-kubernetes-preserve-unknown-fields is structural: fields that are named keep their schema
            default -> node.path("properties").isEmpty() ? Schema.Type.ANY : Schema.Type.OBJECT;
        };
    }

    private static List<String> strings(JsonNode array) {
        Set<String> out = new LinkedHashSet<>();
        array.forEach(n -> out.add(n.asText()));
        return List.copyOf(out);
    }
}
