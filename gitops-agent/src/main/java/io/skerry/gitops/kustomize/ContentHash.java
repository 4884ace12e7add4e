package io.skerry.gitops.kustomize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/**
 * The name suffix of a generated ConfigMap or Secret: ten characters of the SHA-256 of its data, the same that Kustomize and
 * kubectl make, so that a device and a person at a keyboard come to the same name.
 */
final class ContentHash {

    private ContentHash() {}

    static String of(ObjectNode object) {
        TreeMap<String, JsonNode> parts = new TreeMap<>();
        String kind = Json.text(object, "kind");
        parts.put("kind", Json.MAPPER.getNodeFactory().textNode(kind));
        // Kustomize means to put the name here, but looks it up under a field called "metadata/name".
        parts.put("name", orEmpty(null));
        parts.put("data", orEmpty(object.get("data")));
        if (kind.equals("Secret")) {
            parts.put("type", orEmpty(object.get("type")));
            if (object.path("stringData").isObject()) parts.put("stringData", object.get("stringData"));
        } else if (object.path("binaryData").isObject()) {
            parts.put("binaryData", object.get("binaryData"));
        }
        StringBuilder text = new StringBuilder("{");
        parts.forEach((name, value) -> {
            if (text.length() > 1) text.append(',');
            quote(name, text);
            text.append(':');
            write(value, text);
        });
        return encode(sha256(text.append('}').toString()));
    }

    private static JsonNode orEmpty(JsonNode value) {
        return value == null ? Json.MAPPER.getNodeFactory().textNode("") : value;
    }

    /** Digits and letters that could spell something are replaced, as kubectl does. */
    private static String encode(String hex) {
        StringBuilder result = new StringBuilder(10);
        for (char c : hex.substring(0, 10).toCharArray()) {
            result.append(switch (c) {
                case '0' -> 'g';
                case '1' -> 'h';
                case '3' -> 'k';
                case 'a' -> 'm';
                case 'e' -> 't';
                default -> c;
            });
        }
        return result.toString();
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** JSON with ordered keys and Go's escapes: the hash is over Go's spelling. */
    private static void write(JsonNode value, StringBuilder to) {
        if (!value.isObject()) {
            quote(value.asText(), to);
            return;
        }
        to.append('{');
        boolean first = true;
        TreeMap<String, JsonNode> ordered = new TreeMap<>();
        for (Map.Entry<String, JsonNode> field : value.properties()) ordered.put(field.getKey(), field.getValue());
        for (Map.Entry<String, JsonNode> field : ordered.entrySet()) {
            if (!first) to.append(',');
            first = false;
            quote(field.getKey(), to);
            to.append(':');
            write(field.getValue(), to);
        }
        to.append('}');
    }

    private static void quote(String text, StringBuilder to) {
        to.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> to.append("\\\"");
                case '\\' -> to.append("\\\\");
                case '\b' -> to.append("\\b");
                case '\f' -> to.append("\\f");
                case '\n' -> to.append("\\n");
                case '\r' -> to.append("\\r");
                case '\t' -> to.append("\\t");
                default -> {
                    if (c < 0x20 || c == '<' || c == '>' || c == '&' || c == '\u2028' || c == '\u2029') to.append(String.format("\\u%04x", (int) c));
                    else to.append(c);
                }
            }
        }
        to.append('"');
    }
}
