package io.skerry.controllers.node;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.NodeConditionBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.TaintBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.skerry.controllers.runtime.Controller;
import io.skerry.controllers.runtime.EventRecorder;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.Key;
import io.skerry.controllers.runtime.Patch;
import io.skerry.controllers.runtime.Requeue;
import io.skerry.controllers.runtime.Watch;
import io.skerry.controllers.workload.PodControl;
import io.skerry.controllers.workload.Pods;
import io.skerry.machinery.json.Json;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Sees which nodes are alive by their leases, says Unknown of those that are not, and turns a node's conditions into taints. A heartbeat
 * is judged by when it arrived here, not by the time the node wrote into it: clocks of devices differ.
 */
public final class NodeLifecycleController implements Controller {
    static final String NOT_READY = "node.kubernetes.io/not-ready", UNREACHABLE = "node.kubernetes.io/unreachable",
        UNSCHEDULABLE = "node.kubernetes.io/unschedulable";
    private static final String LEASES = "kube-node-lease";
    private static final Map<String, String> PRESSURES =
        Map.of("MemoryPressure", "node.kubernetes.io/memory-pressure", "DiskPressure", "node.kubernetes.io/disk-pressure",
        "PIDPressure", "node.kubernetes.io/pid-pressure", "NetworkUnavailable", "node.kubernetes.io/network-unavailable");

    /** When a node's heartbeat last changed, seen from here. A restart gives every node its grace period anew, as upstream does. */
    private record Heartbeat(String what, Instant seen) {}

    private final Informers informers;
    private final EventRecorder events;
    private final Duration grace;
    private final Map<String, Heartbeat> heartbeats = new ConcurrentHashMap<>();

    public NodeLifecycleController(Informers informers) {
        this(informers, Duration.ofSeconds(50));
    }

    /** @param grace how long a node may be silent before its state is Unknown */
    public NodeLifecycleController(Informers informers, Duration grace) {
        this.informers = informers;
        this.events = informers.recorder(name());
        this.grace = grace;
    }

    @Override public String name() { return "node-lifecycle-controller"; }

    @Override public List<Watch<?>> watches() {
        return List.of(Watch.self(Node.class), Watch.each(Lease.class, l -> l.getMetadata().getNamespace().equals(LEASES)
            ? List.of(new Key("", l.getMetadata().getName())) : List.of()));
    }

    @Override public Set<Class<? extends HasMetadata>> writes() { return Set.of(Node.class, Pod.class); }

    @Override public void reconcile(Key key) throws Exception {
        Node node = informers.get(Node.class, key);
        if (node == null) {
            heartbeats.remove(key.name());
            return;
        }
        Instant now = Instant.now();
        Heartbeat beat = heartbeat(node, now);
        Duration left = Duration.between(now, beat.seen.plus(grace));
        if (left.isPositive()) Requeue.after(left.plusMillis(100));
        else node = silent(node, now);
        node = taint(node, now);
        if (!"True".equals(ready(node))) markPodsNotReady(node);
    }

    private Heartbeat heartbeat(Node node, Instant now) {
        Lease lease = informers.get(Lease.class, LEASES, node.getMetadata().getName());
        NodeCondition ready = condition(node, "Ready");
        String what = (lease == null || lease.getSpec() == null ? "" : String.valueOf(lease.getSpec().getRenewTime())) + "|"
            + (ready == null || "Unknown".equals(ready.getStatus()) ? "" : ready.getLastHeartbeatTime());
        return heartbeats.merge(node.getMetadata().getName(), new Heartbeat(what, now), (before, after) -> before.what.equals(after.what) ? before : after);
    }

    private static NodeCondition condition(Node node, String type) {
        if (node.getStatus() == null) return null;
        return node.getStatus().getConditions().stream().filter(c -> c.getType().equals(type)).findFirst().orElse(null);
    }

    private static String ready(Node node) {
        NodeCondition c = condition(node, "Ready");
        return c == null ? "" : c.getStatus();
    }

