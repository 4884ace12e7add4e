package io.skerry.controllers.autoscaling;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.autoscaling.v2.MetricIdentifier;
import io.fabric8.kubernetes.api.model.autoscaling.v2.MetricSpec;
import io.fabric8.kubernetes.api.model.autoscaling.v2.MetricStatus;
import io.fabric8.kubernetes.api.model.autoscaling.v2.MetricStatusBuilder;
import io.fabric8.kubernetes.api.model.autoscaling.v2.MetricTarget;
import io.fabric8.kubernetes.api.model.autoscaling.v2.MetricValueStatus;
import io.fabric8.kubernetes.api.model.autoscaling.v2.MetricValueStatusBuilder;
import io.skerry.controllers.autoscaling.ReplicaCalculator.Proposal;
import io.skerry.machinery.json.Json;
import java.util.List;
import java.util.Map;

/** What each kind of metric in an autoscaler's spec asks for (autoscaling/v2, MetricSpec). */
final class MetricSources {
    /**
     * @param name of the metric, as conditions and events call it
     * @param status the metric's place in status.currentMetrics
     */
    record Answer(int replicas, String name, MetricStatus status) {}

    /**
     * Whose metrics are looked at.
     *
     * @param wanted how many replicas the target is told to have
     * @param running how many it has
     */
    record Target(String namespace, int wanted, int running, io.skerry.machinery.selector.LabelSelector selector, List<Pod> pods) {}

    private final MetricsReader metrics;
    private final ReplicaCalculator calculator;

    MetricSources(MetricsReader metrics, ReplicaCalculator calculator) {
        this.metrics = metrics;
        this.calculator = calculator;
    }

    /** The reason that events and the condition ScalingActive give when this metric says nothing. */
    static String failureReason(MetricSpec spec) {
        return switch (spec.getType()) {
            case "Resource", "ContainerResource", "Pods", "Object", "External" -> "FailedGet" + spec.getType() + "Metric";
            default -> "InvalidMetricSourceType";
        };
    }

    /** How the event of the whole autoscaler begins to tell of this metric. */
    static String failure(MetricSpec spec) {
        return "failed to get " + switch (spec.getType()) {
            case "Resource" -> spec.getResource().getName() + " resource";
            case "ContainerResource" -> spec.getContainerResource().getContainer() + " container";
            case "External" -> spec.getExternal().getMetric().getName() + " external";
            default -> spec.getType().toLowerCase(java.util.Locale.ROOT);
        } + " metric value: ";
    }

    Answer evaluate(MetricSpec spec, Target target) throws MetricException {
        return switch (spec.getType()) {
            case "Resource" -> {
                Proposal p = resource(spec.getResource().getName(), null, spec.getResource().getTarget(), target);
                yield new Answer(p.replicas(), name(spec.getResource().getName() + " resource", p), new MetricStatusBuilder().withType(spec.getType())
                    .withNewResource().withName(spec.getResource().getName()).withCurrent(average(p)).endResource().build());
            }
            case "ContainerResource" -> {
                var source = spec.getContainerResource();
                Proposal p = resource(source.getName(), source.getContainer(), source.getTarget(), target);
                String name = p.utilization() == null ? source.getName() + " resource" : source.getName() + " container resource";
                yield new Answer(p.replicas(), name(name, p), new MetricStatusBuilder().withType(spec.getType()).withNewContainerResource()
                    .withName(source.getName()).withContainer(source.getContainer()).withCurrent(average(p)).endContainerResource().build());
            }
            case "Pods" -> pods(spec, target);
            case "Object" -> object(spec, target);
            case "External" -> external(spec, target);
            default -> throw new MetricException("unknown metric source type \"" + spec.getType() + "\"");
        };
    }

    private static String name(String resource, Proposal p) {
        return p.utilization() == null ? resource : resource + " utilization (percentage of request)";
    }

    private Proposal resource(String resource, String container, MetricTarget wanted, Target target) throws MetricException {
        boolean byValue = wanted.getAverageValue() != null;
        if (!byValue && wanted.getAverageUtilization() == null) {
            throw new MetricException("invalid resource metric source: neither an average utilization target nor an average value (usage) target was set");
        }
        try {
            Map<String, PodMetric> measured = named("unable to get metrics for resource " + resource,
                () -> metrics.resource(resource, target.namespace(), target.selector(), container));
            return byValue ? calculator.byAverage(target.wanted(), target.pods(), measured, PodRequests.milli(wanted.getAverageValue()), resource)
                : calculator.byUtilization(target.wanted(), target.pods(), measured, wanted.getAverageUtilization(), resource, container);
        } catch (MetricException e) {
            throw new MetricException("failed to get " + resource + (byValue ? " usage: " : " utilization: ") + e.getMessage());
        }
    }

