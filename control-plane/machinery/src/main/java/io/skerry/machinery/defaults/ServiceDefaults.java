package io.skerry.machinery.defaults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.util.Map;
import java.util.function.Consumer;

/** Services, their endpoints, and networking. Addresses and IP families are the registry's to give. */
final class ServiceDefaults {

    private ServiceDefaults() {}

    static void declare(Map<String, Consumer<ObjectNode>> defaults) {
        defaults.put("services", o -> {
            Fill.object(o, "spec");
            Fill.in(o, ServiceDefaults::service, "spec");
            if (Json.text(o, "spec", "type").equals("LoadBalancer")) {
                Fill.each(o, ServiceDefaults::loadBalancerAddress, "status", "loadBalancer", "ingress");
            }
        });
        defaults.put("endpoints", o -> Fill.each(o, subset -> Fill.each(subset, port -> Fill.string(port, "protocol", "TCP"), "ports"), "subsets"));
        defaults.put("endpointslices.discovery.k8s.io", o -> Fill.each(o, port -> {
            if (!port.hasNonNull("name")) {
                port.put("name", "");
            }
            Fill.string(port, "protocol", "TCP");
        }, "ports"));
        defaults.put("networkpolicies.networking.k8s.io", o -> Fill.in(o, ServiceDefaults::networkPolicy, "spec"));
        defaults.put("ingressclasses.networking.k8s.io", o -> Fill.in(o, parameters -> Fill.string(parameters, "scope", "Cluster"), "spec", "parameters"));
    }

    private static void service(ObjectNode spec) {
        Fill.string(spec, "sessionAffinity", "None");
        if (Json.text(spec, "sessionAffinity").equals("ClientIP")) {
            Fill.integer(Fill.object(Fill.object(spec, "sessionAffinityConfig"), "clientIP"), "timeoutSeconds", 10800);
        } else if (Json.text(spec, "sessionAffinity").equals("None")) {
            spec.remove("sessionAffinityConfig");
        }
        Fill.string(spec, "type", "ClusterIP");
        String type = Json.text(spec, "type");
        Fill.each(spec, port -> {
            Fill.string(port, "protocol", "TCP");
            JsonNode target = port.path("targetPort");
            boolean unset = target.isMissingNode() || target.isNull() || target.asText().isEmpty() || target.isNumber() && target.asInt() == 0;
            if (unset && port.hasNonNull("port")) {
                port.set("targetPort", port.get("port"));
            }
        }, "ports");
        boolean external = type.equals("NodePort") || type.equals("LoadBalancer") || type.equals("ClusterIP") && !Json.at(spec, "externalIPs").isEmpty();
        if (external) {
            Fill.string(spec, "externalTrafficPolicy", "Cluster");
        }
        if (!type.equals("ExternalName")) {
            Fill.string(spec, "internalTrafficPolicy", "Cluster");
        }
        if (type.equals("LoadBalancer")) {
            Fill.bool(spec, "allocateLoadBalancerNodePorts", true);
        }
    }

    private static void loadBalancerAddress(ObjectNode ingress) {
        if (!Json.text(ingress, "ip").isEmpty()) {
            Fill.string(ingress, "ipMode", "VIP");
        }
    }

    private static void networkPolicy(ObjectNode spec) {
        for (String direction : new String[] {"ingress", "egress"}) {
            Fill.each(spec, rule -> Fill.each(rule, port -> Fill.string(port, "protocol", "TCP"), "ports"), direction);
        }
        if (Json.at(spec, "policyTypes").isEmpty()) {
            ArrayNode types = spec.putArray("policyTypes").add("Ingress");
            if (!Json.at(spec, "egress").isEmpty()) {
                types.add("Egress");
            }
        }
    }
}
