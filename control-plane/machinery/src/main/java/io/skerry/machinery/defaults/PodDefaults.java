package io.skerry.machinery.defaults;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Pods and pod templates. */
final class PodDefaults {

    /** [domain[:port]/]path[:tag][@digest], as in the grammar of the distribution project's reference package. */
    private static final Pattern IMAGE = Pattern.compile("(?:(?:localhost|[a-zA-Z0-9-]*[.:A-Z][a-zA-Z0-9.:-]*|\\[[a-fA-F0-9:]+](?::[0-9]+)?)/)?"
            + "[a-z0-9]++(?:(?:\\.|__?|-++)[a-z0-9]++|/[a-z0-9]++)*+(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?"
            + "(?:@(?<digest>[A-Za-z][A-Za-z0-9]*+(?:[-_+.][A-Za-z][A-Za-z0-9]*+)*+:[0-9a-fA-F]{32,}))?");
    private static final int MAX_IMAGE = 1024;

    private PodDefaults() {}

    /** A pod itself gets more than a template does, so that templates do not change with the server's version. */
    static void pod(ObjectNode pod) {
        Fill.object(pod, "spec");
        Fill.in(pod, spec -> {
            boolean hostNetwork = spec.path("hostNetwork").asBoolean();
            podSpec(spec);
            // the older name of the field, which upstream reads where the newer is not there
            String account = Json.text(spec, "serviceAccount");
            if (!account.isEmpty()) {
                Fill.string(spec, "serviceAccountName", account);
            }
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
        podSpec(Fill.object(template, "spec"));
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

    /** What may change under the same name is asked for every time; what is no image's name is for validation, or the node, to tell. */
    static String pullPolicy(String image) {
        if (image.length() > MAX_IMAGE) {
            return "IfNotPresent";
        }
        Matcher parts = IMAGE.matcher(image);
        if (!parts.matches()) {
            return "IfNotPresent";
        }
        boolean unnamed = parts.group("tag") == null && parts.group("digest") == null;
        return unnamed || "latest".equals(parts.group("tag")) ? "Always" : "IfNotPresent";
    }

    private static void requestsFromLimits(ObjectNode container) {
        Fill.in(container, limits -> {
            ObjectNode requests = Fill.object((ObjectNode) container.get("resources"), "requests");
            limits.properties().forEach(limit -> Fill.node(requests, limit.getKey(), limit.getValue()));
        }, "resources", "limits");
    }
}
