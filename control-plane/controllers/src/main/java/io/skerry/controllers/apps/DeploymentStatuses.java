package io.skerry.controllers.apps;

import static io.skerry.controllers.apps.RollingUpdateMath.replicas;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentCondition;
import io.fabric8.kubernetes.api.model.apps.DeploymentConditionBuilder;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatus;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatusBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.skerry.controllers.workload.Pods;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

/** Computes a Deployment's status from its ReplicaSets'. */
final class DeploymentStatuses {
    static final String REASON_AVAILABLE = "NewReplicaSetAvailable", REASON_TIMED_OUT = "ProgressDeadlineExceeded", REASON_PAUSED = "DeploymentPaused";

    private DeploymentStatuses() {}

    /** Counts and the Available condition. @param newSet null if there is none yet */
    static DeploymentStatus counted(Deployment d, List<ReplicaSet> all, ReplicaSet newSet) {
        DeploymentStatus before = status(d);
        int available = all.stream().mapToInt(RollingUpdateMath::available).sum();
        boolean enough = available >= replicas(d) - RollingUpdateMath.maxUnavailable(d);
        return new DeploymentStatusBuilder(before)
            .withObservedGeneration(d.getMetadata().getGeneration())
            .withReplicas(all.stream().mapToInt(RollingUpdateMath::actual).sum())
            .withUpdatedReplicas(newSet == null ? 0 : RollingUpdateMath.actual(newSet))
            .withReadyReplicas(all.stream().mapToInt(RollingUpdateMath::ready).sum())
            .withAvailableReplicas(available)
            .withUnavailableReplicas(Math.max(0, RollingUpdateMath.wanted(all) - available))
            .withConditions(DeploymentConditions.with(before.getConditions(), enough
                ? DeploymentConditions.condition(DeploymentConditions.AVAILABLE, "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
                : DeploymentConditions.condition(DeploymentConditions.AVAILABLE, "False", "MinimumReplicasUnavailable",
                "Deployment does not have minimum availability.")))
            .build();
    }

    /** {@link #counted}, with the Progressing and ReplicaFailure conditions of a rollout under way. */
    static DeploymentStatus ofRollout(Deployment d, List<ReplicaSet> all, ReplicaSet newSet) {
        DeploymentStatus s = counted(d, all, newSet);
        List<DeploymentCondition> conditions = s.getConditions();
        if (!hasDeadline(d)) conditions = DeploymentConditions.without(conditions, DeploymentConditions.PROGRESSING);
        DeploymentCondition current = progressing(status(d));
        boolean wasComplete = s.getReplicas().equals(s.getUpdatedReplicas()) && current != null && REASON_AVAILABLE.equals(current.getReason());
        if (hasDeadline(d) && !wasComplete) {
            String what = newSet == null ? "Deployment \"" + d.getMetadata().getName() + "\"" : "ReplicaSet \"" + newSet.getMetadata().getName() + "\"";
            if (complete(d, s)) {
                conditions = DeploymentConditions.with(conditions,
                    DeploymentConditions.condition(DeploymentConditions.PROGRESSING, "True", REASON_AVAILABLE, what + " has successfully progressed."));
            } else if (progressed(status(d), s)) {
                conditions = DeploymentConditions.touched(conditions,
                    DeploymentConditions.condition(DeploymentConditions.PROGRESSING, "True", "ReplicaSetUpdated", what + " is progressing."));
            } else if (timedOut(d, s, Instant.now())) {
                conditions = DeploymentConditions.with(conditions,
                    DeploymentConditions.condition(DeploymentConditions.PROGRESSING, "False", REASON_TIMED_OUT, what + " has timed out progressing."));
            }
        }
        DeploymentCondition failure = replicaFailure(all, newSet);
        conditions = failure == null ? DeploymentConditions.without(conditions, DeploymentConditions.REPLICA_FAILURE)
            : DeploymentConditions.with(conditions, failure);
        return new DeploymentStatusBuilder(s).withConditions(conditions).build();
    }

    private static DeploymentCondition replicaFailure(List<ReplicaSet> all, ReplicaSet newSet) {
        return (newSet == null ? all : java.util.stream.Stream.concat(java.util.stream.Stream.of(newSet), all.stream()).toList()).stream()
            .filter(rs -> rs.getStatus() != null).flatMap(rs -> rs.getStatus().getConditions().stream())
            .filter(c -> c.getType().equals("ReplicaFailure")).findFirst()
            .map(c -> new DeploymentConditionBuilder().withType(DeploymentConditions.REPLICA_FAILURE).withStatus(c.getStatus()).withReason(c.getReason())
                .withMessage(c.getMessage()).withLastTransitionTime(c.getLastTransitionTime()).withLastUpdateTime(c.getLastTransitionTime()).build())
            .orElse(null);
    }

    static DeploymentStatus status(Deployment d) {
        return d.getStatus() == null ? new DeploymentStatus() : d.getStatus();
    }

    static DeploymentCondition progressing(DeploymentStatus s) {
        return DeploymentConditions.find(s.getConditions(), DeploymentConditions.PROGRESSING).orElse(null);
    }

    /** A deadline of the largest int means none. */
    static boolean hasDeadline(Deployment d) {
        return d.getSpec().getProgressDeadlineSeconds() != null && d.getSpec().getProgressDeadlineSeconds() != Integer.MAX_VALUE;
    }

    static boolean complete(Deployment d, DeploymentStatus s) {
        return n(s.getUpdatedReplicas()) == replicas(d) && n(s.getReplicas()) == replicas(d) && n(s.getAvailableReplicas()) == replicas(d)
            && s.getObservedGeneration() != null && d.getMetadata().getGeneration() != null && s.getObservedGeneration() >= d.getMetadata().getGeneration();
    }

    private static boolean progressed(DeploymentStatus before, DeploymentStatus after) {
        return n(after.getUpdatedReplicas()) > n(before.getUpdatedReplicas())
            || n(after.getReplicas()) - n(after.getUpdatedReplicas()) < n(before.getReplicas()) - n(before.getUpdatedReplicas())
            || n(after.getReadyReplicas()) > n(before.getReadyReplicas()) || n(after.getAvailableReplicas()) > n(before.getAvailableReplicas());
    }

    private static boolean timedOut(Deployment d, DeploymentStatus s, Instant now) {
        DeploymentCondition c = progressing(s);
        if (c == null || REASON_AVAILABLE.equals(c.getReason())) return false;
        if (REASON_TIMED_OUT.equals(c.getReason())) return true;
        return Pods.time(c.getLastUpdateTime()).plusSeconds(d.getSpec().getProgressDeadlineSeconds()).isBefore(now);
    }

    /** After which time a rollout that makes no progress has to be looked at again; null when that is not needed. */
    static Duration untilTimeout(Deployment d, DeploymentStatus s) {
        DeploymentCondition c = progressing(status(d));
        if (!hasDeadline(d) || c == null || complete(d, s) || REASON_TIMED_OUT.equals(c.getReason()) || REASON_PAUSED.equals(c.getReason())) return null;
        Duration left = Duration.between(Instant.now(), Pods.time(c.getLastUpdateTime()).plusSeconds(d.getSpec().getProgressDeadlineSeconds()));
        return left.isNegative() ? Duration.ofSeconds(1) : left.plusSeconds(1);
    }

    /** Absent counts are zero, as the API server leaves zeros out. */
    static boolean same(DeploymentStatus a, DeploymentStatus b) {
        return n(a.getReplicas()) == n(b.getReplicas()) && n(a.getUpdatedReplicas()) == n(b.getUpdatedReplicas())
            && n(a.getReadyReplicas()) == n(b.getReadyReplicas())
            && n(a.getAvailableReplicas()) == n(b.getAvailableReplicas()) && n(a.getUnavailableReplicas()) == n(b.getUnavailableReplicas())
            && Objects.equals(a.getObservedGeneration(), b.getObservedGeneration()) && n(a.getCollisionCount()) == n(b.getCollisionCount())
            && a.getConditions().equals(b.getConditions());
    }

    private static int n(Integer i) {
        return i == null ? 0 : i;
    }
}
