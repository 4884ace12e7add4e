package io.skerry.machinery.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.Schema;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Merging an applied configuration into the live object (structured-merge-diff, Merge). */
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

    /**
     * The configuration's order for what it has. Items that only the live list has stay where they are, in front of what
     * the configuration adds before the next item that both have.
     */
    private static ArrayNode mergeList(JsonNode live, JsonNode config, Schema schema) {
        Map<String, JsonNode> ours = PathElement.items(config, schema);
        Map<String, JsonNode> theirs = PathElement.items(live, schema);
        ArrayNode merged = Json.array();
        Iterator<String> pending = ours.keySet().iterator();
        List<String> shared = new ArrayList<>(ours.keySet());
        shared.retainAll(theirs.keySet());
        int next = 0;
        for (var item : theirs.entrySet()) {
            if (!ours.containsKey(item.getKey())) {
                merged.add(item.getValue());
            } else if (item.getKey().equals(shared.get(next))) {
                String element;
                do {
                    element = pending.next();
                    merged.add(mergeItem(theirs.get(element), ours.get(element), element, schema));
                } while (!element.equals(item.getKey()));
                next = Math.min(next + 1, shared.size() - 1);
            }
        }
        pending.forEachRemaining(element -> merged.add(mergeItem(theirs.get(element), ours.get(element), element, schema)));
        return merged;
    }

    private static JsonNode mergeItem(JsonNode live, JsonNode config, String element, Schema list) {
        return live == null || element.startsWith("v:") ? config.deepCopy() : merge(live, config, list.items());
    }
}
