package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** How a Job counts failed and succeeded pods: backoff per index, podFailurePolicy, successPolicy, podReplacementPolicy. */
final class JobPolicyValidation {

    private static final int MAX_RULES = 20;
    private static final int MAX_PATTERNS = 20;
    private static final int MAX_CODES = 255;
    /** Bytes. */
    private static final int MAX_MANAGER = 63;
    private static final int MAX_SUCCEEDED = 64 * 1024;
    /** With more than MAX_INDEXED completions. */
    private static final int MAX_OF_MANY = 10_000;
    private static final List<String> STATUSES = List.of("False", "True", "Unknown");
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
            }
        }
        if (indexed && spec.hasNonNull("completions") && spec.path("parallelism").asLong() > MAX_INDEXED) {
            errors.invalid(Errors.at(path, "parallelism"), spec.path("parallelism"), "must be less than or equal to " + MAX_INDEXED + " when completion mode is Indexed");
        }
        if (indexed) {
            failedIndexes(spec, path, perIndex, errors);
        } else if (spec.hasNonNull("maxFailedIndexes")) {
            errors.invalid(Errors.at(path, "maxFailedIndexes"), spec.path("maxFailedIndexes"), "requires indexed completion mode");
        }
        if (spec.hasNonNull("managedBy")) {
            String manager = Json.text(spec, "managedBy");
            Names.domainPrefixedPath(manager, Errors.at(path, "managedBy"), errors);
            if (Errors.bytes(manager) > MAX_MANAGER) {
                errors.tooLong(Errors.at(path, "managedBy"), MAX_MANAGER);
            }
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

    /** An Indexed Job's status names its indexes: there may be so many that it still fits. */
    private static void failedIndexes(JsonNode spec, String path, boolean perIndex, Errors errors) {
        JsonNode max = spec.path("maxFailedIndexes");
        String at = Errors.at(path, "maxFailedIndexes");
        long completions = spec.path("completions").asLong();
        if (max.isNumber() && spec.hasNonNull("completions") && max.asLong() > completions) {
            errors.invalid(at, max, "must be less than or equal to completions");
        }
        if (max.asLong() > MAX_INDEXED) {
            errors.invalid(at, max, "must be less than or equal to " + MAX_INDEXED);
        }
        if (!perIndex || completions <= MAX_INDEXED) {
            return;
        }
        String many = "must be less than or equal to " + MAX_OF_MANY + " when completions are above " + MAX_INDEXED + " and used with backoff limit per index";
        if (!max.isNumber()) {
            errors.required(at, "must be specified when completions is above " + MAX_INDEXED);
        }
        if (spec.path("parallelism").asLong() > MAX_OF_MANY) {
            errors.invalid(Errors.at(path, "parallelism"), spec.path("parallelism"), many);
        }
        if (max.asLong() > MAX_OF_MANY) {
            errors.invalid(at, max, many);
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
            given(rule, at, "action", ACTIONS, errors);
            if (action.equals("FailIndex") && !perIndex) {
                errors.invalid(Errors.at(at, "action"), action, "requires the backoffLimitPerIndex to be set");
            }
            JsonNode codes = rule.path("onExitCodes");
            boolean conditions = !rule.path("onPodConditions").isEmpty();
            if (codes.isObject() && conditions) {
                errors.invalid(at, "specifying both OnExitCodes and OnPodConditions is not supported");
            } else if (!codes.isObject() && !conditions) {
                errors.invalid(at, "specifying one of OnExitCodes and OnPodConditions is required");
            }
            if (codes.isObject()) {
                exitCodes(codes, Errors.at(at, "onExitCodes"), containers, errors);
            }
            if (rule.path("onPodConditions").size() > MAX_PATTERNS) {
                errors.tooMany(Errors.at(at, "onPodConditions"), rule.path("onPodConditions").size(), MAX_PATTERNS);
            }
            for (int j = 0; j < rule.path("onPodConditions").size(); j++) {
                JsonNode condition = rule.path("onPodConditions").path(j);
                String in = Errors.at(Errors.at(at, "onPodConditions"), j);
                errors.invalid(Errors.at(in, "type"), Json.text(condition, "type"), Names.qualifiedName(Json.text(condition, "type")));
                given(condition, in, "status", STATUSES, errors);
            }
        }
    }

    /** As {@link Errors#oneOf}, but that the message says what may be said when nothing is. */
    private static void given(JsonNode object, String path, String field, List<String> supported, Errors errors) {
        if (Json.text(object, field).isEmpty()) {
            errors.required(Errors.at(path, field), supported.stream().collect(Collectors.joining("\" \"", "valid values: [\"", "\"]")));
        } else {
            errors.oneOf(object, path, field, supported);
        }
    }

    private static void exitCodes(JsonNode codes, String path, Set<String> containers, Errors errors) {
        given(codes, path, "operator", List.of("In", "NotIn"), errors);
        String container = Json.text(codes, "containerName");
        if (codes.hasNonNull("containerName") && !containers.contains(container)) {
            errors.invalid(Errors.at(path, "containerName"), container, "must be one of the container or initContainer names in the pod template");
        }
        JsonNode values = codes.path("values");
        if (values.isEmpty()) {
            errors.invalid(Errors.at(path, "values"), values.isMissingNode() ? Json.array() : values, "at least one value is required");
        }
        if (values.size() > MAX_CODES) {
            errors.tooMany(Errors.at(path, "values"), values.size(), MAX_CODES);
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
            JsonNode indexes = rules.path(i).path("succeededIndexes");
            long named = indexes.isTextual() ? indexes(indexes.textValue(), spec, Errors.at(at, "succeededIndexes"), errors) : Long.MAX_VALUE;
            if (count.isNumber() && count.asLong() > named) {
                errors.invalid(Errors.at(at, "succeededCount"), count, "must be less than or equal to " + named
                        + " (the number of indexes in the specified succeededIndexes field)");
            }
            errors.notNegative(rules.path(i), at, "succeededCount");
            if (count.isNumber() && count.asLong() > spec.path("completions").asLong()) {
                errors.invalid(Errors.at(at, "succeededCount"), count, "must be less than or equal to " + spec.path("completions").asLong() + " (the number of specified completions)");
            }
        }
    }

    /** How many the text names; 0 when it cannot be read. */
    private static long indexes(String text, JsonNode spec, String path, Errors errors) {
        if (Errors.bytes(text) > MAX_SUCCEEDED) {
            errors.tooLong(path, MAX_SUCCEEDED);
        }
        try {
            return JobIndexes.count(text, spec.path("completions").asLong());
        } catch (JobIndexes.Unreadable e) {
            errors.invalid(path, text, "error parsing succeededIndexes: " + e.getMessage());
            return 0;
        }
    }
}
