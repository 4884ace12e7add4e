package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Services and their endpoints. */
final class ServiceValidation {

    private static final List<String> TYPES = List.of("ClusterIP", "ExternalName", "LoadBalancer", "NodePort");
    private static final String SOURCE_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges";
    private static final Set<String> PROTOCOLS = Set.of("TCP", "UDP", "SCTP");

    private ServiceValidation() {}

    static void declare(Map<String, Validation.Check> checks) {
        checks.put("services", ServiceValidation::service);
        checks.put("endpoints", (o, old, errors) -> {
            JsonNode subsets = o.path("subsets");
            for (int i = 0; i < subsets.size(); i++) {
                String at = Errors.at("subsets", i);
                JsonNode subset = subsets.path(i);
                if (subset.path("addresses").isEmpty() && subset.path("notReadyAddresses").isEmpty()) {
                    errors.required(at, "must specify `addresses` or `notReadyAddresses`");
                }
                for (String field : List.of("addresses", "notReadyAddresses")) {
                    for (int j = 0; j < subset.path(field).size(); j++) {
                        String ip = Json.text(subset.path(field).path(j), "ip");
                        String in = Errors.at(Errors.at(at, field), j);
                        errors.invalid(Errors.at(in, "ip"), ip, Addresses.endpoint(ip));
                        String host = Json.text(subset.path(field).path(j), "hostname");
                        if (!host.isEmpty()) {
                            errors.invalid(Errors.at(in, "hostname"), host, Names.dns1123Label(host));
                        }
                        if (subset.path(field).path(j).hasNonNull("nodeName")) {
                            String node = Json.text(subset.path(field).path(j), "nodeName");
                            errors.invalid(Errors.at(in, "nodeName"), node, Names.dns1123Subdomain(node));
                        }
                    }
                }
                endpointPorts(subset.path("ports"), Errors.at(at, "ports"), subset.path("ports").size() > 1, errors);
            }
        });
    }

    private static void service(ObjectNode o, ObjectNode old, Errors errors) {
        JsonNode spec = o.path("spec");
        String type = Json.text(spec, "type");
        String clusterIp = Json.text(spec, "clusterIP");
        JsonNode ports = spec.path("ports");
        if (ports.isEmpty() && !clusterIp.equals("None") && !type.equals("ExternalName")) {
            errors.required("spec.ports", "");
        }
        errors.oneOf(spec, "spec", "type", TYPES);
        if (type.equals("LoadBalancer") && clusterIp.equals("None")) {
            errors.invalid("spec.clusterIPs[0]", clusterIp, "may not be set to 'None' for LoadBalancer services");
        }
        if (type.equals("NodePort") && clusterIp.equals("None")) {
            errors.invalid("spec.clusterIPs[0]", clusterIp, "may not be set to 'None' for NodePort services");
        }
        if (type.equals("ExternalName")) {
            externalName(spec, clusterIp, errors);
        }
        ports(ports, type, errors);
        MetadataValidation.labels(spec.path("selector"), "spec.selector", errors);
        errors.oneOf(spec, "spec", "sessionAffinity", List.of("ClientIP", "None"));
        JsonNode timeout = Json.at(spec, "sessionAffinityConfig", "clientIP", "timeoutSeconds");
        if (timeout.isNumber() && (timeout.asLong() <= 0 || timeout.asLong() > 86400)) {
            errors.invalid("spec.sessionAffinityConfig.clientIP.timeoutSeconds", timeout, "must be greater than 0 and less than 86400");
        }
        ServiceAddressValidation.check(spec, old == null ? null : old.path("spec"), errors);
        for (int i = 0; i < spec.path("externalIPs").size(); i++) {
            String ip = spec.path("externalIPs").path(i).asText();
            errors.invalid(Errors.at("spec.externalIPs", i), ip, Addresses.endpoint(ip));
        }
        for (int i = 0; i < spec.path("loadBalancerSourceRanges").size(); i++) {
            String range = spec.path("loadBalancerSourceRanges").path(i).asText().strip();
            errors.invalid(Errors.at("spec.LoadBalancerSourceRanges", i), range, Addresses.cidr(range));
        }
        if (spec.path("loadBalancerSourceRanges").isEmpty() && Json.at(o, "metadata", "annotations").has(SOURCE_RANGES)) {
            sourceRanges(Json.text(o, "metadata", "annotations", SOURCE_RANGES), type, errors);
        }
        trafficPolicies(spec, type, errors);
        if (old != null) {
            balancerStays(spec, old.path("spec"), errors);
        }
    }

    /** The field's older form. */
    private static void sourceRanges(String annotation, String type, Errors errors) {
        String path = Errors.key("metadata.annotations", SOURCE_RANGES);
        if (!type.equals("LoadBalancer")) {
            errors.forbidden(path, "may only be used when `type` is 'LoadBalancer'");
        }
        if (!annotation.isBlank()) {
            for (String range : annotation.split(",", -1)) {
                errors.invalid(path, range.strip(), Addresses.cidr(range.strip()));
            }
        }
    }

    private static void externalName(JsonNode spec, String clusterIp, Errors errors) {
        if (!clusterIp.isEmpty()) {
            errors.forbidden("spec.clusterIPs", "may not be set for ExternalName services");
        }
        String name = Json.text(spec, "externalName");
        String absolute = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
        if (absolute.isEmpty()) {
            errors.required("spec.externalName", "");
        } else {
            errors.invalid("spec.externalName", absolute, Names.dns1123Subdomain(absolute));
        }
    }

