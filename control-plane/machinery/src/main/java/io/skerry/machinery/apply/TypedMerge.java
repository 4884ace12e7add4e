package io.skerry.machinery.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.Schema;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Merging an applied configuration into the live object, and taking out what its manager no longer applies. */
final class TypedMerge {

    private TypedMerge() {}

    /** The live value (may be null, is used up) with all that the configuration says; a null in the configuration removes. */
    static JsonNode merge(JsonNode live, JsonNode config, Schema schema) {
        if (PathElement.isGranularMap(config, schema)) {
            ObjectNode merged = live instanceof ObjectNode object ? object : Json.object();
            for (var field : config.properties()) {
                if (field.getValue().isNull()) {
                    merged.remove(field.getKey());
                } else {
                    merged.set(field.getKey(), merge(merged.get(field.getKey()), field.getValue(), PathElement.child(schema, field.getKey())));
                }
            }
            return merged;
        }
        if (PathElement.isAssociativeList(config, schema) && live != null && live.isArray()) {
            return mergeList(live, config, schema);
        }
        return config.deepCopy();
    }

    /** The configuration's order; items it does not have stay in front of the live neighbour they preceded. */
    private static ArrayNode mergeList(JsonNode live, JsonNode config, Schema schema) {
        Map<String, JsonNode> ours = PathElement.items(config, schema);
        Map<String, JsonNode> theirs = PathElement.items(live, schema);
        List<String> order = new ArrayList<>(theirs.keySet());
        ArrayNode merged = Json.array();
        int at = 0;
        for (var item : ours.entrySet()) {
            JsonNode existing = theirs.get(item.getKey());
            if (existing != null) {
                int place = order.indexOf(item.getKey());
                for (; at < place; at++) {
                    addUnless(ours, order.get(at), theirs, merged);
                }
            }
            merged.add(existing == null || item.getKey().startsWith("v:") ? item.getValue().deepCopy() : merge(existing, item.getValue(), schema.items()));
        }
        for (; at < order.size(); at++) {
            addUnless(ours, order.get(at), theirs, merged);
        }
        return merged;
    }

    private static void addUnless(Map<String, JsonNode> ours, String element, Map<String, JsonNode> theirs, ArrayNode merged) {
        if (!ours.containsKey(element)) {
            merged.add(theirs.get(element));
        }
    }

    /**
     * Removes from the value what the manager applied last and nobody manages any more. Fields that a type declares go as
     * a whole, with the defaults in them.
     *
     * @param last what the manager applied before
     * @param managed what any manager owns now
     */
    static void prune(JsonNode value, FieldSet last, FieldSet managed, Schema schema, List<String> keys) {
        if (PathElement.isGranularMap(value, schema)) {
            ObjectNode object = (ObjectNode) value;
            last.children().forEach((element, was) -> {
                String name = element.substring(2);
                if (element.startsWith("f:") && object.has(name) && !keys.contains(name)) {
                    FieldSet now = managed.child(element);
                    Schema child = PathElement.child(schema, name);
                    boolean declared = schema != null && schema.field(name) != null;
                    if (goes(object.get(name), was, now, child, declared)) {
                        object.remove(name);
                    }
                }
            });
        } else if (PathElement.isAssociativeList(value, schema)) {
            Map<String, JsonNode> items = PathElement.items(value, schema);
            last.children().forEach((element, was) -> {
                JsonNode item = items.get(element);
                if (item != null && goes(item, was, managed.child(element), schema.items(), false, schema.listMapKeys())) {
                    ((ArrayNode) value).removeIf(each -> each == item);
                }
            });
        }
    }

    private static boolean goes(JsonNode value, FieldSet was, FieldSet now, Schema schema, boolean declared) {
        return goes(value, was, now, schema, declared, List.of());
    }

    private static boolean goes(JsonNode value, FieldSet was, FieldSet now, Schema schema, boolean declared, List<String> keys) {
        if (now == null || now.isEmpty()) {
            if (was.isMember() || declared) {
                return true;
            }
            now = new FieldSet();
        }
        boolean full = value.isContainerNode() && !value.isEmpty();
        prune(value, was, now, schema, keys);
        return full && value.isEmpty() && !now.isMember();
    }
}
