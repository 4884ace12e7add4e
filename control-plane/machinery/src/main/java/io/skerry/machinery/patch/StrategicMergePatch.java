package io.skerry.machinery.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.Schema;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Kubernetes' strategic merge patch: a merge patch that merges lists by the keys the type declares, with the directives
 * $patch, $retainKeys, $setElementOrder/ and $deleteFromPrimitiveList/
 * (k8s.io/apimachinery/pkg/util/strategicpatch; sig-api-machinery/strategic-merge-patch.md).
 */
public final class StrategicMergePatch {

    private static final String PATCH = "$patch";
    private static final String RETAIN_KEYS = "$retainKeys";
    private static final String ORDER = "$setElementOrder/";
    private static final String DELETE_FROM = "$deleteFromPrimitiveList/";

    private StrategicMergePatch() {}

    /**
     * @param schemaOrNull the target's type; without one, lists are replaced
     * @throws PatchException when the patch is malformed; the inputs are not modified
     */
    public static JsonNode apply(JsonNode target, JsonNode patch, Schema schemaOrNull) {
        if (!(patch instanceof ObjectNode changes)) {
            throw new PatchException("strategic merge patch format is not supported: the patch must be an object");
        }
        ObjectNode result = target instanceof ObjectNode object ? object.deepCopy() : Json.object();
        return mergeMap(result, changes.deepCopy(), schemaOrNull);
    }

    /** Merges the patch into the original; both are used up. */
    private static ObjectNode mergeMap(ObjectNode original, ObjectNode patch, Schema schema) {
        if (patch.has(PATCH)) {
            String directive = patch.get(PATCH).asText();
            return switch (directive) {
                case "replace" -> {
                    patch.remove(PATCH);
                    yield patch;
                }
                case "delete" -> Json.object();
                default -> throw new PatchException("unknown patch type: " + directive + " in map: " + patch);
            };
        }
        retainKeys(original, patch);
        orderLists(original, patch, schema);
        for (var change : patch.properties()) {
            merge(original, change.getKey(), change.getValue(), schema);
        }
        return original;
    }

    private static void merge(ObjectNode original, String patchKey, JsonNode value, Schema schema) {
        boolean deletes = patchKey.startsWith(DELETE_FROM);
        String key = deletes ? patchKey.substring(DELETE_FROM.length()) : patchKey;
        if (value.isNull()) {
            original.remove(key);
            return;
        }
        JsonNode existing = original.get(key);
        if (existing instanceof ObjectNode object && value instanceof ObjectNode change) {
            original.set(key, mergeMap(object, change, child(schema, key)));
        } else if (existing instanceof ArrayNode list && value instanceof ArrayNode change) {
            original.set(key, mergeList(list, change, child(schema, key), deletes));
        } else if (!deletes) {
            original.set(key, withoutDirectives(value));
        }
    }

    private static Schema child(Schema schema, String field) {
        if (schema == null) {
            return null;
        }
        return schema.type() == Schema.Type.MAP ? schema.values() : schema.field(field);
    }

    /** What has no counterpart is taken as it is, less the directives and nulls that had nothing to act on. */
    private static JsonNode withoutDirectives(JsonNode value) {
        switch (value) {
            case ObjectNode object -> {
                ObjectNode clean = Json.object();
                for (var field : object.properties()) {
                    String name = field.getKey();
                    boolean directive = name.equals(PATCH) || name.equals(RETAIN_KEYS) || name.startsWith(ORDER) || name.startsWith(DELETE_FROM);
                    if (!directive && !field.getValue().isNull()) {
                        clean.set(name, withoutDirectives(field.getValue()));
                    }
                }
                return clean;
            }
            case ArrayNode array -> {
                ArrayNode clean = Json.array();
                for (JsonNode item : array) {
                    // {$patch: delete, name: x} and {$patch: replace} are no items
                    if (!item.has(PATCH)) {
                        clean.add(withoutDirectives(item));
                    }
                }
                return clean;
            }
            default -> {
                return value;
            }
        }
    }

    private static void retainKeys(ObjectNode original, ObjectNode patch) {
        JsonNode directive = patch.remove(RETAIN_KEYS);
        if (directive == null) {
            return;
        }
        if (!directive.isArray()) {
            throw new PatchException("invalid patch format of retainKeys");
        }
        Set<String> retained = new HashSet<>();
        directive.forEach(name -> retained.add(name.asText()));
        for (var change : patch.properties()) {
            String name = change.getKey();
            if (!change.getValue().isNull() && !name.startsWith(DELETE_FROM) && !name.startsWith(ORDER) && !retained.contains(name)) {
                throw new PatchException("patch content doesn't match retainKeys list");
            }
        }
        original.retain(retained);
    }

