package io.skerry.machinery.quota;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.quantity.Quantity;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;

/** What a pod asks for in all (k8s.io/component-helpers/resource, helpers.go): sidecars run beside the containers, other init containers before them. */
public final class PodResources {
    private PodResources() {
    }

    /** What its spec says. @param kind "requests" or "limits" */
    public static Map<String, Quantity> total(JsonNode pod, String kind) {
        return total(pod, kind, (_, container) -> quantities(container, kind));
    }

    /**
     * What it counts for while it is resized in place (KEP-1287): of each container the largest of what it is to have, what it was promised and
     * what it still has; what it is to have is left out when its node can never give it.
     *
     * @param kind "requests" or "limits"
     */
    public static Map<String, Quantity> reserved(JsonNode pod, String kind) {
        boolean never = false;
        for (JsonNode condition : Json.at(pod, "status", "conditions")) {
            never |= Json.text(condition, "type").equals("PodResizePending") && Json.text(condition, "reason").equals("Infeasible");
        }
        boolean infeasible = never;
        return total(pod, kind, (list, container) -> {
            for (JsonNode status : Json.at(pod, "status", list)) {
                if (status.hasNonNull("resources") && Json.text(status, "name").equals(Json.text(container, "name"))) {
                    Map<String, Quantity> most = infeasible ? new TreeMap<>() : quantities(container, kind);
                    max(most, quantities(status, kind));
                    if (kind.equals("requests")) {
                        max(most, amounts(status.path("allocatedResources")));
                    }
                    return most;
                }
            }
            return quantities(container, kind);
        });
    }

    /** @param of the amounts of a container, by the name of the list its status is in */
    private static Map<String, Quantity> total(JsonNode pod, String kind, BiFunction<String, JsonNode, Map<String, Quantity>> of) {
        JsonNode spec = pod.path("spec");
        Map<String, Quantity> total = new TreeMap<>();
        spec.path("containers").forEach(container -> add(total, of.apply("containerStatuses", container)));
        Map<String, Quantity> sidecars = new HashMap<>();
        Map<String, Quantity> init = new HashMap<>();
        for (JsonNode container : spec.path("initContainers")) {
            Map<String, Quantity> asked = new HashMap<>(of.apply("initContainerStatuses", container));
            if (Json.text(container, "restartPolicy").equals("Always")) {
                add(total, asked);
                add(sidecars, asked);
                asked = new HashMap<>(sidecars);
            } else {
                add(asked, sidecars);
            }
            max(init, asked);
        }
        max(total, init);
        JsonNode whole = Json.at(spec, "resources", kind);
        whole.properties().forEach(entry -> total.put(entry.getKey(), Quantity.parse(entry.getValue().asText())));
        spec.path("overhead").properties().forEach(entry -> {
            if (kind.equals("requests") || total.containsKey(entry.getKey())) {
                total.merge(entry.getKey(), Quantity.parse(entry.getValue().asText()), Quantity::add);
            }
        });
        return total;
    }

    /** The requests or limits of one container. */
    public static Map<String, Quantity> quantities(JsonNode container, String kind) {
        return amounts(Json.at(container, "resources", kind));
    }

    private static Map<String, Quantity> amounts(JsonNode resources) {
        Map<String, Quantity> quantities = new TreeMap<>();
        resources.properties().forEach(entry -> quantities.put(entry.getKey(), Quantity.parse(entry.getValue().asText())));
        return quantities;
    }

    private static void add(Map<String, Quantity> into, Map<String, Quantity> more) {
        more.forEach((name, quantity) -> into.merge(name, quantity, Quantity::add));
    }

    private static void max(Map<String, Quantity> into, Map<String, Quantity> others) {
        others.forEach((name, quantity) -> into.merge(name, quantity, (a, b) -> a.compareTo(b) >= 0 ? a : b));
    }
}