    private static void ports(JsonNode ports, String type, Errors errors) {
        Set<String> names = new HashSet<>();
        Set<String> used = new HashSet<>();
        Set<String> nodePorts = new HashSet<>();
        for (int i = 0; i < ports.size(); i++) {
            JsonNode port = ports.path(i);
            String at = Errors.at("spec.ports", i);
            String name = Json.text(port, "name");
            if (name.isEmpty()) {
                if (ports.size() > 1) {
                    errors.required(Errors.at(at, "name"), "");
                }
            } else {
                errors.invalid(Errors.at(at, "name"), name, Names.dns1123Label(name));
                if (!names.add(name)) {
                    errors.duplicate(Errors.at(at, "name"), port.path("name"));
                }
            }
            JsonNode number = port.path("port");
            Names.portNumber(number.asLong()).forEach(e -> errors.invalid(Errors.at(at, "port"), number.isMissingNode() ? Json.MAPPER.getNodeFactory().numberNode(0) : number, e));
            errors.oneOf(port, at, "protocol", PROTOCOLS);
            if (!port.path("targetPort").isMissingNode()) {
                ContainerValidation.port(port.path("targetPort"), Errors.at(at, "targetPort"), errors);
            }
            String protocol = Json.text(port, "protocol");
            if (!used.add(protocol + "/" + number.asText())) {
                errors.duplicate(at, Json.object().put("protocol", protocol).set("port", number));
            }
            String application = Json.text(port, "appProtocol");
            if (!application.isEmpty()) {
                errors.invalid(Errors.at(at, "appProtocol"), application, Names.qualifiedName(application));
            }
            JsonNode nodePort = port.path("nodePort");
            if (nodePort.asLong() != 0) {
                if (type.equals("ClusterIP") || type.equals("ExternalName")) {
                    errors.forbidden(Errors.at(at, "nodePort"), "may not be used when `type` is '" + type + "'");
                }
                Names.portNumber(nodePort.asLong()).forEach(e -> errors.invalid(Errors.at(at, "nodePort"), nodePort, e));
                if (!nodePorts.add(protocol + "/" + nodePort.asText())) {
                    errors.duplicate(Errors.at(at, "nodePort"), nodePort);
                }
            }
        }
    }

    private static void trafficPolicies(JsonNode spec, String type, Errors errors) {
        boolean external = type.equals("NodePort") || type.equals("LoadBalancer") || type.equals("ClusterIP") && !spec.path("externalIPs").isEmpty();
        if (!Json.text(spec, "externalTrafficPolicy").isEmpty()) {
            if (external) {
                errors.oneOf(spec, "spec", "externalTrafficPolicy", List.of("Cluster", "Local"));
            } else {
                errors.invalid("spec.externalTrafficPolicy", Json.text(spec, "externalTrafficPolicy"), "may only be set for externally-accessible services");
            }
        }
        errors.optionalOneOf(spec, "spec", "internalTrafficPolicy", List.of("Cluster", "Local"));
        if (spec.hasNonNull("allocateLoadBalancerNodePorts") && !type.equals("LoadBalancer")) {
            errors.forbidden("spec.allocateLoadBalancerNodePorts", "may only be used when `type` is 'LoadBalancer'");
        }
        if (!Json.text(spec, "loadBalancerClass").isEmpty()) {
            String name = Json.text(spec, "loadBalancerClass");
            errors.invalid("spec.loadBalancerClass", name, Names.qualifiedName(name));
            if (!type.equals("LoadBalancer")) {
                errors.forbidden("spec.loadBalancerClass", "may only be used when `type` is 'LoadBalancer'");
            }
        }
        if (!spec.path("loadBalancerSourceRanges").isEmpty() && !type.equals("LoadBalancer")) {
            errors.forbidden("spec.LoadBalancerSourceRanges", "may only be used when `type` is 'LoadBalancer'");
        }
        JsonNode health = spec.path("healthCheckNodePort");
        if (health.asLong() != 0 && !needsHealthCheck(spec)) {
            errors.invalid("spec.healthCheckNodePort", health, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'");
        }
        errors.optionalOneOf(spec, "spec", "trafficDistribution", List.of("PreferClose"));
    }

    /** What a load balancer was set up with. */
    private static void balancerStays(JsonNode spec, JsonNode old, Errors errors) {
        boolean balanced = Json.text(spec, "type").equals("LoadBalancer") && Json.text(old, "type").equals("LoadBalancer");
        if (balanced && !Json.text(spec, "loadBalancerClass").equals(Json.text(old, "loadBalancerClass"))) {
            errors.invalid("spec.loadBalancerClass", Json.text(spec, "loadBalancerClass"), "may not change once set");
        }
        if (needsHealthCheck(spec) && needsHealthCheck(old) && spec.path("healthCheckNodePort").asLong() != old.path("healthCheckNodePort").asLong()) {
            errors.forbidden("spec.healthCheckNodePort", Errors.IMMUTABLE);
        }
    }

    private static boolean needsHealthCheck(JsonNode spec) {
        return Json.text(spec, "type").equals("LoadBalancer") && Json.text(spec, "externalTrafficPolicy").equals("Local");
    }

    private static void endpointPorts(JsonNode ports, String path, boolean named, Errors errors) {
        for (int i = 0; i < ports.size(); i++) {
            JsonNode port = ports.path(i);
            String at = Errors.at(path, i);
            String name = Json.text(port, "name");
            if (name.isEmpty()) {
                if (named) {
                    errors.required(Errors.at(at, "name"), "");
                }
            } else {
                errors.invalid(Errors.at(at, "name"), name, Names.dns1123Label(name));
            }
            Names.portNumber(port.path("port").asLong()).forEach(e -> errors.invalid(Errors.at(at, "port"), port.path("port"), e));
            errors.oneOf(port, at, "protocol", PROTOCOLS);
        }
    }
}
