package io.skerry.controllers.autoscaling;

import io.fabric8.kubernetes.api.model.Pod;
import io.skerry.controllers.workload.Pods;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * How many replicas a metric asks for: about as many as bring what each uses to the target. What is not known of a pod counts against a change:
 * for fewer replicas it is taken to use what it may, for more to use nothing (upstream's {@code replica_calculator.go}).
 */
final class ReplicaCalculator {
    /**
     * @param replicas how many are wanted
     * @param utilization average use in percent of the requests; null where requests do not count
     * @param usage thousandths of the metric's unit: the average of the pods measured, or the value of the whole
     */
    record Proposal(int replicas, Integer utilization, long usage) {}

    /** Of some pods together. */
    private record Use(double ratio, Integer utilization, long average) {}

    /** Puts a number on some pods' values. */
    private interface Measure {
        Use of(Map<String, Long> values) throws MetricException;
    }

    private final AutoscalerOptions options;
    private final Clock clock;

    ReplicaCalculator(AutoscalerOptions options, Clock clock) {
        this.options = options;
        this.clock = clock;
    }

    /**
     * For a target in percent of what the pods request.
     *
     * @param current how many replicas the target is told to have
     * @param container null when the pods' containers count together
     */
    Proposal byUtilization(int current, List<Pod> pods, Map<String, PodMetric> measured, int target, String resource, String container) throws MetricException {
        PodGroups groups = groups(pods, measured, resource);
        Map<String, Long> values = trusted(measured, groups);
        Map<String, Long> requests = PodRequests.of(pods, resource, container);
        Measure measure = of -> utilization(of, requests, target);
        return propose(current, groups, values, measure, pod -> requests.get(pod) * Math.max(100, target) / 100);
    }

    /** For a target in the metric's unit for each pod. @param target thousandths */
    Proposal byAverage(int current, List<Pod> pods, Map<String, PodMetric> measured, long target, String resource) throws MetricException {
        PodGroups groups = groups(pods, measured, resource);
        Measure measure = of -> {
            long average = of.values().stream().mapToLong(Long::longValue).sum() / of.size();
            return new Use((double) average / target, null, average);
        };
        return propose(current, groups, trusted(measured, groups), measure, pod -> target);
    }

    /** For one value that all pods together are to bring to the target. @param usage and @param target thousandths */
    Proposal byValue(int current, List<Pod> pods, long usage, long target) throws MetricException {
        double ratio = (double) usage / target;
        if (current == 0) return new Proposal(up(ratio), null, usage);
        if (options.tolerates(ratio)) return new Proposal(current, null, usage);
        if (pods.isEmpty()) throw new MetricException("unable to calculate ready pods: no pods returned by selector while calculating replica count");
        long ready = pods.stream().filter(p -> Pods.phase(p).equals("Running") && Pods.isReady(p)).count();
        return new Proposal(up(ratio * ready), null, usage);
    }

    /** For one value of which each pod is to have its share. @param running how many replicas there are; @param usage and @param target thousandths */
    Proposal byShare(int running, long usage, long target) {
        double ratio = usage / ((double) target * running);
        int replicas = options.tolerates(ratio) ? running : up((double) usage / target);
        return new Proposal(replicas, null, (long) Math.ceil((double) usage / running));
    }

    private PodGroups groups(List<Pod> pods, Map<String, PodMetric> measured, String resource) throws MetricException {
        if (pods.isEmpty()) throw new MetricException("no pods returned by selector while calculating replica count");
        return PodGroups.of(pods, measured, resource, options, clock.instant());
    }

    private static Map<String, Long> trusted(Map<String, PodMetric> measured, PodGroups groups) throws MetricException {
        Map<String, Long> values = new HashMap<>();
        measured.forEach((pod, metric) -> values.put(pod, metric.milli()));
        values.keySet().removeAll(groups.ignored());
        values.keySet().removeAll(groups.unready());
        if (values.isEmpty()) throw new MetricException("did not receive metrics for targeted pods (pods might be unready)");
        return values;
    }

    private static Use utilization(Map<String, Long> values, Map<String, Long> requests, int target) throws MetricException {
        long used = 0, requested = 0;
        int count = 0;
        for (Map.Entry<String, Long> e : values.entrySet()) {
            Long request = requests.get(e.getKey());
            if (request == null) continue; // measured, but gone meanwhile
            used += e.getValue();
            requested += request;
            count++;
        }
        if (requested == 0) throw new MetricException("no metrics returned matched known pods");
        int percent = (int) (used * 100 / requested);
        return new Use((double) percent / target, percent, used / count);
    }

    private Proposal propose(int current, PodGroups groups, Map<String, Long> values, Measure measure, ToLongFunction<String> most) throws MetricException {
        Use use = measure.of(values);
        Proposal same = new Proposal(current, use.utilization, use.average);
        boolean unreadyCount = !groups.unready().isEmpty() && use.ratio > 1;
        if (!unreadyCount && groups.missing().isEmpty()) {
            return options.tolerates(use.ratio) ? same : new Proposal(up(use.ratio * groups.ready()), use.utilization, use.average);
        }
        if (use.ratio < 1) for (String pod : groups.missing()) values.put(pod, most.applyAsLong(pod));
        else if (use.ratio > 1) for (String pod : groups.missing()) values.put(pod, 0L);
        if (unreadyCount) for (String pod : groups.unready()) values.put(pod, 0L);

        double ratio = measure.of(values).ratio;
        boolean turned = use.ratio < 1 && ratio > 1 || use.ratio > 1 && ratio < 1;
        if (options.tolerates(ratio) || turned) return same;
        int replicas = up(ratio * values.size());
        boolean other = ratio < 1 && replicas > current || ratio > 1 && replicas < current;
        return other ? same : new Proposal(replicas, use.utilization, use.average);
    }

    /** To the next whole number; beyond an int it is the greatest one. */
    private static int up(double replicas) {
        return (int) Math.ceil(replicas);
    }
}
