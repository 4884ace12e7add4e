package io.skerry.controllers.batch;

import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobCondition;
import io.fabric8.kubernetes.api.model.batch.v1.JobConditionBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A Job's status.conditions. */
final class JobConditions {
    private JobConditions() {}

    static Optional<JobCondition> find(Job job, String type) {
        return job.getStatus() == null ? Optional.empty() : job.getStatus().getConditions().stream()
            .filter(c -> c.getType().equals(type) && "True".equals(c.getStatus())).findFirst();
    }

    static boolean isTrue(Job job, String type) {
        return find(job, type).isPresent();
    }

    /** Complete or Failed: nothing will change any more. */
    static boolean isFinished(Job job) {
        return isTrue(job, "Complete") || isTrue(job, "Failed");
    }

    static JobCondition condition(String type, String status, String reason, String message, Instant now) {
        String t = now.truncatedTo(ChronoUnit.SECONDS).toString();
        return new JobConditionBuilder().withType(type).withStatus(status).withReason(reason).withMessage(message).withLastProbeTime(t)
            .withLastTransitionTime(t).build();
    }

    /** Sets a condition unless it has that status already. */
    static List<JobCondition> with(List<JobCondition> all, JobCondition c) {
        for (JobCondition old : all) if (old.getType().equals(c.getType()) && old.getStatus().equals(c.getStatus())) return all;
        List<JobCondition> after = new ArrayList<>(all);
        after.removeIf(old -> old.getType().equals(c.getType()));
        after.add(c);
        return after;
    }
}
