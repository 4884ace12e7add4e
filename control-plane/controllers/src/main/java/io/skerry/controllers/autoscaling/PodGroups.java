package io.skerry.controllers.autoscaling;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.skerry.controllers.workload.Pods;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which of an autoscaler's pods are measured, and which are not or not yet to be trusted (upstream's {@code groupPods}).
 *
 * @param ready how many pods' values count
 * @param unready names of those that do not serve yet: what they use says nothing about what they will use
 * @param missing names of those that nothing is known of
 * @param ignored names of those that end
 */
record PodGroups(int ready, Set<String> unready, Set<String> missing, Set<String> ignored) {

    /** @param resource only cpu is spent on starting up; "" for what is no resource */
    static PodGroups of(List<Pod> pods, Map<String, PodMetric> measured, String resource, AutoscalerOptions options, Instant now) {
        int ready = 0;
        Set<String> unready = new HashSet<>(), missing = new HashSet<>(), ignored = new HashSet<>();
        for (Pod pod : pods) {
            String name = pod.getMetadata().getName();
            PodMetric metric = measured.get(name);
            if (Pods.isTerminating(pod) || Pods.phase(pod).equals("Failed")) ignored.add(name);
            else if (Pods.phase(pod).equals("Pending")) unready.add(name);
            else if (metric == null) missing.add(name);
            else if (resource.equals("cpu") && startsUp(pod, metric, options, now)) unready.add(name);
            else ready++;
        }
        return new PodGroups(ready, unready, missing, ignored);
    }

    private static boolean startsUp(Pod pod, PodMetric metric, AutoscalerOptions options, Instant now) {
        PodCondition condition = Pods.condition(pod, "Ready");
        Instant started = pod.getStatus() == null ? null : Pods.time(pod.getStatus().getStartTime());
        if (condition == null || started == null) return true;
        boolean unready = "False".equals(condition.getStatus());
        Instant since = Pods.time(condition.getLastTransitionTime());
        if (since == null) since = Instant.EPOCH;
        if (started.plus(options.cpuInitializationPeriod()).isAfter(now)) return unready || metric.time().isBefore(since.plus(metric.window()));
        return unready && started.plus(options.initialReadinessDelay()).isAfter(since);
    }
}
