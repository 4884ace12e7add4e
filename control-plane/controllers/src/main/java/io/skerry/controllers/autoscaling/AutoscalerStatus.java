package io.skerry.controllers.autoscaling;

import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerCondition;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerStatus;
import io.fabric8.kubernetes.api.model.autoscaling.v2.MetricStatus;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The status of an autoscaler as it comes about in one look at it; begins as that which it has. */
final class AutoscalerStatus {
    private final HorizontalPodAutoscalerStatus before;
    private final List<HorizontalPodAutoscalerCondition> conditions;
    private final String now;
    private Integer currentReplicas;
    private Integer desiredReplicas;
    private String lastScaleTime;
    private List<MetricStatus> metrics;

    AutoscalerStatus(HorizontalPodAutoscaler autoscaler, Instant now) {
        this.before = Objects.requireNonNullElseGet(autoscaler.getStatus(), HorizontalPodAutoscalerStatus::new);
        this.now = now.truncatedTo(ChronoUnit.SECONDS).toString();
        conditions = new ArrayList<>(before.getConditions());
        currentReplicas = before.getCurrentReplicas();
        desiredReplicas = before.getDesiredReplicas();
        lastScaleTime = before.getLastScaleTime();
        metrics = before.getCurrentMetrics();
    }

    /** Sets a condition; the time of its last transition is that of the last change of {@code is}. */
    void condition(String type, boolean is, String reason, String message) {
        String status = is ? "True" : "False";
        for (int i = 0; i < conditions.size(); i++) {
            HorizontalPodAutoscalerCondition old = conditions.get(i);
            if (!old.getType().equals(type)) continue;
            conditions.set(i, new HorizontalPodAutoscalerCondition(status.equals(old.getStatus()) ? old.getLastTransitionTime() : now, message, reason, status, type));
            return;
        }
        conditions.add(new HorizontalPodAutoscalerCondition(now, message, reason, status, type));
    }

    /** What was found. */
    void current(int replicas, List<MetricStatus> measured) {
        currentReplicas = replicas;
        metrics = measured;
    }

    void desired(int replicas) {
        desiredReplicas = replicas;
    }

    void scaledNow() {
        lastScaleTime = now;
    }

    /** Whether there is anything to write; absent numbers are zero. */
    boolean changed() {
        return !conditions.equals(before.getConditions()) || !metrics.equals(before.getCurrentMetrics()) || !Objects.equals(lastScaleTime, before.getLastScaleTime())
            || zero(currentReplicas) != zero(before.getCurrentReplicas()) || zero(desiredReplicas) != zero(before.getDesiredReplicas());
    }

    HorizontalPodAutoscalerStatus built() {
        return new HorizontalPodAutoscalerStatus(conditions, metrics, zero(currentReplicas), zero(desiredReplicas), lastScaleTime, before.getObservedGeneration());
    }

    private static int zero(Integer i) {
        return i == null ? 0 : i;
    }
}
