package io.skerry.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
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
            case "application/yaml", "application/x-yaml", "text/yaml" -> object(yaml(call));
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
            return readable(Json.parse(body), body);
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest("error decoding the body as JSON: " + e.getMessage());
        }
    }

    private static ObjectNode protobuf(byte[] body) {
        try {
            ObjectNode object = ProtobufDecoder.decode(body, TypeTable.builtin());
            readable(object, body);
            return object;
        } catch (ProtobufException e) {
            throw ApiException.badRequest("error decoding the body as protobuf: " + e.getMessage());
        }
    }

    /** A body in YAML. A key that is there twice is for fieldValidation to judge, as in JSON: refused, warned of or taken, the last one then. */
    public static JsonNode yaml(Call call) {
        byte[] body = call.request().body();
        List<Yaml.Document> documents = documents(call, new String(body, StandardCharsets.UTF_8));
        if (documents.size() != 1) {
            throw ApiException.badRequest("the body must hold one YAML document, not " + documents.size());
        }
        return readable(documents.getFirst().root(), body);
    }

    private static List<Yaml.Document> documents(Call call, String body) {
        Call.FieldValidation validation = call.fieldValidation();
        try {
            return Yaml.parseAll(body, "body");
        } catch (YamlException strict) {
            List<Yaml.Document> documents;
            try {
                documents = Yaml.parseAllLastWins(body, "body");
            } catch (YamlException e) {
                throw ApiException.badRequest("error decoding YAML: " + e.getMessage());
            }
            if (validation == Call.FieldValidation.STRICT) {
                throw ApiException.badRequest("error strict decoding YAML: " + strict.getMessage());
            } else if (validation == Call.FieldValidation.WARN) {
                call.warnings().add(strict.getMessage());
            }
            return documents;
        }
    }

    /**
     * What can be written as JSON again. Numbers are 64 bit floats at most, as upstream reads them: a larger one (1e400) or YAML's .inf and .nan
     * could be neither compared nor written. Half a surrogate pair, which only an escape can give, is replaced, as Go's decoder does.
     *
     * @param bytes the body as it was sent
     */
    private static JsonNode readable(JsonNode body, byte[] bytes) {
        if (hasEscapedSurrogate(bytes)) {
            wellFormed(body);
        }
        String at = infinite(body);
        if (at != null) {
            throw ApiException.badRequest("error decoding the body: the number at \"" + at + "\" is out of range: numbers must lie between -"
                    + Double.MAX_VALUE + " and " + Double.MAX_VALUE);
        }
        return body;
    }

    /** Whether an escape of JSON or YAML names a surrogate. */
    private static boolean hasEscapedSurrogate(byte[] bytes) {
        for (int i = 0; i + 3 < bytes.length; i++) {
            if (bytes[i] == '\\' && (bytes[i + 1] == 'u' && (bytes[i + 2] | 0x20) == 'd' || bytes[i + 1] == 'U')) {
                return true;
            }
        }
        return false;
    }

    /** Replaces half surrogate pairs below a node. */
    private static void wellFormed(JsonNode node) {
        if (node instanceof ObjectNode object) {
            for (Map.Entry<String, JsonNode> field : List.copyOf(object.properties())) {
                wellFormed(field.getValue());
                JsonNode value = field.getValue().isTextual() ? TextNode.valueOf(wellFormed(field.getValue().textValue())) : field.getValue();
                String name = wellFormed(field.getKey());
                if (!name.equals(field.getKey())) {
                    object.remove(field.getKey());
                }
                object.set(name, value);
            }
        } else if (node instanceof ArrayNode list) {
            for (int i = 0; i < list.size(); i++) {
                wellFormed(list.get(i));
                if (list.get(i).isTextual()) {
                    list.set(i, TextNode.valueOf(wellFormed(list.get(i).textValue())));
                }
            }
        }
    }

    private static String wellFormed(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().forEach(c -> out.appendCodePoint(c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xfffd : c));
        return out.toString();
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
