package io.skerry.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.schema.ResourceType;

/**
 * Objects between the versions of a resource. Custom resources and most built-in ones differ in the apiVersion only; events and
 * horizontal pod autoscalers have fields that moved.
 */
public final class Conversion {
    private Conversion() {
    }

    /** The object in the type's version; changed in place. */
    static ObjectNode convert(ObjectNode object, ResourceType type) {
        return to(type.apiVersion(), object);
    }

    /** The object in the version it is stored in; the given one stays as it is. */
    static ObjectNode toStorage(ObjectNode object, ServedType type) {
        return object.path("apiVersion").asText().equals(type.storageApiVersion()) ? object : to(type.storageApiVersion(), object.deepCopy());
    }

    private static ObjectNode to(String apiVersion, ObjectNode object) {
        String from = object.path("apiVersion").asText();
        if (from.equals(apiVersion)) {
            return object;
        }
        switch (from + " to " + apiVersion) {
            case "v1 to events.k8s.io/v1" -> EventConversion.toEventsGroup(object);
            case "events.k8s.io/v1 to v1" -> EventConversion.toCore(object);
            case "autoscaling/v2 to autoscaling/v1" -> AutoscalerConversion.toV1(object);
            case "autoscaling/v1 to autoscaling/v2" -> AutoscalerConversion.toV2(object);
            default -> { }
        }
        object.put("apiVersion", apiVersion);
        return object;
    }
}
