package io.skerry.scheduler.plugins;

import io.fabric8.kubernetes.api.model.Pod;
import io.skerry.scheduler.NodeInfo;
import io.skerry.scheduler.Resources;
import io.skerry.scheduler.ScorePlugin;
import java.util.Collection;
import java.util.Map;
import java.util.function.ToLongFunction;

/** Prefers nodes where cpu and memory would be used to about the same share, so that neither is left over when the other is gone. */
public final class BalancedAllocation implements ScorePlugin {
    @Override public String name() { return "NodeResourcesBalancedAllocation"; }

    @Override public int weight() { return 1; }

    @Override public ToLongFunction<NodeInfo> score(Pod pod, Collection<NodeInfo> nodes) {
        Map<String, Long> wanted = Resources.requests(pod);
        if (wanted.getOrDefault(Resources.CPU, 0L) == 0 && wanted.getOrDefault(Resources.MEMORY, 0L) == 0) return null;
        // The standard deviation of two values is half their distance.
        return n -> Math.round((1 - Math.abs(share(Resources.CPU, wanted, n) - share(Resources.MEMORY, wanted, n)) / 2) * 100);
    }

    private static double share(String name, Map<String, Long> wanted, NodeInfo n) {
        long all = n.allocatable().getOrDefault(name, 0L);
        return all == 0 ? 1 : Math.min(1, (double) (n.requested().getOrDefault(name, 0L) + wanted.getOrDefault(name, 0L)) / all);
    }
}
