package io.skerry.machinery.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.patch.PatchException;
import io.skerry.machinery.schema.Schema;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/**
 * From client-side to server-side apply and back, for kubectl alone (apimachinery's lastAppliedManager and lastAppliedUpdater): what the
 * annotation of {@code kubectl apply} says is kubectl's own, whichever manager it is booked on, and the annotation follows what is applied.
 */
final class LastApplied {
    private static final Managers.Id KUBECTL = Managers.applier("kubectl", "");
    private static final String ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration";
    /** What all annotations of an object may take, keys and values in bytes (apimachinery's TotalAnnotationSizeLimitB). */
    private static final int MAX_ANNOTATIONS = 256 * 1024;

    private LastApplied() {}

    /** Fields that this manager takes over without a conflict: those which the annotation says, and which are still as it says. */
    static FieldSet own(ObjectNode live, Managers.Id manager, Schema schema, String apiVersion) {
        String text = manager.equals(KUBECTL) && live != null ? Json.text(live, "metadata", "annotations", ANNOTATION) : "";
        if (text.isEmpty()) {
            return new FieldSet();
        }
        try {
            if (!(Json.parse(text) instanceof ObjectNode said) || !Json.text(said, "apiVersion").equals(apiVersion)) {
                return new FieldSet();
            }
            FieldSets.Difference difference = FieldSets.difference(said, live, schema);
            return FieldSets.of(said, schema).difference(difference.modified()).difference(difference.added()).difference(difference.removed());
        } catch (IllegalArgumentException | PatchException e) {
            // an annotation that somebody wrote by hand says nothing
            return new FieldSet();
        }
    }

    /** Writes what this manager applied into the annotation, where there is one, so that a later {@code kubectl apply} on the client's side knows it. */
    static void follow(ObjectNode merged, ObjectNode config, Managers.Id manager) {
        if (!manager.equals(KUBECTL) || Json.text(merged, "metadata", "annotations", ANNOTATION).isEmpty()) {
            return;
        }
        ObjectNode said = (ObjectNode) sorted(config);
        if (Json.at(said, "metadata", "annotations") instanceof ObjectNode annotations) {
            annotations.remove(ANNOTATION);
        }
        ObjectNode annotations = Json.ensureObject(merged, "metadata", "annotations");
        annotations.put(ANNOTATION, said + "\n");
        int size = 0;
        for (Map.Entry<String, JsonNode> annotation : annotations.properties()) {
            size += bytes(annotation.getKey()) + bytes(annotation.getValue().asText());
        }
        if (size > MAX_ANNOTATIONS) {
            annotations.remove(ANNOTATION);
        }
    }

    private static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    /** A copy with the fields of all objects in the order of their names, as Go writes maps: the text must not change by itself. */
    private static JsonNode sorted(JsonNode value) {
        if (value instanceof ObjectNode object) {
            Map<String, JsonNode> fields = new TreeMap<>();
            object.properties().forEach(field -> fields.put(field.getKey(), sorted(field.getValue())));
            return Json.object().setAll(fields);
        }
        if (value.isArray()) {
            ArrayNode items = Json.array();
            value.forEach(item -> items.add(sorted(item)));
            return items;
        }
        return value;
    }
}
