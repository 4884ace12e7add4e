package io.skerry.scheduler.plugins;

import io.fabric8.kubernetes.api.model.Pod;
import io.skerry.scheduler.ClusterEvent;
import io.skerry.scheduler.FilterPlugin;
import io.skerry.scheduler.NodeInfo;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** Keeps pods apart that want the same port of the host. */
public final class NodePorts implements FilterPlugin {
    @Override public String name() { return "NodePorts"; }

    @Override public Set<ClusterEvent> wokenBy() { return Set.of(ClusterEvent.NODE_ADDED, ClusterEvent.POD_GONE); }

    @Override public boolean helpedByPreemption() { return true; }

    @Override public Function<NodeInfo, List<String>> check(Pod pod, Collection<NodeInfo> nodes) {
        List<NodeInfo.HostPort> wanted = NodeInfo.hostPorts(pod);
        if (wanted.isEmpty()) return null;
        return n -> wanted.stream().anyMatch(n::hasPort) ? List.of("node(s) didn't have free ports for the requested pod ports") : List.of();
    }
}