    private Answer pods(MetricSpec spec, Target target) throws MetricException {
        MetricIdentifier metric = spec.getPods().getMetric();
        Map<String, PodMetric> measured = named("unable to get metric " + metric.getName(),
            () -> metrics.pods(metric.getName(), target.namespace(), target.selector(), selector(metric)));
        Proposal p = calculator.byAverage(target.wanted(), target.pods(), measured, PodRequests.milli(spec.getPods().getTarget().getAverageValue()), "");
        return new Answer(p.replicas(), "pods metric " + metric.getName(), new MetricStatusBuilder().withType(spec.getType())
            .withNewPods().withMetric(metric).withCurrent(average(p)).endPods().build());
    }

    private Answer object(MetricSpec spec, Target target) throws MetricException {
        MetricIdentifier metric = spec.getObject().getMetric();
        MetricTarget wanted = spec.getObject().getTarget();
        var object = spec.getObject().getDescribedObject();
        boolean share = "AverageValue".equals(wanted.getType()) && wanted.getAverageValue() != null;
        if (!share && !("Value".equals(wanted.getType()) && wanted.getValue() != null)) {
            throw new MetricException("invalid object metric source: neither a value target nor an average value target was set");
        }
        long usage = named("unable to get metric " + metric.getName() + ": " + object.getKind() + " on " + target.namespace() + " " + object.getName(),
            () -> metrics.object(metric.getName(), target.namespace(), object, selector(metric)));
        Proposal p = whole(share, usage, wanted, target);
        return new Answer(p.replicas(), object.getKind() + " metric " + metric.getName(), new MetricStatusBuilder().withType(spec.getType())
            .withNewObject().withDescribedObject(object).withMetric(metric).withCurrent(share ? average(p) : value(p)).endObject().build());
    }

    private Answer external(MetricSpec spec, Target target) throws MetricException {
        MetricIdentifier metric = spec.getExternal().getMetric();
        MetricTarget wanted = spec.getExternal().getTarget();
        boolean share = wanted.getAverageValue() != null;
        if (!share && wanted.getValue() == null) {
            throw new MetricException("invalid external metric source: neither a value target nor an average value target was set");
        }
        String selector = selector(metric);
        long usage = named("unable to get external metric " + target.namespace() + "/" + metric.getName() + "/" + selector,
            () -> metrics.external(metric.getName(), target.namespace(), selector));
        Proposal p = whole(share, usage, wanted, target);
        return new Answer(p.replicas(), "external metric " + metric.getName() + "(" + selector + ")", new MetricStatusBuilder().withType(spec.getType())
            .withNewExternal().withMetric(metric).withCurrent(share ? average(p) : value(p)).endExternal().build());
    }

    private Proposal whole(boolean share, long usage, MetricTarget wanted, Target target) throws MetricException {
        return share ? calculator.byShare(target.running(), usage, PodRequests.milli(wanted.getAverageValue()))
            : calculator.byValue(target.wanted(), target.pods(), usage, PodRequests.milli(wanted.getValue()));
    }

    private interface Reading<T> {
        T read() throws MetricException;
    }

    private static <T> T named(String what, Reading<T> reading) throws MetricException {
        try {
            return reading.read();
        } catch (MetricException e) {
            throw new MetricException(what + ": " + e.getMessage());
        }
    }

    private static String selector(MetricIdentifier metric) throws MetricException {
        LabelSelector selector = metric.getSelector();
        if (selector == null) return "";
        try {
            return io.skerry.machinery.selector.LabelSelector.of(Json.MAPPER.valueToTree(selector)).toString();
        } catch (IllegalArgumentException e) {
            throw new MetricException(e.getMessage());
        }
    }

    private static MetricValueStatus average(Proposal p) {
        return new MetricValueStatusBuilder().withAverageUtilization(p.utilization()).withAverageValue(quantity(p)).build();
    }

    private static MetricValueStatus value(Proposal p) {
        return new MetricValueStatusBuilder().withValue(quantity(p)).build();
    }

    private static Quantity quantity(Proposal p) {
        return new Quantity(io.skerry.machinery.quantity.Quantity.ofMilli(p.usage()).toString());
    }
}
