package io.skerry.machinery.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.Schema;

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
     * @param last what the manager applied before
     * @param managed what any manager owns now
     * @return a copy with a null for each field that has become empty, for {@link #clearTraces} to take out
     */
    static ObjectNode prune(ObjectNode merged, FieldSet last, FieldSet managed, Schema schema) {
        FieldSet lastNamed = named(last, schema);
        FieldSet all = named(FieldSets.ofLive(merged, schema), schema);
        // out with everything applied before, then back with what somebody manages now
        JsonNode without = remove(merged, lastNamed, schema);
        FieldSet kept = named(FieldSets.ofLive(without, schema), schema).union(named(managed, schema));
        JsonNode owned = remove(merged, all.difference(kept), schema);
        // and back with what went along but was never this manager's
        FieldSet gone = all.difference(named(FieldSets.ofLive(owned, schema), schema));
        return (ObjectNode) remove(merged, gone.intersection(lastNamed), schema);
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
