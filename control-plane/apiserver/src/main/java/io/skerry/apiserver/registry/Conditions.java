package io.skerry.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;

/** {@code status.conditions} of an object. */
public final class Conditions {
    private Conditions() {
    }

    public static boolean isTrue(ObjectNode object, String type) {
        for (JsonNode condition : Json.at(object, "status", "conditions")) {
            if (Json.text(condition, "type").equals(type)) {
                return Json.text(condition, "status").equals("True");
            }
        }
        return false;
    }

    /** Sets one; the transition time stays while the status does. */
    public static void set(ObjectNode object, String type, boolean status, String reason, String message) {
        ObjectNode holder = Json.ensureObject(object, "status");
        ArrayNode conditions = holder.get("conditions") instanceof ArrayNode present ? present : holder.putArray("conditions");
        ObjectNode found = null;
        for (JsonNode condition : conditions) {
            if (Json.text(condition, "type").equals(type)) {
                found = (ObjectNode) condition;
            }
        }
        String told = status ? "True" : "False";
        if (found == null) {
            found = conditions.addObject().put("type", type);
        }
        if (!Json.text(found, "status").equals(told)) {
            found.put("lastTransitionTime", Pipeline.now().toString());
        }
        found.put("status", told).put("reason", reason).put("message", message);
    }
}
