package io.skerry.apiserver.service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.registry.Strategy;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/** Services: ClusterIP and NodePorts are given out with the write that needs them. */
public final class ServiceStrategy extends Strategy {
    private static final String TOPOLOGY_HINTS = "service.kubernetes.io/topology-aware-hints";
    private static final Set<String> WITH_NODE_PORTS = Set.of("NodePort", "LoadBalancer");

    private final ServiceAllocator allocator;

    public ServiceStrategy(ResourceType type, ServiceAllocator allocator) {
        super(type, false);
        this.allocator = allocator;
    }

    @Override
    public boolean createOnUpdate() {
        return true;
    }

    @Override
    public void prepareForCreate(ObjectNode service) {
        super.prepareForCreate(service);
        if (service.get("spec") instanceof ObjectNode spec) {
            followClusterIp(spec, Json.object());
        }
    }

    @Override
    public void prepareForUpdate(ObjectNode updated, ObjectNode old) {
        super.prepareForUpdate(updated, old);
        ObjectNode spec = Json.ensureObject(updated, "spec");
        ObjectNode before = Json.ensureObject(old.deepCopy(), "spec");
        if (hasClusterIp(spec) && hasClusterIp(before) && Json.text(spec, "clusterIP").isEmpty()) {
            // a client that knows nothing of the address does not lose it
            keep("clusterIP", spec, before);
            for (String field : ServiceFamilies.FIELDS) {
                if (spec.path(field).isEmpty() && Json.text(spec, field).isEmpty()) {
                    keep(field, spec, before);
                }
            }
        }
        followClusterIp(spec, before);
        if (hasNodePorts(spec) && hasNodePorts(before)) {
            keepNodePorts(spec, before);
        } else if (hasNodePorts(before)) {
            dropNodePorts(spec, before);
        }
        dropUnchanged(spec, before, ServiceStrategy::isReachedFromOutside, "externalTrafficPolicy");
        dropUnchanged(spec, before, ServiceStrategy::isLoadBalancer, "allocateLoadBalancerNodePorts", "loadBalancerClass");
        dropUnchanged(spec, before, ServiceStrategy::hasClusterIp, "internalTrafficPolicy");
        dropUnchanged(spec, before, service -> !hasClusterIp(service), "externalName");
        if (!hasClusterIp(spec) && hasClusterIp(before) && Json.text(spec, "clusterIP").equals(Json.text(before, "clusterIP"))) {
            spec.remove("clusterIP");
            spec.remove(ServiceFamilies.FIELDS);
        }
    }

    /** clusterIPs of a client that writes clusterIP alone. */
    private static void followClusterIp(ObjectNode spec, ObjectNode before) {
        String address = Json.text(spec, "clusterIP");
        boolean left = spec.path("clusterIPs").isEmpty() || spec.path("clusterIPs").equals(before.path("clusterIPs"));
        if (left && !address.isEmpty() && !spec.path("clusterIPs").path(0).asText().equals(address)) {
            spec.putArray("clusterIPs").add(address);
        }
    }

    /** Fields without effect (k8s.io/kubernetes, pkg/api/service/warnings.go). */
    @Override
    public List<String> warnings(ObjectNode service, ObjectNode old) {
        List<String> warnings = new ArrayList<>();
        JsonNode spec = service.path("spec");
        String type = Json.text(spec, "type");
        if (Json.at(service, "metadata", "annotations").has(TOPOLOGY_HINTS)) {
            warnings.add("annotation " + TOPOLOGY_HINTS + " is deprecated, please use service.kubernetes.io/topology-mode instead");
        }
        if (type.equals("ClusterIP") && Json.text(spec, "clusterIP").equals("None")) {
            if (!Json.text(spec, "loadBalancerIP").isEmpty()) {
                warnings.add("spec.loadBalancerIP is ignored for headless services");
            }
            if (!spec.path("externalIPs").isEmpty()) {
                warnings.add("spec.externalIPs is ignored for headless services");
            }
            if (!Json.text(spec, "sessionAffinity").equals("None")) {
                warnings.add("spec.SessionAffinity is ignored for headless services");
            }
        }
        if (type.equals("ExternalName") && !spec.path("externalIPs").isEmpty()) {
            warnings.add("spec.externalIPs is ignored when spec.type is \"ExternalName\"");
        }
        if (!type.equals("ExternalName") && !Json.text(spec, "externalName").isEmpty()) {
            warnings.add("spec.externalName is ignored when spec.type is not \"ExternalName\"");
        }
        return warnings;
    }

