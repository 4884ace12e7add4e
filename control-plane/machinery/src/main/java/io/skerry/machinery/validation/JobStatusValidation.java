package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.patch.Values;
import io.skerry.machinery.validation.JobIndexes.Unreadable;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A Job's status, whoever keeps it (batch validation's ValidateJobUpdateStatus with the options of its strategy; KEP-4368). A rule about a field is
 * asked only when that field changes: what a new spec has just made wrong is the controller's to mend, and must not keep it from writing.
 */
final class JobStatusValidation {

    private static final List<String> TERMINAL = List.of("Failed", "Complete", "FailureTarget");
    private static final String CONDITIONS = "status.conditions";

    private final JsonNode spec;
    private final JsonNode status;
    private final JsonNode before;
    private final Errors errors;

    private JobStatusValidation(ObjectNode job, ObjectNode old, Errors errors) {
        spec = job.path("spec");
        status = job.path("status");
        before = old.path("status");
        this.errors = errors;
    }

    static void check(ObjectNode job, ObjectNode old, Errors errors) {
        JobStatusValidation check = new JobStatusValidation(job, old, errors);
        check.counters();
        check.uncounted();
        check.conditions();
        check.completion();
        check.finished();
        check.indexes();
        check.transitions();
    }

    private void counters() {
        errors.notNegative(status, "status", "active", "succeeded", "failed", "ready", "terminating");
        if (status.hasNonNull("ready") && (changed("ready") || changed("active")) && status.path("ready").asLong() > status.path("active").asLong()) {
            errors.invalid("status.ready", status.path("ready"), "cannot set more ready pods than active");
        }
    }

    private void uncounted() {
        Set<String> seen = new HashSet<>();
        for (String result : List.of("succeeded", "failed")) {
            JsonNode pods = Json.at(status, "uncountedTerminatedPods", result);
            for (int i = 0; i < pods.size(); i++) {
                String at = Errors.at("status.uncountedTerminatedPods." + result, i);
                if (pods.path(i).asText().isEmpty()) {
                    errors.invalid(at, "", "must not be empty");
                } else if (!seen.add(pods.path(i).asText())) {
                    errors.duplicate(at, pods.path(i));
                }
            }
        }
    }

    private void conditions() {
        boolean complete = is(status, "Complete");
        boolean failed = is(status, "Failed");
        boolean target = is(status, "FailureTarget");
        boolean met = is(status, "SuccessCriteriaMet");
        boolean ends = turned("Complete");
        if ((ends || turned("Failed")) && complete && failed) {
            errors.invalid(CONDITIONS, "cannot set Complete=True and Failed=true conditions");
        }
        if ((ends || turned("FailureTarget")) && complete && target) {
            errors.invalid(CONDITIONS, "cannot set Complete=True and FailureTarget=true conditions");
        }
        if ((turned("Failed") || changed("failedIndexes")) && failed && !target) {
            errors.invalid(CONDITIONS, "cannot set Failed=True condition without the FailureTarget=true condition");
        }
        if ((ends || turned("SuccessCriteriaMet")) && complete && !met) {
            errors.invalid(CONDITIONS, "cannot set Complete=True condition without the SuccessCriteriaMet=true condition");
        }
        if (met && failed) {
            errors.invalid(CONDITIONS, "cannot set SuccessCriteriaMet=True and Failed=true conditions");
        }
        if (met && target) {
            errors.invalid(CONDITIONS, "cannot set SuccessCriteriaMet=True and FailureTarget=true conditions");
        }
        if (spec.path("successPolicy").isObject() && complete && !met) {
            errors.invalid(CONDITIONS, "cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True");
        }
    }

    private void completion() {
        JsonNode completed = status.path("completionTime");
        if (turned("Complete") || changed("completionTime")) {
            boolean complete = is(status, "Complete");
            if (completed.isTextual() && !complete) {
                errors.invalid("status.completionTime", completed, "cannot set completionTime when there is no Complete=True condition");
            } else if (complete && !completed.isTextual()) {
                errors.required("status.completionTime", "completionTime is required for Complete jobs");
            }
        }
        if ((changed("startTime") || changed("completionTime")) && isBefore(completed, status.path("startTime"))) {
            errors.invalid("status.completionTime", completed, "must be equal to or after `startTime`");
        }
    }

    private void finished() {
        if (!isFinished(status)) {
            return;
        }
        boolean ends = !isFinished(before);
        if ((ends || changed("active")) && status.path("active").asLong() > 0) {
            errors.invalid("status.active", status.path("active"), "active>0 is invalid for finished job");
        }
        boolean nothingToDo = spec.path("suspend").asBoolean() && spec.path("completions").isNumber() && spec.path("completions").asLong() == 0;
        if ((ends || changed("startTime")) && !nothingToDo && !status.hasNonNull("startTime")) {
            errors.required("status.startTime", "startTime is required for finished job");
        }
        JsonNode uncounted = status.path("uncountedTerminatedPods");
        if ((ends || changed("uncountedTerminatedPods")) && uncounted.path("succeeded").size() + uncounted.path("failed").size() > 0) {
            errors.invalid("status.uncountedTerminatedPods", uncounted, "must be empty for finished job");
        }
        if ((ends || changed("terminating")) && status.path("terminating").asLong() > 0) {
            errors.invalid("status.terminating", status.path("terminating"), "terminating>0 is invalid for finished job");
        }
    }

