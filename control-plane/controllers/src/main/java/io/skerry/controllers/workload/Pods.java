package io.skerry.controllers.workload;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;

/** What a pod's status says. */
public final class Pods {
    private Pods() {}

    public static String phase(Pod pod) {
        return pod.getStatus() == null || pod.getStatus().getPhase() == null ? "" : pod.getStatus().getPhase();
    }

    /** Succeeded or Failed: no container runs or will run again. */
    public static boolean isTerminal(Pod pod) {
        return phase(pod).equals("Succeeded") || phase(pod).equals("Failed");
    }

    public static boolean isTerminating(Pod pod) {
        return pod.getMetadata().getDeletionTimestamp() != null;
    }

    /** Neither at its end nor being deleted: such pods count as replicas. */
    public static boolean isActive(Pod pod) {
        return !isTerminal(pod) && !isTerminating(pod);
    }

    /** The condition, or null. */
    public static PodCondition condition(Pod pod, String type) {
        if (pod.getStatus() == null) return null;
        for (PodCondition c : pod.getStatus().getConditions()) if (type.equals(c.getType())) return c;
        return null;
    }

    public static boolean isReady(Pod pod) {
        PodCondition c = condition(pod, "Ready");
        return c != null && "True".equals(c.getStatus());
    }

    /** Ready for at least {@code minReadySeconds}. */
    public static boolean isAvailable(Pod pod, int minReadySeconds, Instant now) {
        return isReady(pod) && !untilAvailable(pod, minReadySeconds, now).isPositive();
    }

    /** How long a ready pod still has to stay ready to be available. */
    public static Duration untilAvailable(Pod pod, int minReadySeconds, Instant now) {
        if (minReadySeconds == 0) return Duration.ZERO;
        Instant since = readySince(pod);
        return since == null ? Duration.ofSeconds(minReadySeconds) : Duration.between(now, since.plusSeconds(minReadySeconds));
    }

    /** When the Ready condition last changed, or null. */
    public static Instant readySince(Pod pod) {
        PodCondition c = condition(pod, "Ready");
        return c == null ? null : time(c.getLastTransitionTime());
    }

    public static Instant created(io.fabric8.kubernetes.api.model.HasMetadata object) {
        return time(object.getMetadata().getCreationTimestamp());
    }

    /** Parses metav1.Time (RFC 3339); null and "" give null. */
    public static Instant time(String rfc3339) {
        return rfc3339 == null || rfc3339.isEmpty() ? null : OffsetDateTime.parse(rfc3339).toInstant();
    }

    public static int restarts(Pod pod) {
        return pod.getStatus() == null ? 0 : pod.getStatus().getContainerStatuses().stream()
            .mapToInt(c -> c.getRestartCount() == null ? 0 : c.getRestartCount()).max().orElse(0);
    }
}
