package io.skerry.scheduler.plugins;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PreferredSchedulingTerm;
import io.skerry.controllers.workload.NodeSelectors;
import io.skerry.scheduler.ClusterEvent;
import io.skerry.scheduler.FilterPlugin;
import io.skerry.scheduler.NodeInfo;
import io.skerry.scheduler.ScorePlugin;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/** {@code spec.nodeSelector} and {@code spec.affinity.nodeAffinity}. */
public final class NodeAffinity implements FilterPlugin, ScorePlugin {
    @Override public String name() { return "NodeAffinity"; }

    @Override public Set<ClusterEvent> wokenBy() { return Set.of(ClusterEvent.NODE_ADDED, ClusterEvent.NODE_LABELS); }

    @Override public Function<NodeInfo, List<String>> check(Pod pod, Collection<NodeInfo> nodes) {
        if (!NodeSelectors.restricts(pod.getSpec())) return null;
        return n -> NodeSelectors.admits(pod.getSpec(), n.node()) ? List.of() : List.of("node(s) didn't match Pod's node affinity/selector");
    }

    @Override public int weight() { return 2; }

    @Override public Scale scale() { return Scale.HIGHEST_IS_BEST; }

    @Override public ToLongFunction<NodeInfo> score(Pod pod, Collection<NodeInfo> nodes) {
        var a = pod.getSpec().getAffinity() == null ? null : pod.getSpec().getAffinity().getNodeAffinity();
        if (a == null || a.getPreferredDuringSchedulingIgnoredDuringExecution().isEmpty()) return null;
        return n -> {
            long sum = 0;
            for (PreferredSchedulingTerm t : a.getPreferredDuringSchedulingIgnoredDuringExecution()) if (NodeSelectors.matches(t.getPreference(),
                n.node())) sum += t.getWeight();
            return sum;
        };
    }
}