    /** A patch of the type alone leaves fields behind that the new type cannot have: those nobody touched go along. */
    private static void dropUnchanged(ObjectNode spec, ObjectNode before, Predicate<ObjectNode> needed, String... fields) {
        if (needed.test(before) && !needed.test(spec)) {
            for (String field : fields) {
                if (spec.path(field).equals(before.path(field))) {
                    spec.remove(field);
                }
            }
        }
    }

    private static boolean isReachedFromOutside(ObjectNode spec) {
        return hasNodePorts(spec) || Json.text(spec, "type").equals("ClusterIP") && !spec.path("externalIPs").isEmpty();
    }

    private static boolean isLoadBalancer(ObjectNode spec) {
        return Json.text(spec, "type").equals("LoadBalancer");
    }

    private static String portKey(JsonNode port) {
        String protocol = Json.text(port, "protocol");
        return (protocol.isEmpty() ? "TCP" : protocol) + "/" + port.path("port").asInt();
    }

    private static void keepNodePorts(ObjectNode spec, ObjectNode before) {
        Map<String, JsonNode> ports = new HashMap<>();
        before.path("ports").forEach(port -> ports.put(portKey(port), port.path("nodePort")));
        for (JsonNode port : spec.path("ports")) {
            JsonNode had = ports.get(portKey(port));
            if (port.path("nodePort").asInt() == 0 && had != null && had.asInt() != 0) {
                ((ObjectNode) port).set("nodePort", had);
            }
        }
        if (needsHealthPort(spec) && spec.path("healthCheckNodePort").asInt() == 0) {
            keep("healthCheckNodePort", spec, before);
        }
    }

    private static void dropNodePorts(ObjectNode spec, ObjectNode before) {
        Set<Integer> had = nodePorts(before);
        for (JsonNode port : spec.path("ports")) {
            if (had.contains(port.path("nodePort").asInt())) {
                ((ObjectNode) port).remove("nodePort");
            }
        }
        spec.remove("healthCheckNodePort");
    }

    private static boolean hasClusterIp(ObjectNode spec) {
        return !Json.text(spec, "type").equals("ExternalName");
    }

    private static boolean hasNodePorts(ObjectNode spec) {
        String type = Json.text(spec, "type");
        return WITH_NODE_PORTS.contains(type);
    }

    private static boolean needsHealthPort(ObjectNode spec) {
        return Json.text(spec, "type").equals("LoadBalancer") && Json.text(spec, "externalTrafficPolicy").equals("Local");
    }

    @Override
    public Reservation reserve(ObjectNode service, ObjectNode old) {
        ObjectNode spec = Json.ensureObject(service, "spec");
        String key = Json.text(service, "metadata", "namespace") + "/" + Json.text(service, "metadata", "name");
        Set<String> addresses = new TreeSet<>();
        Set<Integer> ports = new TreeSet<>();
        boolean done = false;
        try {
            if (hasClusterIp(spec)) {
                reserveAddress(service, spec, old, key, addresses);
            }
            if (hasNodePorts(spec)) {
                reservePorts(service, spec, old == null ? Json.object() : old.path("spec"), key, ports);
            }
            done = true;
        } finally {
            if (!done) {
                allocator.settle(addresses, ports);
            }
        }
        return () -> allocator.settle(addresses, ports);
    }

    private void reserveAddress(ObjectNode service, ObjectNode spec, ObjectNode old, String key, Set<String> addresses) {
        List<ApiException.Cause> causes = ServiceFamilies.settle(spec, old == null ? null : old.path("spec"));
        if (!causes.isEmpty()) {
            throw ApiException.invalid("", "Service", Json.text(service, "metadata", "name"), causes);
        }
        String address = Json.text(spec, "clusterIP");
        if (address.isEmpty() && !spec.path("clusterIPs").isEmpty()) {
            throw invalid(service, "spec.clusterIPs", spec.path("clusterIPs").toString(), "must be empty when `clusterIP` is not specified");
        }
        if (!address.equals("None")) {
            boolean unchanged = old != null && address.equals(Json.text(old, "spec", "clusterIP"));
            if (address.isEmpty()) {
                address = allocator.takeAddress(key);
                if (address == null) {
                    throw ApiException.internal("failed to allocate a serviceIP: range " + allocator.range() + " is full");
                }
                addresses.add(address);
            } else if (!unchanged) {
                if (!allocator.range().contains(address)) {
                    throw invalid(service, "spec.clusterIPs", "[\"" + address + "\"]", "failed to allocate IP " + address
                            + ": the provided IP (" + address + ") is not in the valid range. The range of valid IPs is " + allocator.range());
                }
                if (!allocator.takeAddress(key, address)) {
                    throw invalid(service, "spec.clusterIPs", "[\"" + address + "\"]", "failed to allocate IP " + address + ": provided IP is already allocated");
                }
                addresses.add(address);
            }
        }
        spec.put("clusterIP", address);
        if (spec.path("clusterIPs").isEmpty()) {
            spec.putArray("clusterIPs").add(address);
        }
    }

