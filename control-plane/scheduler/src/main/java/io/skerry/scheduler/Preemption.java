package io.skerry.scheduler;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.workload.LabelSelectors;
import io.skerry.controllers.workload.Pods;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which pods of lower priority have to go so that a pod fits: as few, as unimportant and as far within their disruption budgets as
 * possible. <a href="https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/">Pod priority and preemption</a>.
 */
final class Preemption {
    /**
     * @param node where room is to be made, or null
     * @param problem why nowhere, in upstream's words; "" when preemption was not tried
     */
    record Plan(String node, List<Pod> victims, String problem) {}

    private record Candidate(String node, List<Pod> victims, int violations) {
        int highest() { return victims.stream().mapToInt(SchedulingQueue::priority).max().orElse(Integer.MIN_VALUE); }

        /** Upstream's sum: shifted so that many unimportant pods still weigh more than few of them. */
        long sum() { return victims.stream().mapToLong(p -> SchedulingQueue.priority(p) + (long) Integer.MAX_VALUE + 1).sum(); }

        /** When the youngest of the most important victims began: who has run longest is spared. */
        Instant start() {
            return victims.stream().filter(p -> SchedulingQueue.priority(p) == highest()).map(Preemption::start).min(Comparator.naturalOrder())
                .orElse(Instant.MIN);
        }
    }

    private final Informers informers;
    private final Placement placement;

    Preemption(Informers informers, Placement placement) {
        this.informers = informers;
        this.placement = placement;
    }

    /** @param candidates the nodes where it may help at all */
    Plan plan(Pod pod, Collection<NodeInfo> nodes, Set<String> candidates) {
        if ("Never".equals(pod.getSpec().getPreemptionPolicy())) return new Plan(null, List.of(), "not eligible due to preemptionPolicy=Never.");
        if (nodes.isEmpty()) return new Plan(null, List.of(), "");
        if (roomIsBeingMade(pod, nodes)) return new Plan(null, List.of(), "not eligible due to a terminating pod on the nominated node.");
        List<Candidate> possible = new ArrayList<>();
        Map<String, Integer> reasons = new TreeMap<>();
        for (NodeInfo n : nodes) {
            if (!candidates.contains(n.name())) {
                reasons.merge("Preemption is not helpful for scheduling", 1, Integer::sum);
                continue;
            }
            Candidate c = candidate(pod, nodes, n);
            if (c == null) reasons.merge("No preemption victims found for incoming pod", 1, Integer::sum);
            else possible.add(c);
        }
        if (possible.isEmpty()) {
            List<String> counted = reasons.entrySet().stream().map(e -> e.getValue() + " " + e.getKey()).toList();
            return new Plan(null, List.of(), "0/" + nodes.size() + " nodes are available: " + String.join(", ", counted) + ".");
        }
        Candidate best = possible.stream().min(Comparator.comparingInt(Candidate::violations).thenComparingInt(Candidate::highest)
            .thenComparingLong(Candidate::sum)
            .thenComparingInt(c -> c.victims.size()).thenComparing(Candidate::start, Comparator.reverseOrder())).orElseThrow();
        return new Plan(best.node, best.victims, "");
    }

    private static boolean roomIsBeingMade(Pod pod, Collection<NodeInfo> nodes) {
        String nominated = pod.getStatus() == null ? null : pod.getStatus().getNominatedNodeName();
        return nominated != null && nodes.stream().filter(n -> n.name().equals(nominated)).flatMap(n -> n.pods().stream())
            .anyMatch(p -> Pods.isTerminating(p) && SchedulingQueue.priority(p) < SchedulingQueue.priority(pod));
    }

    private Candidate candidate(Pod pod, Collection<NodeInfo> nodes, NodeInfo n) {
        List<Pod> lower = n.pods().stream().filter(p -> SchedulingQueue.priority(p) < SchedulingQueue.priority(pod))
            .sorted(Comparator.comparingInt(SchedulingQueue::priority).reversed().thenComparing(Preemption::start)).toList();
        if (lower.isEmpty()) return null;
        NodeInfo emptied = n.with(List.of(), lower);
        if (!placement.fits(pod, nodes, emptied)) return null;
        // One after the other is let stay if the pod still fits: first those whose budget has no room, then the important ones.
        Set<Pod> violating = violating(lower);
        List<Pod> order = new ArrayList<>(lower.stream().filter(violating::contains).toList());
        lower.stream().filter(p -> !violating.contains(p)).forEach(order::add);
        List<Pod> victims = new ArrayList<>();
        int violations = 0;
        for (Pod p : order) {
            NodeInfo withIt = emptied.with(List.of(p), List.of());
            if (placement.fits(pod, nodes, withIt)) emptied = withIt;
            else {
                victims.add(p);
                if (violating.contains(p)) violations++;
            }
        }
        return victims.isEmpty() ? null : new Candidate(n.name(), victims, violations);
    }

    /** The pods that no budget can spare any more when those before them in the list are gone. */
    private Set<Pod> violating(List<Pod> pods) {
        Map<PodDisruptionBudget, Integer> left = new HashMap<>();
        Set<Pod> violating = new HashSet<>();
        for (Pod p : pods) {
            for (PodDisruptionBudget b : informers.inNamespace(PodDisruptionBudget.class, p.getMetadata().getNamespace())) {
                if (LabelSelectors.isEmpty(b.getSpec().getSelector())
                    || !LabelSelectors.matches(b.getSpec().getSelector(), p.getMetadata().getLabels())) continue;
                if (b.getStatus() != null && b.getStatus().getDisruptedPods() != null
                    && b.getStatus().getDisruptedPods().containsKey(p.getMetadata().getName())) continue;
                int allowed = b.getStatus() == null ? 0 : Objects.requireNonNullElse(b.getStatus().getDisruptionsAllowed(), 0);
                if (left.merge(b, allowed - 1, (a, x) -> a - 1) < 0) violating.add(p);
            }
        }
        return violating;
    }

    private static Instant start(Pod p) {
        Instant t = p.getStatus() == null ? null : Pods.time(p.getStatus().getStartTime());
        return t != null ? t : Pods.created(p) != null ? Pods.created(p) : Instant.MAX;
    }
}
