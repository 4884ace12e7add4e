package io.skerry.scheduler.plugins;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodAffinityTerm;
import io.fabric8.kubernetes.api.model.WeightedPodAffinityTerm;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.workload.LabelSelectors;
import io.skerry.scheduler.ClusterEvent;
import io.skerry.scheduler.FilterPlugin;
import io.skerry.scheduler.NodeInfo;
import io.skerry.scheduler.ScorePlugin;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/** {@code spec.affinity.podAffinity} and {@code podAntiAffinity}: pods that want to be near others, or far from them, in a topology such as host or zone. */
public final class InterPodAffinity implements FilterPlugin, ScorePlugin {
    /** A value of a topology key, such as zone=eu-1. */
    private record Domain(String key, String value) {}

    private final Informers informers;

    public InterPodAffinity(Informers informers) {
        this.informers = informers;
    }

    @Override public String name() { return "InterPodAffinity"; }

    @Override public Set<ClusterEvent> wokenBy() {
        return Set.of(ClusterEvent.NODE_ADDED, ClusterEvent.NODE_LABELS, ClusterEvent.POD_GONE, ClusterEvent.POD_PLACED, ClusterEvent.NAMESPACE_LABELS);
    }

    @Override public boolean helpedByPreemption() { return true; }

    @Override public Function<NodeInfo, List<String>> check(Pod pod, Collection<NodeInfo> nodes) {
        List<PodAffinityTerm> near = required(pod, false), far = required(pod, true);
        Set<Domain> refused = new HashSet<>();
        List<Set<Domain>> nearDomains = new ArrayList<>();
        near.forEach(t -> nearDomains.add(new HashSet<>()));
        Set<Domain> farDomains = new HashSet<>();
        for (NodeInfo n : nodes) for (Pod other : n.pods()) {
            for (PodAffinityTerm t : required(other, true)) if (matches(t, other, pod)) add(refused, n, t);
            boolean matchesAllNear = !near.isEmpty() && near.stream().allMatch(t -> matches(t, pod, other));
            if (matchesAllNear) for (int i = 0; i < near.size(); i++) add(nearDomains.get(i), n, near.get(i));
            for (PodAffinityTerm t : far) if (matches(t, pod, other)) add(farDomains, n, t);
        }
        if (near.isEmpty() && far.isEmpty() && refused.isEmpty()) return null;
        // The first pod of a group that wants to be near itself has to start somewhere.
        boolean first = nearDomains.stream().allMatch(Set::isEmpty) && near.stream().allMatch(t -> matches(t, pod, pod));
        return n -> {
            for (int i = 0; i < near.size(); i++) {
                Domain d = domain(n, near.get(i));
                if (d == null || !first && !nearDomains.get(i).contains(d)) return List.of("node(s) didn't match pod affinity rules");
            }
            if (far.stream().map(t -> domain(n, t)).anyMatch(d -> d != null
                && farDomains.contains(d))) return List.of("node(s) didn't match pod anti-affinity rules");
            if (refused.stream().anyMatch(d -> d.value.equals(n.labels()
                .get(d.key)))) return List.of("node(s) didn't satisfy existing pods anti-affinity rules");
            return List.of();
        };
    }

    @Override public int weight() { return 2; }

    @Override public Scale scale() { return Scale.HIGHEST_IS_BEST; }

