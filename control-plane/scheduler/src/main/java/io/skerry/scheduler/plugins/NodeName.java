package io.skerry.scheduler.plugins;

import io.fabric8.kubernetes.api.model.Pod;
import io.skerry.scheduler.ClusterEvent;
import io.skerry.scheduler.FilterPlugin;
import io.skerry.scheduler.NodeInfo;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** A pod that names a node goes there or nowhere. */
public final class NodeName implements FilterPlugin {
    @Override public String name() { return "NodeName"; }

    @Override public Set<ClusterEvent> wokenBy() { return Set.of(ClusterEvent.NODE_ADDED); }

    @Override public Function<NodeInfo, List<String>> check(Pod pod, Collection<NodeInfo> nodes) {
        String wanted = pod.getSpec().getNodeName();
        if (wanted == null || wanted.isEmpty()) return null;
        return n -> n.name().equals(wanted) ? List.of() : List.of("node(s) didn't match the requested node name");
    }
}
