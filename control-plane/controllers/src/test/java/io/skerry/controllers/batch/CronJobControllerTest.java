package io.skerry.controllers.batch;

import static io.skerry.controllers.TestCluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.skerry.controllers.TestCluster;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CronJobControllerTest {
    private static final String CRON = """
        apiVersion: batch/v1
        kind: CronJob
        metadata: {name: tick, namespace: default}
        spec:
          schedule: "*/5 * * * *"
          successfulJobsHistoryLimit: 1
          jobTemplate:
            metadata: {labels: {app: tick}}
            spec: {template: {spec: {restartPolicy: Never, containers: [{name: tick, image: "tick:1"}]}}}
        """;

    /** Runs as fast as the real one, some minutes ahead, and can be set forward. */
    private static final class Ahead extends Clock {
        volatile Duration by = Duration.ZERO;

        @Override public ZoneId getZone() { return ZoneOffset.UTC; }

        @Override public Clock withZone(ZoneId zone) { return this; }

        @Override public Instant instant() { return Instant.now().plus(by); }
    }

    @TempDir Path folder;
    private final Ahead clock = new Ahead();
    private TestCluster cluster;

    @AfterEach void stop() {
        if (cluster != null) cluster.close();
    }

    private void start() {
        cluster = new TestCluster(folder, i -> List.of(new CronJobController(i, clock)));
    }

    private List<Job> jobs() {
        return cluster.client.batch().v1().jobs().inNamespace("default").list().getItems();
    }

    private CronJob get() {
        return cluster.client.batch().v1().cronjobs().inNamespace("default").withName("tick").get();
    }

    /** Time goes on, and something wakes the controller. */
    private void later(Duration by) {
        clock.by = clock.by.plus(by);
        eventually(() -> cluster.client.batch().v1().cronjobs().inNamespace("default").withName("tick")
            .edit(c -> c.edit().editMetadata().addToAnnotations("now", clock.instant().toString()).endMetadata().build()));
    }

    private void finish(Job job, String condition) {
        cluster.client.batch().v1().jobs().inNamespace("default").withName(job.getMetadata().getName()).subresource("status")
            .patch(io.fabric8.kubernetes.client.dsl.base.PatchContext.of(io.fabric8.kubernetes.client.dsl.base.PatchType.JSON_MERGE),
            "{\"status\":{\"startTime\":\"" + clock.instant() + "\",\"completionTime\":\"" + clock.instant() + "\",\"conditions\":["
            + "{\"type\":\"" + (condition.equals("Complete") ? "SuccessCriteriaMet" : "FailureTarget") + "\",\"status\":\"True\"},{\"type\":\"" + condition
            + "\",\"status\":\"True\"}]}}");
    }

    @Test void makesAJobWhenDueAndKeepsTheHistoryShort() {
        start();
        cluster.apply(CRON);
        TestCluster.stays(() -> jobs().isEmpty(), Duration.ofMillis(300));
        later(Duration.ofMinutes(5));
        eventually(() -> assertThat(jobs()).hasSize(1));
        eventually(() -> assertThat(get().getStatus()).isNotNull()); // which is written after the Job
        Job first = jobs().getFirst();
        assertThat(first.getMetadata().getName()).isEqualTo("tick-"
            + Instant.parse(get().getStatus().getLastScheduleTime() == null ? "1970-01-01T00:00:00Z" : get().getStatus().getLastScheduleTime())
            .getEpochSecond() / 60);
        assertThat(first.getMetadata().getLabels()).containsEntry("app", "tick");
        assertThat(first.getMetadata().getAnnotations()).as("RFC 3339, seconds and all")
            .containsEntry("batch.kubernetes.io/cronjob-scheduled-timestamp", get().getStatus().getLastScheduleTime());
        eventually(() -> assertThat(get().getStatus().getActive()).extracting("name").containsExactly(first.getMetadata().getName()));
        finish(first, "Complete");
        eventually(() -> {
            assertThat(get().getStatus().getActive()).isEmpty();
            assertThat(get().getStatus().getLastSuccessfulTime()).isNotNull();
        });
        later(Duration.ofMinutes(17)); // three missed: one is made up for
        eventually(() -> assertThat(jobs()).hasSize(2));
        TestCluster.stays(() -> jobs().size() == 2, Duration.ofMillis(300));
        finish(jobs().stream().filter(j -> !j.getMetadata().getName().equals(first.getMetadata().getName())).findFirst().orElseThrow(), "Complete");
        eventually(() -> assertThat(jobs()).extracting(j -> j.getMetadata().getName()).doesNotContain(first.getMetadata().getName()).hasSize(1));
    }

    @Test void forbidWaitsAndReplaceDoesNot() {
        start();
        cluster.apply(CRON.replace("schedule:", "concurrencyPolicy: Forbid\n  schedule:"));
        later(Duration.ofMinutes(5));
        eventually(() -> assertThat(jobs()).hasSize(1));
        String first = jobs().getFirst().getMetadata().getName();
        later(Duration.ofMinutes(5));
        eventually(() -> assertThat(cluster.events("JobAlreadyActive")).isNotEmpty());
        assertThat(jobs()).hasSize(1);
        eventually(() -> cluster.client.batch().v1().cronjobs().inNamespace("default").withName("tick")
            .edit(c -> c.edit().editSpec().withConcurrencyPolicy("Replace").endSpec().build()));
        eventually(() -> assertThat(jobs()).singleElement().satisfies(j -> assertThat(j.getMetadata().getName()).isNotEqualTo(first)));
    }

    @Test void runsAtAnIntervalWithAFraction() {
        start();
        cluster.apply(CRON.replace("*/5 * * * *", "@every 1.5h"));
        later(Duration.ofMinutes(89));
        TestCluster.stays(() -> jobs().isEmpty(), Duration.ofMillis(300));
        later(Duration.ofMinutes(2));
        eventually(() -> assertThat(jobs()).hasSize(1));
    }
}
