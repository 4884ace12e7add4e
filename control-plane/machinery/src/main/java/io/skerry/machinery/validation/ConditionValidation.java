package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.skerry.machinery.json.Json;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** {@code metav1.Condition} lists in a status (k8s.io/apimachinery/pkg/apis/meta/v1/validation), and the older kinds of conditions. */
final class ConditionValidation {

    private static final List<String> STATUSES = List.of("False", "True", "Unknown");
    private static final String REASON = "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?";
    private static final Pattern REASON_PATTERN = Pattern.compile(REASON);
    /** Bytes. */
    private static final int MAX_REASON = 1024;
    private static final int MAX_MESSAGE = 32 * 1024;

    private ConditionValidation() {}

    static void check(JsonNode conditions, String path, Errors errors) {
        Set<String> types = new HashSet<>();
        for (int i = 0; i < conditions.size(); i++) {
            JsonNode condition = conditions.path(i);
            String at = Errors.at(path, i);
            String type = Json.text(condition, "type");
            if (!types.add(type)) {
                errors.duplicate(Errors.at(at, "type"), TextNode.valueOf(type));
            }
            errors.invalid(Errors.at(at, "type"), type, Names.qualifiedName(type));
            String status = Json.text(condition, "status");
            if (!STATUSES.contains(status)) {
                errors.notSupported(Errors.at(at, "status"), status, STATUSES);
            }
            if (condition.path("observedGeneration").asLong() < 0) {
                errors.invalid(Errors.at(at, "observedGeneration"), condition.path("observedGeneration"), "must be greater than or equal to zero");
            }
            errors.requiredText(condition, at, "lastTransitionTime");
            reason(Json.text(condition, "reason"), Errors.at(at, "reason"), errors);
            if (Errors.bytes(Json.text(condition, "message")) > MAX_MESSAGE) {
                errors.tooLong(Errors.at(at, "message"), MAX_MESSAGE);
            }
        }
    }

    private static void reason(String reason, String path, Errors errors) {
        if (reason.isEmpty()) {
            errors.required(path, "");
            return;
        }
        if (Errors.bytes(reason) > MAX_REASON) {
            errors.tooLong(path, MAX_REASON);
        }
        if (!REASON_PATTERN.matcher(reason).matches()) {
            errors.invalid(path, reason, "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must "
                    + "end with an alphanumeric character or '_' (e.g. 'my_name', or 'MY_NAME', or 'MyName', or 'ReasonA,ReasonB', or 'ReasonA:ReasonB', "
                    + "regex used for validation is '" + REASON + "')");
        }
    }

    /** Of types with conditions of their own, only that each has one of the three statuses. */
    static void statuses(JsonNode conditions, String path, Errors errors) {
        for (int i = 0; i < conditions.size(); i++) {
            String status = Json.text(conditions.path(i), "status");
            if (!STATUSES.contains(status)) {
                errors.notSupported(Errors.at(Errors.at(path, i), "status"), status, List.of("True", "False", "Unknown"));
            }
        }
    }

    /** Of flow control: each type once. */
    static void types(JsonNode conditions, String path, Errors errors) {
        Set<String> types = new HashSet<>();
        for (int i = 0; i < conditions.size(); i++) {
            String at = Errors.at(Errors.at(path, i), "type");
            String type = Json.text(conditions.path(i), "type");
            if (!types.add(type)) {
                errors.duplicate(at, conditions.path(i).path("type"));
            }
            if (type.isEmpty()) {
                errors.required(at, "");
            }
        }
    }
}
