package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.patch.Values;
import io.skerry.machinery.quantity.Quantity;
import io.skerry.machinery.quota.QualityOfService;
import java.util.ArrayList;
import java.util.List;

/** What pods/resize may change of a pod (KEP-1287; upstream's ValidatePodResize): CPU and memory of containers and sidecars, within the pod's class. */
final class ResizeValidation {
    private static final String MIRROR = "kubernetes.io/config.mirror";

    private ResizeValidation() {}

    /** What is never restarted is not restarted for a resize. */
    static void neverRestarts(JsonNode container, String path, Errors errors) {
        for (JsonNode policy : container.path("resizePolicy")) {
            if (Json.text(policy, "restartPolicy").equals("RestartContainer")) {
                errors.invalid(path, policy.get("restartPolicy"), "must be 'NotRequired' when `restartPolicy` is 'Never'");
            }
        }
    }

    /** An update of pods/resize. */
    static void check(ObjectNode pod, ObjectNode old, Errors errors) {
        JsonNode spec = pod.path("spec");
        JsonNode was = old.path("spec");
        if (!was.path("resources").isEmpty() || !spec.path("resources").isEmpty()) {
            errors.forbidden("", "pods with pod-level resources cannot be resized");
        } else if (Json.at(old, "metadata", "annotations").has(MIRROR)) {
            errors.forbidden("", "static pods cannot be resized");
        } else if (Json.text(was, "os", "name").equals("windows")) {
            errors.forbidden("", "windows pods cannot be resized");
        } else {
            String before = Json.text(old, "status", "qosClass");
            if (!QualityOfService.of(pod).equals(before.isEmpty() ? QualityOfService.of(old) : before)) {
                errors.invalid("spec", Json.text(pod, "status", "qosClass"), "Pod QOS Class may not change as a result of resizing");
            }
            if (!nodeResizes(old)) {
                errors.forbidden("spec", "Pod running on node without support for resize");
            }
            if (sameContainers(spec, was, "containers", errors) & sameContainers(spec, was, "initContainers", errors)) {
                containers(spec, was, errors);
            }
        }
    }

    /** A node that does says what its running containers have; of a pod that runs nothing it cannot be told. */
    private static boolean nodeResizes(JsonNode pod) {
        for (JsonNode status : Json.at(pod, "status", "containerStatuses")) {
            if (Json.at(status, "state", "running").isObject()) {
                return status.hasNonNull("resources");
            }
        }
        return true;
    }

    private static boolean sameContainers(JsonNode spec, JsonNode was, String list, Errors errors) {
        JsonNode before = was.path(list);
        if (spec.path(list).size() != before.size()) {
            errors.forbidden("spec", list + " may not be added or removed on resize");
            return false;
        }
        boolean same = true;
        for (int i = 0; i < before.size(); i++) {
            if (!Json.text(spec.path(list).path(i), "name").equals(Json.text(before.path(i), "name"))) {
                errors.forbidden(Errors.at(Errors.at("spec." + list, i), "name"), list + " may not be renamed or reordered on resize");
                same = false;
            }
        }
        return same;
    }

    private static void containers(JsonNode spec, JsonNode was, Errors errors) {
        JsonNode init = was.path("initContainers");
        for (int i = 0; i < init.size(); i++) {
            JsonNode now = spec.path("initContainers").path(i);
            if (!Json.text(init.path(i), "restartPolicy").equals("Always")) {
                if (!Values.same(now, init.path(i))) {
                    errors.forbidden("spec", "resources for non-sidecar init containers are immutable");
                }
                continue;
            }
            container(now, init.path(i), Errors.at(Errors.at("spec.initContainers", i), "resources"), errors);
            if (!Values.same(withOldCompute(now, init.path(i)), init.path(i))) {
                errors.forbidden("spec", "only cpu and memory resources for sidecar containers are mutable");
            }
        }
        JsonNode containers = was.path("containers");
        List<String> changed = new ArrayList<>();
        for (int i = 0; i < containers.size(); i++) {
            JsonNode now = spec.path("containers").path(i);
            String path = Errors.at("spec.containers", i);
            container(now, containers.path(i), Errors.at(path, "resources"), errors);
            PodUpdateValidation.changes(withOldCompute(now, containers.path(i)), containers.path(i), path, changed);
        }
        if (!changed.isEmpty()) {
            errors.forbidden("spec", "only cpu and memory resources are mutable\nchanged: " + String.join(", ", changed));
        }
    }

    private static void container(JsonNode now, JsonNode was, String path, Errors errors) {
        for (String kind : List.of("requests", "limits")) {
            JsonNode left = Json.at(now, "resources", kind);
            if (Json.at(was, "resources", kind).properties().stream().anyMatch(set -> !left.has(set.getKey()))) {
                errors.forbidden(Errors.at(path, kind), "resource " + kind + " cannot be removed");
            }
        }
        String limit = Json.text(now, "resources", "limits", "memory");
        String before = Json.text(was, "resources", "limits", "memory");
        if (!limit.isEmpty() && !before.isEmpty() && !restarts(now) && Quantity.parse(limit).compareTo(Quantity.parse(before)) < 0) {
            // the kernel would kill what has the memory
            errors.forbidden(Errors.key(Errors.at(path, "limits"), "memory"), "memory limits cannot be decreased unless resizePolicy is RestartContainer");
        }
    }

    /** Whether the container is restarted for another amount of memory. */
    private static boolean restarts(JsonNode container) {
        for (JsonNode policy : container.path("resizePolicy")) {
            if (Json.text(policy, "resourceName").equals("memory")) {
                return Json.text(policy, "restartPolicy").equals("RestartContainer");
            }
        }
        return false;
    }

    /** The container with the amounts of CPU and memory that it had, so that whatever else differs is seen. */
    private static JsonNode withOldCompute(JsonNode now, JsonNode was) {
        ObjectNode copy = now.deepCopy();
        for (String kind : List.of("requests", "limits")) {
            for (String resource : List.of("cpu", "memory")) {
                JsonNode amount = Json.at(was, "resources", kind, resource);
                if (!amount.isMissingNode()) {
                    Json.ensureObject(copy, "resources", kind).set(resource, amount);
                } else if (Json.at(copy, "resources", kind) instanceof ObjectNode amounts) {
                    amounts.remove(resource);
                    if (amounts.isEmpty() && Json.at(was, "resources", kind).isMissingNode()) {
                        ((ObjectNode) copy.get("resources")).remove(kind);
                    }
                }
            }
        }
        return copy;
    }
}
