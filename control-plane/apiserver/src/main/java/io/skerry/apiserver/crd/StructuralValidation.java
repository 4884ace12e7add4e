package io.skerry.apiserver.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.validation.FieldError;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Validates a custom resource against its version's {@code openAPIV3Schema}, with apiextensions' words. What an update leaves as it was is
 * not held against it (KEP-4008): a schema may become stricter while its objects live on.
 */
public final class StructuralValidation {
    private final Patterns patterns;
    private final List<FieldError> errors = new ArrayList<>();

    private StructuralValidation(Patterns patterns) {
        this.patterns = patterns;
    }

    /** @param patterns those of the type's schema, kept from object to object */
    static List<FieldError> validate(ResourceType type, Patterns patterns, ObjectNode object, ObjectNode oldOrNull) {
        StructuralValidation validation = new StructuralValidation(patterns);
        JsonNode schema = type.schema().rules();
        if (schema.isObject()) {
            ObjectNode body = Json.object();
            body.setAll(object);
            // the head is the generic registry's business, whatever a schema says of it
            if (!schema.path("properties").path("metadata").has("properties")) {
                body.remove("metadata");
            }
            validation.value(body, oldOrNull, schema, "");
        }
        return validation.errors;
    }

    /** What is wrong with one value of a schema; the paths start with the given one. */
    static List<FieldError> validate(JsonNode value, JsonNode schema, String path) {
        StructuralValidation validation = new StructuralValidation(new Patterns());
        validation.value(value, null, schema, path);
        return validation.errors;
    }

    private void add(FieldError.Type type, String path, JsonNode bad, String detail) {
        errors.add(new FieldError(type, path.isEmpty() ? "<nil>" : path, bad == null ? null : shown(bad), detail));
    }

    /** Go's way to print a bad value: strings quoted, objects as JSON. */
    private static String shown(JsonNode value) {
        return value.isNull() ? "null" : Json.string(value);
    }

    private void invalid(String path, JsonNode bad, String problem) {
        add(FieldError.Type.INVALID, path, bad, path + " in body " + problem);
    }

    /** @param old what stood there before, null when nothing did or it cannot be known */
    private void value(JsonNode value, JsonNode old, JsonNode schema, String path) {
        if (value.equals(old) || value.isNull() && schema.path("nullable").asBoolean()) {
            return;
        }
        if (!type(value, schema, path)) {
            return;
        }
        enumeration(value, schema, path);
        if (value.isTextual()) {
            text(value, schema, path);
        } else if (value.isNumber()) {
            number(value, schema, path);
        } else if (value.isArray()) {
            array(value, old, schema, path);
        } else if (value.isObject()) {
            object(value, old, schema, path);
        }
        combinations(value, schema, path);
    }

    private boolean type(JsonNode value, JsonNode schema, String path) {
        String wanted = schema.path("type").asText("");
        boolean fits;
        if (schema.path("x-kubernetes-int-or-string").asBoolean()) {
            fits = value.isTextual() || isInteger(value);
            wanted = "integer,string";
        } else {
            fits = switch (wanted) {
                case "" -> true;
                case "object" -> value.isObject();
                case "array" -> value.isArray();
                case "string" -> value.isTextual();
                case "boolean" -> value.isBoolean();
                case "number" -> value.isNumber();
                case "integer" -> isInteger(value);
                default -> true;
            };
        }
        if (!fits) {
            String is = value.isNull() ? "null" : value.isTextual() ? "string" : value.isBoolean() ? "boolean" : value.isArray() ? "array"
                    : value.isObject() ? "object" : isInteger(value) ? "integer" : "number";
            errors.add(new FieldError(FieldError.Type.TYPE_INVALID, path.isEmpty() ? "<nil>" : path, "\"" + is + "\"",
                    path + " in body must be of type " + wanted + ": \"" + is + "\""));
        }
        return fits;
    }

