package io.skerry.machinery.defaults;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;

/** Pods and pod templates. */
final class PodDefaults {

    private PodDefaults() {}

    /** A pod itself gets more than a template does, so that templates do not change with the server's version. */
    static void pod(ObjectNode pod) {
        Fill.object(pod, "spec");
        Fill.in(pod, spec -> {
            boolean hostNetwork = spec.path("hostNetwork").asBoolean();
            podSpec(spec);
            Fill.bool(spec, "enableServiceLinks", true);
            for (String list : new String[] {"initContainers", "containers"}) {
                Fill.each(spec, container -> {
                    requestsFromLimits(container);
                    if (hostNetwork) {
                        Fill.each(container, port -> Fill.nonZero(port, "hostPort", port.path("containerPort").asInt()), "ports");
                    }
                }, list);
            }
        }, "spec");
    }

    static void template(ObjectNode template) {
        Fill.in(template, PodDefaults::podSpec, "spec");
    }

    private static void podSpec(ObjectNode spec) {
        Fill.each(spec, PodDefaults::container, "initContainers");
        Fill.each(spec, PodDefaults::container, "containers");
        Fill.each(spec, PodDefaults::container, "ephemeralContainers");
        Fill.each(spec, VolumeDefaults::volume, "volumes");
        Fill.string(spec, "restartPolicy", "Always");
        Fill.integer(spec, "terminationGracePeriodSeconds", 30);
        Fill.string(spec, "dnsPolicy", "ClusterFirst");
        Fill.object(spec, "securityContext");
        Fill.string(spec, "schedulerName", "default-scheduler");
    }

    private static void container(ObjectNode container) {
        Fill.string(container, "imagePullPolicy", pullPolicy(Json.text(container, "image")));
        Fill.string(container, "terminationMessagePath", "/dev/termination-log");
        Fill.string(container, "terminationMessagePolicy", "File");
        Fill.each(container, port -> Fill.string(port, "protocol", "TCP"), "ports");
        Fill.each(container, env -> Fill.in(env, ref -> Fill.string(ref, "apiVersion", "v1"), "valueFrom", "fieldRef"), "env");
        for (String probe : new String[] {"livenessProbe", "readinessProbe", "startupProbe"}) {
            Fill.in(container, PodDefaults::probe, probe);
        }
        Fill.in(container, PodDefaults::httpGet, "lifecycle", "postStart", "httpGet");
        Fill.in(container, PodDefaults::httpGet, "lifecycle", "preStop", "httpGet");
    }

    private static void probe(ObjectNode probe) {
        Fill.nonZero(probe, "timeoutSeconds", 1);
        Fill.nonZero(probe, "periodSeconds", 10);
        Fill.nonZero(probe, "successThreshold", 1);
        Fill.nonZero(probe, "failureThreshold", 3);
        Fill.in(probe, PodDefaults::httpGet, "httpGet");
        Fill.in(probe, grpc -> {
            if (!grpc.hasNonNull("service")) {
                grpc.put("service", "");
            }
        }, "grpc");
    }

    private static void httpGet(ObjectNode get) {
        Fill.string(get, "path", "/");
        Fill.string(get, "scheme", "HTTP");
    }

    /** What may change under the same name is asked for every time. */
    static String pullPolicy(String image) {
        if (image.contains("@")) {
            return "IfNotPresent";
        }
        int colon = image.lastIndexOf(':');
        boolean tagged = colon > image.lastIndexOf('/');
        return !tagged || image.substring(colon + 1).equals("latest") ? "Always" : "IfNotPresent";
    }

    private static void requestsFromLimits(ObjectNode container) {
        Fill.in(container, limits -> {
            ObjectNode requests = Fill.object((ObjectNode) container.get("resources"), "requests");
            limits.properties().forEach(limit -> Fill.node(requests, limit.getKey(), limit.getValue()));
        }, "resources", "limits");
    }
}
