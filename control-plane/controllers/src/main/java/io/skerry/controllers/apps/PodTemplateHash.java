package io.skerry.controllers.apps;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The value of the labels {@code pod-template-hash} and {@code controller-revision-hash}: FNV-1a over the template in canonical JSON and
 * the collision count, spelled with letters and digits that make no words (upstream's "safe encoding"). Upstream hashes Go's own
 * print-out of the template, so the values differ from those of a Go control plane; nothing but their stability matters.
 */
final class PodTemplateHash {
    private static final String ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

    private PodTemplateHash() {}

    /** @param collisionCount how often the resulting name was already taken by another template; null is none */
    static String of(JsonNode template, Integer collisionCount) {
        StringBuilder text = new StringBuilder();
        canonical(template, text);
        if (collisionCount != null) text.append('#').append(collisionCount);
        int hash = 0x811c9dc5;
        for (byte b : text.toString().getBytes(StandardCharsets.UTF_8)) hash = (hash ^ (b & 0xff)) * 0x01000193;
        return safeEncode(Integer.toUnsignedString(hash));
    }

    static String safeEncode(String s) {
        StringBuilder out = new StringBuilder(s.length());
        for (int i = 0; i < s.length(); i++) out.append(ALPHABET.charAt(s.charAt(i) % ALPHABET.length()));
        return out.toString();
    }

    /** Fields in the order of their names, nulls and empty containers left out: what a client writes differently but means the same hashes the same. */
    private static void canonical(JsonNode n, StringBuilder out) {
        if (n.isObject()) {
            List<String> names = new ArrayList<>();
            n.fieldNames().forEachRemaining(names::add);
            Collections.sort(names);
            out.append('{');
            for (String name : names) {
                JsonNode v = n.get(name);
                if (v.isNull() || v.isContainerNode() && v.isEmpty() && !name.equals("emptyDir")) continue;
                out.append('"').append(name).append("\":");
                canonical(v, out);
                out.append(',');
            }
            out.append('}');
        } else if (n.isArray()) {
            out.append('[');
            for (JsonNode v : n) {
                canonical(v, out);
                out.append(',');
            }
            out.append(']');
        } else {
            out.append(n);
        }
    }
}
