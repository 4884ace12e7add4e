package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.cron.CronSchedule;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.selector.LabelSelector;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;

/** Jobs and cron jobs. */
final class BatchValidation {

    private BatchValidation() {}

    static void declare(Map<String, Validation.Check> checks) {
        checks.put("jobs.batch", BatchValidation::job);
        checks.put("cronjobs.batch", BatchValidation::cronJob);
    }

    private static void job(ObjectNode o, ObjectNode old, Errors errors) {
        JsonNode spec = o.path("spec");
        jobSpec(spec, "spec", errors);
        hostName(o, errors);
        JsonNode selector = spec.path("selector");
        int before = errors.list().size();
        if (selector.isObject()) {
            SelectorValidation.check(selector, "spec.selector", errors);
        } else {
            errors.required("spec.selector", "");
        }
        boolean readable = errors.list().size() == before;
        if (readable) {
            SelectorValidation.matchesTemplate(spec, LabelSelector.of(selector), errors);
        }
        if (old == null) {
            if (!spec.path("manualSelector").asBoolean() && readable) {
                generated(o, LabelSelector.of(selector), errors);
            }
            return;
        }
        errors.immutable(o, old, "spec", "selector");
        errors.immutable(o, old, "spec", "completionMode");
        errors.immutable(o, old, "spec", "podFailurePolicy");
        errors.immutable(o, old, "spec", "backoffLimitPerIndex");
        errors.immutable(o, old, "spec", "successPolicy");
        errors.immutable(o, old, "spec", "managedBy");
        if (!Json.text(spec, "completionMode").equals("Indexed")) {
            errors.immutable(o, old, "spec", "completions");
        } else if (spec.path("completions").isNumber() && !spec.path("completions").equals(Json.at(old, "spec", "completions"))
                && spec.path("completions").asLong() != spec.path("parallelism").asLong(1)) {
            errors.invalid("spec.completions", spec.path("completions"), "can only be modified in tandem with spec.parallelism");
        }
        boolean suspended = Json.at(old, "spec", "suspend").asBoolean() && !Json.at(old, "status").hasNonNull("startTime");
        if (suspended) { // a job that never ran may still be told where to run, and with what
            ObjectNode mine = o.deepCopy();
            ObjectNode theirs = old.deepCopy();
            for (ObjectNode each : List.of(mine, theirs)) {
                if (Json.at(each, "spec", "template") instanceof ObjectNode template) {
                    if (template.get("metadata") instanceof ObjectNode metadata) {
                        metadata.remove(List.of("labels", "annotations"));
                    }
                    if (template.get("spec") instanceof ObjectNode podSpec) {
                        podSpec.remove(List.of("nodeSelector", "tolerations", "schedulingGates"));
                        if (podSpec.get("affinity") instanceof ObjectNode affinity) {
                            affinity.remove("nodeAffinity");
                        }
                        if (podSpec.path("affinity").isEmpty()) {
                            podSpec.remove("affinity");
                        }
                    }
                }
            }
            errors.immutable(mine, theirs, "spec", "template");
        } else {
            errors.immutable(o, old, "spec", "template");
        }
    }

    /** The pods of an Indexed Job have its name and their index as host name, which is one label of at most 63 characters. */
    private static void hostName(ObjectNode job, Errors errors) {
        String name = Json.text(job, "metadata", "name");
        long completions = Json.at(job, "spec", "completions").asLong();
        String last = name + "-" + (completions - 1);
        if (Json.text(job, "spec", "completionMode").equals("Indexed") && completions > 0 && !Names.dns1123Label(last).isEmpty()) {
            errors.invalid("metadata.name", name, "will not able to create pod with invalid DNS label: " + last);
        }
    }

    /** The registry makes a selector and labels that are this Job's alone; what the client has put there before must not differ. */
    private static void generated(ObjectNode job, LabelSelector selector, Errors errors) {
        JsonNode labels = Json.at(job, "spec", "template", "metadata", "labels");
        ObjectNode expected = Json.object();
        for (String prefix : List.of("", "batch.kubernetes.io/")) {
            expected.put(prefix + "controller-uid", Json.text(job, "metadata", "uid")).put(prefix + "job-name", Json.text(job, "metadata", "name"));
        }
        expected.properties().forEach(label -> {
            String at = "spec.template.metadata.labels[" + label.getKey() + "]";
            String problem = "must be '" + label.getValue().textValue() + "'";
            if (!labels.has(label.getKey())) {
                errors.required(at, problem);
            } else if (!labels.get(label.getKey()).equals(label.getValue())) {
                errors.invalid(at, labels, problem);
            }
        });
        if (!selector.matches(expected)) {
            errors.invalid("spec.selector", Json.at(job, "spec", "selector"), "`selector` not auto-generated");
        }
    }

