package io.skerry.machinery.print;

import static io.skerry.machinery.print.Table.age;
import static io.skerry.machinery.print.Table.integer;
import static io.skerry.machinery.print.Table.name;
import static io.skerry.machinery.print.Table.or;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What makes pods: deployments, sets, jobs, autoscalers. */
final class WorkloadTables {

    private WorkloadTables() {}

    static void declare(Map<String, Table> tables) {
        tables.put("deployments.apps", Table.of("Name|Ready|Up-to-date|Available|Age|*Containers|*Images|*Selector", (o, now) -> new Object[] {
            name(o), integer(o, "status", "readyReplicas") + "/" + integer(o, "spec", "replicas"), integer(o, "status", "updatedReplicas"),
            integer(o, "status", "availableReplicas"), age(o, now), containers(o), images(o), Formats.labelSelector(Json.at(o, "spec", "selector"))}));
        Table.Row replicas = (o, now) -> new Object[] {name(o), integer(o, "spec", "replicas"), integer(o, "status", "replicas"),
            integer(o, "status", "readyReplicas"), age(o, now), containers(o), images(o), selector(o)};
        tables.put("replicasets.apps", Table.of("Name|Desired:integer|Current:integer|Ready:integer|Age|*Containers|*Images|*Selector", replicas));
        tables.put("replicationcontrollers", Table.of("Name|Desired:integer|Current:integer|Ready:integer|Age|*Containers|*Images|*Selector", replicas));
        tables.put("statefulsets.apps", Table.of("Name|Ready|Age|*Containers|*Images", (o, now) -> new Object[] {name(o),
            integer(o, "status", "readyReplicas") + "/" + integer(o, "spec", "replicas"), age(o, now), containers(o), images(o)}));
        tables.put("daemonsets.apps", Table.of(
            "Name|Desired:integer|Current:integer|Ready:integer|Up-to-date:integer|Available:integer|Node Selector|Age|*Containers|*Images|*Selector",
            (o, now) -> new Object[] {name(o), integer(o, "status", "desiredNumberScheduled"), integer(o, "status", "currentNumberScheduled"),
                integer(o, "status", "numberReady"), integer(o, "status", "updatedNumberScheduled"), integer(o, "status", "numberAvailable"),
                Formats.labels(Json.at(o, "spec", "template", "spec", "nodeSelector")), age(o, now), containers(o), images(o), selector(o)}));
        tables.put("jobs.batch", Table.of("Name|Status|Completions|Duration|Age|*Containers|*Images|*Selector", (o, now) -> new Object[] {
            name(o), jobStatus(o), completions(o), jobDuration(o, now), age(o, now), containers(o), images(o), selector(o)}));
        tables.put("cronjobs.batch", Table.of("Name|Schedule|Timezone|Suspend|Active:integer|Last Schedule|Age|*Containers|*Images|*Selector", WorkloadTables::cronJob));
        tables.put("controllerrevisions.apps", Table.of("Name|Controller|Revision|Age", (o, now) -> new Object[] {
            name(o), controller(o), Long.toString(integer(o, "revision")), age(o, now)}));
        tables.put("horizontalpodautoscalers.autoscaling", Table.of("Name|Reference|Targets|MinPods|MaxPods|Replicas|Age", (o, now) -> new Object[] {name(o),
            Json.text(o, "spec", "scaleTargetRef", "kind") + "/" + Json.text(o, "spec", "scaleTargetRef", "name"), metrics(o),
            or(Json.text(o, "spec", "minReplicas"), "<unset>"), Json.text(o, "spec", "maxReplicas"), integer(o, "status", "currentReplicas"), age(o, now)}));
    }

    private static String containers(JsonNode o) {
        return Formats.containers(Json.at(o, "spec", "template", "spec"), "name");
    }

    private static String images(JsonNode o) {
        return Formats.containers(Json.at(o, "spec", "template", "spec"), "image");
    }

    /** A ReplicationController's selector is a plain map. */
    private static String selector(JsonNode o) {
        JsonNode selector = Json.at(o, "spec", "selector");
        return selector.has("matchLabels") || selector.has("matchExpressions") || selector.isEmpty() ? Formats.labelSelector(selector) : Formats.labels(selector);
    }

    private static String jobStatus(JsonNode job) {
        if (Formats.hasCondition(job, "Complete")) {
            return "Complete";
        }
        if (Formats.hasCondition(job, "Failed")) {
            return "Failed";
        }
        if (Table.deleting(job)) {
            return "Terminating";
        }
        for (String condition : List.of("Suspended", "FailureTarget", "SuccessCriteriaMet")) {
            if (Formats.hasCondition(job, condition)) {
                return condition;
            }
        }
        return "Running";
    }

