package io.skerry.scheduler;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.skerry.controllers.workload.Pods;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
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

    synchronized void node(Node before, Node after) {
        String name = (after == null ? before : after).getMetadata().getName();
        NodeInfo info = nodes.computeIfAbsent(name, NodeInfo::new);
        info.node(after);
        if (info.isEmpty()) nodes.remove(name);
    }

    synchronized void pod(Pod before, Pod after) {
        if (before != null) remove(before, node(before));
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

    synchronized void assume(Pod pod, String node) {
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

    /** Looks at all nodes that exist; nothing changes while {@code look} runs. */
    synchronized <R> R look(Function<Collection<NodeInfo>, R> look) {
        return look.apply(nodes.values().stream().filter(n -> n.node() != null).toList());
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
