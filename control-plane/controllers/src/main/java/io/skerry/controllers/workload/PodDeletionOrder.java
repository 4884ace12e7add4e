package io.skerry.controllers.workload;

import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Map;
import java.util.function.ToIntFunction;

/**
 * Which pod goes first when replicas are taken away: unassigned before assigned, pending before running, not ready before ready, lower
 * {@code controller.kubernetes.io/pod-deletion-cost} first, crowded nodes first, ready for a shorter time first, more restarts first,
 * newer first. Times are compared by their order of magnitude, so that pods of about the same age are picked at random (KEP-2185).
 */
public final class PodDeletionOrder {
    public static final String DELETION_COST = "controller.kubernetes.io/pod-deletion-cost";
    private static final Map<String, Integer> PHASES = Map.of("Pending", 0, "Unknown", 1, "Running", 2);

    private PodDeletionOrder() {}

    /** @param crowding how many related pods run on the pod's node */
    public static Comparator<Pod> comparator(ToIntFunction<Pod> crowding, Instant now) {
        return Comparator.<Pod>comparingInt(p -> assigned(p) ? 1 : 0)
            .thenComparingInt(p -> PHASES.getOrDefault(Pods.phase(p), 0))
            .thenComparingInt(p -> Pods.isReady(p) ? 1 : 0)
            .thenComparingInt(PodDeletionOrder::cost)
            .thenComparing(Comparator.comparingInt(crowding).reversed())
            .thenComparingInt(p -> Pods.isReady(p) ? magnitude(Pods.readySince(p), now) : 0)
            .thenComparing(Comparator.comparingInt(Pods::restarts).reversed())
            .thenComparingInt(p -> magnitude(Pods.created(p), now))
            .thenComparing(p -> p.getMetadata().getUid());
    }

    private static boolean assigned(Pod p) {
        return p.getSpec().getNodeName() != null && !p.getSpec().getNodeName().isEmpty();
    }

    private static int cost(Pod p) {
        String cost = p.getMetadata().getAnnotations() == null ? null : p.getMetadata().getAnnotations().get(DELETION_COST);
        try {
            return cost == null ? 0 : Integer.parseInt(cost);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private static int magnitude(Instant since, Instant now) {
        if (since == null) return -1;
        long nanos = Duration.between(since, now).toNanos();
        return nanos <= 0 ? 0 : 64 - Long.numberOfLeadingZeros(nanos);
    }
}
