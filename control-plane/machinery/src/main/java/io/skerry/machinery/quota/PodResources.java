package io.skerry.machinery.quota;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.quantity.Quantity;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** What a pod asks for in all (k8s.io/component-helpers/resource, helpers.go): sidecars run beside the containers, other init containers before them. */
public final class PodResources {
    private PodResources() {
    }

    /** @param kind "requests" or "limits" */
    public static Map<String, Quantity> total(JsonNode pod, String kind) {
        JsonNode spec = pod.path("spec");
        Map<String, Quantity> total = new TreeMap<>();
        spec.path("containers").forEach(container -> add(total, quantities(container, kind)));
        Map<String, Quantity> sidecars = new HashMap<>();
        Map<String, Quantity> init = new HashMap<>();
        for (JsonNode container : spec.path("initContainers")) {
            Map<String, Quantity> asked = new HashMap<>(quantities(container, kind));
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
        Map<String, Quantity> quantities = new TreeMap<>();
        Json.at(container, "resources", kind).properties().forEach(entry -> quantities.put(entry.getKey(), Quantity.parse(entry.getValue().asText())));
        return quantities;
    }

    private static void add(Map<String, Quantity> into, Map<String, Quantity> more) {
        more.forEach((name, quantity) -> into.merge(name, quantity, Quantity::add));
    }

    private static void max(Map<String, Quantity> into, Map<String, Quantity> others) {
        others.forEach((name, quantity) -> into.merge(name, quantity, (a, b) -> a.compareTo(b) >= 0 ? a : b));
    }
}
