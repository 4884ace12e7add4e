package io.skerry.scheduler.plugins;

import io.fabric8.kubernetes.api.model.Pod;
import io.skerry.scheduler.ClusterEvent;
import io.skerry.scheduler.FilterPlugin;
import io.skerry.scheduler.NodeInfo;
import io.skerry.scheduler.Resources;
import io.skerry.scheduler.ScorePlugin;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/** Keeps the sum of requests within what a node can allocate, and prefers nodes with much left (LeastAllocated over cpu and memory). */
public final class NodeResourcesFit implements FilterPlugin, ScorePlugin {
    @Override public String name() { return "NodeResourcesFit"; }

    @Override public Set<ClusterEvent> wokenBy() { return Set.of(ClusterEvent.NODE_ADDED, ClusterEvent.NODE_ALLOCATABLE, ClusterEvent.POD_GONE); }

    @Override public boolean helpedByPreemption() { return true; }

    @Override public Function<NodeInfo, List<String>> check(Pod pod, Collection<NodeInfo> nodes) {
        Map<String, Long> wanted = Resources.requests(pod);
        return n -> {
            List<String> against = new ArrayList<>(0);
            if (n.podCount() + 1 > n.allocatable().getOrDefault(Resources.PODS, 0L)) against.add("Too many pods");
            wanted.forEach((name, amount) -> {
                if (amount > 0 && amount > n.allocatable().getOrDefault(name, 0L) - n.requested().getOrDefault(name, 0L)) against.add("Insufficient " + name);
            });
            return against;
        };
    }

    @Override public int weight() { return 1; }

    @Override public ToLongFunction<NodeInfo> score(Pod pod, Collection<NodeInfo> nodes) {
        Map<String, Long> wanted = Resources.requestsForScoring(pod);
        return n -> (free(Resources.CPU, wanted, n) + free(Resources.MEMORY, wanted, n)) / 2;
    }

    private static long free(String name, Map<String, Long> wanted, NodeInfo n) {
        long all = n.allocatable().getOrDefault(name, 0L), used = n.requestedForScoring().getOrDefault(name, 0L) + wanted.getOrDefault(name, 0L);
        return all == 0 || used > all ? 0 : (all - used) * 100 / all;
    }
}
