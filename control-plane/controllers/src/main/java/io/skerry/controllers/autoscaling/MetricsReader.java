package io.skerry.controllers.autoscaling;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.autoscaling.v2.CrossVersionObjectReference;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.skerry.controllers.runtime.Discovery;
import io.skerry.controllers.runtime.Discovery.ApiType;
import io.skerry.controllers.workload.PodControl;
import io.skerry.controllers.workload.Pods;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.quantity.Quantity;
import io.skerry.machinery.selector.LabelSelector;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Reads the three APIs of metrics (k8s.io/metrics): metrics.k8s.io, and, where an APIService serves them, custom.metrics.k8s.io and
 * external.metrics.k8s.io.
 */
final class MetricsReader {
    private static final String CUSTOM = "custom.metrics.k8s.io";
    /** Those whose fields are read below, the newer first. */
    private static final List<String> CUSTOM_VERSIONS = List.of("v1beta2", "v1beta1");

    private final KubernetesClient client;

    MetricsReader(KubernetesClient client) {
        this.client = client;
    }

    /** What pods use of cpu or memory, by pod. @param container null for all of a pod's containers together */
    Map<String, PodMetric> resource(String resource, String namespace, LabelSelector selector, String container) throws MetricException {
        JsonNode items = items("/apis/metrics.k8s.io/v1beta1/namespaces/" + namespace + "/pods?labelSelector=" + encoded(selector.toString()), "resource");
        Map<String, PodMetric> metrics = new HashMap<>();
        for (JsonNode pod : items) {
            List<JsonNode> containers = new ArrayList<>();
            pod.path("containers").forEach(containers::add);
            if (container != null) containers.removeIf(c -> !Json.text(c, "name").equals(container));
            if (container != null && containers.isEmpty()) throw new MetricException("container " + container + " not present in metrics for pod "
                + namespace + "/" + Json.text(pod, "metadata", "name"));
            if (containers.isEmpty() || containers.stream().anyMatch(c -> Json.text(c, "usage", resource).isEmpty())) continue;
            long sum = 0;
            for (JsonNode c : containers) sum += milli(Json.text(c, "usage", resource));
            metrics.put(Json.text(pod, "metadata", "name"), new PodMetric(sum, time(pod), window(Json.text(pod, "window"))));
        }
        return metrics;
    }

    /** A metric of each pod. @param metricSelector "" for all series */
    Map<String, PodMetric> pods(String metric, String namespace, LabelSelector selector, String metricSelector) throws MetricException {
        JsonNode items = items(custom() + "/namespaces/" + namespace + "/pods/*/" + metric + "?labelSelector=" + encoded(selector.toString())
            + "&metricLabelSelector=" + encoded(metricSelector), "custom");
        Map<String, PodMetric> metrics = new HashMap<>();
        for (JsonNode item : items) {
            // upstream's window for a server that tells none
            Duration window = Duration.ofSeconds(item.hasNonNull("windowSeconds") ? item.get("windowSeconds").asLong() : 60);
            metrics.put(Json.text(item, "describedObject", "name"), new PodMetric(milli(Json.text(item, "value")), time(item), window));
        }
        return metrics;
    }

    /** A metric of one object of the namespace, or of the namespace itself; thousandths. */
    long object(String metric, String namespace, CrossVersionObjectReference object, String metricSelector) throws MetricException {
        String version = Objects.requireNonNullElse(object.getApiVersion(), "");
        String group = version.contains("/") ? version.substring(0, version.indexOf('/')) : "";
        String path = object.getKind().equals("Namespace") && group.isEmpty() ? "/metrics/" : "/" + resource(group, object.getKind()) + "/" + object.getName() + "/";
        JsonNode items = items(custom() + "/namespaces/" + namespace + path + metric + "?metricLabelSelector=" + encoded(metricSelector), "custom");
        if (items.size() != 1) throw new MetricException("unable to fetch metrics from custom metrics API: the custom metrics API server returned "
            + items.size() + " results when we asked for exactly one");
        return milli(Json.text(items.get(0), "value"));
    }

    /** The sum of a metric's series that come from outside the cluster; thousandths. */
    long external(String metric, String namespace, String selector) throws MetricException {
        long sum = 0;
        for (JsonNode item : items("/apis/external.metrics.k8s.io/v1beta1/namespaces/" + namespace + "/" + metric + "?labelSelector=" + encoded(selector), "external")) {
            long value = milli(Json.text(item, "value"));
            if (value > 0 && sum > Long.MAX_VALUE - value) return Long.MAX_VALUE;
            sum += value;
        }
        return sum;
    }

    private String custom() throws MetricException {
        String body = get("/apis/" + CUSTOM, "custom");
        List<String> served = new ArrayList<>();
        if (body != null) Json.parse(body).path("versions").forEach(v -> served.add(Json.text(v, "version")));
        for (String version : CUSTOM_VERSIONS) if (served.contains(version)) return "/apis/" + CUSTOM + "/" + version;
        throw new MetricException("unable to fetch metrics from custom metrics API: no custom metrics API (" + CUSTOM + ") registered");
    }

    private String resource(String group, String kind) throws MetricException {
        try {
            List<ApiType> types = Discovery.ofKind(client, group, kind);
            if (types.isEmpty()) throw new MetricException("unable to fetch metrics from custom metrics API: no matches for kind \"" + kind + "\" in group \"" + group + "\"");
            return types.getFirst().plural() + (group.isEmpty() ? "" : "." + group);
        } catch (IllegalStateException | KubernetesClientException e) {
            throw new MetricException("unable to fetch metrics from custom metrics API: " + e.getMessage());
        }
    }

    private JsonNode items(String path, String api) throws MetricException {
        String body = get(path, api);
        if (body == null) throw new MetricException("unable to fetch metrics from " + api + " metrics API: the server could not find the requested resource");
        JsonNode items = Json.parse(body).path("items");
        if (items.isEmpty()) throw new MetricException("no metrics returned from " + api + " metrics API");
        return items;
    }

    private String get(String path, String api) throws MetricException {
        try {
            return client.raw(path);
        } catch (KubernetesClientException e) {
            throw new MetricException("unable to fetch metrics from " + api + " metrics API: " + PodControl.message(e));
        }
    }

    private static long milli(String quantity) throws MetricException {
        try {
            return Quantity.parse(quantity).milliValue();
        } catch (IllegalArgumentException e) {
            throw new MetricException("the metrics API answered with the value '" + quantity + "': " + e.getMessage());
        }
    }

    private static Instant time(JsonNode measured) throws MetricException {
        try {
            return Objects.requireNonNullElse(Pods.time(Json.text(measured, "timestamp")), Instant.EPOCH);
        } catch (DateTimeParseException e) {
            throw new MetricException("the metrics API answered with the timestamp '" + Json.text(measured, "timestamp") + "'");
        }
    }

    /** A Go duration in hours, minutes and seconds, such as 1m0.5s; one below a second counts as none. */
    private static Duration window(String text) {
        try {
            return Duration.parse("PT" + text);
        } catch (DateTimeParseException e) {
            return Duration.ZERO;
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
