package io.skerry.controllers.apps;

import io.fabric8.kubernetes.api.model.apps.DeploymentCondition;
import io.fabric8.kubernetes.api.model.apps.DeploymentConditionBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A Deployment's status.conditions. */
final class DeploymentConditions {
    static final String AVAILABLE = "Available", PROGRESSING = "Progressing", REPLICA_FAILURE = "ReplicaFailure";

    private DeploymentConditions() {}

    static DeploymentCondition condition(String type, String status, String reason, String message) {
        String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        return new DeploymentConditionBuilder().withType(type).withStatus(status).withReason(reason).withMessage(message)
            .withLastUpdateTime(now).withLastTransitionTime(now).build();
    }

    static Optional<DeploymentCondition> find(List<DeploymentCondition> all, String type) {
        return all.stream().filter(c -> c.getType().equals(type)).findFirst();
    }

    /** Sets a condition. Status and reason unchanged: nothing changes; status unchanged: the transition time stays. */
    static List<DeploymentCondition> with(List<DeploymentCondition> all, DeploymentCondition c) {
        DeploymentCondition old = find(all, c.getType()).orElse(null);
        if (old != null && old.getStatus().equals(c.getStatus()) && old.getReason().equals(c.getReason())) return all;
        return replaced(all, c, old);
    }

    /** Sets a condition even if only its update time is new. */
    static List<DeploymentCondition> touched(List<DeploymentCondition> all, DeploymentCondition c) {
        return replaced(all, c, find(all, c.getType()).orElse(null));
    }

    private static List<DeploymentCondition> replaced(List<DeploymentCondition> all, DeploymentCondition c, DeploymentCondition old) {
        List<DeploymentCondition> after = without(all, c.getType());
        after.add(old != null && old.getStatus().equals(c.getStatus())
            ? new DeploymentConditionBuilder(c).withLastTransitionTime(old.getLastTransitionTime()).build() : c);
        return after;
    }

    static List<DeploymentCondition> without(List<DeploymentCondition> all, String type) {
        List<DeploymentCondition> after = new ArrayList<>(all);
        after.removeIf(c -> c.getType().equals(type));
        return after;
    }
}
