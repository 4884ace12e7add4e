package io.skerry.machinery.quota;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.quantity.Quantity;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What one object counts for in a ResourceQuota (pkg/quota/v1/evaluator/core). */
public final class QuotaUsage {
    private static final Quantity ONE = Quantity.of(1);
    /** Resources that may be limited by their plain name, as well as count/NAME. */
    private static final Set<String> PLAIN = Set.of("pods", "services", "replicationcontrollers", "resourcequotas", "secrets", "configmaps", "persistentvolumeclaims");

    private QuotaUsage() {
    }

    /** All that the object uses, by the names that {@code spec.hard} may have. */
    public static Map<String, Quantity> of(String group, String plural, JsonNode object) {
        Map<String, Quantity> usage = new TreeMap<>();
        usage.put("count/" + plural + (group.isEmpty() ? "" : "." + group), ONE);
        if (!group.isEmpty()) {
            return usage;
        }
        if (PLAIN.contains(plural) && !plural.equals("pods")) {
            usage.put(plural, ONE);
        }
        switch (plural) {
            case "pods" -> pod(object, usage);
            case "services" -> service(object, usage);
            case "persistentvolumeclaims" -> claim(object, usage);
            default -> { }
        }
        return usage;
    }

    /** The resource whose objects count for a name of {@code spec.hard}, as plural.group; "" when it is not known. */
    public static String resourceOf(String hard) {
        if (hard.startsWith("count/")) {
            return hard.substring("count/".length());
        }
        if (PLAIN.contains(hard)) {
            return hard;
        }
        if (hard.startsWith("services.")) {
            return "services";
        }
        if (hard.equals("requests.storage") || hard.contains(".storageclass.storage.k8s.io/")) {
            return "persistentvolumeclaims";
        }
        return hard.equals("cpu") || hard.equals("memory") || hard.equals("ephemeral-storage") || hard.startsWith("requests.") || hard.startsWith("limits.")
                || hard.startsWith("hugepages-") ? "pods" : "";
    }

    private static void pod(JsonNode pod, Map<String, Quantity> usage) {
        String phase = Json.text(pod, "status", "phase");
        if (phase.equals("Succeeded") || phase.equals("Failed")) {
            // it counts as an object as long as it is there, but uses nothing
            return;
        }
        usage.put("pods", ONE);
        PodResources.reserved(pod, "requests").forEach((name, quantity) -> {
            usage.put("requests." + name, quantity);
            if (name.equals("cpu") || name.equals("memory") || name.equals("ephemeral-storage") || name.startsWith("hugepages-")) {
                usage.put(name, quantity);
            }
        });
        PodResources.reserved(pod, "limits").forEach((name, quantity) -> usage.put("limits." + name, quantity));
    }

    private static void service(JsonNode service, Map<String, Quantity> usage) {
        String type = Json.text(service, "spec", "type");
        long ports = Json.at(service, "spec", "ports").size();
        if (type.equals("NodePort") || type.equals("LoadBalancer") && Json.at(service, "spec", "allocateLoadBalancerNodePorts").asBoolean(true)) {
            usage.put("services.nodeports", Quantity.of(ports));
        }
        if (type.equals("LoadBalancer")) {
            usage.put("services.loadbalancers", ONE);
        }
    }

    private static void claim(JsonNode claim, Map<String, Quantity> usage) {
        String storageClass = Json.text(claim, "spec", "storageClassName");
        String storage = Json.text(claim, "spec", "resources", "requests", "storage");
        if (!storage.isEmpty()) {
            usage.put("requests.storage", Quantity.parse(storage));
        }
        if (!storageClass.isEmpty()) {
            usage.put(storageClass + ".storageclass.storage.k8s.io/persistentvolumeclaims", ONE);
            if (!storage.isEmpty()) {
                usage.put(storageClass + ".storageclass.storage.k8s.io/requests.storage", Quantity.parse(storage));
            }
        }
    }
}
