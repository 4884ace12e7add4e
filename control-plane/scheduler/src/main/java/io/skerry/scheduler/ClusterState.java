package io.skerry.scheduler;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.skerry.controllers.workload.Pods;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The nodes and what runs on them, kept up by the informers' events. A pod counts on its node from the moment the scheduler has chosen it
 * ("assumed"), before the API server has confirmed the binding, so that the next pod is not put into the same room.
 */
final class ClusterState {
    private final Map<String, NodeInfo> nodes = new LinkedHashMap<>();
    /** Assumed pods: uid to the chosen node. */
    private final Map<String, String> assumed = new HashMap<>();

    /** Pods that have made others give way and wait for the room: uid to the pod and its node. */
    private final Map<String, Nominated> nominated = new HashMap<>();

    private record Nominated(Pod pod, String node) {}

    synchronized void node(Node before, Node after) {
        String name = (after == null ? before : after).getMetadata().getName();
        NodeInfo info = nodes.computeIfAbsent(name, NodeInfo::new);
        info.node(after);
        if (info.isEmpty()) nodes.remove(name);
    }

    synchronized void pod(Pod before, Pod after) {
        if (before != null) remove(before, node(before));
        if (after == null || node(after) != null) nominated.remove((after == null ? before : after).getMetadata().getUid());
        if (after == null) {
            String assumedOn = assumed.remove(before.getMetadata().getUid());
            if (assumedOn != null) remove(before, assumedOn);
            return;
        }
        if (node(after) == null) return; // not bound yet: an assumption about it, if any, stands
        String assumedOn = assumed.remove(after.getMetadata().getUid());
        if (assumedOn != null) remove(after, assumedOn);
        if (!Pods.isTerminal(after)) nodes.computeIfAbsent(node(after), NodeInfo::new).put(after);
    }

    synchronized void nominate(Pod pod, String node) {
        nominated.put(pod.getMetadata().getUid(), new Nominated(pod, node));
    }

    synchronized void assume(Pod pod, String node) {
        nominated.remove(pod.getMetadata().getUid());
        assumed.put(pod.getMetadata().getUid(), node);
        nodes.computeIfAbsent(node, NodeInfo::new).put(pod);
    }

    /** The binding failed: takes the assumption back. */
    synchronized void forget(Pod pod) {
        String node = assumed.remove(pod.getMetadata().getUid());
        if (node != null) remove(pod, node);
    }

    synchronized boolean isAssumed(Pod pod) {
        return assumed.containsKey(pod.getMetadata().getUid());
    }

    /**
     * Looks at all nodes that exist as {@code pod} sees them: room that was made for pods at least as important is taken.
     * Nothing changes while {@code look} runs.
     */
    synchronized <R> R look(Pod pod, Function<Collection<NodeInfo>, R> look) {
        return look.apply(nodes.values().stream().filter(n -> n.node() != null).map(n -> {
            List<Pod> before = nominated.values().stream().filter(o -> o.node.equals(n.name())
                && !o.pod.getMetadata().getUid().equals(pod.getMetadata().getUid())
                && SchedulingQueue.priority(o.pod) >= SchedulingQueue.priority(pod)).map(Nominated::pod).toList();
            return before.isEmpty() ? n : n.with(before, List.of());
        }).toList());
    }

    private void remove(Pod pod, String node) {
        NodeInfo info = node == null ? null : nodes.get(node);
        if (info == null) return;
        info.remove(pod);
        if (info.isEmpty()) nodes.remove(node);
    }

    private static String node(Pod pod) {
        String name = pod.getSpec().getNodeName();
        return name == null || name.isEmpty() ? null : name;
    }
}