    @Override public ToLongFunction<NodeInfo> score(Pod pod, Collection<NodeInfo> nodes) {
        Map<Domain, Long> weights = new HashMap<>();
        List<WeightedPodAffinityTerm> near = preferred(pod, false), far = preferred(pod, true);
        for (NodeInfo n : nodes) for (Pod other : n.pods()) {
            for (WeightedPodAffinityTerm t : near) if (matches(t.getPodAffinityTerm(), pod, other)) weigh(weights, n, t.getPodAffinityTerm(), t.getWeight());
            for (WeightedPodAffinityTerm t : far) if (matches(t.getPodAffinityTerm(), pod, other)) weigh(weights, n, t.getPodAffinityTerm(), -t.getWeight());
            // What the pods already there would like counts as well; a required affinity of theirs weighs 1.
            for (WeightedPodAffinityTerm t : preferred(other, false)) if (matches(t.getPodAffinityTerm(), other, pod)) weigh(weights, n,
                t.getPodAffinityTerm(), t.getWeight());
            for (WeightedPodAffinityTerm t : preferred(other, true)) if (matches(t.getPodAffinityTerm(), other, pod)) weigh(weights, n,
                t.getPodAffinityTerm(), -t.getWeight());
            for (PodAffinityTerm t : required(other, false)) if (matches(t, other, pod)) weigh(weights, n, t, 1);
        }
        if (weights.isEmpty()) return null;
        return n -> weights.entrySet().stream().filter(e -> e.getKey().value.equals(n.labels().get(e.getKey().key))).mapToLong(Map.Entry::getValue).sum();
    }

    private static void weigh(Map<Domain, Long> weights, NodeInfo n, PodAffinityTerm t, long weight) {
        Domain d = domain(n, t);
        if (d != null) weights.merge(d, weight, Long::sum);
    }

    private static void add(Set<Domain> domains, NodeInfo n, PodAffinityTerm t) {
        Domain d = domain(n, t);
        if (d != null) domains.add(d);
    }

    private static Domain domain(NodeInfo n, PodAffinityTerm t) {
        String value = n.labels().get(t.getTopologyKey());
        return value == null ? null : new Domain(t.getTopologyKey(), value);
    }

    /** Whether {@code target} is one of the pods that {@code owner}'s term speaks of. */
    private boolean matches(PodAffinityTerm t, Pod owner, Pod target) {
        String namespace = target.getMetadata().getNamespace();
        boolean named = t.getNamespaces().contains(namespace);
        if (!named && t.getNamespaceSelector() != null) {
            Namespace n = informers.get(Namespace.class, "", namespace);
            named = n != null && LabelSelectors.matches(t.getNamespaceSelector(), n.getMetadata().getLabels());
        } else if (!named && t.getNamespaces().isEmpty()) {
            named = namespace.equals(owner.getMetadata().getNamespace());
        }
        return named && LabelSelectors.matches(selector(t, owner), target.getMetadata().getLabels());
    }

    private static LabelSelector selector(PodAffinityTerm t, Pod owner) {
        if (t.getMatchLabelKeys().isEmpty() && t.getMismatchLabelKeys().isEmpty() || t.getLabelSelector() == null) return t.getLabelSelector();
        LabelSelectorBuilder b = new LabelSelectorBuilder(t.getLabelSelector());
        Map<String, String> labels = owner.getMetadata().getLabels() == null ? Map.of() : owner.getMetadata().getLabels();
        for (String k : t.getMatchLabelKeys()) if (labels.containsKey(k)) b.addNewMatchExpression().withKey(k).withOperator("In")
            .withValues(List.of(labels.get(k))).endMatchExpression();
        for (String k : t.getMismatchLabelKeys()) if (labels.containsKey(k)) b.addNewMatchExpression().withKey(k).withOperator("NotIn")
            .withValues(List.of(labels.get(k))).endMatchExpression();
        return b.build();
    }

    private static List<PodAffinityTerm> required(Pod p, boolean anti) {
        var a = p.getSpec().getAffinity();
        if (a == null) return List.of();
        if (anti) return a.getPodAntiAffinity() == null ? List.of() : a.getPodAntiAffinity().getRequiredDuringSchedulingIgnoredDuringExecution();
        return a.getPodAffinity() == null ? List.of() : a.getPodAffinity().getRequiredDuringSchedulingIgnoredDuringExecution();
    }

    private static List<WeightedPodAffinityTerm> preferred(Pod p, boolean anti) {
        var a = p.getSpec().getAffinity();
        if (a == null) return List.of();
        if (anti) return a.getPodAntiAffinity() == null ? List.of() : a.getPodAntiAffinity().getPreferredDuringSchedulingIgnoredDuringExecution();
        return a.getPodAffinity() == null ? List.of() : a.getPodAffinity().getPreferredDuringSchedulingIgnoredDuringExecution();
    }
}