    private static String completions(JsonNode job) {
        long succeeded = integer(job, "status", "succeeded");
        if (Json.at(job, "spec").hasNonNull("completions")) {
            return succeeded + "/" + integer(job, "spec", "completions");
        }
        long parallelism = integer(job, "spec", "parallelism");
        return succeeded + "/1" + (parallelism > 1 ? " of " + parallelism : "");
    }

    private static String jobDuration(JsonNode job, Instant now) {
        String start = Json.text(job, "status", "startTime");
        String end = Json.text(job, "status", "completionTime");
        try {
            return start.isEmpty() ? "" : HumanDuration.of(Duration.between(Instant.parse(start), end.isEmpty() ? now : Instant.parse(end)));
        } catch (DateTimeParseException e) {
            return "<invalid>";
        }
    }

    private static Object[] cronJob(JsonNode o, Instant now) {
        JsonNode template = Json.at(o, "spec", "jobTemplate", "spec", "template", "spec");
        JsonNode suspend = Json.at(o, "spec", "suspend");
        String last = Json.text(o, "status", "lastScheduleTime");
        return new Object[] {name(o), Json.text(o, "spec", "schedule"), or(Json.text(o, "spec", "timeZone"), "<none>"),
            suspend.isBoolean() ? suspend.booleanValue() ? "True" : "False" : "<unset>", (long) Json.at(o, "status", "active").size(),
            last.isEmpty() ? "<none>" : HumanDuration.since(last, now), age(o, now), Formats.containers(template, "name"), Formats.containers(template, "image"),
            Formats.labelSelector(Json.at(o, "spec", "jobTemplate", "spec", "selector"))};
    }

    private static String controller(JsonNode o) {
        for (JsonNode owner : Json.at(o, "metadata", "ownerReferences")) {
            if (owner.path("controller").asBoolean()) {
                String apiVersion = Json.text(owner, "apiVersion");
                int slash = apiVersion.indexOf('/');
                return Json.text(owner, "kind").toLowerCase() + (slash < 0 ? "" : "." + apiVersion.substring(0, slash)) + "/" + Json.text(owner, "name");
            }
        }
        return "<none>";
    }

    /** autoscaling/v2's metrics; v1 has one utilization only. */
    private static String metrics(JsonNode hpa) {
        JsonNode v1 = Json.at(hpa, "spec", "targetCPUUtilizationPercentage");
        if (v1.isNumber()) {
            return "cpu: " + or(Json.text(hpa, "status", "currentCPUUtilizationPercentage"), "<unknown>").replaceFirst("(\\d)$", "$1%") + "/" + v1.asText() + "%";
        }
        List<String> all = new ArrayList<>();
        JsonNode specs = Json.at(hpa, "spec", "metrics");
        for (int i = 0; i < specs.size(); i++) {
            all.add(metric(specs.get(i), Json.at(hpa, "status", "currentMetrics").path(i)));
        }
        if (all.isEmpty()) {
            return "<none>";
        }
        return all.size() <= 2 ? String.join(", ", all) : String.join(", ", all.subList(0, 2)) + " + " + (all.size() - 2) + " more...";
    }

    private static String metric(JsonNode spec, JsonNode status) {
        String type = Json.text(spec, "type");
        String field = type.isEmpty() ? "" : Character.toLowerCase(type.charAt(0)) + type.substring(1);
        JsonNode target = Json.at(spec, field, "target");
        JsonNode current = Json.at(status, field, "current");
        String prefix = type.equals("Resource") || type.equals("ContainerResource") ? Json.text(spec, field, "name") + ": " : "";
        if (target.hasNonNull("averageUtilization")) {
            String used = Json.text(current, "averageUtilization");
            return prefix + (used.isEmpty() ? "<unknown>" : used + "%") + "/" + Json.text(target, "averageUtilization") + "%";
        }
        if (target.hasNonNull("averageValue")) {
            String average = type.equals("External") || type.equals("Object") ? " (avg)" : "";
            return prefix + or(Json.text(current, "averageValue"), "<unknown>") + "/" + Json.text(target, "averageValue") + average;
        }
        return prefix + or(Json.text(current, "value"), "<unknown>") + "/" + or(Json.text(target, "value"), "<auto>");
    }
}
