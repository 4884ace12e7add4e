package io.skerry.apiserver.discovery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A Swagger 2.0 document as OpenAPI 3.0, for servers that do not speak the newer one (k8s.io/kube-openapi, pkg/openapiconv). */
public final class SwaggerConversion {
    private static final Set<String> METHODS = Set.of("get", "put", "post", "delete", "options", "head", "patch");
    /** What version 3 has in other places of an operation, and of a parameter. */
    private static final Set<String> MOVED = Set.of("consumes", "produces", "schemes", "parameters", "responses");
    private static final Set<String> OF_PARAMETER = Set.of("name", "in", "description", "required");
    private static final String JSON = "application/json";

    private SwaggerConversion() {
    }

    /** @param swagger as {@link SwaggerMerge#only} makes it */
    public static ObjectNode toV3(JsonNode swagger) {
        ObjectNode out = Json.object().put("openapi", "3.0.0");
        out.putObject("info").put("title", "Kubernetes").put("version", "unversioned");
        ObjectNode paths = out.putObject("paths");
        swagger.path("paths").properties().forEach(path -> paths.set(path.getKey(), pathItem(path.getValue())));
        out.putObject("components").set("schemas", swagger.path("definitions").deepCopy());
        referTo(out);
        return out;
    }

    private static ObjectNode pathItem(JsonNode item) {
        ObjectNode out = Json.object();
        item.properties().forEach(field -> {
            if (METHODS.contains(field.getKey()) && field.getValue().isObject()) {
                out.set(field.getKey(), operation(field.getValue()));
            } else if (field.getKey().equals("parameters")) {
                field.getValue().forEach(parameter -> out.withArray("parameters").add(parameter(parameter)));
            } else {
                out.set(field.getKey(), field.getValue());
            }
        });
        return out;
    }

    private static ObjectNode operation(JsonNode operation) {
        ObjectNode out = Json.object();
        copy(out, operation, MOVED, false);
        for (JsonNode parameter : operation.path("parameters")) {
            if (Json.text(parameter, "in").equals("body")) {
                ObjectNode body = out.putObject("requestBody");
                copy(body, parameter, Set.of("description", "required"), true);
                body.set("content", content(operation.path("consumes"), parameter.path("schema")));
            } else {
                out.withArray("parameters").add(parameter(parameter));
            }
        }
        ObjectNode responses = out.putObject("responses");
        operation.path("responses").properties().forEach(code -> {
            ObjectNode response = responses.putObject(code.getKey()).put("description", Json.text(code.getValue(), "description"));
            if (code.getValue().has("schema")) {
                response.set("content", content(operation.path("produces"), code.getValue().get("schema")));
            }
        });
        return out;
    }

    private static ObjectNode parameter(JsonNode parameter) {
        ObjectNode out = Json.object();
        copy(out, parameter, OF_PARAMETER, true);
        copy(out.putObject("schema"), parameter, OF_PARAMETER, false);
        return out;
    }

    private static ObjectNode content(JsonNode types, JsonNode schema) {
        ObjectNode content = Json.object();
        for (JsonNode type : types.isEmpty() ? List.of(Json.MAPPER.getNodeFactory().textNode(JSON)) : types) {
            content.putObject(type.asText()).set("schema", schema.deepCopy());
        }
        return content;
    }

    private static void copy(ObjectNode into, JsonNode from, Set<String> fields, boolean these) {
        for (Map.Entry<String, JsonNode> field : from.properties()) {
            if (fields.contains(field.getKey()) == these) {
                into.set(field.getKey(), field.getValue());
            }
        }
    }

    private static void referTo(JsonNode node) {
        if (node instanceof ObjectNode object && object.path("$ref").isTextual()) {
            object.put("$ref", object.get("$ref").asText().replaceFirst("^#/definitions/", "#/components/schemas/"));
        }
        node.forEach(SwaggerConversion::referTo);
    }
}
