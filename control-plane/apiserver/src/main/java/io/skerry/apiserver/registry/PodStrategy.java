package io.skerry.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.quota.QualityOfService;
import io.skerry.machinery.schema.ResourceType;
import java.util.List;

/** Pods: graceful deletion, the quality-of-service class, and labels that the status may change along. */
final class PodStrategy extends Strategy {
    private static final long DEFAULT_GRACE_SECONDS = 30;

    PodStrategy(ResourceType type) {
        super(type, true);
    }

    @Override
    public void prepareForCreate(ObjectNode pod) {
        super.prepareForCreate(pod);
        ObjectNode status = pod.putObject("status").put("phase", "Pending").put("qosClass", QualityOfService.of(pod));
        if (!Json.at(pod, "spec", "schedulingGates").isEmpty()) {
            status.putArray("conditions").addObject().put("type", "PodScheduled").put("status", "False").put("reason", "SchedulingGated")
                    .put("message", "Scheduling is blocked due to non-empty scheduling gates").putNull("lastProbeTime")
                    .put("lastTransitionTime", Pipeline.now().toString());
        }
        for (String kind : List.of("podAffinity", "podAntiAffinity")) {
            JsonNode affinity = Json.at(pod, "spec", "affinity", kind);
            affinity.path("requiredDuringSchedulingIgnoredDuringExecution").forEach(term -> selectByOwnLabels(term, pod));
            affinity.path("preferredDuringSchedulingIgnoredDuringExecution").forEach(each -> selectByOwnLabels(each.path("podAffinityTerm"), pod));
        }
    }

    /** matchLabelKeys and mismatchLabelKeys become expressions with the values that this pod's labels have (KEP-3633). */
    private static void selectByOwnLabels(JsonNode term, ObjectNode pod) {
        if (!(term.get("labelSelector") instanceof ObjectNode selector)) {
            return;
        }
        JsonNode labels = Json.at(pod, "metadata", "labels");
        for (String operator : List.of("In", "NotIn")) {
            for (JsonNode key : term.path(operator.equals("In") ? "matchLabelKeys" : "mismatchLabelKeys")) {
                if (labels.has(key.asText())) {
                    selector.withArray("matchExpressions").addObject().put("key", key.asText()).put("operator", operator)
                            .putArray("values").add(labels.get(key.asText()));
                }
            }
        }
    }

    /** Kubelets of old broke owner references. */
    @Override
    protected List<String> statusMetadata() {
        return List.of("annotations", "finalizers", "labels");
    }

    @Override
    public void prepareForStatusUpdate(ObjectNode updated, ObjectNode old) {
        super.prepareForStatusUpdate(updated, old);
        // the class is fixed when the pod is made; a node that leaves it out does not change it
        JsonNode quality = Json.at(old, "status", "qosClass");
        if (updated.get("status") instanceof ObjectNode status && !status.hasNonNull("qosClass") && quality.isTextual()) {
            status.set("qosClass", quality);
        }
    }

    /** People make pods; what changes them later is mostly a program. */
    @Override
    public List<String> warnings(ObjectNode pod, ObjectNode old) {
        return old == null ? PodWarnings.of(pod, "") : List.of();
    }

    @Override
    public Long gracePeriod(ObjectNode pod, Long asked) {
        long grace = asked != null ? asked : Json.at(pod, "spec", "terminationGracePeriodSeconds").asLong(DEFAULT_GRACE_SECONDS);
        String phase = Json.text(pod, "status", "phase");
        boolean nothingRuns = Json.text(pod, "spec", "nodeName").isEmpty() || phase.equals("Failed") || phase.equals("Succeeded");
        return nothingRuns ? 0L : grace < 0 ? 1L : grace;
    }
}
