package io.skerry.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.protobuf.ProtobufDecoder;
import io.skerry.machinery.protobuf.ProtobufException;
import io.skerry.machinery.schema.TypeTable;
import io.skerry.machinery.yaml.Yaml;
import io.skerry.machinery.yaml.YamlException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Reads request bodies. */
public final class Bodies {
    private static final List<String> ACCEPTED = List.of("application/json", "application/yaml", ProtobufDecoder.MEDIA_TYPE);

    private Bodies() {
    }

    /** The media type of a request without parameters, lower case; application/json when none is given. */
    public static String mediaType(Call call) {
        String header = call.request().header("Content-Type");
        if (header == null || header.isBlank()) {
            return "application/json";
        }
        return header.split(";", 2)[0].trim().toLowerCase(Locale.ROOT);
    }

    /** The object a create or update sends. */
    public static ObjectNode object(Call call) {
        byte[] body = call.request().body();
        if (body.length == 0) {
            throw ApiException.badRequest("the request has no body, but " + call.info().verb() + " needs an object");
        }
        return switch (mediaType(call)) {
            case "application/json" -> object(json(body));
            case "application/yaml", "application/x-yaml", "text/yaml" -> object(yaml(body));
            case ProtobufDecoder.MEDIA_TYPE -> protobuf(body);
            default -> throw ApiException.unsupportedMediaType(ACCEPTED);
        };
    }

    /** A body that may be left out, such as DeleteOptions. */
    public static ObjectNode optionalObject(Call call) {
        return call.request().body().length == 0 ? Json.object() : object(call);
    }

    public static JsonNode json(byte[] body) {
        try {
            return finite(Json.parse(body));
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest("error decoding the body as JSON: " + e.getMessage());
        }
    }

    private static ObjectNode protobuf(byte[] body) {
        try {
            ObjectNode object = ProtobufDecoder.decode(body, TypeTable.builtin());
            finite(object);
            return object;
        } catch (ProtobufException e) {
            throw ApiException.badRequest("error decoding the body as protobuf: " + e.getMessage());
        }
    }

    public static JsonNode yaml(byte[] body) {
        try {
            List<Yaml.Document> documents = Yaml.parseAll(new String(body, StandardCharsets.UTF_8), "body");
            if (documents.size() != 1) {
                throw ApiException.badRequest("the body must hold one YAML document, not " + documents.size());
            }
            return finite(documents.getFirst().root());
        } catch (YamlException e) {
            throw ApiException.badRequest("error decoding YAML: " + e.getMessage());
        }
    }

    /**
     * Numbers are 64 bit floats at most, as upstream reads them: a larger one (1e400) or YAML's .inf and .nan could be neither compared nor
     * written as JSON.
     */
    private static JsonNode finite(JsonNode body) {
        String at = infinite(body);
        if (at != null) {
            throw ApiException.badRequest("error decoding the body: the number at \"" + at + "\" is out of range: numbers must lie between -"
                    + Double.MAX_VALUE + " and " + Double.MAX_VALUE);
        }
        return body;
    }

    /** Where a number is infinite or none; null when all are finite. */
    private static String infinite(JsonNode node) {
        if (node.isNumber()) {
            return Double.isFinite(node.doubleValue()) ? null : "";
        }
        if (node.isObject()) {
            for (Map.Entry<String, JsonNode> field : node.properties()) {
                String at = infinite(field.getValue());
                if (at != null) {
                    return "." + field.getKey() + at;
                }
            }
        } else {
            for (int i = 0; i < node.size(); i++) {
                String at = infinite(node.get(i));
                if (at != null) {
                    return "[" + i + "]" + at;
                }
            }
        }
        return null;
    }

    private static ObjectNode object(JsonNode node) {
        if (node instanceof ObjectNode object) {
            return object;
        }
        throw ApiException.badRequest("the body must be a JSON object, not " + node.getNodeType().name().toLowerCase(Locale.ROOT));
    }
}