    /** What the service has already is not taken anew: other writes of it, at the same time, have it too. */
    private void reservePorts(ObjectNode service, ObjectNode spec, JsonNode before, String key, Set<Integer> taken) {
        boolean automatic = Json.text(spec, "type").equals("NodePort") || spec.path("allocateLoadBalancerNodePorts").asBoolean(true);
        ArrayNode list = spec.get("ports") instanceof ArrayNode given ? given : Json.array();
        Set<Integer> had = nodePorts(before);
        Set<Integer> asked = new TreeSet<>();
        // one port may be served over several protocols: those share a NodePort
        Map<Integer, Integer> byPort = new HashMap<>();
        for (int i = 0; i < list.size(); i++) {
            int port = list.get(i).path("nodePort").asInt();
            if (port != 0) {
                if (asked.add(port) && !had.contains(port)) {
                    takePort(service, key, port, "spec.ports[" + i + "].nodePort", taken);
                }
                byPort.putIfAbsent(list.get(i).path("port").asInt(), port);
            }
        }
        for (JsonNode entry : list) {
            if (entry.path("nodePort").asInt() == 0 && automatic) {
                int wanted = entry.path("port").asInt();
                Integer shared = byPort.get(wanted);
                int port = shared != null && !usedBy(list, shared, Json.text(entry, "protocol")) ? shared : newPort(taken);
                byPort.putIfAbsent(wanted, port);
                ((ObjectNode) entry).put("nodePort", port);
            }
        }
        if (needsHealthPort(spec)) {
            int port = spec.path("healthCheckNodePort").asInt();
            if (port == 0) {
                spec.put("healthCheckNodePort", newPort(taken));
            } else if (asked.contains(port)) {
                throw allocated(service, "spec.healthCheckNodePort", port);
            } else if (port != before.path("healthCheckNodePort").asInt()) {
                takePort(service, key, port, "spec.healthCheckNodePort", taken);
            }
        }
    }

    private static Set<Integer> nodePorts(JsonNode spec) {
        Set<Integer> nodePorts = new TreeSet<>();
        spec.path("ports").forEach(port -> nodePorts.add(port.path("nodePort").asInt()));
        return nodePorts;
    }

    private static boolean usedBy(ArrayNode ports, int nodePort, String protocol) {
        for (JsonNode port : ports) {
            if (port.path("nodePort").asInt() == nodePort && Json.text(port, "protocol").equals(protocol)) {
                return true;
            }
        }
        return false;
    }

    private int newPort(Set<Integer> taken) {
        int port = allocator.takePort();
        if (port == 0) {
            throw ApiException.internal("failed to allocate a nodePort: range " + allocator.portRange() + " is full");
        }
        taken.add(port);
        return port;
    }

    private void takePort(ObjectNode service, String key, int port, String field, Set<Integer> taken) {
        if (!allocator.inPortRange(port)) {
            throw invalid(service, field, Integer.toString(port), "provided port is not in the valid range. The range of valid ports is " + allocator.portRange());
        }
        if (!allocator.takePort(key, port)) {
            throw allocated(service, field, port);
        }
        taken.add(port);
    }

    private static ApiException allocated(ObjectNode service, String field, int port) {
        return invalid(service, field, Integer.toString(port), "provided port is already allocated");
    }

    private static ApiException invalid(ObjectNode service, String field, String value, String detail) {
        return ApiException.invalid("", "Service", Json.text(service, "metadata", "name"),
                List.of(new ApiException.Cause("FieldValueInvalid", "Invalid value: " + value + ": " + detail, field)));
    }
}
