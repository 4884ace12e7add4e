package io.skerry.controllers.autoscaling;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerBuilder;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerSpec;
import io.fabric8.kubernetes.api.model.autoscaling.v2.MetricSpec;
import io.fabric8.kubernetes.api.model.autoscaling.v2.MetricStatus;
import io.fabric8.kubernetes.api.model.autoscaling.v2.MetricStatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.skerry.controllers.autoscaling.ScaleTargets.Scale;
import io.skerry.controllers.runtime.Controller;
import io.skerry.controllers.runtime.EventRecorder;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.Key;
import io.skerry.controllers.runtime.Requeue;
import io.skerry.controllers.runtime.Watch;
import io.skerry.controllers.workload.PodControl;
import io.skerry.machinery.selector.LabelSelector;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Sets the replicas of what a HorizontalPodAutoscaler names by what its pods use (upstream's pkg/controller/podautoscaler). Usage has no event
 * that could wake it: each autoscaler is looked at every 15 s, and without autoscalers nothing runs. Unlike other controllers it remembers its
 * recommendations and changes, by which the next ones are damped: see {@link ScaleHistory}.
 */
public final class HorizontalPodAutoscalerController implements Controller {
    private static final Logger LOG = System.getLogger(HorizontalPodAutoscalerController.class.getName());

    private final Informers informers;
    private final AutoscalerOptions options;
    private final Clock clock;
    private final EventRecorder events;
    private final ScaleTargets targets;
    private final MetricSources sources;
    private final Map<Key, ScaleHistory> histories = new ConcurrentHashMap<>();
    /** Which pods each autoscaler selects, for those that are in each other's way. */
    private final Map<Key, LabelSelector> selectors = new ConcurrentHashMap<>();

    public HorizontalPodAutoscalerController(Informers informers, AutoscalerOptions options) {
        this(informers, options, Clock.systemUTC());
    }

    HorizontalPodAutoscalerController(Informers informers, AutoscalerOptions options, Clock clock) {
        this.informers = informers;
        this.options = options;
        this.clock = clock;
        this.events = informers.recorder("horizontal-pod-autoscaler");
        this.targets = new ScaleTargets(informers.client());
        this.sources = new MetricSources(new MetricsReader(informers.client()), new ReplicaCalculator(options, clock));
    }

    @Override public String name() { return "horizontal-pod-autoscaler-controller"; }

    /** Its own writes of the status must not wake it: it would measure again at once, and again. */
    @Override public List<Watch<?>> watches() {
        return List.of(new Watch<>(HorizontalPodAutoscaler.class, (before, after) -> before != null && after != null
            && before.getMetadata().getUid().equals(after.getMetadata().getUid()) && before.getSpec().equals(after.getSpec())
            ? List.of() : List.of(Key.of(after != null ? after : before))));
    }

    @Override public Set<Class<? extends HasMetadata>> writes() { return Set.of(HorizontalPodAutoscaler.class); }

    @Override public void reconcile(Key key) {
        HorizontalPodAutoscaler autoscaler = informers.get(HorizontalPodAutoscaler.class, key);
        if (autoscaler == null) {
            histories.remove(key);
            selectors.remove(key);
            return;
        }
        Requeue.after(options.syncPeriod());
        AutoscalerStatus status = new AutoscalerStatus(autoscaler, clock.instant());
        Scale scale;
        try {
            scale = targets.get(key.namespace(), autoscaler.getSpec().getScaleTargetRef());
        } catch (ScaleException e) {
            events.warning(autoscaler, "FailedGetScale", e.getMessage());
            status.condition("AbleToScale", false, "FailedGetScale", "the HPA controller was unable to get the target's current scale: " + e.getMessage());
            write(autoscaler, status);
            return;
        }
        status.condition("AbleToScale", true, "SucceededGetScale", "the HPA controller was able to get the target's current scale");
        autoscale(autoscaler, scale, status);
        write(autoscaler, status);
    }

    private void autoscale(HorizontalPodAutoscaler autoscaler, Scale scale, AutoscalerStatus status) {
        HorizontalPodAutoscalerSpec spec = autoscaler.getSpec();
        int current = scale.wanted(), min = Objects.requireNonNullElse(spec.getMinReplicas(), 1), max = spec.getMaxReplicas();
        Instant now = clock.instant();
        ScaleHistory history = histories.computeIfAbsent(Key.of(autoscaler), k -> new ScaleHistory());
        history.begin(current, now);
        ReplicaLimits limits = new ReplicaLimits(min, max, spec.getBehavior(), options.downscaleStabilization());
        List<MetricStatus> measured = new ArrayList<>();
        int desired = current;
        String because = "";
        if (current == 0 && min != 0) {
            status.condition("ScalingActive", false, "ScalingDisabled", "scaling is disabled since the replica count of the target is zero");
        } else if (current > max) {
            desired = max;
            because = "Current number of replicas above Spec.MaxReplicas";
        } else if (current < min) {
            desired = min;
            because = "Current number of replicas below Spec.MinReplicas";
        } else {
            Recommendation recommended;
            try {
                recommended = recommend(autoscaler, scale, status, measured);
            } catch (MetricException e) {
                events.warning(autoscaler, "FailedComputeMetricsReplicas", e.getMessage());
                status.current(current, measured);
                return;
            }
            ReplicaLimits.Limited limited = limits.apply(current, recommended.replicas(), history, now);
            status.condition("AbleToScale", true, limited.able().reason(), limited.able().message());
            status.condition("ScalingLimited", limited.isLimited(), limited.limited().reason(), limited.limited().message());
            desired = limited.replicas();
            because = recommended.replicas() > current ? recommended.metric() + " above target" : recommended.replicas() < current ? "All metrics below target" : "";
        }
        status.current(current, measured);
        if (desired != current && !rescale(autoscaler, scale, desired, because, status)) return;
        if (desired != current) limits.scaled(current, desired, history, now);
        status.desired(desired);
    }

    /** @param metric whose wish it is */
    private record Recommendation(int replicas, String metric) {}

    /**
     * The most that any metric asks for.
     *
     * @param measured gets one entry for each metric of the spec
     * @throws MetricException when no metric says anything, or those that do would have fewer replicas: the others might have wanted more
     */
    private Recommendation recommend(HorizontalPodAutoscaler autoscaler, Scale scale, AutoscalerStatus status, List<MetricStatus> measured) throws MetricException {
        MetricSources.Target target = target(autoscaler, scale, status);
        Recommendation most = null;
        List<String> failures = new ArrayList<>();
        MetricSpec failed = null;
        String why = null;
        List<MetricSpec> metrics = autoscaler.getSpec().getMetrics();
        for (MetricSpec metric : metrics) {
            try {
                MetricSources.Answer answer = sources.evaluate(metric, target);
                measured.add(answer.status());
                if (most == null || answer.replicas() > most.replicas()) most = new Recommendation(answer.replicas(), answer.name());
            } catch (MetricException e) {
                measured.add(new MetricStatusBuilder().withType("").build()); // readers go by the place in the list
                events.warning(autoscaler, MetricSources.failureReason(metric), e.getMessage());
                if (failed == null) {
                    failed = metric;
                    why = e.getMessage();
                }
                failures.add(MetricSources.failure(metric) + e.getMessage());
            }
        }
        String invalid = failed == null ? null
            : "invalid metrics (" + failures.size() + " invalid out of " + metrics.size() + "), first error is: " + failures.getFirst();
        if (most == null || failed != null && most.replicas() < scale.wanted()) {
            if (failed != null) status.condition("ScalingActive", false, MetricSources.failureReason(failed), "the HPA was unable to compute the replica count: " + why);
            throw new MetricException(failed == null ? "the autoscaler names no metrics" : invalid);
        }
        if (invalid != null) LOG.log(Level.DEBUG, "{0}: {1}", Key.of(autoscaler), invalid);
        status.condition("ScalingActive", true, "ValidMetricFound", "the HPA was able to successfully calculate a replica count from " + most.metric());
        return most;
    }

    private MetricSources.Target target(HorizontalPodAutoscaler autoscaler, Scale scale, AutoscalerStatus status) throws MetricException {
        Key key = Key.of(autoscaler);
        if (scale.selector().isEmpty()) {
            events.warning(autoscaler, "SelectorRequired", "selector is required");
            status.condition("ScalingActive", false, "InvalidSelector", "the HPA target's scale is missing a selector");
            throw new MetricException("selector is required");
        }
        LabelSelector selector;
        try {
            selector = LabelSelector.parse(scale.selector());
        } catch (IllegalArgumentException e) {
            throw unusable(autoscaler, status, "InvalidSelector", "couldn't convert selector into a corresponding internal selector object: " + e.getMessage());
        }
        selectors.put(key, selector);
        List<Pod> pods = informers.inNamespace(Pod.class, key.namespace()).stream().filter(p -> selector.matches(p.getMetadata().getLabels())).toList();
        List<String> selecting = selectors.entrySet().stream().filter(e -> e.getKey().namespace().equals(key.namespace())
            && pods.stream().anyMatch(p -> e.getValue().matches(p.getMetadata().getLabels()))).map(e -> e.getKey().toString()).sorted().toList();
        if (selecting.size() > 1) throw unusable(autoscaler, status, "AmbiguousSelector",
            "pods by selector " + scale.selector() + " are controlled by multiple HPAs: [" + String.join(" ", selecting) + "]");
        return new MetricSources.Target(key.namespace(), scale.wanted(), scale.running(), selector, pods);
    }

    private MetricException unusable(HorizontalPodAutoscaler autoscaler, AutoscalerStatus status, String reason, String message) {
        events.warning(autoscaler, reason, message);
        status.condition("ScalingActive", false, reason, message);
        return new MetricException(message);
    }

    /** @return whether it was done */
    private boolean rescale(HorizontalPodAutoscaler autoscaler, Scale scale, int desired, String because, AutoscalerStatus status) {
        try {
            targets.set(scale, desired);
        } catch (ScaleException e) {
            events.warning(autoscaler, "FailedRescale", "New size: " + desired + "; reason: " + because + "; error: " + e.getMessage());
            status.condition("AbleToScale", false, "FailedUpdateScale", "the HPA controller was unable to update the target scale: " + e.getMessage());
            return false;
        }
        status.condition("AbleToScale", true, "SucceededRescale", "the HPA controller was able to update the target scale to " + desired);
        events.normal(autoscaler, "SuccessfulRescale", "New size: " + desired + "; reason: " + because);
        status.scaledNow();
        return true;
    }

    private void write(HorizontalPodAutoscaler autoscaler, AutoscalerStatus status) {
        if (!status.changed()) return;
        try {
            informers.awaitSeen(informers.client().autoscaling().v2().horizontalPodAutoscalers().inNamespace(autoscaler.getMetadata().getNamespace())
                .resource(new HorizontalPodAutoscalerBuilder(autoscaler).withStatus(status.built()).build()).updateStatus());
        } catch (KubernetesClientException e) {
            if (e.getCode() == 404) return; // deleted meanwhile
            // Not tried again before the next look: that one would count what was just done a second time.
            events.warning(autoscaler, "FailedUpdateStatus", PodControl.message(e));
        }
    }
}
