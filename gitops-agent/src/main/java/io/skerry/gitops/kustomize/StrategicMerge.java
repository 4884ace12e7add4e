package io.skerry.gitops.kustomize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.Schema;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Kustomize's strategic merge of a patch into an object. It differs from the API server's (KEP-555): the patch's list items come
 * first, an item that becomes empty goes, and only the {@code $patch} directive is known.
 */
final class StrategicMerge {

    private static final String DIRECTIVE = "$patch";

    private StrategicMerge() {}

    /**
     * @param schema of the object, or null when its type is not known: then lists are replaced
     * @return the merged object, or null when the patch deletes it; inputs are not modified
     * @throws IllegalArgumentException when patch and object do not fit
     */
    static ObjectNode merge(ObjectNode target, ObjectNode patch, Schema schema) {
        JsonNode merged = mergeValue(target, patch, schema, "");
        return merged == null ? null : (ObjectNode) merged;
    }

    /** null stands for a value that is not there. */
    private static JsonNode mergeValue(JsonNode target, JsonNode patch, Schema schema, String path) {
        if (patch == null) return target == null ? null : target.deepCopy();
        if (patch.isNull()) return null;
        if (target != null && target.isNull()) target = null;
        if (target != null && kindOf(target) != kindOf(patch)) {
            throw new IllegalArgumentException("it has " + kindOf(patch) + " at " + path + " where the object has " + kindOf(target));
        }
        return switch (patch) {
            case ObjectNode fields -> mergeObject((ObjectNode) target, fields, schema, path);
            case ArrayNode items when schema != null && schema.patchMerge() -> mergeList((ArrayNode) target, items, schema, path);
            default -> patch.deepCopy();
        };
    }

    private static String kindOf(JsonNode node) {
        return node.isObject() ? "an object" : node.isArray() ? "a list" : "a scalar";
    }

    private static JsonNode mergeObject(ObjectNode target, ObjectNode patch, Schema schema, String path) {
        JsonNode directive = patch.get(DIRECTIVE);
        ObjectNode changes = patch;
        if (directive != null) {
            changes = patch.deepCopy();
            changes.remove(DIRECTIVE);
            switch (directive.asText()) {
                case "delete" -> {
                    return null;
                }
                case "replace" -> target = null;
                case "merge" -> {}
                default -> throw new IllegalArgumentException("unknown $patch directive \"" + directive.asText() + "\" at " + (path.isEmpty() ? "the root" : path));
            }
        }
        ObjectNode result = target == null ? Json.object() : target.deepCopy();
        for (Map.Entry<String, JsonNode> field : changes.properties()) {
            String name = field.getKey();
            JsonNode value = mergeValue(target == null ? null : target.get(name), field.getValue(), fieldSchema(schema, name), path + "." + name);
            if (value == null) result.remove(name);
            else result.set(name, value);
        }
        return result;
    }

    private static Schema fieldSchema(Schema schema, String name) {
        if (schema == null) return null;
        Schema field = schema.field(name);
        return field == null ? schema.values() : field;
    }

    private static JsonNode mergeList(ArrayNode target, ArrayNode patch, Schema schema, String path) {
        ArrayNode changes = patch;
        for (int i = 0; i < patch.size(); i++) {
            // A directive for the whole list is an item with nothing else in it.
            if (patch.get(i).has(DIRECTIVE) && patch.get(i).size() == 1) {
                changes = patch.deepCopy();
                changes.remove(i);
                String directive = patch.get(i).get(DIRECTIVE).asText();
                if (directive.equals("delete")) return null;
                if (directive.equals("replace")) return changes;
                break;
            }
        }
        ArrayNode old = target == null ? Json.array() : target;
        List<String> keys = schema.listMapKeys().isEmpty() ? schema.patchMergeKey().isEmpty() ? List.of() : List.of(schema.patchMergeKey()) : schema.listMapKeys();
        return keys.isEmpty() ? mergeScalars(old, changes) : mergeItems(old, changes, keys, schema.items(), path);
    }

    private static ArrayNode mergeScalars(ArrayNode target, ArrayNode patch) {
        ArrayNode result = Json.array();
        Map<String, JsonNode> seen = new LinkedHashMap<>();
        patch.forEach(item -> seen.putIfAbsent(item.asText(), item));
        target.forEach(item -> seen.putIfAbsent(item.asText(), item));
        seen.values().forEach(result::add);
        return result;
    }

    private static ArrayNode mergeItems(ArrayNode target, ArrayNode patch, List<String> keys, Schema itemSchema, String path) {
        // Of several keys only those that occur at all count: ports without protocol are told apart by number alone.
        List<String> used = new ArrayList<>(new TreeSet<>(keys));
        used.removeIf(key -> !occurs(target, key) && !occurs(patch, key));
        List<JsonNode> rest = new ArrayList<>();
        target.forEach(rest::add);
        ArrayNode result = Json.array();
        JsonNode[] mergedInPlace = new JsonNode[target.size()];
        for (JsonNode change : patch) {
            int index = -1;
            for (int i = 0; i < rest.size() && index < 0; i++) {
                if (rest.get(i) != null && sameKeys(rest.get(i), change, used)) index = i;
            }
            JsonNode merged = mergeValue(index < 0 ? null : rest.set(index, null), change, itemSchema, path + "[" + result.size() + "]");
            if (merged == null || merged.isObject() && merged.isEmpty()) continue;
            // A quirk of Kustomize's: where several keys tell items apart, old items keep their places.
            if (index >= 0 && used.size() > 1) mergedInPlace[index] = merged;
            else result.add(merged);
        }
        for (int i = 0; i < target.size(); i++) {
            if (rest.get(i) != null) result.add(rest.get(i).deepCopy());
            else if (mergedInPlace[i] != null) result.add(mergedInPlace[i]);
        }
        return result;
    }

    private static boolean occurs(ArrayNode items, String key) {
        for (JsonNode item : items) {
            if (!item.path(key).asText("").isEmpty()) return true;
        }
        return false;
    }

    /** A key that only one of them has does not tell them apart as long as another is the same in both. */
    private static boolean sameKeys(JsonNode a, JsonNode b, List<String> keys) {
        boolean common = false;
        for (String key : keys) {
            String left = a.path(key).asText("");
            String right = b.path(key).asText("");
            if (left.equals(right)) common |= !left.isEmpty();
            else if (!left.isEmpty() && !right.isEmpty()) return false;
        }
        return common;
    }
}
