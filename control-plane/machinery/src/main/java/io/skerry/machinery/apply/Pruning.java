package io.skerry.machinery.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.Schema;
import java.util.List;
import java.util.Map;

/**
 * Taking out what a manager applied last and no longer applies (structured-merge-diff, prune). A field that a type declares
 * goes with all in it that nobody manages, defaults for example. A list's item or a map's key goes with all in it unless
 * somebody else owns the item itself.
 */
final class Pruning {

    /** A null that is told from the object's own. */
    private static final NullNode TRACE = new NullNode() {};

    private Pruning() {}

    /**
     * @param merged the live object with the new configuration in it; not modified
     * @param said what the new configuration sets
     * @param last what the manager applied before, in whichever version
     * @param managers with what they own now, the applier with the new configuration
     * @param apiVersion of the merged object
     * @return the object, or a copy with a null for each field that has become empty, for {@link #clearTraces} to take out
     */
    static ObjectNode prune(ObjectNode merged, FieldSet said, Managers.Entry last, Managers managers, Versions versions, String apiVersion) {
        String version = last.apiVersion();
        Schema schema = versions.schema(version);
        boolean same = version.equals(apiVersion);
        if (schema == null || same && last.fields().difference(said).isEmpty()) {
            return merged; // nobody can tell what it was, or all of it is applied again
        }
        ObjectNode whole = same ? merged : convert(merged, versions, version);
        FieldSet lastNamed = named(last.fields(), schema);
        FieldSet all = named(FieldSets.ofLive(whole, schema), schema);
        // out with everything applied before, then back with what somebody manages now
        ObjectNode rest = restore(whole, all, remove(whole, lastNamed, schema), managers, versions, version);
        // and back with what went along but was never this manager's
        FieldSet gone = all.difference(named(FieldSets.ofLive(rest, schema), schema));
        ObjectNode pruned = (ObjectNode) remove(whole, gone.intersection(lastNamed), schema);
        return same ? pruned : convert(pruned, versions, apiVersion);
    }

    /**
     * What is left of an object and what managers own of the rest: looked at in the object's own version first, so that conversions have what they
     * need, and then in each other one that managers have written.
     *
     * @param all the fields of the whole
     */
    private static ObjectNode restore(ObjectNode whole, FieldSet all, JsonNode left, Managers managers, Versions versions, String version) {
        Map<String, FieldSet> managed = managers.byVersion();
        FieldSet own = managed.remove(version);
        ObjectNode rest = restore(whole, all, left, own == null ? new FieldSet() : own, versions.schema(version));
        ObjectNode there = whole;
        String at = version;
        for (var others : managed.entrySet()) {
            Schema schema = versions.schema(others.getKey());
            if (schema != null) {
                there = convert(there, versions, others.getKey());
                rest = restore(there, named(FieldSets.ofLive(there, schema), schema), convert(rest, versions, others.getKey()), others.getValue(), schema);
                at = others.getKey();
            }
        }
        return at.equals(version) ? rest : convert(rest, versions, version);
    }

    private static ObjectNode restore(ObjectNode whole, FieldSet all, JsonNode left, FieldSet managed, Schema schema) {
        FieldSet kept = named(FieldSets.ofLive(left, schema), schema).union(named(managed, schema));
        return (ObjectNode) remove(whole, all.difference(kept), schema);
    }

    private static ObjectNode convert(ObjectNode object, Versions versions, String apiVersion) {
        ObjectNode copy = object.deepCopy();
        clearTraces(copy);
        return versions.convert(List.of(copy), apiVersion).getFirst();
    }

    /** The set, with the fields that types declare also members where something under them is. */
    private static FieldSet named(FieldSet set, Schema schema) {
        FieldSet named = new FieldSet();
        if (set.isMember()) {
            named.setMember();
        }
        set.children().forEach((element, child) -> {
            boolean field = element.startsWith("f:");
            String name = element.substring(2);
            Schema type = field ? PathElement.child(schema, name) : schema == null ? null : schema.items();
            FieldSet deeper = named(child, type);
            if (field && schema != null && schema.field(name) != null) {
                deeper.setMember();
            }
            named.children().put(element, deeper);
        });
        return named;
    }

    /** A copy of the value without the set's members. A field that has become empty by that leaves a trace, and so still counts as there. */
    private static JsonNode remove(JsonNode value, FieldSet set, Schema schema) {
        if (PathElement.isGranularMap(value, schema)) {
            ObjectNode rest = Json.object();
            for (var field : value.properties()) {
                FieldSet subset = set.child(PathElement.field(field.getKey()));
                if (subset == null) {
                    rest.set(field.getKey(), field.getValue());
                } else if (!subset.isMember()) {
                    JsonNode left = remove(field.getValue(), subset, PathElement.child(schema, field.getKey()));
                    rest.set(field.getKey(), left.isContainerNode() && left.isEmpty() ? TRACE : left);
                }
            }
            return rest;
        }
        if (PathElement.isAssociativeList(value, schema)) {
            ArrayNode rest = Json.array();
            for (JsonNode item : value) {
                FieldSet subset = set.child(PathElement.item(item, schema));
                if (subset == null) {
                    rest.add(item);
                } else if (!subset.isMember()) {
                    rest.add(remove(item, subset, schema.items()));
                }
            }
            return rest;
        }
        return value;
    }

    static void clearTraces(JsonNode value) {
        if (value instanceof ObjectNode object) {
            object.properties().removeIf(field -> field.getValue() == TRACE);
        }
        value.forEach(Pruning::clearTraces);
    }
}