    private static void jobSpec(JsonNode spec, String path, Errors errors) {
        errors.notNegative(spec, path, "parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished", "backoffLimitPerIndex", "maxFailedIndexes");
        errors.optionalOneOf(spec, path, "completionMode", List.of("NonIndexed", "Indexed"));
        JobPolicyValidation.check(spec, path, errors);
        if (Json.text(spec, "completionMode").equals("Indexed") && !spec.hasNonNull("completions")) {
            errors.required(Errors.at(path, "completions"), "when completion mode is Indexed");
        }
        if (!spec.path("template").isObject()) {
            errors.required(Errors.at(path, "template"), "");
            return;
        }
        PodValidation.template(spec.path("template"), Errors.at(path, "template"), errors);
        String policy = Json.text(spec, "template", "spec", "restartPolicy");
        String at = Errors.at(path, "template.spec.restartPolicy");
        if (policy.equals("Always")) {
            errors.required(at, "valid values: \"OnFailure\", \"Never\"");
        } else if (policy.equals("OnFailure") && spec.hasNonNull("podFailurePolicy")) {
            errors.invalid(at, policy, "only \"Never\" is supported when podFailurePolicy is specified");
        }
    }

    private static void cronJob(ObjectNode o, ObjectNode old, Errors errors) {
        JsonNode spec = o.path("spec");
        String schedule = Json.text(spec, "schedule");
        if (schedule.isEmpty()) {
            errors.required("spec.schedule", "");
        } else {
            schedule(schedule, old == null ? "" : Json.text(old, "spec", "schedule"), spec.hasNonNull("timeZone"), errors);
        }
        errors.notNegative(spec, "spec", "startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit");
        errors.oneOf(spec, "spec", "concurrencyPolicy", List.of("Allow", "Forbid", "Replace"));
        if (old == null || !Json.text(spec, "timeZone").equals(Json.text(old, "spec", "timeZone"))) {
            timeZone(spec, errors);
        }
        JsonNode template = Json.at(spec, "jobTemplate", "spec");
        if (template.path("selector").isObject()) {
            errors.invalid("spec.jobTemplate.spec.selector", template.get("selector"), "`selector` will be auto-generated");
        }
        if (template.path("manualSelector").asBoolean()) {
            errors.notSupported("spec.jobTemplate.spec.manualSelector", template.get("manualSelector"), List.of("nil", "false"));
        }
        jobSpec(template, "spec.jobTemplate.spec", errors);
    }

    private static void timeZone(JsonNode spec, Errors errors) {
        JsonNode zone = spec.path("timeZone");
        if (!zone.isTextual()) {
            return;
        }
        if (zone.asText().isEmpty()) {
            errors.invalid("spec.timeZone", zone, "timeZone must be nil or non-empty string");
            return;
        }
        if (zone.asText().equalsIgnoreCase("Local")) {
            errors.invalid("spec.timeZone", zone, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones");
        }
        if (!ZoneId.getAvailableZoneIds().contains(zone.asText())) {
            errors.invalid("spec.timeZone", zone, "unknown time zone " + zone.asText());
        }
    }

    /**
     * @param before the stored schedule: one that stays as it is was taken by an earlier version, whatever upstream's parser says of it, and a time zone in it
     *     is let through, since it was there before that was refused
     */
    private static void schedule(String schedule, String before, boolean hasTimeZone, Errors errors) {
        if (!schedule.equals(before)) {
            try {
                CronSchedule.parse(schedule, ZoneOffset.UTC);
            } catch (IllegalArgumentException e) {
                errors.invalid("spec.schedule", schedule, e.getMessage());
            }
        }
        if (!schedule.contains("TZ")) {
            return;
        }
        if (!before.contains("TZ")) {
            errors.invalid("spec.schedule", schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
        } else if (hasTimeZone) {
            errors.invalid("spec.schedule", schedule, "cannot use both timeZone field and TZ or CRON_TZ in schedule");
        }
    }
}
