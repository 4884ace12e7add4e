package io.skerry.scheduler.plugins;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraint;
import io.skerry.controllers.workload.LabelSelectors;
import io.skerry.controllers.workload.NodeSelectors;
import io.skerry.controllers.workload.Pods;
import io.skerry.controllers.workload.Tolerations;
import io.skerry.scheduler.ClusterEvent;
import io.skerry.scheduler.FilterPlugin;
import io.skerry.scheduler.NodeInfo;
import io.skerry.scheduler.ScorePlugin;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/** {@code spec.topologySpreadConstraints}: the numbers of matching pods in the domains of a topology may differ by {@code maxSkew} only (KEP-895). */
public final class PodTopologySpread implements FilterPlugin, ScorePlugin {
    private record Counted(TopologySpreadConstraint constraint, boolean self, Map<String, Integer> counts) {
        int least() {
            Integer wantedDomains = constraint.getMinDomains();
            if (wantedDomains != null && counts.size() < wantedDomains) return 0;
            return counts.values().stream().mapToInt(Integer::intValue).min().orElse(0);
        }
    }

    @Override public String name() { return "PodTopologySpread"; }

    @Override public Set<ClusterEvent> wokenBy() {
        return Set.of(ClusterEvent.NODE_ADDED, ClusterEvent.NODE_LABELS, ClusterEvent.NODE_TAINTS, ClusterEvent.POD_GONE, ClusterEvent.POD_PLACED);
    }

    @Override public boolean helpedByPreemption() { return true; }

    @Override public Function<NodeInfo, List<String>> check(Pod pod, Collection<NodeInfo> nodes) {
        List<Counted> all = counted(pod, nodes, "DoNotSchedule");
        if (all.isEmpty()) return null;
        Map<Counted, Integer> least = new HashMap<>();
        for (Counted c : all) least.put(c, c.least());
        return n -> {
            for (Counted c : all) {
                String domain = n.labels().get(c.constraint.getTopologyKey());
                if (domain == null) return List.of("node(s) didn't match pod topology spread constraints (missing required label)");
                int there = c.counts.getOrDefault(domain, 0) + (c.self ? 1 : 0);
                if (there - least.get(c) > c.constraint.getMaxSkew()) return List.of("node(s) didn't match pod topology spread constraints");
            }
            return List.of();
        };
    }

    @Override public int weight() { return 2; }

    @Override public Scale scale() { return Scale.LOWEST_IS_BEST; }

    @Override public ToLongFunction<NodeInfo> score(Pod pod, Collection<NodeInfo> nodes) {
        List<Counted> all = counted(pod, nodes, "ScheduleAnyway");
        if (all.isEmpty()) return null;
        // Where there are many domains a single pod matters less, so each constraint weighs with the logarithm of their number.
        return n -> Math.round(100 * all.stream().mapToDouble(c -> {
            String domain = n.labels().get(c.constraint.getTopologyKey());
            int count = domain == null ? c.counts.values().stream().mapToInt(Integer::intValue).max().orElse(0) + 1 : c.counts.getOrDefault(domain, 0);
            return count * Math.log(c.counts.size() + 2) + c.constraint.getMaxSkew() - 1;
        }).sum());
    }

    private static List<Counted> counted(Pod pod, Collection<NodeInfo> nodes, String action) {
        List<TopologySpreadConstraint> constraints = pod.getSpec().getTopologySpreadConstraints().stream()
            .filter(c -> action.equals(c.getWhenUnsatisfiable())).toList();
        return constraints.stream().map(c -> count(pod, nodes, constraints, c)).toList();
    }

    private static Counted count(Pod pod, Collection<NodeInfo> nodes, List<TopologySpreadConstraint> all, TopologySpreadConstraint c) {
        LabelSelector selector = selector(c, pod);
        Map<String, Integer> counts = new HashMap<>();
        for (NodeInfo n : nodes) {
            String domain = n.labels().get(c.getTopologyKey());
            if (domain == null || !all.stream().allMatch(o -> n.labels().containsKey(o.getTopologyKey()))) continue;
            if (!"Ignore".equals(c.getNodeAffinityPolicy()) && !NodeSelectors.admits(pod.getSpec(), n.node())) continue;
            if ("Honor".equals(c.getNodeTaintsPolicy()) && n.taints().stream()
                .anyMatch(t -> !"PreferNoSchedule".equals(t.getEffect()) && !Tolerations.tolerate(pod.getSpec().getTolerations(), t))) continue;
            int matching = (int) n.pods().stream().filter(p -> p.getMetadata().getNamespace().equals(pod.getMetadata().getNamespace())
                && !Pods.isTerminating(p) && LabelSelectors.matches(selector, p.getMetadata().getLabels())).count();
            counts.merge(domain, matching, Integer::sum);
        }
        return new Counted(c, LabelSelectors.matches(selector, pod.getMetadata().getLabels()), counts);
    }

    private static LabelSelector selector(TopologySpreadConstraint c, Pod pod) {
        if (c.getMatchLabelKeys().isEmpty() || c.getLabelSelector() == null) return c.getLabelSelector();
        LabelSelectorBuilder b = new LabelSelectorBuilder(c.getLabelSelector());
        for (String k : c.getMatchLabelKeys()) {
            if (pod.getMetadata().getLabels() != null && pod.getMetadata().getLabels().containsKey(k)) b.addNewMatchExpression().withKey(k)
                .withOperator("In").withValues(List.of(pod.getMetadata().getLabels().get(k))).endMatchExpression();
        }
        return b.build();
    }
}
