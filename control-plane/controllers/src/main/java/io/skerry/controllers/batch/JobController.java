package io.skerry.controllers.batch;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.JobCondition;
import io.fabric8.kubernetes.api.model.batch.v1.JobStatus;
import io.fabric8.kubernetes.api.model.batch.v1.JobStatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.skerry.controllers.runtime.Controller;
import io.skerry.controllers.runtime.EventRecorder;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.Key;
import io.skerry.controllers.runtime.OwnerReferences;
import io.skerry.controllers.runtime.Patch;
import io.skerry.controllers.runtime.Requeue;
import io.skerry.controllers.runtime.Watch;
import io.skerry.controllers.workload.Claim;
import io.skerry.controllers.workload.PodControl;
import io.skerry.controllers.workload.PodDeletionOrder;
import io.skerry.controllers.workload.Pods;
import io.skerry.machinery.json.Json;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;

/**
 * Runs the pods of Jobs until enough of them have succeeded or too many have failed. Every pod is counted exactly once: it keeps a
 * finalizer until its end is written into the Job's status (KEP-2307).
 */
public final class JobController implements Controller {
    private static final int BURST = 500;

    private final Informers informers;
    private final EventRecorder events;
    private final PodControl pods;
    private final Claim claim;

    public JobController(Informers informers) {
        this.informers = informers;
        this.events = informers.recorder(name());
        this.pods = new PodControl(informers, events);
        this.claim = new Claim(informers);
    }

    @Override public String name() { return "job-controller"; }

    @Override public List<Watch<?>> watches() { return List.of(Watch.self(Job.class), Watch.owned(Pod.class, "Job")); }

    @Override public Set<Class<? extends HasMetadata>> writes() { return Set.of(Job.class, Pod.class); }

    @Override public void reconcile(Key key) throws Exception {
        Job job = informers.get(Job.class, key);
        freeOrphans(key, job);
        if (job == null || job.getSpec().getManagedBy() != null && !job.getSpec().getManagedBy().equals("kubernetes.io/job-controller")) return;
        try {
            if (job.getSpec().getSelector() != null) new Sync(job).run(); // without one it would not know its pods, and make them for ever
        } catch (KubernetesClientException e) {
            if (!PodControl.isNamespaceTerminating(e)) throw e;
        }
    }

    /** Pods of a Job that is gone, or had this name before, have nobody left to count them. */
    private void freeOrphans(Key key, Job job) {
        for (Pod p : informers.inNamespace(Pod.class, key.namespace())) {
            if (!JobPods.isTracked(p)) continue;
            OwnerReference owner = OwnerReferences.controllerOf(p).orElse(null);
            boolean ours = owner != null && owner.getKind().equals("Job") && owner.getName().equals(key.name());
            if (ours && (job == null || !owner.getUid().equals(job.getMetadata().getUid()))) untrack(p);
        }
    }

