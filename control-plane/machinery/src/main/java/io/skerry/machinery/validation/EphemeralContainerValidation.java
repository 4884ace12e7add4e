package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.patch.Values;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Ephemeral containers (KEP-277): what one may have, and that they are only ever added, through pods/ephemeralcontainers. */
final class EphemeralContainerValidation {
    /** Of a container's fields; the others are for what a pod's work rests on. */
    private static final Set<String> ALLOWED = Set.of("name", "image", "command", "args", "workingDir", "env", "envFrom", "volumeMounts", "volumeDevices", "terminationMessagePath",
            "terminationMessagePolicy", "imagePullPolicy", "securityContext", "stdin", "stdinOnce", "tty", "targetContainerName");
    private static final String NOT_HERE = "cannot be set for an Ephemeral Container";
    private static final String PATH = "spec.ephemeralContainers";
    private static final String MIRROR = "kubernetes.io/config.mirror";

    private EphemeralContainerValidation() {}

    /** @param others names of the pod's other containers */
    static void one(JsonNode container, String path, Set<String> others, Errors errors) {
        String target = Json.text(container, "targetContainerName");
        if (!target.isEmpty() && !others.contains(target)) {
            errors.notFound(Errors.at(path, "targetContainerName"), target);
        }
        container.properties().forEach(field -> {
            boolean set = field.getValue().isContainerNode() ? !field.getValue().isEmpty() : !field.getValue().isNull() && !field.getValue().asText().isEmpty();
            if (set && !ALLOWED.contains(field.getKey())) {
                errors.forbidden(Errors.at(path, field.getKey()), NOT_HERE);
            }
        });
        JsonNode mounts = container.path("volumeMounts");
        for (int i = 0; i < mounts.size(); i++) {
            for (String field : List.of("subPath", "subPathExpr")) {
                if (!Json.text(mounts.path(i), field).isEmpty()) {
                    errors.forbidden(Errors.at(Errors.at(Errors.at(path, "volumeMounts"), i), field), NOT_HERE);
                }
            }
        }
    }

    /** That an update of pods/ephemeralcontainers leaves those that are there alone. */
    static void update(ObjectNode pod, ObjectNode old, Errors errors) {
        if (Json.at(old, "metadata", "annotations").has(MIRROR)) {
            errors.forbidden("", "static pods do not support ephemeral containers");
            return;
        }
        Map<String, JsonNode> now = new HashMap<>();
        Json.at(pod, "spec", "ephemeralContainers").forEach(c -> now.put(Json.text(c, "name"), c));
        for (JsonNode was : Json.at(old, "spec", "ephemeralContainers")) {
            String name = Json.text(was, "name");
            if (!now.containsKey(name)) {
                errors.forbidden(PATH, "existing ephemeral containers \"" + name + "\" may not be removed\n");
            } else if (!Values.same(was, now.get(name))) {
                errors.forbidden(PATH, "existing ephemeral containers \"" + name + "\" may not be changed\n");
            }
        }
    }

    /** A pod comes without any. */
    static void create(ObjectNode pod, Errors errors) {
        if (!Json.at(pod, "spec", "ephemeralContainers").isEmpty()) {
            errors.forbidden(PATH, "cannot be set on create");
        }
    }
}
