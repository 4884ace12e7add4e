package io.skerry.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;

/**
 * autoscaling/v2 (as stored) and autoscaling/v1. Version 1 knows one metric, CPU utilisation; as upstream, the others and the
 * behavior travel in annotations so that a write of version 1 does not lose them.
 */
final class AutoscalerConversion {
    private static final String METRICS = "autoscaling.alpha.kubernetes.io/metrics";
    private static final String BEHAVIOR = "autoscaling.alpha.kubernetes.io/behavior";
    private static final String CONDITIONS = "autoscaling.alpha.kubernetes.io/conditions";
    private static final String CURRENT = "autoscaling.alpha.kubernetes.io/current-metrics";
    /** Percent, where version 1 names no metric at all. */
    private static final int DEFAULT_CPU = 80;

    private AutoscalerConversion() {
    }

    static void toV1(ObjectNode object) {
        if (object.get("spec") instanceof ObjectNode spec) {
            ArrayNode others = Json.array();
            JsonNode metrics = spec.remove("metrics");
            if (metrics != null) {
                for (JsonNode metric : metrics) {
                    JsonNode target = Json.at(metric, "resource", "target");
                    if (isCpu(metric) && Json.text(target, "type").equals("Utilization") && !spec.has("targetCPUUtilizationPercentage")) {
                        spec.set("targetCPUUtilizationPercentage", target.get("averageUtilization"));
                    } else {
                        others.add(metric);
                    }
                }
            }
            annotate(object, METRICS, others.isEmpty() ? null : others);
            annotate(object, BEHAVIOR, spec.remove("behavior"));
        }
        if (object.get("status") instanceof ObjectNode status) {
            status.putIfAbsent("currentReplicas", status.numberNode(0)); // version 2 leaves it out when it is zero
            annotate(object, CONDITIONS, status.remove("conditions"));
            ArrayNode others = Json.array();
            JsonNode metrics = status.remove("currentMetrics");
            if (metrics != null) {
                for (JsonNode metric : metrics) {
                    JsonNode utilization = Json.at(metric, "resource", "current", "averageUtilization");
                    if (isCpu(metric) && utilization.isNumber()) {
                        status.set("currentCPUUtilizationPercentage", utilization);
                    } else {
                        others.add(metric);
                    }
                }
            }
            annotate(object, CURRENT, others.isEmpty() ? null : others);
        }
    }

    static void toV2(ObjectNode object) {
        if (object.get("spec") instanceof ObjectNode spec) {
            ArrayNode metrics = Json.array();
            if (annotation(object, METRICS) instanceof ArrayNode others) {
                metrics.addAll(others);
            }
            JsonNode cpu = spec.remove("targetCPUUtilizationPercentage");
            boolean named = cpu != null && !cpu.isNull();
            if (named || metrics.isEmpty()) {
                ObjectNode metric = metrics.insertObject(0).put("type", "Resource");
                metric.putObject("resource").put("name", "cpu").putObject("target").put("type", "Utilization")
                        .set("averageUtilization", named ? cpu : IntNode.valueOf(DEFAULT_CPU));
            }
            spec.set("metrics", metrics);
            JsonNode behavior = annotation(object, BEHAVIOR);
            if (behavior != null) {
                spec.set("behavior", behavior);
            }
        }
        JsonNode conditions = annotation(object, CONDITIONS);
        JsonNode others = annotation(object, CURRENT);
        if (object.get("status") instanceof ObjectNode status) {
            JsonNode cpu = status.remove("currentCPUUtilizationPercentage");
            ArrayNode metrics = others instanceof ArrayNode kept ? kept : Json.array();
            if (cpu != null && !cpu.isNull()) {
                ObjectNode metric = metrics.insertObject(0).put("type", "Resource");
                metric.putObject("resource").put("name", "cpu").putObject("current").set("averageUtilization", cpu);
            }
            if (!metrics.isEmpty()) {
                status.set("currentMetrics", metrics);
            }
            if (conditions != null) {
                status.set("conditions", conditions);
            }
        }
    }

    private static boolean isCpu(JsonNode metric) {
        return Json.text(metric, "type").equals("Resource") && Json.text(metric, "resource", "name").equals("cpu");
    }

    private static void annotate(ObjectNode object, String name, JsonNode value) {
        if (value != null && !value.isNull()) {
            Json.ensureObject(object, "metadata", "annotations").put(name, Json.string(value));
        }
    }

    private static JsonNode annotation(ObjectNode object, String name) {
        if (!(object.path("metadata").get("annotations") instanceof ObjectNode annotations)) {
            return null;
        }
        JsonNode text = annotations.remove(name);
        if (annotations.isEmpty()) {
            ((ObjectNode) object.get("metadata")).remove("annotations");
        }
        try {
            return text == null ? null : Json.parse(text.asText());
        } catch (IllegalArgumentException e) {
            // written by hand and not JSON: upstream drops it as well
            return null;
        }
    }
}
