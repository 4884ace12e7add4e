package io.skerry.controllers.batch;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.skerry.controllers.workload.PodControl;
import io.skerry.controllers.workload.Pods;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** The pods of a Job: how they are made, how they ended, and how long to wait after failures. */
final class JobPods {
    /** A pod with this finalizer has not been counted yet. */
    static final String TRACKING = "batch.kubernetes.io/job-tracking";
    static final String INDEX = "batch.kubernetes.io/job-completion-index";
    private static final Duration FIRST_BACKOFF = Duration.ofSeconds(10), MAX_BACKOFF = Duration.ofMinutes(10);

    private JobPods() {}

    static boolean isIndexed(Job job) {
        return "Indexed".equals(job.getSpec().getCompletionMode());
    }

    /** Whether a pod that is being deleted is replaced only when it has ended, and counts as failed only then. */
    static boolean replacesOnlyFailed(Job job) {
        return "Failed".equals(job.getSpec().getPodReplacementPolicy()) || job.getSpec().getPodFailurePolicy() != null;
    }

    /**
     * @param index the completion index, or -1
     * @param annotations more than the template has
     */
    static Pod pod(Job job, int index, Map<String, String> annotations) {
        PodBuilder b = PodControl.fromTemplate(job.getSpec().getTemplate(), job);
        String name = job.getMetadata().getName();
        b.editMetadata().addToFinalizers(TRACKING).addToAnnotations(annotations).endMetadata();
        if (index < 0) return b.build();
        b.editMetadata().withGenerateName(name + "-" + index + "-").addToAnnotations(INDEX, "" + index).addToLabels(INDEX, "" + index).endMetadata()
            .editSpec().withHostname(name + "-" + index).endSpec();
        List<Container> containers = b.buildSpec().getContainers().stream().map(JobPods::withIndex).toList(),
            init = b.buildSpec().getInitContainers().stream().map(JobPods::withIndex).toList();
        return b.editSpec().withContainers(containers).withInitContainers(init).endSpec().build();
    }

    private static Container withIndex(Container c) {
        if (c.getEnv().stream().anyMatch(e -> e.getName().equals("JOB_COMPLETION_INDEX"))) return c;
        return new ContainerBuilder(c).addToEnv(new EnvVarBuilder().withName("JOB_COMPLETION_INDEX").withNewValueFrom().withNewFieldRef()
            .withFieldPath("metadata.labels['" + INDEX + "']").endFieldRef().endValueFrom().build()).build();
    }

    /** The pod's completion index, or -1. */
    static int index(Pod pod) {
        String s = pod.getMetadata().getAnnotations() == null ? null : pod.getMetadata().getAnnotations().get(INDEX);
        return s == null || !s.matches("\\d{1,9}") ? -1 : Integer.parseInt(s);
    }

    static boolean isTracked(Pod pod) {
        return pod.getMetadata().getFinalizers().contains(TRACKING);
    }

    static boolean succeeded(Pod pod) {
        return Pods.phase(pod).equals("Succeeded");
    }

    /** Failed, or on its way out without having succeeded; with podReplacementPolicy Failed only the former. */
    static boolean failed(Job job, Pod pod) {
        if (Pods.phase(pod).equals("Failed")) return true;
        return Pods.isTerminating(pod) && !succeeded(pod) && !replacesOnlyFailed(job);
    }

    /** When the last of the pod's containers ended; when that is not known, when it was told to, or was made. */
    static Instant finished(Pod pod) {
        Instant last = pod.getStatus() == null ? null : Stream.concat(pod.getStatus().getContainerStatuses().stream(),
            pod.getStatus().getInitContainerStatuses().stream())
            .map(s -> s.getState() == null || s.getState().getTerminated() == null ? null : Pods.time(s.getState().getTerminated().getFinishedAt()))
            .filter(Objects::nonNull).max(Comparator.naturalOrder()).orElse(null);
        if (last != null) return last;
        if (pod.getMetadata().getDeletionTimestamp() != null) return Pods.time(pod.getMetadata().getDeletionTimestamp());
        Instant ready = Pods.readySince(pod);
        return ready != null ? ready : Pods.created(pod);
    }

    /** How long new pods still have to wait: 10 s, 20 s ... 10 min after so many failures in a row. */
    static Duration backoff(Job job, List<Pod> pods, Instant now) {
        List<Pod> ended = pods.stream().filter(p -> succeeded(p) || failed(job, p) && (Pods.isTerminal(p) || isTracked(p)))
            .sorted(Comparator.comparing(JobPods::finished).reversed()).toList();
        int failures = 0;
        for (Pod p : ended) {
            if (succeeded(p)) break;
            failures++;
        }
        return failures == 0 ? Duration.ZERO : backoff(failures, finished(ended.getFirst()), now);
    }

    /** What is left of the wait after so many failures, the last of them at {@code last}. */
    static Duration backoff(long failures, Instant last, Instant now) {
        Duration delay = failures > 7 ? MAX_BACKOFF : FIRST_BACKOFF.multipliedBy(1L << (failures - 1));
        if (delay.compareTo(MAX_BACKOFF) > 0) delay = MAX_BACKOFF;
        Duration left = Duration.between(now, last.plus(delay));
        return left.isNegative() ? Duration.ZERO : left;
    }
}
