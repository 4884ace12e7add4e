package io.skerry.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.quantity.Quantity;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * RuntimeClass: a pod's runtimeClassName has to be there, and brings its overhead, node selector and tolerations along (k8s.io/kubernetes,
 * plugin/pkg/admission/runtimeclass). Nobody but the class gives a pod an overhead.
 */
public final class RuntimeClasses implements Admission {
    private final Store store;

    public RuntimeClasses(Store store) {
        this.store = store;
    }

    @Override
    public void admit(Call call, Operation operation, ObjectNode pod, ObjectNode old) {
        if (!isNewPod(call, operation)) {
            return;
        }
        ObjectNode runtime = find(pod);
        if (runtime == null) {
            return;
        }
        ObjectNode spec = Json.ensureObject(pod, "spec");
        if (runtime.path("overhead").isObject()) {
            JsonNode fixed = Json.at(runtime, "overhead", "podFixed");
            if (!spec.path("overhead").isEmpty() && !amounts(spec.path("overhead")).equals(amounts(fixed))) {
                throw refused(pod, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
            }
            spec.remove("overhead");
            if (!fixed.isEmpty()) {
                spec.set("overhead", fixed.deepCopy());
            }
        }
        JsonNode scheduling = runtime.path("scheduling");
        scheduling.path("nodeSelector").properties().forEach(label -> select(pod, spec, label.getKey(), label.getValue().asText()));
        if (!scheduling.path("tolerations").isEmpty()) {
            spec.set("tolerations", merged(spec.path("tolerations"), scheduling.path("tolerations")));
        }
    }

    @Override
    public void validate(Call call, Operation operation, ObjectNode pod, ObjectNode old) {
        if (!isNewPod(call, operation)) {
            return;
        }
        ObjectNode runtime = find(pod);
        JsonNode overhead = Json.at(pod, "spec", "overhead");
        if (runtime != null && runtime.path("overhead").isObject()) {
            if (!amounts(overhead).equals(amounts(Json.at(runtime, "overhead", "podFixed")))) {
                throw refused(pod, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
            }
        } else if (overhead.isObject()) {
            throw refused(pod, "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead");
        }
    }

    private static boolean isNewPod(Call call, Operation operation) {
        return operation == Operation.CREATE && call.type().is("", "pods") && call.info().subresource().isEmpty();
    }

    /** The class that a pod names, or null when it names none. */
    private ObjectNode find(ObjectNode pod) {
        JsonNode name = Json.at(pod, "spec", "runtimeClassName");
        if (!name.isTextual()) {
            return null;
        }
        ObjectNode found = store.tree("node.k8s.io", "runtimeclasses", name.asText());
        if (found == null) {
            throw refused(pod, "pod rejected: RuntimeClass \"" + name.asText() + "\" not found");
        }
        return found;
    }

    private static ApiException refused(ObjectNode pod, String why) {
        return ApiException.forbidden("", "pods", Json.text(pod, "metadata", "name"), why);
    }

    private static void select(ObjectNode pod, ObjectNode spec, String label, String value) {
        ObjectNode selector = Json.ensureObject(spec, "nodeSelector");
        if (selector.has(label) && !Json.text(selector, label).equals(value)) {
            throw refused(pod, "conflict: runtimeClass.scheduling.nodeSelector[" + label + "] = " + value + "; pod.spec.nodeSelector[" + label + "] = "
                    + Json.text(selector, label));
        }
        selector.put(label, value);
    }

    /** By what they amount to: 1000m is 1. What is no quantity, which validation tells of, stays as it was written. */
    private static Map<String, Object> amounts(JsonNode quantities) {
        Map<String, Object> amounts = new HashMap<>();
        quantities.properties().forEach(each -> {
            Object amount;
            try {
                amount = Quantity.parse(each.getValue().asText());
            } catch (IllegalArgumentException e) {
                amount = each.getValue();
            }
            amounts.put(each.getKey(), amount);
        });
        return amounts;
    }

    /** All of both, but for those that another one covers. */
    private static ArrayNode merged(JsonNode own, JsonNode added) {
        List<JsonNode> all = new ArrayList<>();
        own.forEach(all::add);
        added.forEach(toleration -> all.add(toleration.deepCopy()));
        ArrayNode merged = Json.array();
        for (int i = 0; i < all.size(); i++) {
            JsonNode toleration = all.get(i);
            boolean covered = false;
            for (JsonNode before : merged) {
                covered |= covers(before, toleration);
            }
            for (JsonNode after : all.subList(i + 1, all.size())) {
                covered |= !after.equals(toleration) && covers(after, toleration);
            }
            if (!covered) {
                merged.add(toleration);
            }
        }
        return merged;
    }

    /** Whether the first tolerates all that the second does (k8s.io/kubernetes, pkg/util/tolerations). */
    private static boolean covers(JsonNode wide, JsonNode narrow) {
        if (wide.equals(narrow)) {
            return true;
        }
        boolean exists = Json.text(wide, "operator").equals("Exists");
        String key = Json.text(wide, "key");
        String effect = Json.text(wide, "effect");
        if (!key.equals(Json.text(narrow, "key")) && !(key.isEmpty() && exists) || !effect.isEmpty() && !effect.equals(Json.text(narrow, "effect"))) {
            return false;
        }
        if (effect.equals("NoExecute") && wide.hasNonNull("tolerationSeconds")
                && (!narrow.hasNonNull("tolerationSeconds") || narrow.path("tolerationSeconds").asLong() > wide.path("tolerationSeconds").asLong())) {
            return false;
        }
        return exists || Json.text(narrow, "operator").equals("Equal") && Json.text(wide, "value").equals(Json.text(narrow, "value"));
    }
}
