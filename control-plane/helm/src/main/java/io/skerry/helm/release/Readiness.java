package io.skerry.helm.release;

import com.fasterxml.jackson.databind.JsonNode;

/** When an object is ready, by its kind: Helm's {@code --wait}, and when a hook has run. */
final class Readiness {
    private Readiness() {}

    /** @param o null when there is none */
    static boolean ready(JsonNode o) {
        if (o == null) {
            return false;
        }
        JsonNode spec = o.path("spec");
        JsonNode status = o.path("status");
        boolean observed = status.path("observedGeneration").asLong() >= o.path("metadata").path("generation").asLong();
        return switch (o.path("kind").asText()) {
            case "Pod" -> condition(o, "Ready");
            case "Deployment" -> {
                if (spec.path("paused").asBoolean()) {
                    yield true;
                }
                int wanted = spec.path("replicas").asInt(1);
                yield observed && status.path("updatedReplicas").asInt() >= wanted && status.path("readyReplicas").asInt() >= wanted - unavailable(spec, wanted)
                    && status.path("replicas").asInt() <= Math.max(wanted, status.path("updatedReplicas").asInt());
            }
            case "StatefulSet" -> {
                int wanted = spec.path("replicas").asInt(1);
                int partition = spec.path("updateStrategy").path("rollingUpdate").path("partition").asInt(0);
                boolean onDelete = spec.path("updateStrategy").path("type").asText().equals("OnDelete");
                yield observed && (onDelete || status.path("updatedReplicas").asInt() >= wanted - partition) && status.path("readyReplicas").asInt() >= wanted;
            }
            case "DaemonSet" -> observed && (spec.path("updateStrategy").path("type").asText().equals("OnDelete")
                || status.path("updatedNumberScheduled").asInt() == status.path("desiredNumberScheduled").asInt()
                && status.path("numberReady").asInt() >= status.path("desiredNumberScheduled").asInt()
                - unavailable(o.path("spec").path("updateStrategy"), status.path("desiredNumberScheduled").asInt()));
            case "ReplicaSet", "ReplicationController" -> status.path("readyReplicas").asInt() >= spec.path("replicas").asInt(1);
            case "PersistentVolumeClaim" -> status.path("phase").asText().equals("Bound");
            case "Service" -> !spec.path("type").asText().equals("LoadBalancer") || !spec.path("externalIPs").isEmpty() || !status.path("loadBalancer").path("ingress").isEmpty();
            case "CustomResourceDefinition" -> condition(o, "Established");
            default -> true;
        };
    }

    /** A Deployment's or DaemonSet's maxUnavailable as a number of pods. */
    private static int unavailable(JsonNode spec, int wanted) {
        JsonNode n = spec.path("strategy").isMissingNode() ? spec.path("rollingUpdate").path("maxUnavailable") : spec.path("strategy").path("rollingUpdate").path("maxUnavailable");
        if (n.isTextual() && n.textValue().endsWith("%")) {
            try {
                return (int) Math.floor(wanted * Double.parseDouble(n.textValue().substring(0, n.textValue().length() - 1)) / 100);
            } catch (NumberFormatException e) {
                return 0;
            }
        }
        return n.asInt(0);
    }

    static boolean condition(JsonNode o, String type) {
        for (JsonNode c : o.path("status").path("conditions")) {
            if (c.path("type").asText().equals(type)) {
                return c.path("status").asText().equals("True");
            }
        }
        return false;
    }

    /** Whether a hook has run to its end, well or not: Jobs and Pods run, all else is done once it is there. */
    static boolean finished(JsonNode o) {
        return o != null && (succeeded(o) || failed(o));
    }

    static boolean succeeded(JsonNode o) {
        return switch (o.path("kind").asText()) {
            case "Job" -> condition(o, "Complete");
            case "Pod" -> o.path("status").path("phase").asText().equals("Succeeded");
            default -> true;
        };
    }

    static boolean failed(JsonNode o) {
        return switch (o.path("kind").asText()) {
            case "Job" -> condition(o, "Failed");
            case "Pod" -> o.path("status").path("phase").asText().equals("Failed");
            default -> false;
        };
    }
}
