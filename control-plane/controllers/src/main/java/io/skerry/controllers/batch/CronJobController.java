package io.skerry.controllers.batch;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.fabric8.kubernetes.api.model.batch.v1.CronJobBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.CronJobStatus;
import io.fabric8.kubernetes.api.model.batch.v1.CronJobStatusBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.JobTemplateSpec;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.skerry.controllers.runtime.Controller;
import io.skerry.controllers.runtime.Deletion;
import io.skerry.controllers.runtime.EventRecorder;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.Key;
import io.skerry.controllers.runtime.OwnerReferences;
import io.skerry.controllers.runtime.Requeue;
import io.skerry.controllers.runtime.Watch;
import io.skerry.controllers.workload.PodControl;
import io.skerry.controllers.workload.Pods;
import io.skerry.machinery.cron.CronSchedule;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** Makes a Job of a CronJob's template whenever its schedule says so. */
public final class CronJobController implements Controller {
    private static final String SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp";
    /** After so many missed times without a starting deadline something is wrong with a clock; only the last one is made up for. */
    private static final int TOO_MANY_MISSED = 100;

    private final Informers informers;
    private final EventRecorder events;
    private final Clock clock;

    public CronJobController(Informers informers) {
        this(informers, Clock.systemUTC());
    }

    CronJobController(Informers informers, Clock clock) {
        this.informers = informers;
        this.events = informers.recorder(name());
        this.clock = clock;
    }

    @Override public String name() { return "cronjob-controller"; }

    @Override public List<Watch<?>> watches() { return List.of(Watch.self(CronJob.class), Watch.owned(Job.class, "CronJob")); }

    @Override public Set<Class<? extends HasMetadata>> writes() { return Set.of(CronJob.class, Job.class); }

    @Override public void reconcile(Key key) throws Exception {
        CronJob cron = informers.get(CronJob.class, key);
        if (cron == null) return;
        List<Job> jobs = informers.ownedBy(Job.class, cron.getMetadata().getUid()).stream().filter(j -> OwnerReferences.isControlledBy(j, cron)).toList();
        List<Job> active = jobs.stream().filter(j -> !JobConditions.isFinished(j)).toList();
        clearHistory(cron, jobs);
        CronJobStatusBuilder status = new CronJobStatusBuilder(cron.getStatus() == null ? new CronJobStatus() : cron.getStatus());
        jobs.stream().filter(j -> JobConditions.isTrue(j, "Complete")).map(j -> j.getStatus().getCompletionTime()).filter(Objects::nonNull)
            .max(Comparator.comparing(Pods::time)).ifPresent(t -> {
            if (status.getLastSuccessfulTime() == null || Pods.time(t).isAfter(Pods.time(status.getLastSuccessfulTime()))) status.withLastSuccessfulTime(t);
        });
        try {
            if (cron.getMetadata().getDeletionTimestamp() == null && !Boolean.TRUE.equals(cron.getSpec().getSuspend())) active = schedule(cron, active, status);
        } finally {
            write(cron, status.withActive(active.stream().map(CronJobController::reference).toList()).build());
        }
    }

    /** @return the jobs that run afterwards */
    private List<Job> schedule(CronJob cron, List<Job> active, CronJobStatusBuilder status) {
        ZoneId zone;
        try {
            zone = cron.getSpec().getTimeZone() == null ? ZoneOffset.UTC : ZoneId.of(cron.getSpec().getTimeZone());
        } catch (DateTimeException e) {
            events.warning(cron, "UnknownTimeZone", "invalid timeZone: \"" + cron.getSpec().getTimeZone() + "\": " + e.getMessage());
            return active;
        }
        CronSchedule schedule;
        try {
            schedule = CronSchedule.parse(cron.getSpec().getSchedule().strip(), zone); // earlier versions stored padded ones, and ran them
        } catch (IllegalArgumentException e) {
            events.warning(cron, "UnparseableSchedule", "unparseable schedule: \"" + cron.getSpec().getSchedule() + "\" : " + e.getMessage());
            return active;
        }
        Instant now = clock.instant();
        Instant last = Pods.time(status.getLastScheduleTime());
        Instant since = last == null ? Pods.created(cron) : last;
        Long deadline = cron.getSpec().getStartingDeadlineSeconds();
        if (deadline != null && now.minusSeconds(deadline).isAfter(since)) since = now.minusSeconds(deadline);
        Instant due = null;
        int missed = 0;
        Instant next = schedule.next(since).orElse(null);
        while (next != null && !next.isAfter(now)) {
            due = next;
            if (++missed == TOO_MANY_MISSED) {
                // Counting on minute by minute after a year switched off helps nobody; an hour back is enough to find the last one of most schedules.
                if (now.minusSeconds(3600).isAfter(next)) next = now.minusSeconds(3600);
                events.warning(cron, "TooManyMissedTimes", "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew");
            }
            next = schedule.next(next).orElse(null);
        }
        if (next != null) Requeue.after(Duration.between(now, next).plusMillis(50));
        if (due == null) return active;
        return start(cron, active, status, due);
    }