    /** Clients hold it in 64 bits: beyond that it is a floating point number to them, as {@code 1.0} is, of which 53 bits are whole numbers. */
    private static boolean isInteger(JsonNode value) {
        if (value.isIntegralNumber()) {
            return value.canConvertToLong();
        }
        return value.isNumber() && value.decimalValue().stripTrailingZeros().scale() <= 0 && Math.abs(value.doubleValue()) < 1L << 53;
    }

    private void enumeration(JsonNode value, JsonNode schema, String path) {
        JsonNode allowed = schema.path("enum");
        if (allowed.isArray() && !allowed.isEmpty()) {
            List<String> supported = new ArrayList<>();
            for (JsonNode one : allowed) {
                if (one.equals(value)) {
                    return;
                }
                supported.add(Json.string(one));
            }
            add(FieldError.Type.NOT_SUPPORTED, path, value, "supported values: " + String.join(", ", supported));
        }
    }

    private void text(JsonNode value, JsonNode schema, String path) {
        String text = value.textValue();
        int length = text.codePointCount(0, text.length());
        if (schema.hasNonNull("maxLength") && length > schema.get("maxLength").asLong()) {
            add(FieldError.Type.TOO_LONG, path, null, "may not be more than " + schema.get("maxLength").asLong() + " bytes");
        }
        if (schema.hasNonNull("minLength") && length < schema.get("minLength").asLong()) {
            invalid(path, value, "should be at least " + schema.get("minLength").asLong() + " chars long");
        }
        String pattern = schema.path("pattern").asText("");
        if (!pattern.isEmpty() && !patterns.find(pattern, text)) {
            invalid(path, value, "should match '" + pattern + "'");
        }
        String format = schema.path("format").asText("");
        if (!format.isEmpty() && !Formats.fits(format, text)) {
            invalid(path, value, "must be of type " + format + ": \"" + text + "\"");
        }
    }

    private void number(JsonNode value, JsonNode schema, String path) {
        BigDecimal number = value.decimalValue();
        if (schema.hasNonNull("maximum")) {
            boolean exclusive = schema.path("exclusiveMaximum").asBoolean();
            int compared = number.compareTo(schema.get("maximum").decimalValue());
            if (compared > 0 || exclusive && compared == 0) {
                invalid(path, value, exclusive ? "should be less than " + schema.get("maximum") : "should be less than or equal to " + schema.get("maximum"));
            }
        }
        if (schema.hasNonNull("minimum")) {
            boolean exclusive = schema.path("exclusiveMinimum").asBoolean();
            int compared = number.compareTo(schema.get("minimum").decimalValue());
            if (compared < 0 || exclusive && compared == 0) {
                invalid(path, value, exclusive ? "should be greater than " + schema.get("minimum") : "should be greater than or equal to " + schema.get("minimum"));
            }
        }
        if (schema.hasNonNull("multipleOf") && number.remainder(schema.get("multipleOf").decimalValue()).signum() != 0) {
            invalid(path, value, "should be a multiple of " + schema.get("multipleOf"));
        }
    }

    private void array(JsonNode value, JsonNode old, JsonNode schema, String path) {
        if (schema.hasNonNull("maxItems") && value.size() > schema.get("maxItems").asInt()) {
            add(FieldError.Type.TOO_MANY, path, IntNode.valueOf(value.size()), "must have at most " + schema.get("maxItems").asInt() + " items");
        }
        if (schema.hasNonNull("minItems") && value.size() < schema.get("minItems").asInt()) {
            invalid(path, value, "should have at least " + schema.get("minItems").asInt() + " items");
        }
        if (schema.path("uniqueItems").asBoolean() && distinct(value) < value.size()) {
            invalid(path, value, "shouldn't contain duplicates");
        }
        keys(value, schema, path);
        JsonNode items = schema.path("items");
        if (items.isObject()) {
            for (int i = 0; i < value.size(); i++) {
                value(value.get(i), ListCorrelation.find(schema, old, value.get(i)), items, path + "[" + i + "]");
            }
        }
    }

    private static int distinct(JsonNode array) {
        Set<JsonNode> seen = new HashSet<>();
        array.forEach(seen::add);
        return seen.size();
    }