    private void untrack(Pod p) {
        var patch = Json.object();
        var metadata = patch.putObject("metadata").put("uid", p.getMetadata().getUid());
        metadata.putArray("$deleteFromPrimitiveList/finalizers").add(JobPods.TRACKING);
        try {
            Pod after = Patch.STRATEGIC.send(informers.client(), p, null, patch);
            if (after.getMetadata().getDeletionTimestamp() == null) informers.awaitSeen(after);
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404 && e.getCode() != 409 && e.getCode() != 422) throw e;
        }
    }

    /** One pass over a Job. */
    private final class Sync {
        private final Job job;
        private final Instant now = Instant.now();
        private final JobStatusBuilder status;
        private final List<Pod> own, active = new ArrayList<>(), newlySucceeded = new ArrayList<>(), newlyFailed = new ArrayList<>();
        private final BitSet completed;
        private int succeeded, failed, terminating;
        private String failJob;
        /** Null without backoffLimitPerIndex. */
        private IndexBackoff indexes;
        /** The Job is over or goes away: no pod will be replaced any more. */
        private boolean ending;

        Sync(Job job) {
            this.job = job;
            List<Pod> all = informers.inNamespace(Pod.class, job.getMetadata().getNamespace());
            own = claim.claim(job, job.getSpec().getSelector(), all);
            status = new JobStatusBuilder(job.getStatus() == null ? new JobStatus() : job.getStatus());
            completed = CompletionIndexes.parse(status.getCompletedIndexes(), completions());
        }

        private int completions() {
            return job.getSpec().getCompletions() == null ? Integer.MAX_VALUE : job.getSpec().getCompletions();
        }

        private int parallelism() {
            return job.getSpec().getParallelism() == null ? 1 : job.getSpec().getParallelism();
        }

        void run() throws Exception {
            if (JobConditions.isFinished(job)) {
                for (Pod p : own) if (JobPods.isTracked(p)) untrack(p);
                return;
            }
            count();
            boolean suspended = Boolean.TRUE.equals(job.getSpec().getSuspend());
            if (status.getStartTime() == null && !suspended) status.withStartTime(now.truncatedTo(ChronoUnit.SECONDS).toString());
            JobCondition end = end();
            Exception failure = null;
            ending = end != null || job.getMetadata().getDeletionTimestamp() != null;
            if (end != null) {
                boolean success = end.getType().equals("Complete");
                status.withConditions(JobConditions.with(status.buildConditions(),
                    JobConditions.condition(success ? "SuccessCriteriaMet" : "FailureTarget", "True", end.getReason(), end.getMessage(), now)));
                if (success) takeBack(active); // enough indexes succeeded; what still ran is no failure
                else deleteActive(active);
            } else if (job.getMetadata().getDeletionTimestamp() == null) {
                if (suspended) {
                    takeBack(active);
                    status.withStartTime((String) null);
                }
                noteSuspension(suspended);
                if (!suspended) {
                    try {
                        manage();
                    } catch (Exception e) {
                        failure = e;
                    }
                }
            }
            writeCounts();
            if (end != null) finish(end);
            if (failure != null) throw failure;
        }

        /** Sorts the pods and counts those that ended and are not in the status yet. */
        private void count() {
            var uncounted = status.buildUncountedTerminatedPods();
            List<String> knownSucceeded = uncounted == null ? List.of() : uncounted.getSucceeded(), knownFailed = uncounted == null ? List.of()
                : uncounted.getFailed();
            for (Pod p : own) {
                String uid = p.getMetadata().getUid();
                boolean ended = JobPods.succeeded(p) || JobPods.failed(job, p);
                if (Pods.isActive(p)) active.add(p);
                else if (!Pods.isTerminal(p)) terminating++;
                if (!ended || !JobPods.isTracked(p) || knownSucceeded.contains(uid) || knownFailed.contains(uid)) continue;
                if (JobPods.succeeded(p)) newlySucceeded.add(p);
                else {
                    PodFailurePolicies.Verdict v = PodFailurePolicies.verdict(job, p);
                    if (v.action() == PodFailurePolicies.Action.FAIL_JOB) failJob = v.message();
                    newlyFailed.add(p);
                }
            }
            if (JobPods.isIndexed(job)) {
                newlySucceeded.forEach(p -> { if (JobPods.index(p) >= 0 && JobPods.index(p) < completions()) completed.set(JobPods.index(p)); });
                completed.andNot(CompletionIndexes.parse(status.getFailedIndexes(), completions())); // given up while its pod still ended well
                succeeded = completed.cardinality();
            } else {
                succeeded = zero(status.getSucceeded()) + knownSucceeded.size() + newlySucceeded.size();
            }
            if (IndexBackoff.applies(job)) indexes = new IndexBackoff(job, own, completed, knownFailed);
            failed = zero(status.getFailed()) + knownFailed.size() + (int) newlyFailed.stream().filter(this::counts).count();
        }

        private boolean counts(Pod failedPod) {
            return PodFailurePolicies.verdict(job, failedPod).action() != PodFailurePolicies.Action.IGNORE;
        }

        /** The condition that ends the Job, or null while it goes on. */
        private JobCondition end() {
            Optional<JobCondition> target = JobConditions.find(job, "FailureTarget");
            if (target.isPresent()) return JobConditions.condition("Failed", "True", target.get().getReason(), target.get().getMessage(), now);
            Optional<JobCondition> met = JobConditions.find(job, "SuccessCriteriaMet"); // decided: pods that fail while they are waited for change nothing
            if (met.isPresent()) return JobConditions.condition("Complete", "True", met.get().getReason(), met.get().getMessage(), now);
            if (failJob != null) return JobConditions.condition("Failed", "True", "PodFailurePolicy", failJob, now);
            int limit = job.getSpec().getBackoffLimit() == null ? 6 : job.getSpec().getBackoffLimit();
            if (failed > limit || restarts() > 0 && (limit == 0 || restarts() >= limit)) {
                return JobConditions.condition("Failed", "True", "BackoffLimitExceeded", "Job has reached the specified backoff limit", now);
            }
            Long deadline = job.getSpec().getActiveDeadlineSeconds();
            if (deadline != null && status.getStartTime() != null && !Boolean.TRUE.equals(job.getSpec().getSuspend())) {
                Duration left = Duration.between(now, Pods.time(status.getStartTime()).plusSeconds(deadline));
                if (!left.isPositive()) return JobConditions.condition("Failed", "True", "DeadlineExceeded",
                    "Job was active longer than specified deadline", now);
                Requeue.after(left);
            }
            JobCondition byIndex = JobPods.isIndexed(job) ? endByIndex() : null;
            if (byIndex != null) return byIndex;
            boolean complete = job.getSpec().getCompletions() == null ? succeeded > 0
                && active.isEmpty() : succeeded >= job.getSpec().getCompletions() && active.isEmpty();
            return complete ? JobConditions.condition("Complete", "True", "CompletionsReached", "Reached expected number of succeeded pods", now) : null;
        }

        /** What the indexes' own ends make of an Indexed Job, or null. */
        private JobCondition endByIndex() {
            if (indexes != null) {
                int givenUp = indexes.failed().cardinality();
                Integer max = job.getSpec().getMaxFailedIndexes();
                if (max != null && givenUp > max) return JobConditions.condition("Failed", "True", "MaxFailedIndexesExceeded",
                    "Job has exceeded the specified maximal number of failed indexes", now);
                if (givenUp > 0 && givenUp + completed.cardinality() >= completions()) {
                    return JobConditions.condition("Failed", "True", "FailedIndexes", "Job has failed indexes", now);
                }
            }
            return SuccessPolicies.met(job, completed).map(rule -> JobConditions.condition("Complete", "True", "SuccessPolicy", rule, now)).orElse(null);
        }

        /** With restartPolicy OnFailure the containers' restarts are the failures. */
        private int restarts() {
            if (!"OnFailure".equals(job.getSpec().getTemplate().getSpec().getRestartPolicy())) return 0;
            return active.stream().mapToInt(p -> p.getStatus() == null ? 0
                : java.util.stream.Stream.concat(p.getStatus().getContainerStatuses().stream(), p.getStatus().getInitContainerStatuses().stream())
                .mapToInt(s -> zero(s.getRestartCount())).sum()).sum();
        }

        private void noteSuspension(boolean suspended) {
            boolean noted = JobConditions.isTrue(job, "Suspended");
            if (suspended == noted) return;
            status.withConditions(JobConditions.with(status.buildConditions(), suspended
                ? JobConditions.condition("Suspended", "True", "JobSuspended", "Job suspended", now)
                : JobConditions.condition("Suspended", "False", "JobResumed", "Job resumed", now)));
            events.normal(job, suspended ? "Suspended" : "Resumed", suspended ? "Job suspended" : "Job resumed");
        }

        /** Makes or deletes pods until as many run as should. */
        private void manage() throws Exception {
            int wanted = job.getSpec().getCompletions() == null ? (succeeded > 0 ? Math.min(active.size(), parallelism()) : parallelism())
                : Math.min(parallelism(), job.getSpec().getCompletions() - succeeded);
            wanted = Math.max(0, wanted);
            if (active.size() > wanted) {
                takeBack(active.stream().sorted(PodDeletionOrder.comparator(p -> 0, now)).limit(active.size() - wanted).toList());
                return;
            }
            int missing = wanted - active.size();
            if (JobPods.replacesOnlyFailed(job)) missing -= terminating;
            if (missing <= 0) return;
            Duration wait = indexes == null ? JobPods.backoff(job, own, now) : Duration.ZERO;
            if (wait.isPositive()) {
                Requeue.after(wait);
                return;
            }
            List<Callable<Pod>> creations = new ArrayList<>();
            if (JobPods.isIndexed(job)) {
                for (int index : due(Math.min(missing, BURST))) {
                    Map<String, String> annotations = indexes == null ? Map.of() : indexes.annotations(index);
                    creations.add(() -> pods.create(JobPods.pod(job, index, annotations), job));
                }
            } else {
                for (int i = 0; i < Math.min(missing, BURST); i++) creations.add(() -> pods.create(JobPods.pod(job, -1, Map.of()), job));
            }
            List<Callable<Pod>> recorded = creations.stream().map(c -> (Callable<Pod>) () -> {
                Pod p = c.call();
                synchronized (active) {
                    active.add(p);
                }
                return p;
            }).toList();
            PodControl.slowStart(recorded);
        }

        /** Of the first {@code count} indexes that wait for a pod, those that have waited long enough; for the others it comes back. */
        private List<Integer> due(int count) {
            BitSet taken = (BitSet) completed.clone();
            if (indexes != null) taken.or(indexes.failed());
            own.stream().filter(p -> JobPods.index(p) >= 0 && (Pods.isActive(p) || JobPods.replacesOnlyFailed(job) && !Pods.isTerminal(p)))
                .forEach(p -> taken.set(JobPods.index(p)));
            List<Integer> due = new ArrayList<>();
            for (int i = taken.nextClearBit(0), n = 0; i < completions() && n < count; i = taken.nextClearBit(i + 1), n++) {
                Duration wait = indexes == null ? Duration.ZERO : indexes.backoff(i, now);
                if (wait.isPositive()) Requeue.after(wait);
                else due.add(i);
            }
            return due;
        }

        private boolean awaitsReplacement(Pod p) {
            return !ending && indexes != null && indexes.awaitsReplacement(p);
        }

        /** Deletes pods that are not wanted just now; they end by our will, so they are freed first and count neither way. */
        private void takeBack(List<Pod> some) throws Exception {
            for (Pod p : some) if (JobPods.isTracked(p)) untrack(p);
            deleteActive(some);
        }

        private void deleteActive(List<Pod> some) throws Exception {
            List<Pod> copy = List.copyOf(some);
            PodControl.together(copy.stream().map(p -> (Callable<Void>) () -> {
                pods.delete(p, job);
                return null;
            }).toList());
            active.removeAll(copy);
            terminating += copy.size();
        }

        /**
         * First the ended pods' uids go into the status, then their finalizers go, then the uids become numbers: a power cut at any point
         * counts none twice and none never.
         */
        private void writeCounts() {
            var uncounted = status.editOrNewUncountedTerminatedPods();
            newlySucceeded.forEach(p -> uncounted.addToSucceeded(p.getMetadata().getUid()));
            newlyFailed.stream().filter(p -> counts(p) && !awaitsReplacement(p)).forEach(p -> uncounted.addToFailed(p.getMetadata().getUid()));
            uncounted.endUncountedTerminatedPods();
            status.withActive(active.size()).withReady((int) active.stream().filter(Pods::isReady).count()).withTerminating(terminating);
            if (JobPods.isIndexed(job)) status.withCompletedIndexes(completed.isEmpty() ? null : CompletionIndexes.write(completed));
            if (indexes != null) status.withFailedIndexes(CompletionIndexes.write(indexes.failed()));
            Job written = write(job, status.build());
            List<Pod> done = own.stream().filter(p -> JobPods.isTracked(p) && (JobPods.succeeded(p) || JobPods.failed(job, p)) && !awaitsReplacement(p)).toList();
            for (Pod p : done) untrack(p);
            var known = status.buildUncountedTerminatedPods();
            int s = known == null ? 0 : known.getSucceeded().size(), f = known == null ? 0 : known.getFailed().size();
            if (s == 0 && f == 0) return;
            status.withUncountedTerminatedPods(null).editOrNewUncountedTerminatedPods().endUncountedTerminatedPods()
                .withSucceeded(JobPods.isIndexed(job) ? completed.cardinality() : zero(status.getSucceeded()) + s).withFailed(zero(status.getFailed()) + f);
            write(written, status.build());
        }

        /** Writes the final condition once every pod has ended. */
        private void finish(JobCondition end) {
            if (own.stream().anyMatch(p -> !Pods.isTerminal(p) && stillThere(p))) return; // their end is an event
            boolean success = end.getType().equals("Complete");
            status.withConditions(JobConditions.with(status.buildConditions(), end)).withActive(0).withReady(0).withTerminating(0);
            if (status.getStartTime() == null) status.withStartTime(now.truncatedTo(ChronoUnit.SECONDS).toString()); // one that was suspended
            if (success) status.withCompletionTime(now.truncatedTo(ChronoUnit.SECONDS).toString());
            Job latest = informers.get(Job.class, Key.of(job));
            if (latest == null) return;
            write(latest, status.build());
            if (success) events.normal(job, "Completed", "Job completed");
            else events.warning(job, end.getReason(), end.getMessage());
        }

        private boolean stillThere(Pod p) {
            Pod cached = informers.get(Pod.class, Key.of(p));
            return cached != null && cached.getMetadata().getUid().equals(p.getMetadata().getUid());
        }

        private Job write(Job base, JobStatus after) {
            JobStatus before = base.getStatus() == null ? new JobStatus() : base.getStatus();
            if (same(before, after)) return base;
            return informers.awaitSeen(informers.client().batch().v1().jobs().inNamespace(base.getMetadata().getNamespace())
                .resource(new JobBuilder(base).withStatus(after).build()).updateStatus());
        }

        private static boolean same(JobStatus a, JobStatus b) {
            return zero(a.getActive()) == zero(b.getActive()) && zero(a.getReady()) == zero(b.getReady())
                && zero(a.getTerminating()) == zero(b.getTerminating())
                && zero(a.getSucceeded()) == zero(b.getSucceeded()) && zero(a.getFailed()) == zero(b.getFailed()) && a.getConditions().equals(b.getConditions())
                && Objects.equals(a.getStartTime(), b.getStartTime()) && Objects.equals(a.getCompletionTime(), b.getCompletionTime())
                && Objects.equals(a.getCompletedIndexes(), b.getCompletedIndexes()) && Objects.equals(a.getFailedIndexes(), b.getFailedIndexes())
                && uncounted(a).equals(uncounted(b));
        }

        private static List<List<String>> uncounted(JobStatus s) {
            var u = s.getUncountedTerminatedPods();
            return u == null ? List.of(List.of(), List.of()) : List.of(u.getSucceeded(), u.getFailed());
        }
    }

    private static int zero(Integer i) {
        return i == null ? 0 : i;
    }
}
