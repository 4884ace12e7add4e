package io.skerry.controllers.batch;

import static io.skerry.controllers.TestCluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobCondition;
import io.skerry.controllers.TestCluster;
import io.skerry.controllers.gc.GarbageCollector;
import io.skerry.controllers.workload.Pods;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobControllerTest {
    private static final String JOB = """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: pi, namespace: default}
        spec:
          completions: 3
          parallelism: 2
          backoffLimit: 1
          template:
            spec: {restartPolicy: Never, containers: [{name: pi, image: "pi:1"}]}
        """;

    @TempDir Path folder;
    private TestCluster cluster;

    @BeforeEach void start() {
        cluster = new TestCluster(folder, i -> List.of(new JobController(i), new TtlAfterFinishedController(i), new GarbageCollector(i)));
    }

    @AfterEach void stop() {
        cluster.close();
    }

    private Job get() {
        return cluster.client.batch().v1().jobs().inNamespace("default").withName("pi").get();
    }

    private List<Pod> active() {
        return cluster.pods().stream().filter(Pods::isActive).toList();
    }

    private Pod active(int index) {
        return active().stream().filter(p -> JobPods.index(p) == index).findFirst().orElseThrow();
    }

    private static String indexed(String more) {
        return JOB.replace("parallelism: 2\n  backoffLimit: 1", "parallelism: 3\n  completionMode: Indexed\n  " + more);
    }

    private void end(Pod pod, String phase, int code) {
        end(pod, phase, code, Instant.now().minusSeconds(60));
    }

    private void end(Pod pod, String phase, int code, Instant at) {
        cluster.status(pod, "{\"status\":{\"phase\":\"" + phase
            + "\",\"containerStatuses\":[{\"name\":\"pi\",\"ready\":false,\"restartCount\":0,\"image\":\"pi:1\",\"imageID\":\"\",\"state\":{\"terminated\":{\"exitCode\":" + code
            + ",\"finishedAt\":\"" + at + "\"}}}]}}");
    }

    private void condition(String type, String reason) {
        eventually(() -> assertThat(get().getStatus().getConditions()).anySatisfy(c -> {
            assertThat(c.getType()).isEqualTo(type);
            assertThat(c.getStatus()).isEqualTo("True");
            assertThat(c.getReason()).isEqualTo(reason);
        }));
    }

    @Test void runsToCompletionCountingEveryPodOnce() {
        cluster.apply(JOB);
        for (int done = 0; done < 3; done++) {
            int wanted = Math.min(2, 3 - done), sofar = done;
            eventually(() -> {
                assertThat(active()).hasSize(wanted);
                assertThat(get().getStatus().getSucceeded() == null ? 0 : get().getStatus().getSucceeded()).isEqualTo(sofar);
                assertThat(get().getStatus().getActive()).isEqualTo(wanted);
            });
            end(active().getFirst(), "Succeeded", 0);
        }
        condition("SuccessCriteriaMet", "CompletionsReached");
        condition("Complete", "CompletionsReached");
        eventually(() -> assertThat(cluster.pods()).hasSize(3).allSatisfy(p -> assertThat(p.getMetadata().getFinalizers()).isEmpty()));
        assertThat(get().getStatus().getSucceeded()).isEqualTo(3);
        assertThat(get().getStatus().getActive()).isIn(null, 0);
        assertThat(get().getStatus().getCompletionTime()).isNotNull();
        assertThat(cluster.pods()).allSatisfy(p -> assertThat(p.getMetadata().getLabels()).containsEntry("batch.kubernetes.io/job-name", "pi")
            .containsAllEntriesOf(get().getSpec().getSelector().getMatchLabels())); // what kubectl logs job/pi asks by
        eventually(() -> assertThat(cluster.events("Completed")).containsExactly("Job completed"));
    }

    @Test void failsWhenTheBackoffLimitIsReached() {
        cluster.comesUp = p -> false;
        cluster.actAsNode();
        cluster.apply(JOB.replace("completions: 3\n  parallelism: 2", "completions: 1\n  parallelism: 1"));
        for (int i = 0; i < 2; i++) {
            eventually(() -> assertThat(active()).hasSize(1));
            end(active().getFirst(), "Failed", 1);
        }
        condition("FailureTarget", "BackoffLimitExceeded");
        condition("Failed", "BackoffLimitExceeded");
        assertThat(get().getStatus().getFailed()).isEqualTo(2);
    }

    @Test void endsAtItsDeadlineAndTakesItsPodsWithIt() {
        cluster.actAsNode();
        cluster.apply(JOB.replace("backoffLimit: 1", "activeDeadlineSeconds: 1"));
        eventually(() -> assertThat(active()).hasSize(2));
        condition("Failed", "DeadlineExceeded");
        eventually(() -> assertThat(active()).isEmpty());
    }

    @Test void indexedJobsRunEveryIndex() {
        cluster.apply(JOB.replace("completions: 3\n", "completions: 3\n  completionMode: Indexed\n"));
        eventually(() -> assertThat(active()).extracting(JobPods::index).containsExactlyInAnyOrder(0, 1));
        Pod one = active().stream().filter(p -> JobPods.index(p) == 1).findFirst().orElseThrow();
        assertThat(one.getSpec().getHostname()).isEqualTo("pi-1");
        assertThat(one.getMetadata().getName()).startsWith("pi-1-");
        assertThat(one.getSpec().getContainers().getFirst().getEnv()).anySatisfy(e -> assertThat(e.getName()).isEqualTo("JOB_COMPLETION_INDEX"));
        end(one, "Succeeded", 0);
        eventually(() -> {
            assertThat(active()).extracting(JobPods::index).containsExactlyInAnyOrder(0, 2);
            assertThat(get().getStatus().getCompletedIndexes()).isEqualTo("1");
        });
        active().forEach(p -> end(p, "Succeeded", 0));
        condition("Complete", "CompletionsReached");
        assertThat(get().getStatus().getCompletedIndexes()).isEqualTo("0-2");
    }

    @Test void everyIndexHasRetriesOfItsOwn() {
        cluster.apply(indexed("backoffLimitPerIndex: 1"));
        eventually(() -> assertThat(active()).hasSize(3).allSatisfy(p -> assertThat(p.getMetadata().getAnnotations()).containsEntry(IndexBackoff.FAILURES, "0")));
        end(active(0), "Failed", 1);
        eventually(() -> assertThat(active(0).getMetadata().getAnnotations()).containsEntry(IndexBackoff.FAILURES, "1"));
        eventually(() -> assertThat(get().getStatus().getFailed()).isEqualTo(1)); // counted once its replacement bears the count
        assertThat(get().getStatus().getFailedIndexes()).isEmpty();
        end(active(0), "Failed", 1);
        eventually(() -> assertThat(get().getStatus().getFailedIndexes()).isEqualTo("0"));
        TestCluster.stays(() -> active().size() == 2, Duration.ofMillis(300));
        end(active(1), "Succeeded", 0);
        end(active(2), "Succeeded", 0);
        condition("FailureTarget", "FailedIndexes");
        condition("Failed", "FailedIndexes");
        assertThat(get().getStatus().getCompletedIndexes()).isEqualTo("1,2");
        assertThat(get().getStatus().getFailedIndexes()).isEqualTo("0");
        assertThat(get().getStatus().getFailed()).isEqualTo(2);
        eventually(() -> assertThat(cluster.pods()).hasSize(4).allSatisfy(p -> assertThat(p.getMetadata().getFinalizers()).isEmpty()));
    }

    @Test void anIndexThatWaitsKeepsNoOtherFromItsRetry() {
        cluster.apply(indexed("backoffLimitPerIndex: 5"));
        eventually(() -> assertThat(active()).hasSize(3));
        Pod waiting = active(0);
        end(waiting, "Failed", 1, Instant.now());
        end(active(1), "Failed", 1);
        eventually(() -> assertThat(active(1).getMetadata().getAnnotations()).containsEntry(IndexBackoff.FAILURES, "1"));
        eventually(() -> assertThat(get().getStatus().getFailed()).isEqualTo(1));
        assertThat(active()).extracting(JobPods::index).containsExactlyInAnyOrder(1, 2);
        assertThat(cluster.client.pods().resource(waiting).get().getMetadata().getFinalizers()).containsExactly(JobPods.TRACKING);
    }

    @Test void podFailurePolicyGivesAnIndexUpOrIgnoresItsFailure() {
        cluster.apply(indexed("backoffLimitPerIndex: 1\n  podFailurePolicy: {rules: [{action: FailIndex, onExitCodes: {operator: In, values: [42]}}, "
            + "{action: Ignore, onExitCodes: {operator: In, values: [7]}}]}"));
        eventually(() -> assertThat(active()).hasSize(3));
        end(active(0), "Failed", 7);
        eventually(() -> assertThat(active(0).getMetadata().getAnnotations()).containsEntry(IndexBackoff.FAILURES, "0").containsEntry(IndexBackoff.IGNORED_FAILURES, "1"));
        end(active(0), "Failed", 42);
        eventually(() -> {
            assertThat(get().getStatus().getFailedIndexes()).isEqualTo("0");
            assertThat(get().getStatus().getFailed()).isEqualTo(1);
        });
        TestCluster.stays(() -> active().size() == 2, Duration.ofMillis(300));
    }

    @Test void tooManyFailedIndexesEndTheJob() {
        cluster.comesUp = p -> false;
        cluster.actAsNode();
        cluster.apply(indexed("backoffLimitPerIndex: 0\n  maxFailedIndexes: 0"));
        eventually(() -> assertThat(active()).hasSize(3));
        end(active(1), "Failed", 1);
        condition("FailureTarget", "MaxFailedIndexesExceeded");
        condition("Failed", "MaxFailedIndexesExceeded");
        assertThat(get().getStatus().getFailedIndexes()).isEqualTo("1"); // the others were ended, and did not fail
        assertThat(active()).isEmpty();
    }

    @Test void successPolicySaysWhichIndexesAreEnough() {
        cluster.comesUp = p -> false;
        cluster.actAsNode();
        cluster.apply(indexed("successPolicy: {rules: [{succeededIndexes: \"0\"}, {succeededIndexes: \"1-2\", succeededCount: 1}]}"));
        eventually(() -> assertThat(active()).hasSize(3));
        end(active(2), "Succeeded", 0);
        condition("SuccessCriteriaMet", "SuccessPolicy");
        condition("Complete", "SuccessPolicy");
        assertThat(get().getStatus().getConditions()).extracting(JobCondition::getMessage).containsOnly("Matched rules at index 1");
        assertThat(get().getStatus().getCompletedIndexes()).isEqualTo("2");
        assertThat(get().getStatus().getSucceeded()).isEqualTo(1);
        assertThat(get().getStatus().getFailed()).isIn(null, 0);
        eventually(() -> assertThat(cluster.pods()).extracting(JobPods::index).containsExactly(2));
    }

    @Test void aSuspendedJobHasNoPods() {
        cluster.actAsNode();
        cluster.apply(JOB);
        eventually(() -> assertThat(active()).hasSize(2));
        suspend(true);
        condition("Suspended", "JobSuspended");
        eventually(() -> assertThat(cluster.pods()).isEmpty());
        assertThat(get().getStatus().getStartTime()).isNull();
        suspend(false);
        eventually(() -> assertThat(get().getStatus().getStartTime()).isNotNull());
    }

    private void suspend(boolean suspend) {
        eventually(() -> cluster.client.batch().v1().jobs().inNamespace("default").withName("pi")
            .edit(j -> j.edit().editSpec().withSuspend(suspend).endSpec().build()));
    }

    @Test void podFailurePolicyDecides() {
        cluster.comesUp = p -> false;
        cluster.actAsNode();
        cluster.apply(JOB.replace("backoffLimit: 1", "podFailurePolicy: {rules: [{action: FailJob, onExitCodes: {operator: In, values: [42]}}, {action: Ignore, onExitCodes: {operator: In, values: [7]}}]}"));
        eventually(() -> assertThat(active()).hasSize(2));
        end(active().getFirst(), "Failed", 7);
        eventually(() -> assertThat(cluster.pods()).hasSize(3));
        assertThat(get().getStatus().getFailed()).isIn(null, 0);
        end(active().getFirst(), "Failed", 42);
        condition("Failed", "PodFailurePolicy");
        assertThat(get().getStatus().getConditions()).extracting(JobCondition::getMessage)
            .anySatisfy(m -> assertThat(m).contains("failed with exit code 42 matching FailJob rule at index 0"));
    }

    @Test void podFailurePolicyMayIgnoreEvictions() {
        cluster.comesUp = p -> false;
        cluster.actAsNode();
        cluster.apply(JOB.replace("backoffLimit: 1", "backoffLimit: 0\n  podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: DisruptionTarget}]}]}"));
        eventually(() -> assertThat(active()).hasSize(2));
        Pod evicted = active().getFirst();
        assertThat(cluster.client.pods().inNamespace("default").withName(evicted.getMetadata().getName()).evict()).isTrue();
        eventually(() -> {
            assertThat(cluster.client.pods().resource(evicted).get()).isNull();
            assertThat(active()).hasSize(2);
        });
        assertThat(get().getStatus().getFailed()).isIn(null, 0);
    }

    @Test void goesWithItsPodsSomeTimeAfterItsEnd() {
        cluster.apply(JOB.replace("completions: 3\n  parallelism: 2", "completions: 1\n  parallelism: 1\n  ttlSecondsAfterFinished: 1"));
        eventually(() -> assertThat(active()).hasSize(1));
        end(active().getFirst(), "Succeeded", 0);
        eventually(() -> {
            assertThat(get()).isNull();
            assertThat(cluster.pods()).isEmpty();
        });
    }

    @Test void podsOfADeletedJobAreLetGo() {
        cluster.actAsNode();
        cluster.apply(JOB);
        eventually(() -> assertThat(active()).hasSize(2));
        cluster.client.batch().v1().jobs().inNamespace("default").withName("pi").delete();
        eventually(() -> assertThat(cluster.pods()).isEmpty());
    }

    @Test void writesIndexesAsRanges() {
        BitSet set = CompletionIndexes.parse("1,3-5,x,9,90-95", 92);
        assertThat(CompletionIndexes.write(set)).isEqualTo("1,3-5,9,90,91");
        assertThat(CompletionIndexes.write(new BitSet())).isEmpty();
    }
}