    private Node silent(Node node, Instant now) {
        List<NodeCondition> after = new ArrayList<>();
        String t = now.truncatedTo(ChronoUnit.SECONDS).toString();
        for (String type : List.of("MemoryPressure", "DiskPressure", "PIDPressure", "Ready")) {
            NodeCondition c = condition(node, type);
            if (c == null) {
                after.add(new NodeConditionBuilder().withType(type).withStatus("Unknown").withReason("NodeStatusNeverUpdated")
                    .withMessage("Kubelet never posted node status.")
                    .withLastHeartbeatTime(node.getMetadata().getCreationTimestamp()).withLastTransitionTime(t).build());
            } else if (!"Unknown".equals(c.getStatus())) {
                after.add(new NodeConditionBuilder(c).withStatus("Unknown").withReason("NodeStatusUnknown")
                    .withMessage("Kubelet stopped posting node status.").withLastTransitionTime(t).build());
            }
        }
        if (after.isEmpty()) return node;
        if ("True".equals(ready(node))) events.normal(node, "NodeNotReady", "Node " + node.getMetadata().getName() + " status is now: NodeNotReady");
        for (NodeCondition c : node.getStatus() == null ? List.<NodeCondition>of() : node.getStatus().getConditions()) {
            if (after.stream().noneMatch(a -> a.getType().equals(c.getType()))) after.add(c);
        }
        return informers.awaitSeen(informers.client().nodes()
            .resource(new NodeBuilder(node).editOrNewStatus().withConditions(after).endStatus().build()).updateStatus());
    }

    /** Keeps the taints that follow from conditions and from spec.unschedulable; all others are left alone. */
    private Node taint(Node node, Instant now) {
        List<Taint> before = node.getSpec() == null ? List.of() : node.getSpec().getTaints(), after = new ArrayList<>(before);
        String ready = ready(node);
        set(after, NOT_READY, "NoSchedule", "False".equals(ready) || ready.isEmpty(), null);
        set(after, UNREACHABLE, "NoSchedule", "Unknown".equals(ready), null);
        String t = now.truncatedTo(ChronoUnit.SECONDS).toString();
        set(after, NOT_READY, "NoExecute", "False".equals(ready), t);
        set(after, UNREACHABLE, "NoExecute", "Unknown".equals(ready), t);
        set(after, UNSCHEDULABLE, "NoSchedule", node.getSpec() != null && Boolean.TRUE.equals(node.getSpec().getUnschedulable()), null);
        PRESSURES.forEach((type, key) -> {
            NodeCondition c = condition(node, type);
            set(after, key, "NoSchedule", c != null && "True".equals(c.getStatus()), null);
        });
        if (after.equals(before)) return node;
        return informers.awaitSeen(informers.client().nodes().resource(new NodeBuilder(node).editOrNewSpec().withTaints(after).endSpec().build()).update());
    }

    private static void set(List<Taint> taints, String key, String effect, boolean wanted, String since) {
        boolean there = taints.stream().anyMatch(t -> t.getKey().equals(key) && effect.equals(t.getEffect()));
        if (wanted && !there) taints.add(new TaintBuilder().withKey(key).withEffect(effect).withTimeAdded(since).build());
        else if (!wanted && there) taints.removeIf(t -> t.getKey().equals(key) && effect.equals(t.getEffect()));
    }

    /** Services must stop sending traffic to the pods of a node that is down. The node writes the truth again when it is back. */
    private void markPodsNotReady(Node node) {
        for (Pod p : informers.podsOnNode(node.getMetadata().getName())) {
            if (!Pods.isReady(p)) continue;
            var patch = Json.object();
            patch.putObject("metadata").put("uid", p.getMetadata().getUid());
            patch.putObject("status").putArray("conditions").addObject().put("type", "Ready").put("status", "False").put("reason", "NodeNotReady")
                .put("lastTransitionTime", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
            try {
                informers.awaitSeen(Patch.STRATEGIC.send(informers.client(), p, "status", patch));
                events.warning(p, "NodeNotReady", "Node is not ready");
            } catch (KubernetesClientException e) {
                if (e.getCode() != 404 && e.getCode() != 409) throw new IllegalStateException(PodControl.message(e), e);
            }
        }
    }
}