    private List<Job> start(CronJob cron, List<Job> active, CronJobStatusBuilder status, Instant due) {
        String policy = cron.getSpec().getConcurrencyPolicy();
        String name = cron.getMetadata().getName() + "-" + due.getEpochSecond() / 60;
        if (informers.get(Job.class, cron.getMetadata().getNamespace(), name) != null) { // made, but the power went before the status was written
            status.withLastScheduleTime(due.toString());
            return active;
        }
        if ("Forbid".equals(policy) && !active.isEmpty()) {
            events.normal(cron, "JobAlreadyActive", "Not starting job because prior execution is running and concurrency policy is Forbid");
            return active;
        }
        if ("Replace".equals(policy)) {
            for (Job j : active) delete(cron, j);
            active = List.of();
        }
        JobTemplateSpec template = cron.getSpec().getJobTemplate();
        Job job = new JobBuilder().withNewMetadata().withNamespace(cron.getMetadata().getNamespace()).withName(name)
            .withLabels(template.getMetadata() == null ? null : template.getMetadata().getLabels())
            .withAnnotations(template.getMetadata() == null ? null : template.getMetadata().getAnnotations())
            .addToAnnotations(SCHEDULED, DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(due.atZone(cron.getSpec().getTimeZone() == null ? ZoneOffset.UTC
            : ZoneId.of(cron.getSpec().getTimeZone()))))
            .withOwnerReferences(OwnerReferences.controller(cron)).endMetadata().withSpec(template.getSpec()).build();
        Job made;
        try {
            made = informers.awaitSeen(informers.client().batch().v1().jobs().inNamespace(cron.getMetadata().getNamespace()).resource(job).create());
        } catch (KubernetesClientException e) {
            if (!PodControl.isNamespaceTerminating(e)) events.warning(cron, "FailedCreate", "Error creating job: " + PodControl.message(e));
            throw e;
        }
        events.normal(cron, "SuccessfulCreate", "Created job " + name);
        status.withLastScheduleTime(due.truncatedTo(ChronoUnit.SECONDS).toString());
        return java.util.stream.Stream.concat(active.stream(), java.util.stream.Stream.of(made)).toList();
    }

    private void clearHistory(CronJob cron, List<Job> jobs) {
        clear(cron, jobs.stream().filter(j -> JobConditions.isTrue(j, "Complete")).toList(), cron.getSpec().getSuccessfulJobsHistoryLimit(), 3);
        clear(cron, jobs.stream().filter(j -> JobConditions.isTrue(j, "Failed")).toList(), cron.getSpec().getFailedJobsHistoryLimit(), 1);
    }

    private void clear(CronJob cron, List<Job> finished, Integer limit, int byDefault) {
        List<Job> oldestFirst = finished.stream().filter(j -> j.getMetadata().getDeletionTimestamp() == null)
            .sorted(Comparator.comparing((Job j) -> j.getStatus().getStartTime() == null ? Pods.created(j) : Pods.time(j.getStatus().getStartTime()))
            .thenComparing(j -> j.getMetadata().getName())).toList();
        for (Job j : oldestFirst.subList(0, Math.max(0, oldestFirst.size() - Optional.ofNullable(limit).orElse(byDefault)))) delete(cron, j);
    }

    private void delete(CronJob cron, Job job) {
        if (!Deletion.delete(informers.client(), "/apis/batch/v1/namespaces/" + job.getMetadata().getNamespace() + "/jobs/"
            + job.getMetadata().getName(), job.getMetadata().getUid(), null,
            io.fabric8.kubernetes.api.model.DeletionPropagation.BACKGROUND, null)) return;
        events.normal(cron, "SuccessfulDelete", "Deleted job " + job.getMetadata().getName());
        informers.awaitDeletionSeen(job);
    }

    private static ObjectReference reference(Job j) {
        return new ObjectReferenceBuilder().withApiVersion("batch/v1").withKind("Job").withNamespace(j.getMetadata().getNamespace())
            .withName(j.getMetadata().getName())
            .withUid(j.getMetadata().getUid()).withResourceVersion(j.getMetadata().getResourceVersion()).build();
    }

    private void write(CronJob cron, CronJobStatus after) {
        CronJobStatus before = cron.getStatus() == null ? new CronJobStatus() : cron.getStatus();
        boolean sameActive = before.getActive().stream().map(ObjectReference::getUid).toList()
            .equals(after.getActive().stream().map(ObjectReference::getUid).toList());
        if (sameActive && Objects.equals(before.getLastScheduleTime(), after.getLastScheduleTime())
            && Objects.equals(before.getLastSuccessfulTime(), after.getLastSuccessfulTime())) return;
        informers.awaitSeen(informers.client().batch().v1().cronjobs().inNamespace(cron.getMetadata().getNamespace())
            .resource(new CronJobBuilder(cron).withStatus(after).build()).updateStatus());
    }
}
