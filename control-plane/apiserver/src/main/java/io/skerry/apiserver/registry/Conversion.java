package io.skerry.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * Objects between the versions of a resource. Custom resources and most built-in ones differ in the apiVersion only; events and
 * horizontal pod autoscalers have fields that moved.
 */
public final class Conversion {
    private Conversion() {
    }

    /** A {@link Converter} of what needs no webhook. */
    public static List<ObjectNode> convert(List<ObjectNode> objects, String apiVersion) {
        objects.forEach(object -> to(apiVersion, object));
        return objects;
    }

    private static void to(String apiVersion, ObjectNode object) {
        String from = object.path("apiVersion").asText();
        if (from.equals(apiVersion)) {
            return;
        }
        switch (from + " to " + apiVersion) {
            case "v1 to events.k8s.io/v1" -> EventConversion.toEventsGroup(object);
            case "events.k8s.io/v1 to v1" -> EventConversion.toCore(object);
            case "autoscaling/v2 to autoscaling/v1" -> AutoscalerConversion.toV1(object);
            case "autoscaling/v1 to autoscaling/v2" -> AutoscalerConversion.toV2(object);
            default -> { }
        }
        object.put("apiVersion", apiVersion);
    }
}