    /** Lists that are sets or maps have no item twice. */
    private void keys(JsonNode value, JsonNode schema, String path) {
        String listType = schema.path("x-kubernetes-list-type").asText("");
        if (!listType.equals("set") && !listType.equals("map")) {
            return;
        }
        Set<JsonNode> seen = new HashSet<>();
        for (int i = 0; i < value.size(); i++) {
            JsonNode key = value.get(i);
            if (listType.equals("map")) {
                ObjectNode fields = Json.object();
                for (JsonNode name : schema.path("x-kubernetes-list-map-keys")) {
                    JsonNode part = key.get(name.asText());
                    if (part != null) {
                        fields.set(name.asText(), part);
                    }
                }
                key = fields;
            }
            if (!seen.add(key)) {
                add(FieldError.Type.DUPLICATE, path + "[" + i + "]", key, "");
            }
        }
    }

    private void object(JsonNode value, JsonNode old, JsonNode schema, String path) {
        if (schema.hasNonNull("maxProperties") && value.size() > schema.get("maxProperties").asInt()) {
            add(FieldError.Type.TOO_MANY, path, IntNode.valueOf(value.size()), "must have at most " + schema.get("maxProperties").asInt() + " items");
        }
        if (schema.hasNonNull("minProperties") && value.size() < schema.get("minProperties").asInt()) {
            invalid(path, value, "should have at least " + schema.get("minProperties").asInt() + " properties");
        }
        for (JsonNode required : schema.path("required")) {
            if (!value.has(required.asText()) && !(path.isEmpty() && required.asText().equals("metadata"))) {
                add(FieldError.Type.REQUIRED, child(path, required.asText()), null, "");
            }
        }
        if (schema.path("x-kubernetes-embedded-resource").asBoolean()) {
            head(value, "apiVersion", path);
            head(value, "kind", path);
        }
        JsonNode properties = schema.path("properties");
        JsonNode additional = schema.path("additionalProperties");
        for (Map.Entry<String, JsonNode> field : value.properties()) {
            JsonNode declared = properties.get(field.getKey());
            JsonNode before = old == null ? null : old.get(field.getKey());
            if (declared != null) {
                value(field.getValue(), before, declared, child(path, field.getKey()));
            } else if (additional.isObject()) {
                value(field.getValue(), before, additional, child(path, field.getKey()));
            }
        }
    }

    /** Of an object within the object: which one it is must be said, whatever the schema asks for. */
    private void head(JsonNode value, String field, String path) {
        JsonNode said = value.get(field);
        if (said == null) {
            add(FieldError.Type.REQUIRED, child(path, field), null, "must not be empty");
        } else if (!said.isTextual()) {
            add(FieldError.Type.INVALID, child(path, field), said, "must be a string");
        } else if (said.textValue().isEmpty()) {
            add(FieldError.Type.INVALID, child(path, field), said, "must not be empty");
        }
    }

    private static String child(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    private void combinations(JsonNode value, JsonNode schema, String path) {
        for (JsonNode each : schema.path("allOf")) {
            value(value, null, each, path);
        }
        JsonNode any = schema.path("anyOf");
        if (!any.isEmpty() && fitting(value, any, path) == 0) {
            invalid(path, value, "must validate at least one schema (anyOf)");
        }
        JsonNode one = schema.path("oneOf");
        if (!one.isEmpty()) {
            int fitting = fitting(value, one, path);
            if (fitting != 1) {
                invalid(path, value, "must validate one and only one schema (oneOf). Found " + (fitting == 0 ? "none valid" : fitting + " valid alternatives"));
            }
        }
        JsonNode not = schema.path("not");
        if (not.isObject() && fits(value, not, path)) {
            invalid(path, value, "must not validate the schema (not)");
        }
    }

    private int fitting(JsonNode value, JsonNode schemas, String path) {
        int count = 0;
        for (JsonNode schema : schemas) {
            count += fits(value, schema, path) ? 1 : 0;
        }
        return count;
    }

    private boolean fits(JsonNode value, JsonNode schema, String path) {
        StructuralValidation trial = new StructuralValidation(patterns);
        trial.value(value, null, schema, path);
        return trial.errors.isEmpty();
    }
}