    /** Handles $setElementOrder/x together with the patch's list x, and removes both from the patch. */
    private static void orderLists(ObjectNode original, ObjectNode patch, Schema schema) {
        List<String> directives = new ArrayList<>();
        patch.fieldNames().forEachRemaining(name -> {
            if (name.startsWith(ORDER)) {
                directives.add(name);
            }
        });
        for (String directive : directives) {
            String field = directive.substring(ORDER.length());
            ArrayNode order = list(patch.remove(directive));
            ArrayNode live = original.has(field) && !original.get(field).isNull() ? list(original.get(field)) : null;
            JsonNode change = patch.get(field);
            Schema listSchema = child(schema, field);
            String key = listSchema == null ? "" : listSchema.patchMergeKey();
            if (change != null && change.isNull()) {
                continue; // the list is deleted below
            }
            ArrayNode merged;
            if (change != null) {
                ArrayNode changes = list(change);
                checkOrder(changes, order, key);
                ArrayNode serverOrder = live == null ? Json.array() : live.deepCopy();
                merged = live == null ? (ArrayNode) withoutDirectives(changes) : mergeList(live, changes, listSchema, false);
                live = serverOrder;
            } else if (live != null) {
                merged = live;
            } else {
                continue;
            }
            patch.remove(field);
            original.set(field, ListOrder.arrange(merged, order, live, key));
        }
    }

    private static ArrayNode list(JsonNode node) {
        if (node instanceof ArrayNode array) {
            return array;
        }
        throw new PatchException("expected a list, but received a " + node.getNodeType().name().toLowerCase());
    }

    /** The patch's items must all be in the order given, in that order. */
    private static void checkOrder(ArrayNode changes, ArrayNode order, String key) {
        int at = 0;
        for (JsonNode change : changes) {
            if (change.has(PATCH)) {
                continue;
            }
            while (at < order.size() && !ListOrder.sameItem(order.get(at), change, key)) {
                at++;
            }
            if (at == order.size()) {
                throw new PatchException("The order in patch list:\n" + changes + "\n doesn't match $setElementOrder list:\n" + order);
            }
            at++;
        }
    }

    private static ArrayNode mergeList(ArrayNode original, ArrayNode patch, Schema schema, boolean deletes) {
        if (!deletes && (schema == null || !schema.patchMerge())) {
            return (ArrayNode) withoutDirectives(patch);
        }
        if (original.isEmpty() && patch.isEmpty()) {
            return original;
        }
        boolean maps = isMapList(original, patch);
        if (!maps) {
            return deletes ? withoutScalars(original, patch) : mergeScalars(original, patch);
        }
        String key = schema == null ? "" : schema.patchMergeKey();
        if (key.isEmpty()) {
            throw new PatchException("cannot merge lists without merge key" + (schema == null || schema.name().isEmpty() ? "" : " for " + schema.name()));
        }
        ArrayNode serverOrder = original.deepCopy();
        ArrayNode changes = Json.array();
        boolean replace = false;
        for (JsonNode item : patch) {
            JsonNode directive = item.get(PATCH);
            if (directive == null) {
                changes.add(item);
                continue;
            }
            switch (directive.asText()) {
                case "delete" -> {
                    JsonNode value = mergeValue(item, key);
                    original.removeIf(each -> Values.same(each.get(key), value));
                }
                case "replace" -> replace = true;
                case "merge" -> throw new PatchException("merging lists cannot yet be specified in the patch");
                default -> throw new PatchException("unknown patch type: " + directive.asText() + " in map: " + item);
            }
        }
        if (replace) {
            return changes;
        }
        for (JsonNode change : changes) {
            mergeItem(original, (ObjectNode) change, schema.items(), key);
        }
        return ListOrder.arrange(original, changes, serverOrder, key);
    }

    private static void mergeItem(ArrayNode original, ObjectNode change, Schema schema, String key) {
        JsonNode value = mergeValue(change, key);
        for (int i = 0; i < original.size(); i++) {
            if (Values.same(original.get(i).get(key), value)) {
                original.set(i, mergeMap((ObjectNode) original.get(i), change.deepCopy(), schema));
                return;
            }
        }
        original.add(withoutDirectives(change));
    }

    private static JsonNode mergeValue(JsonNode item, String key) {
        JsonNode value = item.get(key);
        if (value == null) {
            throw new PatchException("map: " + item + " does not contain declared merge key: " + key);
        }
        return value;
    }

    private static boolean isMapList(ArrayNode original, ArrayNode patch) {
        boolean maps = false;
        boolean scalars = false;
        for (ArrayNode list : List.of(original, patch)) {
            for (JsonNode item : list) {
                if (item.isArray()) {
                    throw new PatchException("lists of lists are not supported");
                }
                maps |= item.isObject();
                scalars |= !item.isObject();
            }
        }
        if (maps && scalars) {
            throw new PatchException("list element types are not identical");
        }
        return maps;
    }

    private static ArrayNode mergeScalars(ArrayNode original, ArrayNode patch) {
        ArrayNode merged = Json.array();
        for (ArrayNode list : List.of(original, patch)) {
            for (JsonNode item : list) {
                if (!ListOrder.contains(merged, item, "")) {
                    merged.add(item);
                }
            }
        }
        return ListOrder.arrange(merged, patch, original, "");
    }

    private static ArrayNode withoutScalars(ArrayNode original, ArrayNode deleted) {
        ArrayNode rest = Json.array();
        for (JsonNode item : original) {
            if (!ListOrder.contains(deleted, item, "")) {
                rest.add(item);
            }
        }
        return rest;
    }
}
