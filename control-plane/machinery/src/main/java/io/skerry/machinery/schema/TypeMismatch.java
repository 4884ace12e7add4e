package io.skerry.machinery.schema;

import com.fasterxml.jackson.databind.JsonNode;

/** A value that is not of the type that its schema says. */
public final class TypeMismatch {

    private final String path;
    private final String goPath;
    private final String goStruct;
    private final Schema expected;
    private final JsonNode value;
    private final String problem;

    TypeMismatch(String path, String goPath, String goStruct, Schema expected, JsonNode value, String problem) {
        this.path = path;
        this.goPath = goPath;
        this.goStruct = goStruct;
        this.expected = expected;
        this.value = value;
        this.problem = problem;
    }

    /** Path with list indexes, such as "spec.ports[0].port". */
    public String path() {
        return path;
    }

    /** The value that is there. */
    public JsonNode value() {
        return value;
    }

    /**
     * As upstream's decoder says it of a built-in type (a 400): {@code json: cannot unmarshal string into Go struct field
     * DeploymentSpec.spec.replicas of type int32}. The path is ours, with indexes left out as there.
     */
    public String decodeError() {
        if (!problem.isEmpty()) {
            return problem;
        }
        boolean integer = expected.type() == Schema.Type.INTEGER && value.isNumber();
        String where = goStruct.isEmpty() ? "value" : "struct field " + goStruct + "." + goPath;
        return "json: cannot unmarshal " + word(value) + (integer ? " " + value.asText() : "") + " into Go " + where + " of type " + goType(expected);
    }

    /** As upstream's OpenAPI validation says it of a custom resource (the detail of a 422's FieldValueTypeInvalid, after the bad value). */
    public String structuralError() {
        return path + " in body must be of type " + openApiType(expected) + ": \"" + openApiWord(value) + "\"";
    }

    private static String word(JsonNode v) {
        return switch (v.getNodeType()) {
            case STRING -> "string";
            case NUMBER -> "number";
            case BOOLEAN -> "bool";
            case ARRAY -> "array";
            default -> "object";
        };
    }

    /** The kind of a JSON value in OpenAPI's words: "integer", "boolean", ... */
    private static String openApiWord(JsonNode v) {
        return v.isIntegralNumber() ? "integer" : v.isBoolean() ? "boolean" : word(v);
    }

    private static String goType(Schema s) {
        return switch (s.type()) {
            case STRING -> switch (s.format()) {
                case "date-time" -> "v1.Time";
                case "byte" -> "[]uint8";
                default -> "string";
            };
            case INTEGER -> s.format().isEmpty() ? "int64" : s.format();
            case NUMBER -> "float64";
            case BOOLEAN -> "bool";
            case INT_OR_STRING -> "intstr.IntOrString";
            case QUANTITY -> "resource.Quantity";
            case ARRAY -> "[]" + goType(s.items());
            case MAP -> "map[string]" + goType(s.values());
            case OBJECT -> {
                String[] parts = s.name().split("\\.");
                yield parts.length < 2 ? "object" : parts[parts.length - 2] + "." + parts[parts.length - 1];
            }
            case ANY -> "interface {}";
        };
    }

    private static String openApiType(Schema s) {
        return switch (s.type()) {
            case OBJECT, MAP -> "object";
            case ARRAY -> "array";
            case STRING -> "string";
            case INTEGER -> "integer";
            case NUMBER -> "number";
            case BOOLEAN -> "boolean";
            case INT_OR_STRING, QUANTITY -> "integer,string";
            case ANY -> "any";
        };
    }

    @Override
    public String toString() {
        return path + ": " + decodeError();
    }
}
