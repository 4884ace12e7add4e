package io.skerry.machinery.apply;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.patch.PatchException;
import io.skerry.machinery.patch.Values;
import io.skerry.machinery.schema.Schema;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** Field sets of objects: of all that an applied configuration says, and of what differs between two objects. */
final class FieldSets {

    /** Identity and bookkeeping of an object, which nobody owns. */
    private static final Set<String> UNOWNED = Set.of(".apiVersion", ".kind", ".metadata.name", ".metadata.namespace", ".metadata.creationTimestamp",
            ".metadata.selfLink", ".metadata.uid", ".metadata.generation", ".metadata.managedFields", ".metadata.resourceVersion");

    /**
     * Fields that upstream's Go types write even when empty (structs by value, lists without omitempty): creating an
     * object does not add them, only what is in them.
     */
    private static final Set<String> ALWAYS_THERE = Set.of("metadata", "spec", "status", "template", "strategy", "updateStrategy", "jobTemplate", "roleRef", "containers");

    private FieldSets() {}

    /**
     * What a configuration sets (structured-merge-diff, ToFieldSet).
     *
     * @throws PatchException when items of a list cannot be told apart
     */
    static FieldSet of(JsonNode config, Schema schema) {
        FieldSet set = new FieldSet();
        collect(config, schema, set, true);
        return set;
    }

    /** As {@link #of}, of an object that may have duplicate items, as older clients may have left it. */
    static FieldSet ofLive(JsonNode object, Schema schema) {
        FieldSet set = new FieldSet();
        collect(object, schema, set, false);
        return set;
    }

    private static void collect(JsonNode value, Schema schema, FieldSet set, boolean strict) {
        if (PathElement.isGranularMap(value, schema)) {
            for (var field : value.properties()) {
                FieldSet child = new FieldSet();
                JsonNode content = field.getValue();
                collect(content, PathElement.child(schema, field.getKey()), child, strict);
                boolean declared = schema != null && schema.field(field.getKey()) != null;
                if (content.isNull() || content.isObject() && content.isEmpty() || !declared) {
                    child.setMember();
                }
                keep(set, PathElement.field(field.getKey()), child);
            }
        } else if (PathElement.isAssociativeList(value, schema)) {
            Set<String> seen = new HashSet<>();
            for (JsonNode item : value) {
                String element = PathElement.item(item, schema);
                if (!seen.add(element) && strict) {
                    throw new PatchException("duplicate entries for key " + PathElement.print(element));
                }
                FieldSet child = set.ensure(element).setMember();
                if (element.startsWith("k:")) {
                    collect(item, schema.items(), child, strict);
                }
            }
        } else {
            set.setMember();
        }
    }

    /** The set less what nobody owns, and less what the endpoint does not write: the status, or the spec. */
    static FieldSet owned(FieldSet set, Schema schema, String subresource) {
        boolean hasStatus = schema != null && schema.field("status") != null;
        String unwritten = subresource.equals("status") ? ".spec" : subresource.isEmpty() && hasStatus ? ".status" : "";
        FieldSet owned = set.without(path -> UNOWNED.contains(path) || path.equals(unwritten));
        FieldSet bare = new FieldSet();
        bare.ensure(PathElement.field("metadata")).setMember();
        return owned.difference(bare);
    }

    /**
     * The set as it is by what the schema has become since: who owned a part of what is atomic now owns the whole (structured-merge-diff,
     * ReconcileFieldSetWithSchema). What was atomic and is not any more stays owned as the whole until its owner writes it again.
     *
     * @return the same one when nothing is different
     */
    static FieldSet reconciled(FieldSet set, Schema schema) {
        if (schema == null || set.children().isEmpty()) {
            return set;
        }
        if (schema.atomic()) {
            return new FieldSet().setMember();
        }
        FieldSet changed = null;
        for (var each : set.children().entrySet()) {
            String element = each.getKey();
            FieldSet child = reconciled(each.getValue(), element.startsWith("f:") ? PathElement.child(schema, element.substring(2)) : schema.items());
            if (child != each.getValue()) {
                changed = changed == null ? set.copy() : changed;
                changed.children().put(element, child);
            }
        }
        return changed == null ? set : changed;
    }

    /** What changed from one object to the other, children of what came or went included. */
    record Difference(FieldSet added, FieldSet modified, FieldSet removed) {
        boolean isEmpty() {
            return added.isEmpty() && modified.isEmpty() && removed.isEmpty();
        }
    }

    /** @param before null when the object is created */
    static Difference difference(JsonNode before, JsonNode after, Schema schema) {
        Difference difference = new Difference(new FieldSet(), new FieldSet(), new FieldSet());
        compare(before, after, schema, difference);
        return difference;
    }

    private static void compare(JsonNode before, JsonNode after, Schema schema, Difference d) {
        boolean was = before != null && !before.isNull();
        boolean is = after != null && !after.isNull();
        boolean maps = (!was || PathElement.isGranularMap(before, schema)) && (!is || PathElement.isGranularMap(after, schema)) && (was || is);
        boolean lists = (!was || PathElement.isAssociativeList(before, schema)) && (!is || PathElement.isAssociativeList(after, schema)) && (was || is);
        boolean empty = (!was || before.isEmpty()) && (!is || after.isEmpty());
        if ((maps || lists) && !empty) {
            Map<String, JsonNode> left = parts(before, was, schema);
            Map<String, JsonNode> right = parts(after, is, schema);
            Set<String> elements = new LinkedHashSet<>(left.keySet());
            elements.addAll(right.keySet());
            for (String element : elements) {
                Schema child = lists ? schema.items() : PathElement.child(schema, element.substring(2));
                Difference sub = new Difference(new FieldSet(), new FieldSet(), new FieldSet());
                JsonNode l = left.get(element);
                JsonNode r = right.get(element);
                compare(l, r, child, sub);
                if (l == null && !alwaysThere(element, r, schema)) {
                    sub.added.setMember();
                } else if (l != null && r == null) {
                    sub.removed.setMember();
                }
                keep(d.added, element, sub.added);
                keep(d.modified, element, sub.modified);
                keep(d.removed, element, sub.removed);
            }
        } else if (!was && is) {
            d.added.setMember();
        } else if (was && !is) {
            d.removed.setMember();
        } else if (was && !Values.same(before, after)) {
            d.modified.setMember();
        }
    }

    private static boolean alwaysThere(String element, JsonNode value, Schema schema) {
        return element.startsWith("f:") && ALWAYS_THERE.contains(element.substring(2)) && value.isContainerNode() && !value.isEmpty()
                && schema != null && schema.name().startsWith("io.k8s.");
    }

    private static void keep(FieldSet set, String element, FieldSet child) {
        if (!child.isEmpty()) {
            set.children().put(element, child);
        }
    }

    private static Map<String, JsonNode> parts(JsonNode value, boolean present, Schema schema) {
        if (!present) {
            return Map.of();
        }
        if (value.isArray()) {
            return PathElement.items(value, schema);
        }
        Map<String, JsonNode> parts = new LinkedHashMap<>();
        value.properties().forEach(f -> parts.put(PathElement.field(f.getKey()), f.getValue()));
        return parts;
    }
}
