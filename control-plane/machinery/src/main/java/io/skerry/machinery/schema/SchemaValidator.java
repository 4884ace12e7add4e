package io.skerry.machinery.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Compares an object with its schema: fields the schema does not have, values of another type. Nulls are as good as absent. */
public final class SchemaValidator {

    private SchemaValidator() {}

    /** Paths of the fields that the schema does not know, such as "spec.foo" or "spec.containers[0].bar", in the object's order. */
    public static List<String> unknownFields(ObjectNode object, Schema schema) {
        List<String> out = new ArrayList<>();
        unknown(object, schema, "", out);
        return out;
    }

    private static void unknown(JsonNode value, Schema schema, String path, List<String> out) {
        switch (schema.type()) {
            case OBJECT -> {
                Map<String, Schema> fields = schema.fields();
                for (Map.Entry<String, JsonNode> e : value.properties()) {
                    Schema field = fields.get(e.getKey());
                    if (field != null) {
                        unknown(e.getValue(), field, child(path, e.getKey()), out);
                    } else if (!schema.preserveUnknownFields()) {
                        out.add(child(path, e.getKey()));
                    }
                }
            }
            case MAP -> value.properties().forEach(e -> unknown(e.getValue(), schema.values(), child(path, e.getKey()), out));
            case ARRAY -> {
                for (int i = 0; value.isArray() && i < value.size(); i++) {
                    unknown(value.get(i), schema.items(), path + "[" + i + "]", out);
                }
            }
            default -> { }
        }
    }

    /** Values that cannot be what the schema says, in the object's order. */
    public static List<TypeMismatch> typeMismatches(ObjectNode object, Schema schema) {
        List<TypeMismatch> out = new ArrayList<>();
        mismatch(object, schema, "", "", "", out);
        return out;
    }

    /** @param goPath path without list indexes, as Go's decoder tells it */
    private static void mismatch(JsonNode value, Schema schema, String path, String goPath, String goStruct, List<TypeMismatch> out) {
        if (value.isNull()) {
            return;
        }
        String problem = switch (schema.type()) {
            case OBJECT, MAP -> value.isObject() ? null : "";
            case ARRAY -> value.isArray() ? null : "";
            case STRING -> value.isTextual() ? wrongFormat(value.textValue(), schema.format()) : "";
            case BOOLEAN -> value.isBoolean() ? null : "";
            case NUMBER -> value.isNumber() ? null : "";
            case INTEGER -> value.isIntegralNumber() && (schema.format().equals("int32") ? value.canConvertToInt() : value.canConvertToLong()) ? null : "";
            case INT_OR_STRING -> value.isTextual() || value.isIntegralNumber() ? null : "";
            case QUANTITY -> value.isTextual() || value.isNumber() ? null : "";
            case ANY -> null;
        };
        if (problem != null) {
            out.add(new TypeMismatch(path, goPath, goStruct, schema, value, problem));
            return;
        }
        switch (schema.type()) {
            case OBJECT -> {
                String struct = schema.name().substring(schema.name().lastIndexOf('.') + 1);
                for (Map.Entry<String, JsonNode> e : value.properties()) {
                    Schema field = schema.field(e.getKey());
                    if (field != null) {
                        mismatch(e.getValue(), field, child(path, e.getKey()), child(goPath, e.getKey()), struct, out);
                    }
                }
            }
            case MAP -> value.properties().forEach(e ->
                    mismatch(e.getValue(), schema.values(), child(path, e.getKey()), goPath, goStruct, out));
            case ARRAY -> {
                for (int i = 0; i < value.size(); i++) {
                    mismatch(value.get(i), schema.items(), path + "[" + i + "]", goPath, goStruct, out);
                }
            }
            default -> { }
        }
    }

    /** What is wrong with a string of a format that decides whether it can be decoded; null when nothing. */
    private static String wrongFormat(String value, String format) {
        switch (format) {
            case "date-time" -> {
                try {
                    OffsetDateTime.parse(value);
                } catch (DateTimeParseException e) {
                    return "parsing time \"" + value + "\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"" + value.substring(e.getErrorIndex()) + "\"";
                }
            }
            case "byte" -> {
                int end = value.length();
                while (end > 0 && end > value.length() - 2 && value.charAt(end - 1) == '=') {
                    end--;
                }
                for (int i = 0; i < end; i++) {
                    char c = value.charAt(i);
                    if (!(c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/' || c == '\n' || c == '\r')) {
                        return "illegal base64 data at input byte " + i;
                    }
                }
                if (value.chars().filter(c -> c != '\n' && c != '\r').count() % 4 != 0) {
                    return "illegal base64 data at input byte " + value.length() / 4 * 4;
                }
            }
            default -> { }
        }
        return null;
    }

    private static String child(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }
}
