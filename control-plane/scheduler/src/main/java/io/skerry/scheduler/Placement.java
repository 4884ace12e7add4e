package io.skerry.scheduler;

import io.fabric8.kubernetes.api.model.Pod;
import io.skerry.controllers.runtime.Informers;
import io.skerry.scheduler.plugins.BalancedAllocation;
import io.skerry.scheduler.plugins.ImageLocality;
import io.skerry.scheduler.plugins.InterPodAffinity;
import io.skerry.scheduler.plugins.NodeAffinity;
import io.skerry.scheduler.plugins.NodeName;
import io.skerry.scheduler.plugins.NodePorts;
import io.skerry.scheduler.plugins.NodeResourcesFit;
import io.skerry.scheduler.plugins.NodeUnschedulable;
import io.skerry.scheduler.plugins.PodTopologySpread;
import io.skerry.scheduler.plugins.TaintToleration;
import io.skerry.scheduler.plugins.VolumeBinding;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/** Chooses a node: what no filter turns away, then the highest sum of weighted scores, then chance. */
final class Placement {
    /**
     * @param node the chosen node, or null
     * @param problem why there is none, in upstream's words
     * @param wokenBy what may change that
     * @param preemptible nodes where taking pods of lower priority away may change that
     */
    record Decision(String node, String problem, Set<ClusterEvent> wokenBy, Set<String> preemptible) {}

    private record Check(FilterPlugin plugin, Function<NodeInfo, List<String>> check) {}

    private final List<FilterPlugin> filters;
    private final List<ScorePlugin> scores;

    Placement(List<FilterPlugin> filters, List<ScorePlugin> scores) {
        this.filters = filters;
        this.scores = scores;
    }

    /** Upstream's default plugins and weights. */
    static Placement standard(Informers informers, VolumeBinding volumes) {
        TaintToleration taints = new TaintToleration();
        NodeAffinity affinity = new NodeAffinity();
        NodeResourcesFit fit = new NodeResourcesFit();
        InterPodAffinity pods = new InterPodAffinity(informers);
        PodTopologySpread spread = new PodTopologySpread();
        return new Placement(
            List.of(new NodeUnschedulable(), new NodeName(), taints, affinity, new NodePorts(), fit, volumes, spread, pods),
            List.of(taints, affinity, fit, new BalancedAllocation(), new ImageLocality(), spread, pods));
    }

    Decision decide(Pod pod, Collection<NodeInfo> nodes) {
        if (nodes.isEmpty()) return new Decision(null, "no nodes available to schedule pods", EnumSet.of(ClusterEvent.NODE_ADDED), Set.of());
        List<Check> checks = checks(pod, nodes);
        Set<String> preemptible = new HashSet<>();
        List<NodeInfo> fitting = new ArrayList<>();
        Map<String, Integer> reasons = new TreeMap<>();
        Set<ClusterEvent> wokenBy = EnumSet.of(ClusterEvent.NODE_ADDED);
        for (NodeInfo n : nodes) {
            List<String> against = List.of();
            for (Check c : checks) {
                against = c.check.apply(n);
                if (against.isEmpty()) continue;
                wokenBy.addAll(c.plugin.wokenBy());
                if (c.plugin.helpedByPreemption()) preemptible.add(n.name());
                break;
            }
            if (against.isEmpty()) fitting.add(n);
            else against.forEach(r -> reasons.merge(r, 1, Integer::sum));
        }
        if (!fitting.isEmpty()) return new Decision(best(pod, fitting).name(), null, Set.of(), Set.of());
        List<String> counted = reasons.entrySet().stream().map(e -> e.getValue() + " " + e.getKey()).sorted().toList();
        return new Decision(null, "0/" + nodes.size() + " nodes are available: " + String.join(", ", counted) + ".", wokenBy, preemptible);
    }

    private List<Check> checks(Pod pod, Collection<NodeInfo> nodes) {
        List<Check> checks = new ArrayList<>();
        for (FilterPlugin p : filters) {
            Function<NodeInfo, List<String>> check = p.check(pod, nodes);
            if (check != null) checks.add(new Check(p, check));
        }
        return checks;
    }

    /** Whether the pod would fit on a node if that were as {@code changed}. */
    boolean fits(Pod pod, Collection<NodeInfo> nodes, NodeInfo changed) {
        List<NodeInfo> then = nodes.stream().map(n -> n.name().equals(changed.name()) ? changed : n).toList();
        return checks(pod, then).stream().allMatch(c -> c.check.apply(changed).isEmpty());
    }

    private NodeInfo best(Pod pod, List<NodeInfo> nodes) {
        if (nodes.size() == 1) return nodes.getFirst();
        long[] sums = new long[nodes.size()];
        for (ScorePlugin p : scores) {
            ToLongFunction<NodeInfo> score = p.score(pod, nodes);
            if (score == null) continue;
            long[] raw = nodes.stream().mapToLong(score).toArray();
            scale(raw, p.scale());
            for (int i = 0; i < raw.length; i++) sums[i] += raw[i] * p.weight();
        }
        int best = 0, ties = 1;
        for (int i = 1; i < sums.length; i++) {
            if (sums[i] > sums[best]) {
                best = i;
                ties = 1;
            } else if (sums[i] == sums[best] && ThreadLocalRandom.current().nextInt(++ties) == 0) best = i;
        }
        return nodes.get(best);
    }

    static void scale(long[] raw, ScorePlugin.Scale scale) {
        if (scale == ScorePlugin.Scale.AS_IS) return;
        long max = Long.MIN_VALUE, min = Long.MAX_VALUE;
        for (long r : raw) {
            max = Math.max(max, r);
            min = Math.min(min, r);
        }
        min = Math.min(min, 0); // affinities may count against a node
        for (int i = 0; i < raw.length; i++) {
            long share = max == min ? 0 : (raw[i] - min) * 100 / (max - min);
            raw[i] = scale == ScorePlugin.Scale.LOWEST_IS_BEST ? 100 - share : share;
        }
    }
}
