package io.skerry.machinery.cel;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableCollection;
import com.google.common.collect.ImmutableSet;
import dev.cel.common.types.CelType;
import dev.cel.common.types.CelTypeProvider;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructType;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.Schema;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The types of structural schemas and of served types (k8s.io/apiserver/pkg/cel/common, schemas.go). What a schema does not declare cannot be named in an
 * expression; int-or-string is dynamic.
 */
public final class CelTypes implements CelTypeProvider {
    private static final JsonNode STRING_SCHEMA = Json.parse("{\"type\":\"string\"}");
    private static final JsonNode METADATA = Json.parse("""
            {"type":"object","properties":{"name":{"type":"string","maxLength":253},"generateName":{"type":"string","maxLength":252}}}""");

    private final Map<String, StructType> named = new LinkedHashMap<>();

    /**
     * The type of a schema's values, or null when it has none that expressions could use.
     *
     * @param root whether it is the schema of a whole object, which has apiVersion, kind, metadata.name and metadata.generateName in any case
     */
    public CelType of(JsonNode schema, boolean root) {
        return of(schema, "selfType" + named.size(), root);
    }

    private CelType of(JsonNode schema, String name, boolean root) {
        if (schema.path("x-kubernetes-int-or-string").asBoolean()) {
            return SimpleType.DYN;
        }
        return switch (isWhole(schema, root) ? "object" : schema.path("type").asText("")) {
            case "array" -> {
                CelType items = of(schema.path("items"), name + ".@items", false);
                yield items == null ? null : ListType.create(items);
            }
            case "object" -> {
                if (schema.path("additionalProperties").isObject()) {
                    CelType values = of(schema.path("additionalProperties"), name + ".@values", false);
                    yield values == null ? null : MapType.create(SimpleType.STRING, values);
                }
                yield struct(schema, name, root);
            }
            case "string" -> text(schema.path("format").asText(""));
            case "boolean" -> SimpleType.BOOL;
            case "number" -> SimpleType.DOUBLE;
            case "integer" -> SimpleType.INT;
            default -> null;
        };
    }

    /**
     * The type of the values of a served type, or null when it has none that expressions could use. Quantities and int-or-string are dynamic.
     *
     * @param name for an object whose schema has no name of its own
     */
    public CelType of(Schema schema, String name) {
        return switch (schema.type()) {
            case OBJECT -> object(schema, schema.name().isEmpty() ? name : schema.name());
            case MAP -> isExposed(schema.values()) ? MapType.create(SimpleType.STRING, of(schema.values(), name + ".@values")) : struct(name, Map.of());
            case ARRAY -> isExposed(schema) ? ListType.create(of(schema.items(), name + ".@items")) : null;
            case STRING -> text(schema.format());
            case BOOLEAN -> SimpleType.BOOL;
            case NUMBER -> SimpleType.DOUBLE;
            case INTEGER -> SimpleType.INT;
            case INT_OR_STRING, QUANTITY -> SimpleType.DYN;
            case ANY -> null;
        };
    }

    private static boolean isExposed(Schema schema) {
        return switch (schema.type()) {
            case ANY -> false;
            case ARRAY -> isExposed(schema.items());
            default -> true;
        };
    }

    private CelType object(Schema schema, String name) {
        StructType known = named.get(name);
        if (known != null) {
            return known;
        }
        Map<String, Schema> declared = new LinkedHashMap<>();
        schema.fields().forEach((field, its) -> {
            String escaped = CelNames.escape(field);
            if (escaped != null && isExposed(its)) {
                declared.put(escaped, its);
            }
        });
        Map<String, CelType> fields = new LinkedHashMap<>();
        // known before its fields are: a definition may contain itself
        StructType type = StructType.create(name, ImmutableSet.copyOf(declared.keySet()), field -> Optional.ofNullable(fields.get(field)));
        named.put(name, type);
        declared.forEach((field, its) -> fields.put(field, of(its, name + "." + field)));
        return type;
    }

    private static CelType text(String format) {
        return switch (format) {
            case "byte" -> SimpleType.BYTES;
            case "duration" -> SimpleType.DURATION;
            case "date", "date-time" -> SimpleType.TIMESTAMP;
            default -> SimpleType.STRING;
        };
    }

    private CelType struct(JsonNode schema, String name, boolean root) {
        Map<String, CelType> fields = new LinkedHashMap<>();
        fields(schema, root).forEach((field, declared) -> {
            String escaped = CelNames.escape(field);
            CelType type = escaped == null ? null : of(declared, name + "." + field, false);
            if (type != null) {
                fields.put(escaped, type);
            }
        });
        return struct(name, fields);
    }

    /** An object type of one's own with these fields, which are not escaped. */
    public CelType struct(String name, Map<String, CelType> fields) {
        StructType type = StructType.create(name, ImmutableSet.copyOf(fields.keySet()), field -> Optional.ofNullable(fields.get(field)));
        named.put(name, type);
        return type;
    }

    /** Whether it is the schema of a whole object, with apiVersion, kind and metadata. */
    static boolean isWhole(JsonNode schema, boolean root) {
        return root || schema.path("x-kubernetes-embedded-resource").asBoolean();
    }

    /** The declared fields of an object's schema, with those that a whole object always has. */
    static Map<String, JsonNode> fields(JsonNode schema, boolean root) {
        Map<String, JsonNode> fields = new LinkedHashMap<>();
        schema.path("properties").properties().forEach(p -> fields.put(p.getKey(), p.getValue()));
        if (isWhole(schema, root)) {
            fields.put("apiVersion", STRING_SCHEMA);
            fields.put("kind", STRING_SCHEMA);
            fields.put("metadata", METADATA);
        }
        return fields;
    }

    @Override
    public ImmutableCollection<CelType> types() {
        return ImmutableSet.copyOf(named.values());
    }

    @Override
    public Optional<CelType> findType(String name) {
        return Optional.ofNullable(named.get(name));
    }
}
