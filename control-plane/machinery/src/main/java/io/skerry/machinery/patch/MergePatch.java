package io.skerry.machinery.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;

/** JSON Merge Patch (RFC 7386). */
public final class MergePatch {

    private MergePatch() {}

    /** The inputs are not modified; the result may share subtrees with neither. */
    public static JsonNode apply(JsonNode target, JsonNode patch) {
        if (!(patch instanceof ObjectNode changes)) {
            return patch.deepCopy();
        }
        ObjectNode result = target instanceof ObjectNode object ? object.deepCopy() : Json.object();
        merge(result, changes);
        return result;
    }

    private static void merge(ObjectNode result, ObjectNode changes) {
        for (var change : changes.properties()) {
            String name = change.getKey();
            if (change.getValue().isNull()) {
                result.remove(name);
            } else if (change.getValue() instanceof ObjectNode nested) {
                merge(result.get(name) instanceof ObjectNode object ? object : result.putObject(name), nested);
            } else {
                result.set(name, change.getValue().deepCopy());
            }
        }
    }
}
