package io.skerry.helm.release;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.schema.Schema;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Brings a live object to what a manifest says, as {@code kubectl apply} and Helm do: what the new manifest has is set, what only the
 * old manifest had is removed, and what is in neither (defaults, other people's changes) stays. With a type's schema, lists with a
 * merge key are merged item by item (strategic merge); without one, as for custom resources, lists are replaced.
 */
final class ThreeWayMerge {
    private ThreeWayMerge() {}

    /**
     * @param original the manifest that the object was made of last
     * @param modified the manifest as it is now
     * @param schema of the type; null for none
     * @return a new object
     */
    static ObjectNode merge(JsonNode original, ObjectNode modified, ObjectNode current, Schema schema) {
        ObjectNode out = current.deepCopy();
        boolean changed = false;
        for (var e : modified.properties()) {
            String field = e.getKey();
            JsonNode want = e.getValue();
            JsonNode have = current.get(field);
            if (want.isNull()) {
                out.remove(field);
                continue;
            }
            JsonNode result = value(original == null ? null : original.get(field), want, have, field(schema, field));
            changed |= !same(result, have);
            out.set(field, result);
        }
        if (original != null && original.isObject()) {
            for (String field : names(original)) {
                if (!modified.has(field)) {
                    out.remove(field);
                }
            }
        }
        if (changed && schema != null && schema.patchReplaceKeys()) {
            out.retain(names(modified));
        }
        return out;
    }

    private static JsonNode value(JsonNode original, JsonNode want, JsonNode have, Schema schema) {
        if (want instanceof ObjectNode w && have instanceof ObjectNode h) {
            return merge(original, w, h, schema);
        }
        if (want instanceof ArrayNode w && have instanceof ArrayNode h && schema != null && schema.patchMerge()) {
            return schema.patchMergeKey().isEmpty() ? scalars(original, w, h) : items(original, w, h, schema);
        }
        return withoutNulls(want);
    }

    private static Schema field(Schema schema, String field) {
        if (schema == null) {
            return null;
        }
        Schema f = schema.field(field);
        return f == null ? schema.values() : f;
    }

    /** A list of scalars that merges, as finalizers do: a set. */
    private static ArrayNode scalars(JsonNode original, ArrayNode want, ArrayNode have) {
        ArrayNode out = JsonNodeFactory.instance.arrayNode();
        for (JsonNode h : have) {
            if (contains(want, h) || !contains(original, h)) {
                out.add(h);
            }
        }
        for (JsonNode w : want) {
            if (!contains(out, w)) {
                out.add(w);
            }
        }
        return out;
    }

    private static boolean contains(JsonNode list, JsonNode v) {
        if (list != null) {
            for (JsonNode e : list) {
                if (same(e, v)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static JsonNode items(JsonNode original, ArrayNode want, ArrayNode have, Schema schema) {
        String key = schema.patchMergeKey();
        // Two items of one key (a port for TCP and for UDP) cannot be told apart by it: then the list is taken as a whole.
        if (!unique(want, key) || !unique(have, key)) {
            return withoutNulls(want);
        }
        List<JsonNode> out = new ArrayList<>();
        for (JsonNode w : want) {
            JsonNode h = find(have, key, w.path(key));
            out.add(h instanceof ObjectNode live && w instanceof ObjectNode wanted ? merge(find(original, key, w.path(key)), wanted, live, schema.items()) : withoutNulls(w));
        }
        // Items that others have put into the list stay, each behind the item it was behind.
        JsonNode before = null;
        for (JsonNode h : have) {
            if (find(want, key, h.path(key)) == null && find(original, key, h.path(key)) == null) {
                out.add(before == null ? 0 : position(out, key, before) + 1, h);
            }
            if (position(out, key, h) >= 0) {
                before = h;
            }
        }
        ArrayNode list = JsonNodeFactory.instance.arrayNode();
        list.addAll(out);
        return list;
    }

    private static int position(List<JsonNode> list, String key, JsonNode item) {
        for (int i = 0; i < list.size(); i++) {
            if (same(list.get(i).path(key), item.path(key))) {
                return i;
            }
        }
        return -1;
    }

    private static boolean unique(ArrayNode list, String key) {
        Set<String> seen = new HashSet<>();
        for (JsonNode e : list) {
            if (!e.has(key) || !seen.add(e.get(key).asText())) {
                return false;
            }
        }
        return true;
    }

    private static JsonNode find(JsonNode list, String key, JsonNode value) {
        if (list != null && list.isArray()) {
            for (JsonNode e : list) {
                if (same(e.path(key), value)) {
                    return e;
                }
            }
        }
        return null;
    }

    /** A manifest's nulls say "not there". */
    static JsonNode withoutNulls(JsonNode n) {
        return switch (n) {
            case ObjectNode o -> {
                ObjectNode out = JsonNodeFactory.instance.objectNode();
                o.properties().forEach(e -> {
                    if (!e.getValue().isNull()) {
                        out.set(e.getKey(), withoutNulls(e.getValue()));
                    }
                });
                yield out;
            }
            case ArrayNode a -> {
                ArrayNode out = JsonNodeFactory.instance.arrayNode(a.size());
                a.forEach(e -> out.add(withoutNulls(e)));
                yield out;
            }
            default -> n;
        };
    }

    /** The JSON merge patch (RFC 7386) that makes one object the other; empty when they are the same. */
    static ObjectNode diff(ObjectNode from, ObjectNode to) {
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        for (String field : names(from)) {
            if (!to.has(field)) {
                patch.set(field, NullNode.getInstance());
            }
        }
        for (var e : to.properties()) {
            JsonNode old = from.get(e.getKey());
            if (same(old, e.getValue())) {
                continue;
            }
            patch.set(e.getKey(), old instanceof ObjectNode o && e.getValue() instanceof ObjectNode n ? diff(o, n) : e.getValue());
        }
        return patch;
    }

    private static List<String> names(JsonNode o) {
        List<String> names = new ArrayList<>();
        o.fieldNames().forEachRemaining(names::add);
        return names;
    }

    /** Equal, whatever boxes the numbers are in. */
    private static boolean same(JsonNode a, JsonNode b) {
        if (a == null || b == null) {
            return a == b;
        }
        return a.equals((x, y) -> x.equals(y) || x.isNumber() && y.isNumber() && x.decimalValue().compareTo(y.decimalValue()) == 0 ? 0 : 1, b);
    }
}
