package io.skerry.machinery.cel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * How large the values of a structural schema can become in one request (k8s.io/apiserver/pkg/cel/common, schemas.go): as maxItems,
 * maxProperties, maxLength and enum say, else as many as a request has room for.
 */
public final class SchemaSize {
    /** Of values that nothing around them limits in number. */
    public static final long UNBOUNDED = -1;

    /** The largest request, in bytes (MaxRequestSizeBytes). */
    private static final long REQUEST = 3 * 1024 * 1024;
    private static final int BYTES_PER_CHARACTER = 4;
    private static final int TIME = 32;
    private static final int DATE = 12;

    private SchemaSize() {
    }

    /**
     * How often values below a schema can be in one object, as maxItems and maxProperties say.
     *
     * @param cardinality how often the values of the schema itself can be, or {@link #UNBOUNDED}
     */
    public static long cardinalityBelow(JsonNode schema, long cardinality) {
        String type = schema.path("type").asText("");
        String limit = type.equals("array") ? "maxItems" : type.equals("object") && schema.hasNonNull("additionalProperties") ? "maxProperties" : "";
        if (limit.isEmpty() || cardinality == UNBOUNDED) {
            return cardinality;
        }
        return schema.hasNonNull(limit) ? CostRange.times(cardinality, Math.max(0, schema.get(limit).asLong())) : UNBOUNDED;
    }

    /** How often values of a schema can be in one object when nothing around them sets a limit: as often as a request has room for them. */
    static long maxCardinality(JsonNode schema, boolean root) {
        return REQUEST / (minSerialized(schema, root) + 1);
    }

    /**
     * The number of characters, bytes, items or entries of a value; 0 for what has none.
     *
     * @param path variable, then names of fields as expressions write them, {@code @items}, {@code @values} and {@code @keys}
     * @return null when the path leads nowhere
     */
    static CostRange of(List<String> path, JsonNode schema, boolean root) {
        if (path.isEmpty()) {
            return null;
        }
        JsonNode at = schema;
        boolean whole = root;
        for (String step : path.subList(1, path.size())) {
            at = switch (step) {
                case "@items", "@values" -> at.path("items").isObject() ? at.get("items") : at.path("additionalProperties").isObject() ? at.get("additionalProperties") : null;
                // keys have no limit of their own, and upstream counts them as nothing
                case "@keys" -> at.path("additionalProperties").isObject() ? MissingNode.getInstance() : null;
                default -> field(at, whole, step);
            };
            if (at == null) {
                return null;
            }
            whole = false;
        }
        return new CostRange(0, maxElements(at, whole));
    }

    private static JsonNode field(JsonNode schema, boolean root, String escaped) {
        for (Map.Entry<String, JsonNode> field : CelTypes.fields(schema, root).entrySet()) {
            if (escaped.equals(CelNames.escape(field.getKey()))) {
                return field.getValue();
            }
        }
        return null;
    }

    private static long maxElements(JsonNode schema, boolean root) {
        if (schema.path("x-kubernetes-int-or-string").asBoolean()) {
            return limit(schema, "maxLength", BYTES_PER_CHARACTER, REQUEST - 2);
        }
        return switch (CelTypes.isWhole(schema, root) ? "object" : schema.path("type").asText("")) {
            case "array" -> limit(schema, "maxItems", 1, (REQUEST - 2) / (minSerialized(schema.path("items"), false) + 1));
            case "object" -> schema.path("additionalProperties").isObject()
                    ? limit(schema, "maxProperties", 1, (REQUEST - 2) / (minSerialized(schema.get("additionalProperties"), false) + 6)) : 0;
            case "string" -> switch (schema.path("format").asText("")) {
                case "byte" -> limit(schema, "maxLength", 1, REQUEST - 2);
                case "duration", "date-time" -> TIME;
                case "date" -> DATE;
                default -> limit(schema, "maxLength", BYTES_PER_CHARACTER, schema.path("enum").isEmpty() ? REQUEST - 2 : longest(schema.get("enum")));
            };
            default -> 0;
        };
    }

    private static long limit(JsonNode schema, String field, int factor, long otherwise) {
        return schema.hasNonNull(field) ? CostRange.times(Math.max(0, schema.get(field).asLong()), factor) : otherwise;
    }

    private static long longest(JsonNode values) {
        long longest = 0;
        for (JsonNode value : values) {
            longest = Math.max(longest, value.asText().getBytes(StandardCharsets.UTF_8).length);
        }
        return longest;
    }

    /** Bytes of the shortest JSON; 0 for what expressions cannot use. */
    private static long minSerialized(JsonNode schema, boolean root) {
        if (schema.path("x-kubernetes-int-or-string").asBoolean()) {
            return 1;
        }
        return switch (CelTypes.isWhole(schema, root) ? "object" : schema.path("type").asText("")) {
            case "array" -> 2;
            case "object" -> schema.path("additionalProperties").isObject() ? 2 : minObject(schema, root);
            case "string" -> switch (schema.path("format").asText("")) {
                case "duration" -> 3;
                case "date" -> DATE;
                case "date-time" -> 21;
                default -> 2;
            };
            case "boolean" -> 4;
            case "number", "integer" -> 1;
            default -> 0;
        };
    }

    private static long minObject(JsonNode schema, boolean root) {
        long size = 2;
        Map<String, JsonNode> fields = CelTypes.fields(schema, root);
        for (JsonNode required : schema.path("required")) {
            JsonNode field = fields.get(required.asText());
            // defaults are filled in by the server
            if (field != null && !field.has("default") && minSerialized(field, false) > 0) {
                size += required.asText().length() + minSerialized(field, false) + 4;
            }
        }
        return size;
    }
}
