package io.skerry.machinery.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.patch.PatchException;
import io.skerry.machinery.schema.Schema;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** How values are taken apart: which are owned as a whole, and what the path elements of the others are. */
final class PathElement {

    private PathElement() {}

    static String field(String name) {
        return "f:" + name;
    }

    /** Whether each field of the object is owned by itself. Without a schema it is. */
    static boolean isGranularMap(JsonNode value, Schema schema) {
        return value instanceof ObjectNode && (schema == null || !schema.atomic());
    }

    /** Whether each item of the list is owned by itself. Without a schema it is not. */
    static boolean isAssociativeList(JsonNode value, Schema schema) {
        return value.isArray() && schema != null && schema.type() == Schema.Type.ARRAY && !schema.atomic();
    }

    /** The schema of an object's field; null when nothing is known of it. */
    static Schema child(Schema schema, String field) {
        if (schema == null) {
            return null;
        }
        return schema.type() == Schema.Type.MAP ? schema.values() : schema.field(field);
    }

    /** An associative list's items by their path elements, in the list's order; of duplicates the last. */
    static Map<String, JsonNode> items(JsonNode list, Schema schema) {
        Map<String, JsonNode> items = new LinkedHashMap<>();
        for (JsonNode item : list) {
            items.put(item(item, schema), item);
        }
        return items;
    }

    /** @throws PatchException when a list of objects has an item without its keys */
    static String item(JsonNode item, Schema list) {
        if (list.listType() == Schema.ListType.SET) {
            return "v:" + item;
        }
        ObjectNode keys = Json.object();
        for (String key : new TreeSet<>(list.listMapKeys())) {
            JsonNode value = item.get(key);
            if (value == null) {
                value = keyDefault(list, key);
            }
            if (value != null && !value.isNull()) {
                keys.set(key, value);
            }
        }
        if (keys.isEmpty()) {
            throw new PatchException("associative list with keys has an element that omits key field \"" + list.listMapKeys().getFirst()
                    + "\" (and doesn't have default value)");
        }
        return "k:" + keys;
    }

    private static JsonNode keyDefault(Schema list, String key) {
        Schema field = list.items() == null ? null : list.items().field(key);
        if (field != null && field.defaultValue() != null) {
            return field.defaultValue();
        }
        return key.equals("protocol") ? TextNode.valueOf("TCP") : null; // the only default among built-in keys
    }

    /** Part of a path as upstream prints it. */
    static String print(String element) {
        String rest = element.substring(2);
        return switch (element.charAt(0)) {
            case 'f' -> "." + rest;
            case 'k' -> {
                List<String> keys = new ArrayList<>();
                Json.parse(rest).properties().forEach(k -> keys.add(k.getKey() + "=" + k.getValue()));
                yield "[" + String.join(",", keys) + "]";
            }
            case 'v' -> "[=" + rest + "]";
            default -> "[" + rest + "]";
        };
    }
}
