package io.skerry.apiserver.discovery;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * The Swagger 2.0 document in protobuf (gnostic's openapi.v2.Document), the only form in which kubectl asks for it: up to 1.26 for
 * explain and validation, later for kinds that the version 3 documents do not have.
 *
 * @see <a href="https://github.com/google/gnostic-models/blob/main/openapiv2/OpenAPIv2.proto">OpenAPIv2.proto</a>
 */
final class OpenApiProtobuf {
    static final String MEDIA_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int BYTES = 2;

    /** Field numbers of Operation, by their JSON names. */
    private static final Map<String, Integer> OPERATION = Map.of("tags", 1, "summary", 2, "description", 3, "operationId", 5, "produces", 6, "consumes", 7,
            "schemes", 10, "deprecated", 11);
    private static final Map<String, Integer> METHODS = Map.of("get", 2, "put", 3, "post", 4, "delete", 5, "options", 6, "head", 7, "patch", 8);
    private static final Map<String, Integer> BODY_PARAMETER = Map.of("description", 1, "name", 2, "in", 3, "required", 4);
    private static final Map<String, Integer> QUERY_PARAMETER = Map.of("required", 1, "in", 2, "description", 3, "name", 4, "type", 6, "format", 7);
    private static final Map<String, Integer> PATH_PARAMETER = Map.of("required", 1, "in", 2, "description", 3, "name", 4, "type", 5, "format", 6);
    private static final Map<String, Integer> SCHEMA = Map.ofEntries(Map.entry("$ref", 1), Map.entry("format", 2), Map.entry("title", 3), Map.entry("description", 4),
            Map.entry("multipleOf", 6), Map.entry("maximum", 7), Map.entry("exclusiveMaximum", 8), Map.entry("minimum", 9), Map.entry("exclusiveMinimum", 10),
            Map.entry("maxLength", 11), Map.entry("minLength", 12), Map.entry("pattern", 13), Map.entry("maxItems", 14), Map.entry("minItems", 15),
            Map.entry("uniqueItems", 16), Map.entry("maxProperties", 17), Map.entry("minProperties", 18), Map.entry("required", 19));

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private OpenApiProtobuf() {
    }

    /** @param swagger the document as OpenApi.v2 makes it */
    static byte[] encode(JsonNode swagger) {
        OpenApiProtobuf document = new OpenApiProtobuf();
        document.text(1, swagger.path("swagger").asText());
        OpenApiProtobuf info = new OpenApiProtobuf();
        info.text(1, Json.text(swagger, "info", "title"));
        info.text(2, Json.text(swagger, "info", "version"));
        document.message(2, info);
        OpenApiProtobuf paths = new OpenApiProtobuf();
        swagger.path("paths").properties().forEach(path -> paths.named(2, path.getKey(), pathItem(path.getValue())));
        document.message(8, paths);
        OpenApiProtobuf definitions = new OpenApiProtobuf();
        swagger.path("definitions").properties().forEach(definition -> definitions.named(1, definition.getKey(), schema(definition.getValue())));
        document.message(9, definitions);
        return document.out.toByteArray();
    }

    private static OpenApiProtobuf pathItem(JsonNode node) {
        OpenApiProtobuf item = new OpenApiProtobuf();
        METHODS.forEach((method, number) -> {
            if (node.has(method)) {
                item.message(number, operation(node.get(method)));
            }
        });
        node.path("parameters").forEach(parameter -> item.message(9, parameter(parameter)));
        item.extensions(10, node);
        return item;
    }

    private static OpenApiProtobuf operation(JsonNode node) {
        OpenApiProtobuf operation = new OpenApiProtobuf();
        operation.scalars(OPERATION, node);
        node.path("parameters").forEach(parameter -> operation.message(8, parameter(parameter)));
        OpenApiProtobuf responses = new OpenApiProtobuf();
        node.path("responses").properties().forEach(code -> {
            OpenApiProtobuf response = new OpenApiProtobuf();
            response.text(1, Json.text(code.getValue(), "description"));
            if (code.getValue().has("schema")) {
                OpenApiProtobuf item = new OpenApiProtobuf();
                item.message(1, schema(code.getValue().get("schema")));
                response.message(2, item);
            }
            OpenApiProtobuf value = new OpenApiProtobuf();
            value.message(1, response);
            responses.named(1, code.getKey(), value);
        });
        operation.message(9, responses);
        operation.extensions(13, node);
        return operation;
    }

    /** ParametersItem around Parameter around one of its kinds. */
    private static OpenApiProtobuf parameter(JsonNode node) {
        String in = Json.text(node, "in");
        OpenApiProtobuf kind = new OpenApiProtobuf();
        OpenApiProtobuf parameter = new OpenApiProtobuf();
        if (in.equals("body")) {
            kind.scalars(BODY_PARAMETER, node);
            kind.message(5, schema(node.path("schema")));
            parameter.message(1, kind);
        } else {
            boolean path = in.equals("path");
            kind.scalars(path ? PATH_PARAMETER : QUERY_PARAMETER, node);
            OpenApiProtobuf nonBody = new OpenApiProtobuf();
            nonBody.message(path ? 4 : 3, kind);
            parameter.message(2, nonBody);
        }
        OpenApiProtobuf item = new OpenApiProtobuf();
        item.message(1, parameter);
        return item;
    }

    private static OpenApiProtobuf schema(JsonNode node) {
        OpenApiProtobuf schema = new OpenApiProtobuf();
        schema.scalars(SCHEMA, node);
        if (node.has("default")) {
            schema.any(5, node.get("default"));
        }
        node.path("enum").forEach(value -> schema.any(20, value));
        JsonNode additional = node.path("additionalProperties");
        if (!additional.isMissingNode()) {
            OpenApiProtobuf item = new OpenApiProtobuf();
            if (additional.isBoolean()) {
                item.value(2, additional);
            } else {
                item.message(1, schema(additional));
            }
            schema.message(21, item);
        }
        if (node.has("type")) {
            OpenApiProtobuf type = new OpenApiProtobuf();
            type.text(1, node.get("type").asText());
            schema.message(22, type);
        }
        if (node.has("items")) {
            OpenApiProtobuf items = new OpenApiProtobuf();
            items.message(1, schema(node.get("items")));
            schema.message(23, items);
        }
        node.path("allOf").forEach(part -> schema.message(24, schema(part)));
        if (node.has("properties")) {
            OpenApiProtobuf properties = new OpenApiProtobuf();
            node.get("properties").properties().forEach(property -> properties.named(1, property.getKey(), schema(property.getValue())));
            schema.message(25, properties);
        }
        schema.extensions(31, node);
        return schema;
    }

    private void scalars(Map<String, Integer> numbers, JsonNode node) {
        node.properties().forEach(field -> {
            Integer number = numbers.get(field.getKey());
            if (number != null) {
                if (field.getValue().isArray()) {
                    field.getValue().forEach(each -> text(number, each.asText()));
                } else {
                    value(number, field.getValue());
                }
            }
        });
    }

    private void value(int number, JsonNode value) {
        if (value.isBoolean()) {
            tag(number, VARINT);
            varint(value.asBoolean() ? 1 : 0);
        } else if (!value.isNumber()) {
            text(number, value.asText());
        } else if (number == 6 || number == 7 || number == 9) {
            // Schema's multiple_of, maximum and minimum are doubles, its lengths integers
            tag(number, FIXED64);
            out.writeBytes(ByteBuffer.allocate(Double.BYTES).order(ByteOrder.LITTLE_ENDIAN).putDouble(value.asDouble()).array());
        } else {
            tag(number, VARINT);
            varint(value.asLong());
        }
    }

    /** Named extensions, each as the YAML (here JSON) of its value. */
    private void extensions(int number, JsonNode node) {
        node.properties().forEach(field -> {
            if (field.getKey().startsWith("x-")) {
                OpenApiProtobuf any = new OpenApiProtobuf();
                any.text(2, Json.string(field.getValue()));
                named(number, field.getKey(), any);
            }
        });
    }

    private void any(int number, JsonNode value) {
        OpenApiProtobuf any = new OpenApiProtobuf();
        any.text(2, Json.string(value));
        message(number, any);
    }

    private void named(int number, String name, OpenApiProtobuf value) {
        OpenApiProtobuf entry = new OpenApiProtobuf();
        entry.text(1, name);
        entry.message(2, value);
        message(number, entry);
    }

    private void message(int number, OpenApiProtobuf message) {
        bytes(number, message.out.toByteArray());
    }

    private void text(int number, String text) {
        bytes(number, text.getBytes(StandardCharsets.UTF_8));
    }

    private void bytes(int number, byte[] bytes) {
        tag(number, BYTES);
        varint(bytes.length);
        out.writeBytes(bytes);
    }

    private void tag(int number, int wireType) {
        varint((long) number << 3 | wireType);
    }

    private void varint(long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            out.write((int) (rest & 0x7f | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
    }
}
