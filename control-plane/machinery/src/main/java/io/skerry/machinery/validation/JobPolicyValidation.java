package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** How a Job counts failed and succeeded pods: backoff per index, podFailurePolicy, successPolicy, podReplacementPolicy. */
final class JobPolicyValidation {

    private static final int MAX_RULES = 20;
    private static final int MAX_INDEXED = 100_000;
    private static final List<String> ACTIONS = List.of("Count", "FailIndex", "FailJob", "Ignore");

    private JobPolicyValidation() {}

    static void check(JsonNode spec, String path, Errors errors) {
        boolean indexed = Json.text(spec, "completionMode").equals("Indexed");
        boolean perIndex = spec.hasNonNull("backoffLimitPerIndex");
        if (perIndex && !indexed) {
            errors.invalid(Errors.at(path, "backoffLimitPerIndex"), spec.path("backoffLimitPerIndex"), "requires indexed completion mode");
        }
        if (spec.hasNonNull("maxFailedIndexes")) {
            if (!perIndex) {
                errors.required(Errors.at(path, "backoffLimitPerIndex"), "when maxFailedIndexes is specified");
            } else if (spec.hasNonNull("completions") && spec.path("maxFailedIndexes").asLong() > spec.path("completions").asLong()) {
                errors.invalid(Errors.at(path, "maxFailedIndexes"), spec.path("maxFailedIndexes"), "must be less than or equal to completions");
            }
        }
        if (indexed && spec.hasNonNull("completions") && spec.path("parallelism").asLong() > MAX_INDEXED) {
            errors.invalid(Errors.at(path, "parallelism"), spec.path("parallelism"), "must be less than or equal to " + MAX_INDEXED + " when completion mode is Indexed");
        }
        failure(spec, Errors.at(path, "podFailurePolicy"), perIndex, errors);
        success(spec, Errors.at(path, "successPolicy"), indexed, errors);
        String replacement = Json.text(spec, "podReplacementPolicy");
        if (!replacement.isEmpty() && spec.path("podFailurePolicy").isObject() && !replacement.equals("Failed")) {
            errors.notSupported(Errors.at(path, "podReplacementPolicy"), replacement, List.of("Failed"));
        } else {
            errors.optionalOneOf(spec, path, "podReplacementPolicy", List.of("Failed", "TerminatingOrFailed"));
        }
    }

    private static void failure(JsonNode spec, String path, boolean perIndex, Errors errors) {
        JsonNode rules = Json.at(spec, "podFailurePolicy", "rules");
        if (rules.size() > MAX_RULES) {
            errors.tooMany(Errors.at(path, "rules"), rules.size(), MAX_RULES);
        }
        Set<String> containers = new HashSet<>();
        for (String kind : List.of("containers", "initContainers")) {
            Json.at(spec, "template", "spec", kind).forEach(container -> containers.add(Json.text(container, "name")));
        }
        for (int i = 0; i < rules.size(); i++) {
            JsonNode rule = rules.path(i);
            String at = Errors.at(Errors.at(path, "rules"), i);
            String action = Json.text(rule, "action");
            errors.oneOf(rule, at, "action", ACTIONS);
            if (action.equals("FailIndex") && !perIndex) {
                errors.invalid(Errors.at(at, "action"), action, "requires the backoffLimitPerIndex to be set");
            }
            JsonNode codes = rule.path("onExitCodes");
            boolean conditions = !rule.path("onPodConditions").isEmpty();
            if (codes.isObject() && conditions) {
                errors.invalid(Errors.at(at, "onExitCodes"), rule, "specifying both OnExitCodes and OnPodConditions is not supported");
            } else if (!codes.isObject() && !conditions) {
                errors.invalid(at, rule, "specifying one of OnExitCodes and OnPodConditions is required");
            }
            if (codes.isObject()) {
                exitCodes(codes, Errors.at(at, "onExitCodes"), containers, errors);
            }
            for (int j = 0; j < rule.path("onPodConditions").size(); j++) {
                JsonNode condition = rule.path("onPodConditions").path(j);
                String in = Errors.at(Errors.at(at, "onPodConditions"), j);
                errors.invalid(Errors.at(in, "type"), Json.text(condition, "type"), Names.qualifiedName(Json.text(condition, "type")));
                errors.oneOf(condition, in, "status", List.of("False", "True", "Unknown"));
            }
        }
    }

    private static void exitCodes(JsonNode codes, String path, Set<String> containers, Errors errors) {
        errors.oneOf(codes, path, "operator", List.of("In", "NotIn"));
        String container = Json.text(codes, "containerName");
        if (codes.hasNonNull("containerName") && !containers.contains(container)) {
            errors.invalid(Errors.at(path, "containerName"), container, "must be one of the container or initContainer names in the pod template");
        }
        JsonNode values = codes.path("values");
        if (values.isEmpty()) {
            errors.invalid(Errors.at(path, "values"), values.isMissingNode() ? Json.array() : values, "at least one value is required");
        }
        long before = Long.MIN_VALUE;
        Set<Long> seen = new HashSet<>();
        for (int i = 0; i < values.size(); i++) {
            long value = values.path(i).asLong();
            if (Json.text(codes, "operator").equals("In") && value == 0) {
                errors.invalid(Errors.at(Errors.at(path, "values"), i), values.path(i), "must not be 0 for the In operator");
            }
            if (!seen.add(value)) {
                errors.duplicate(Errors.at(Errors.at(path, "values"), i), values.path(i));
            } else if (value < before) {
                errors.invalid(Errors.at(path, "values"), values, "must be ordered");
                return;
            }
            before = value;
        }
    }

    private static void success(JsonNode spec, String path, boolean indexed, Errors errors) {
        JsonNode policy = spec.path("successPolicy");
        if (!policy.isObject()) {
            return;
        }
        if (!indexed) {
            errors.invalid(path, policy, "requires indexed completion mode");
            return;
        }
        JsonNode rules = policy.path("rules");
        if (rules.isEmpty()) {
            errors.required(Errors.at(path, "rules"), "at least one rules must be specified when the successPolicy is specified");
        }
        if (rules.size() > MAX_RULES) {
            errors.tooMany(Errors.at(path, "rules"), rules.size(), MAX_RULES);
        }
        for (int i = 0; i < rules.size(); i++) {
            String at = Errors.at(Errors.at(path, "rules"), i);
            if (!rules.path(i).hasNonNull("succeededCount") && !rules.path(i).hasNonNull("succeededIndexes")) {
                errors.required(at, "at least one of succeededCount or succeededIndexes must be specified");
            }
            JsonNode count = rules.path(i).path("succeededCount");
            errors.notNegative(rules.path(i), at, "succeededCount");
            if (count.isNumber() && count.asLong() > spec.path("completions").asLong()) {
                errors.invalid(Errors.at(at, "succeededCount"), count, "must be less than or equal to " + spec.path("completions").asLong() + " (the number of specified completions)");
            }
        }
    }
}
