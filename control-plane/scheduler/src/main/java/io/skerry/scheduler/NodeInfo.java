package io.skerry.scheduler;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Taint;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A node with the pods on it (those on their way to it included) and the sum of what they ask for. Confined to {@link ClusterState}'s lock. */
public final class NodeInfo {
    /** A port on the host. @param ip "0.0.0.0" for all addresses */
    public record HostPort(String ip, String protocol, int port) {
        public boolean conflictsWith(HostPort o) {
            return port == o.port && protocol.equals(o.protocol) && (ip.equals(o.ip) || ip.equals("0.0.0.0") || o.ip.equals("0.0.0.0"));
        }
    }

    private record Placed(Pod pod, Map<String, Long> requests, Map<String, Long> forScoring, List<HostPort> ports) {}

    private final String name;
    private Node node;
    private Map<String, Long> allocatable = Map.of();
    private final Map<String, Placed> pods = new LinkedHashMap<>();
    private final Map<String, Long> requested = new HashMap<>();
    private final Map<String, Long> requestedForScoring = new HashMap<>();

    NodeInfo(String name) {
        this.name = name;
    }

    private NodeInfo(NodeInfo o) {
        name = o.name;
        node = o.node;
        allocatable = o.allocatable;
        pods.putAll(o.pods);
        requested.putAll(o.requested);
        requestedForScoring.putAll(o.requestedForScoring);
    }

    /** This node as it would be with other pods; this one stays as it is. */
    NodeInfo with(Collection<Pod> more, Collection<Pod> less) {
        NodeInfo copy = new NodeInfo(this);
        less.forEach(copy::remove);
        more.forEach(copy::put);
        return copy;
    }

    public String name() { return name; }

    /** The node; null while only pods on it are known. */
    public Node node() { return node; }

    public Map<String, String> labels() {
        return node.getMetadata().getLabels() == null ? Map.of() : node.getMetadata().getLabels();
    }

    public List<Taint> taints() {
        return node.getSpec() == null ? List.of() : node.getSpec().getTaints();
    }

    /** See {@link Resources} for the units. */
    public Map<String, Long> allocatable() { return allocatable; }

    public Map<String, Long> requested() { return requested; }

    public Map<String, Long> requestedForScoring() { return requestedForScoring; }

    public int podCount() { return pods.size(); }

    public List<Pod> pods() { return pods.values().stream().map(Placed::pod).toList(); }

    public boolean hasPort(HostPort wanted) {
        return pods.values().stream().anyMatch(p -> p.ports.stream().anyMatch(wanted::conflictsWith));
    }

    void node(Node n) {
        node = n;
        allocatable = n == null || n.getStatus() == null ? Map.of()
            : Resources.of(n.getStatus().getAllocatable() == null
            || n.getStatus().getAllocatable().isEmpty() ? n.getStatus().getCapacity() : n.getStatus().getAllocatable());
    }

    void put(Pod pod) {
        remove(pod);
        Placed p = new Placed(pod, Resources.requests(pod), Resources.requestsForScoring(pod), hostPorts(pod));
        pods.put(pod.getMetadata().getUid(), p);
        Resources.add(requested, p.requests);
        Resources.add(requestedForScoring, p.forScoring);
    }

    void remove(Pod pod) {
        Placed p = pods.remove(pod.getMetadata().getUid());
        if (p == null) return;
        Resources.subtract(requested, p.requests);
        Resources.subtract(requestedForScoring, p.forScoring);
    }

    boolean isEmpty() { return node == null && pods.isEmpty(); }

    /** The host ports a pod asks for. */
    public static List<HostPort> hostPorts(Pod pod) {
        List<HostPort> all = new ArrayList<>();
        ports(pod.getSpec().getContainers(), all);
        ports(pod.getSpec().getInitContainers().stream().filter(c -> "Always".equals(c.getRestartPolicy())).toList(), all);
        return all;
    }

    private static void ports(Collection<Container> containers, List<HostPort> all) {
        for (Container c : containers) for (ContainerPort p : c.getPorts()) {
            if (p.getHostPort() == null || p.getHostPort() == 0) continue;
            String ip = p.getHostIP() == null || p.getHostIP().isEmpty() || p.getHostIP().equals("::") ? "0.0.0.0" : p.getHostIP();
            all.add(new HostPort(ip, p.getProtocol() == null ? "TCP" : p.getProtocol(), p.getHostPort()));
        }
    }
}
