package io.skerry.scheduler.plugins;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.TaintBuilder;
import io.skerry.controllers.workload.Tolerations;
import io.skerry.scheduler.ClusterEvent;
import io.skerry.scheduler.FilterPlugin;
import io.skerry.scheduler.NodeInfo;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** Nothing goes to a cordoned node, except what tolerates {@code node.kubernetes.io/unschedulable}. */
public final class NodeUnschedulable implements FilterPlugin {
    private static final Taint CORDON = new TaintBuilder().withKey("node.kubernetes.io/unschedulable").withEffect("NoSchedule").build();

    @Override public String name() { return "NodeUnschedulable"; }

    @Override public Set<ClusterEvent> wokenBy() { return Set.of(ClusterEvent.NODE_ADDED, ClusterEvent.NODE_TAINTS); }

    @Override public Function<NodeInfo, List<String>> check(Pod pod, Collection<NodeInfo> nodes) {
        if (Tolerations.tolerate(pod.getSpec().getTolerations(), CORDON)) return null;
        return n -> n.node().getSpec() != null && Boolean.TRUE.equals(n.node().getSpec().getUnschedulable()) ? List.of("node(s) were unschedulable")
            : List.of();
    }
}
