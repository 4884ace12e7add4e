package io.skerry.node.pods;

import io.fabric8.kubernetes.api.model.Pod;

/** Where a pod is in its life, and how much time it gets to end it. */
final class PodPhases {
    private static final long DEFAULT_GRACE_SECONDS = 30, MIN_GRACE_SECONDS = 1;

    private PodPhases() {
    }

    static boolean terminal(Pod pod) {
        String phase = pod.getStatus() == null ? null : pod.getStatus().getPhase();
        return "Succeeded".equals(phase) || "Failed".equals(phase);
    }

    /** What its deleter asked for, else what its spec says; never less than a second, so that a container may be told. */
    static long gracePeriod(Pod pod) {
        Long asked = pod.getMetadata().getDeletionTimestamp() == null ? null : pod.getMetadata().getDeletionGracePeriodSeconds();
        Long own = pod.getSpec().getTerminationGracePeriodSeconds();
        return Math.max(MIN_GRACE_SECONDS, asked != null ? asked : own != null ? own : DEFAULT_GRACE_SECONDS);
    }

    /** One that was deleted by force has gone from the API without our saying so. */
    static long gracePeriodWhenGone(Pod lastKnown) {
        return lastKnown.getMetadata().getDeletionTimestamp() == null ? MIN_GRACE_SECONDS : gracePeriod(lastKnown);
    }

    /** A probe may ask for a shorter time than the pod. */
    static long gracePeriod(Pod pod, PodActions.Kill kill) {
        var probe = kill.message().contains("liveness") ? kill.container().getLivenessProbe() : kill.message().contains("startup") ? kill.container().getStartupProbe() : null;
        return probe != null && probe.getTerminationGracePeriodSeconds() != null ? probe.getTerminationGracePeriodSeconds() : gracePeriod(pod);
    }

    /** The one with the later resource version. */
    static Pod newer(Pod a, Pod b) {
        return version(b) >= version(a) ? b : a;
    }

    private static long version(Pod pod) {
        try {
            return Long.parseLong(pod.getMetadata().getResourceVersion());
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