    private void indexes() {
        boolean completedChanged = changed("completedIndexes");
        boolean failedChanged = changed("failedIndexes");
        String completed = Json.text(status, "completedIndexes");
        JsonNode failed = status.path("failedIndexes");
        boolean counted = spec.path("completions").isNumber();
        long completions = spec.path("completions").asLong();
        boolean perIndex = spec.hasNonNull("backoffLimitPerIndex");
        if (completedChanged && counted) {
            readable("completedIndexes", completed, completions);
        }
        if (failedChanged && counted && perIndex && failed.isTextual()) {
            readable("failedIndexes", failed.textValue(), completions);
        }
        if (completedChanged && !completed.isEmpty() && !isIndexed()) {
            errors.invalid("status.completedIndexes", completed, "cannot set non-empty completedIndexes when non-indexed completion mode");
        }
        if (failedChanged && !perIndex && failed.isTextual()) {
            errors.invalid("status.failedIndexes", failed, "cannot set non-null failedIndexes when backoffLimitPerIndex is null");
        }
        if ((failedChanged || completedChanged) && counted && failed.isTextual()) {
            JobIndexes.overlap(completed, failed.textValue(), completions)
                    .ifPresent(index -> errors.invalid("status.failedIndexes", failed, "failedIndexes and completedIndexes overlap at index: " + index));
        }
    }

    private void readable(String field, String text, long completions) {
        try {
            JobIndexes.count(text, completions);
        } catch (Unreadable e) {
            errors.invalid("status." + field, text, "error parsing " + field + ": " + e.getMessage());
        }
    }

    private void transitions() {
        for (String type : TERMINAL) {
            if (is(before, type) && !is(status, type)) {
                errors.invalid(CONDITIONS, "cannot disable the terminal " + type + "=True condition");
            }
        }
        decreasing("failed");
        // an Indexed Job whose completions follow its parallelism may be scaled down
        if (!isIndexed() || spec.path("completions").asLong() != spec.path("parallelism").asLong(1)) {
            decreasing("succeeded");
        }
        if (status.hasNonNull("completionTime") && before.hasNonNull("completionTime") && changed("completionTime")) {
            errors.invalid("status.completionTime", status.path("completionTime"), Errors.IMMUTABLE);
        }
        boolean resumes = is(before, "Suspended") && has(status, "Suspended", "False");
        if (before.hasNonNull("startTime") && changed("startTime") && !resumes && !spec.path("suspend").asBoolean()) {
            errors.required("status.startTime", "startTime cannot be removed for unsuspended job");
        }
        boolean metBefore = is(before, "SuccessCriteriaMet");
        boolean met = is(status, "SuccessCriteriaMet");
        if (metBefore && !met) {
            errors.invalid(CONDITIONS, "cannot disable the SuccessCriteriaMet=True condition");
        }
        if (is(before, "Complete") && !metBefore && met) {
            errors.invalid(CONDITIONS, "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions");
        }
    }

    private void decreasing(String counter) {
        long now = status.path(counter).asLong();
        if (now < before.path(counter).asLong()) {
            errors.invalid("status." + counter, LongNode.valueOf(now), "cannot decrease the " + counter + " counter");
        }
    }

    private boolean isIndexed() {
        return Json.text(spec, "completionMode").equals("Indexed");
    }

    /** An absent field is as good as an empty or zero one. */
    private boolean changed(String field) {
        JsonNode now = status.path(field);
        JsonNode was = before.path(field);
        return !(isNothing(now) && isNothing(was)) && !Values.same(now, was);
    }

    private static boolean isNothing(JsonNode value) {
        return value.isMissingNode() || value.isNull() || value.isNumber() && value.asLong() == 0 || value.isContainerNode() && value.isEmpty();
    }

    private boolean turned(String type) {
        return is(before, type) != is(status, type);
    }

    private static boolean isFinished(JsonNode status) {
        return is(status, "Complete") || is(status, "Failed");
    }

    private static boolean is(JsonNode status, String type) {
        return has(status, type, "True");
    }

    private static boolean has(JsonNode status, String type, String value) {
        for (JsonNode condition : status.path("conditions")) {
            if (Json.text(condition, "type").equals(type) && Json.text(condition, "status").equals(value)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isBefore(JsonNode time, JsonNode other) {
        try {
            return time.isTextual() && other.isTextual() && Instant.parse(time.textValue()).isBefore(Instant.parse(other.textValue()));
        } catch (DateTimeParseException notATime) {
            return false; // the schema's check has told
        }
    }
}
