package io.skerry.machinery.defaults;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.util.Map;
import java.util.function.Consumer;

/** apps, batch, autoscaling. */
final class WorkloadDefaults {

    private WorkloadDefaults() {}

    static void declare(Map<String, Consumer<ObjectNode>> defaults) {
        defaults.put("deployments.apps", o -> deployment(Fill.object(o, "spec")));
        defaults.put("replicasets.apps", o -> {
            ObjectNode spec = Fill.object(o, "spec");
            PodDefaults.template(Fill.object(spec, "template"));
            Fill.integer(spec, "replicas", 1);
        });
        defaults.put("daemonsets.apps", o -> daemonSet(Fill.object(o, "spec")));
        defaults.put("statefulsets.apps", o -> statefulSet(Fill.object(o, "spec")));
        defaults.put("jobs.batch", WorkloadDefaults::job);
        defaults.put("cronjobs.batch", o -> cronJob(Fill.object(o, "spec")));
        defaults.put("horizontalpodautoscalers.autoscaling", o -> Fill.in(o, spec -> autoscaler(spec, Json.text(o, "apiVersion")), "spec"));
    }

    private static void deployment(ObjectNode spec) {
        PodDefaults.template(Fill.object(spec, "template"));
        Fill.integer(spec, "replicas", 1);
        ObjectNode strategy = Fill.object(spec, "strategy");
        Fill.string(strategy, "type", "RollingUpdate");
        if (Json.text(strategy, "type").equals("RollingUpdate")) {
            ObjectNode rolling = Fill.object(strategy, "rollingUpdate");
            percentage(rolling, "maxUnavailable");
            percentage(rolling, "maxSurge");
        }
        Fill.integer(spec, "revisionHistoryLimit", 10);
        Fill.integer(spec, "progressDeadlineSeconds", 600);
    }

    private static void percentage(ObjectNode rolling, String field) {
        if (!rolling.hasNonNull(field)) {
            rolling.put(field, "25%");
        }
    }

    private static void daemonSet(ObjectNode spec) {
        PodDefaults.template(Fill.object(spec, "template"));
        ObjectNode strategy = Fill.object(spec, "updateStrategy");
        Fill.string(strategy, "type", "RollingUpdate");
        if (Json.text(strategy, "type").equals("RollingUpdate")) {
            ObjectNode rolling = Fill.object(strategy, "rollingUpdate");
            Fill.integer(rolling, "maxUnavailable", 1);
            Fill.integer(rolling, "maxSurge", 0);
        }
        Fill.integer(spec, "revisionHistoryLimit", 10);
    }

    private static void statefulSet(ObjectNode spec) {
        PodDefaults.template(Fill.object(spec, "template"));
        Fill.each(spec, WorkloadDefaults::claimTemplate, "volumeClaimTemplates");
        Fill.string(spec, "podManagementPolicy", "OrderedReady");
        ObjectNode strategy = Fill.object(spec, "updateStrategy");
        if (Json.text(strategy, "type").isEmpty()) { // a type that was given stays alone
            Fill.string(strategy, "type", "RollingUpdate");
            Fill.object(strategy, "rollingUpdate");
        }
        if (Json.text(strategy, "type").equals("RollingUpdate")) {
            Fill.in(strategy, rolling -> Fill.integer(rolling, "partition", 0), "rollingUpdate");
        }
        ObjectNode retention = Fill.object(spec, "persistentVolumeClaimRetentionPolicy");
        Fill.string(retention, "whenDeleted", "Retain");
        Fill.string(retention, "whenScaled", "Retain");
        Fill.integer(spec, "replicas", 1);
        Fill.integer(spec, "revisionHistoryLimit", 10);
    }

    /** Its type is always this one, whatever was written (apps/v1 conversion, Convert_apps_StatefulSetSpec_To_v1_StatefulSetSpec). */
    private static void claimTemplate(ObjectNode claim) {
        claim.put("apiVersion", "v1").put("kind", "PersistentVolumeClaim");
        VolumeDefaults.claim(claim);
    }

    private static void job(ObjectNode job) {
        ObjectNode spec = Fill.object(job, "spec");
        PodDefaults.template(Fill.object(spec, "template"));
        if (!spec.hasNonNull("completions") && !spec.hasNonNull("parallelism")) {
            spec.put("completions", 1);
        }
        Fill.integer(spec, "parallelism", 1);
        Fill.integer(spec, "backoffLimit", spec.hasNonNull("backoffLimitPerIndex") ? Integer.MAX_VALUE : 6);
        Fill.string(spec, "completionMode", "NonIndexed");
        Fill.bool(spec, "suspend", false);
        Fill.each(spec, rule -> Fill.each(rule, condition -> Fill.string(condition, "status", "True"), "onPodConditions"), "podFailurePolicy", "rules");
        Fill.string(spec, "podReplacementPolicy", spec.hasNonNull("podFailurePolicy") ? "Failed" : "TerminatingOrFailed");
        Fill.in(spec, labels -> {
            if (Json.at(job, "metadata", "labels").isEmpty() && !labels.isEmpty()) {
                Json.ensureObject(job, "metadata").set("labels", labels.deepCopy());
            }
        }, "template", "metadata", "labels");
    }

    private static void cronJob(ObjectNode spec) {
        PodDefaults.template(Fill.object(Fill.object(Fill.object(spec, "jobTemplate"), "spec"), "template"));
        Fill.string(spec, "concurrencyPolicy", "Allow");
        Fill.bool(spec, "suspend", false);
        Fill.integer(spec, "successfulJobsHistoryLimit", 3);
        Fill.integer(spec, "failedJobsHistoryLimit", 1);
    }

    private static void autoscaler(ObjectNode spec, String apiVersion) {
        Fill.integer(spec, "minReplicas", 1);
        if (!apiVersion.equals("autoscaling/v1") && Json.at(spec, "metrics").isEmpty()) { // v1 knows no metrics
            spec.putArray("metrics").addObject().put("type", "Resource").putObject("resource").put("name", "cpu")
                    .putObject("target").put("type", "Utilization").put("averageUtilization", 80);
        }
        Fill.in(spec, behavior -> {
            ObjectNode up = Fill.object(behavior, "scaleUp");
            Fill.integer(up, "stabilizationWindowSeconds", 0);
            Fill.string(up, "selectPolicy", "Max");
            if (Json.at(up, "policies").isEmpty()) {
                up.putArray("policies").add(policy("Pods", 4)).add(policy("Percent", 100));
            }
            ObjectNode down = Fill.object(behavior, "scaleDown");
            Fill.string(down, "selectPolicy", "Max");
            if (Json.at(down, "policies").isEmpty()) {
                down.putArray("policies").add(policy("Percent", 100));
            }
        }, "behavior");
    }

    private static ObjectNode policy(String type, int value) {
        return Json.object().put("type", type).put("value", value).put("periodSeconds", 15);
    }
}
