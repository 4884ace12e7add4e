package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.quantity.Quantity;
import java.util.List;
import java.util.Map;

/** HorizontalPodAutoscalers: target, metrics and behavior. */
final class AutoscalerValidation {

    private static final Map<String, String> SOURCES = Map.of("ContainerResource", "containerResource", "External", "external", "Object", "object", "Pods", "pods",
            "Resource", "resource");
    private static final List<String> TARGETS = List.of("Utilization", "Value", "AverageValue");
    private static final int MAX_WINDOW_SECONDS = 3600;
    private static final int MAX_PERIOD_SECONDS = 1800;

    private AutoscalerValidation() {}

    static void check(ObjectNode o, ObjectNode old, Errors errors) {
        JsonNode spec = o.path("spec");
        reference(spec.path("scaleTargetRef"), "spec.scaleTargetRef", errors);
        JsonNode min = spec.path("minReplicas");
        JsonNode max = spec.path("maxReplicas");
        if (min.isNumber() && min.asLong() < 1) {
            errors.invalid("spec.minReplicas", min, "must be greater than or equal to 1");
        }
        if (max.asLong() < 1) {
            errors.invalid("spec.maxReplicas", max.isMissingNode() ? Json.MAPPER.getNodeFactory().numberNode(0) : max, "must be greater than 0");
        }
        if (min.isNumber() && max.asLong() < min.asLong()) {
            errors.invalid("spec.maxReplicas", max, "must be greater than or equal to `minReplicas`");
        }
        JsonNode metrics = spec.path("metrics");
        for (int i = 0; i < metrics.size(); i++) {
            metric(metrics.path(i), Errors.at("spec.metrics", i), errors);
        }
        for (String direction : List.of("scaleUp", "scaleDown")) {
            JsonNode rules = Json.at(spec, "behavior", direction);
            if (rules.isObject()) {
                rules(rules, "spec.behavior." + direction, errors);
            }
        }
    }

    private static void reference(JsonNode reference, String path, Errors errors) {
        for (String field : List.of("kind", "name")) {
            String value = Json.text(reference, field);
            if (value.isEmpty()) {
                errors.required(Errors.at(path, field), "");
            } else {
                errors.invalid(Errors.at(path, field), value, Names.pathSegment(value));
            }
        }
    }

    private static void metric(JsonNode metric, String path, Errors errors) {
        String type = Json.text(metric, "type");
        if (type.isEmpty()) {
            errors.required(Errors.at(path, "type"), "must specify a metric source type");
        }
        String expected = SOURCES.get(type);
        if (expected == null) {
            errors.notSupported(Errors.at(path, "type"), type, SOURCES.keySet());
            return;
        }
        if (!metric.path(expected).isObject()) {
            errors.required(Errors.at(path, expected), "must populate information for the given metric source");
        } else {
            source(metric.path(expected), expected, Errors.at(path, expected), errors);
        }
        SOURCES.values().stream().sorted().filter(source -> !source.equals(expected) && metric.path(source).isObject())
                .forEach(source -> errors.forbidden(Errors.at(path, source), "must populate the given metric source only"));
    }

    private static void source(JsonNode source, String kind, String path, Errors errors) {
        JsonNode target = source.path("target");
        String at = Errors.at(path, "target");
        boolean average = target.hasNonNull("averageValue");
        switch (kind) {
            case "resource", "containerResource" -> {
                if (Json.text(source, "name").isEmpty()) {
                    errors.required(Errors.at(path, "name"), "must specify a resource name");
                }
                if (kind.equals("containerResource") && Json.text(source, "container").isEmpty()) {
                    errors.required(Errors.at(path, "container"), "must specify a container");
                }
                target(target, at, errors);
                if (!target.hasNonNull("averageUtilization") && !average) {
                    errors.required(Errors.at(at, "averageUtilization"), "must set either a target raw value or a target utilization");
                } else if (target.hasNonNull("averageUtilization") && average) {
                    errors.forbidden(Errors.at(at, "averageValue"), "may not set both a target raw value and a target utilization");
                }
            }
            case "pods" -> {
                identifier(source, path, errors);
                target(target, at, errors);
                if (!average) {
                    errors.required(Errors.at(at, "averageValue"), "must specify a positive target averageValue");
                }
            }
            default -> {
                if (kind.equals("object")) {
                    reference(source.path("describedObject"), Errors.at(path, "describedObject"), errors);
                }
                identifier(source, path, errors);
                target(target, at, errors);
                if (!target.hasNonNull("value") && !average) {
                    errors.required(Errors.at(at, "averageValue"), "must set either a target value for metric or a per-pod target");
                } else if (target.hasNonNull("value") && average && kind.equals("external")) {
                    errors.forbidden(Errors.at(at, "value"), "may not set both a target value for metric and a per-pod target");
                }
            }
        }
    }

    private static void identifier(JsonNode source, String path, Errors errors) {
        String name = Json.text(source, "metric", "name");
        if (name.isEmpty()) {
            errors.required(Errors.at(path, "metric.name"), "must specify a metric name");
        } else {
            errors.invalid(Errors.at(path, "metric.name"), name, Names.pathSegment(name));
        }
    }

    private static void target(JsonNode target, String path, Errors errors) {
        String type = Json.text(target, "type");
        if (type.isEmpty()) {
            errors.required(Errors.at(path, "type"), "must specify a metric target type");
        }
        if (!TARGETS.contains(type)) {
            errors.invalid(Errors.at(path, "type"), type, "must be either Utilization, Value, or AverageValue");
        }
        for (String field : List.of("value", "averageValue")) {
            if (target.hasNonNull(field)) {
                Quantity quantity = Resources.quantity(target.get(field), Errors.at(path, field), errors);
                if (quantity != null && quantity.sign() != 1) {
                    errors.invalid(Errors.at(path, field), quantity.toString(), "must be positive");
                }
            }
        }
        JsonNode utilization = target.path("averageUtilization");
        if (utilization.isNumber() && utilization.asLong() < 1) {
            errors.invalid(Errors.at(path, "averageUtilization"), utilization, "must be greater than 0");
        }
    }

    private static void rules(JsonNode rules, String path, Errors errors) {
        JsonNode window = rules.path("stabilizationWindowSeconds");
        errors.notNegative(rules, path, "stabilizationWindowSeconds");
        if (window.isNumber() && window.asLong() > MAX_WINDOW_SECONDS) {
            errors.invalid(Errors.at(path, "stabilizationWindowSeconds"), window, "must be less than or equal to " + MAX_WINDOW_SECONDS);
        }
        errors.optionalOneOf(rules, path, "selectPolicy", List.of("Disabled", "Max", "Min"));
        JsonNode policies = rules.path("policies");
        if (policies.isEmpty()) {
            errors.required(Errors.at(path, "policies"), "must specify at least one Policy");
        }
        for (int i = 0; i < policies.size(); i++) {
            String at = Errors.at(Errors.at(path, "policies"), i);
            errors.oneOf(policies.path(i), at, "type", List.of("Percent", "Pods"));
            for (String field : List.of("value", "periodSeconds")) {
                JsonNode value = policies.path(i).path(field);
                if (value.asLong() <= 0) {
                    errors.invalid(Errors.at(at, field), value, "must be greater than zero");
                }
            }
            JsonNode period = policies.path(i).path("periodSeconds");
            if (period.asLong() > MAX_PERIOD_SECONDS) {
                errors.invalid(Errors.at(at, "periodSeconds"), period, "must be less than or equal to " + MAX_PERIOD_SECONDS);
            }
        }
    }
}
