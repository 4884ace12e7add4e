package io.skerry.machinery.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** The object tree: Jackson's {@link JsonNode}, its one mapper, and short ways to read and make it. */
public final class Json {

    /** For trees only; needs no reflection. Anything after the first value is an error. */
    public static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private Json() {}

    public static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    public static ArrayNode array() {
        return JsonNodeFactory.instance.arrayNode();
    }

    /**
     * Parses one JSON value (RFC 8259, UTF-8). An empty input gives a {@link MissingNode}.
     *
     * @throws IllegalArgumentException saying what is wrong at which line and column
     */
    public static JsonNode parse(byte[] json) {
        try {
            return MAPPER.readTree(json);
        } catch (IOException e) {
            throw invalid(e);
        }
    }

    /** As {@link #parse(byte[])}. */
    public static JsonNode parse(String json) {
        try {
            return MAPPER.readTree(json);
        } catch (IOException e) {
            throw invalid(e);
        }
    }

    private static IllegalArgumentException invalid(IOException e) {
        if (!(e instanceof JsonProcessingException p)) {
            return new IllegalArgumentException("invalid JSON: " + e.getMessage(), e);
        }
        var at = p.getLocation();
        String where = at == null ? "" : " at line " + at.getLineNr() + ", column " + at.getColumnNr();
        return new IllegalArgumentException("invalid JSON" + where + ": " + p.getOriginalMessage(), e);
    }

    /** Compact UTF-8 JSON. */
    public static byte[] bytes(JsonNode node) {
        try {
            return MAPPER.writeValueAsBytes(node);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree cannot fail to be written", e);
        }
    }

    /** Compact JSON as a string. */
    public static String string(JsonNode node) {
        return new String(bytes(node), StandardCharsets.UTF_8);
    }

    /** The node under these field names, one after the other; a {@link MissingNode} when any is absent. Never null. */
    public static JsonNode at(JsonNode node, String... path) {
        JsonNode at = node;
        for (String field : path) {
            if (at == null) {
                return MissingNode.getInstance();
            }
            at = at.path(field);
        }
        return at == null ? MissingNode.getInstance() : at;
    }

    /** The scalar under these field names as text; "" when absent, null or not a scalar. */
    public static String text(JsonNode node, String... path) {
        JsonNode at = at(node, path);
        return at.isValueNode() && !at.isNull() ? at.asText() : "";
    }

    /** The object under these field names, made where it is absent or null. The path must not meet a scalar or list. */
    public static ObjectNode ensureObject(ObjectNode node, String... path) {
        ObjectNode at = node;
        for (String field : path) {
            at = at.get(field) instanceof ObjectNode child ? child : at.putObject(field);
        }
        return at;
    }
}
