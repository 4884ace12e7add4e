package io.skerry.scheduler.plugins;

import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.NodeSelectorTerm;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PreferredSchedulingTerm;
import io.skerry.controllers.workload.LabelSelectors;
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
        if ((pod.getSpec().getNodeSelector() == null || pod.getSpec().getNodeSelector().isEmpty()) && required(pod) == null) return null;
        return n -> admits(pod, n) ? List.of() : List.of("node(s) didn't match Pod's node affinity/selector");
    }

    /** Whether the node is one that the pod's selector and required affinity ask for. */
    static boolean admits(Pod pod, NodeInfo n) {
        if (pod.getSpec().getNodeSelector() != null && !LabelSelectors.matches(pod.getSpec().getNodeSelector(), n.labels())) return false;
        List<NodeSelectorTerm> terms = required(pod);
        return terms == null || terms.stream().anyMatch(t -> matches(t, n));
    }

    private static List<NodeSelectorTerm> required(Pod pod) {
        var a = pod.getSpec().getAffinity() == null ? null : pod.getSpec().getAffinity().getNodeAffinity();
        return a == null || a.getRequiredDuringSchedulingIgnoredDuringExecution() == null ? null : a.getRequiredDuringSchedulingIgnoredDuringExecution().getNodeSelectorTerms();
    }

    /** An empty term matches nothing. */
    static boolean matches(NodeSelectorTerm term, NodeInfo n) {
        if (term.getMatchExpressions().isEmpty() && term.getMatchFields().isEmpty()) return false;
        return term.getMatchExpressions().stream().allMatch(r -> matches(r, n.labels().get(r.getKey())))
            && term.getMatchFields().stream().allMatch(r -> r.getKey().equals("metadata.name") && matches(r, n.name()));
    }

    private static boolean matches(NodeSelectorRequirement r, String value) {
        return switch (r.getOperator()) {
            case "In" -> value != null && r.getValues().contains(value);
            case "NotIn" -> value == null || !r.getValues().contains(value);
            case "Exists" -> value != null;
            case "DoesNotExist" -> value == null;
            case "Gt" -> compare(value, r) > 0;
            case "Lt" -> compare(value, r) < 0;
            default -> false;
        };
    }

    /** 0 when either is no integer, which then is neither greater nor less. */
    private static int compare(String value, NodeSelectorRequirement r) {
        try {
            return value == null || r.getValues().size() != 1 ? 0 : Long.compare(Long.parseLong(value), Long.parseLong(r.getValues().getFirst()));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    @Override public int weight() { return 2; }

    @Override public Scale scale() { return Scale.HIGHEST_IS_BEST; }

    @Override public ToLongFunction<NodeInfo> score(Pod pod, Collection<NodeInfo> nodes) {
        var a = pod.getSpec().getAffinity() == null ? null : pod.getSpec().getAffinity().getNodeAffinity();
        if (a == null || a.getPreferredDuringSchedulingIgnoredDuringExecution().isEmpty()) return null;
        return n -> {
            long sum = 0;
            for (PreferredSchedulingTerm t : a.getPreferredDuringSchedulingIgnoredDuringExecution()) if (matches(t.getPreference(), n)) sum += t.getWeight();
            return sum;
        };
    }
}
