package io.skerry.controllers.batch;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.skerry.controllers.workload.Pods;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;

/**
 * {@code spec.backoffLimitPerIndex}: every index of an Indexed Job is retried by itself, and given up by itself (KEP-3850). How often an index
 * has failed stands on its pods: each takes the count over from the one that it replaces, which therefore stays, not counted yet, until then.
 */
final class IndexBackoff {
    /** How many pods of the index have failed before this one. */
    static final String FAILURES = "batch.kubernetes.io/job-index-failure-count";
    /** How many more have failed that podFailurePolicy ignores: they prolong the wait, and use up no retry. */
    static final String IGNORED_FAILURES = "batch.kubernetes.io/job-index-ignored-failure-count";

    private static final BinaryOperator<Pod> LATER = BinaryOperator.maxBy(Comparator.comparingLong(IndexBackoff::attempts).thenComparing(JobPods::finished));

    private final Job job;
    private final BitSet failed;
    /** By index, the failed pod that is to be replaced. */
    private final Map<Integer, Pod> toReplace = new HashMap<>();

    /**
     * @param own the Job's pods
     * @param succeeded the indexes that are done
     * @param counted the uids of failed pods that the status names already
     */
    IndexBackoff(Job job, List<Pod> own, BitSet succeeded, Collection<String> counted) {
        this.job = job;
        int completions = job.getSpec().getCompletions();
        failed = CompletionIndexes.parse(job.getStatus() == null ? null : job.getStatus().getFailedIndexes(), completions);
        BitSet active = new BitSet();
        List<Pod> ended = new ArrayList<>();
        for (Pod p : own) {
            int index = JobPods.index(p);
            if (index < 0 || index >= completions) continue;
            if (Pods.isActive(p)) active.set(index);
            else if (JobPods.isTracked(p) && JobPods.failed(job, p)) ended.add(p);
        }
        if (!JobConditions.isTrue(job, "FailureTarget")) { // from then on pods end because the Job does
            ended.stream().filter(this::endsItsIndex).forEach(p -> failed.set(JobPods.index(p)));
        }
        failed.andNot(succeeded);
        for (Pod p : ended) {
            int index = JobPods.index(p);
            boolean over = failed.get(index) || succeeded.get(index);
            if (!over && !active.get(index) && !counted.contains(p.getMetadata().getUid())) toReplace.merge(index, p, LATER);
        }
    }

    static boolean applies(Job job) {
        return JobPods.isIndexed(job) && job.getSpec().getBackoffLimitPerIndex() != null;
    }

    private boolean endsItsIndex(Pod p) {
        PodFailurePolicies.Action action = PodFailurePolicies.verdict(job, p).action();
        return action == PodFailurePolicies.Action.FAIL_INDEX
            || action != PodFailurePolicies.Action.IGNORE && number(p, FAILURES) >= job.getSpec().getBackoffLimitPerIndex();
    }

    /** The indexes that are given up. */
    BitSet failed() {
        return failed;
    }

    /** Whether the failed pod has to stay until its replacement has its count. */
    boolean awaitsReplacement(Pod p) {
        Pod kept = toReplace.get(JobPods.index(p));
        return kept != null && kept.getMetadata().getUid().equals(p.getMetadata().getUid());
    }

    /** How long the index still has to wait for its next pod. */
    Duration backoff(int index, Instant now) {
        Pod last = toReplace.get(index);
        return last == null ? Duration.ZERO : JobPods.backoff(attempts(last) + 1, JobPods.finished(last), now);
    }

    /** What the index's next pod bears. */
    Map<String, String> annotations(int index) {
        Pod last = toReplace.get(index);
        if (last == null) return Map.of(FAILURES, "0");
        boolean ignored = PodFailurePolicies.verdict(job, last).action() == PodFailurePolicies.Action.IGNORE;
        long failures = number(last, FAILURES) + (ignored ? 0 : 1), others = number(last, IGNORED_FAILURES) + (ignored ? 1 : 0);
        return others == 0 ? Map.of(FAILURES, "" + failures) : Map.of(FAILURES, "" + failures, IGNORED_FAILURES, "" + others);
    }

    private static long attempts(Pod p) {
        return number(p, FAILURES) + number(p, IGNORED_FAILURES);
    }

    /** 0 when it is not there, or is no number that could have been counted to. */
    private static long number(Pod p, String annotation) {
        String s = p.getMetadata().getAnnotations() == null ? null : p.getMetadata().getAnnotations().get(annotation);
        return s == null || !s.matches("[0-9]{1,9}") ? 0 : Long.parseLong(s);
    }
}
