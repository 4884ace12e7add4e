package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.patch.Values;
import io.skerry.machinery.selector.LabelSelector;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Deployments, sets and autoscalers. */
final class WorkloadValidation {

    private static final List<String> STATEFUL_MUTABLE = List.of("replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit",
            "persistentVolumeClaimRetentionPolicy", "minReadySeconds");

    private WorkloadValidation() {}

    static void declare(Map<String, Validation.Check> checks) {
        checks.put("deployments.apps", WorkloadValidation::deployment);
        checks.put("replicasets.apps", WorkloadValidation::replicaSet);
        checks.put("replicationcontrollers", WorkloadValidation::replicationController);
        checks.put("daemonsets.apps", WorkloadValidation::daemonSet);
        checks.put("statefulsets.apps", WorkloadValidation::statefulSet);
        checks.put("horizontalpodautoscalers.autoscaling", AutoscalerValidation::check);
        checks.put("poddisruptionbudgets.policy", WorkloadValidation::disruptionBudget);
        checks.put("controllerrevisions.apps", (o, old, errors) -> {
            if (!o.hasNonNull("data")) {
                errors.required("data", "data is mandatory");
            }
            errors.notNegative(o, "", "revision");
            if (old != null) {
                errors.immutable(o, old, "data");
            }
        });
    }

    /** @param kind as the message for a deadline names it; a Deployment's says ReplicaSet */
    private static void template(JsonNode spec, String kind, Errors errors) {
        JsonNode template = spec.path("template");
        if (!template.isObject()) {
            errors.required("spec.template", "");
            return;
        }
        PodValidation.template(template, "spec.template", errors);
        String policy = Json.text(template, "spec", "restartPolicy");
        if (Set.of("OnFailure", "Never").contains(policy)) {
            errors.notSupported("spec.template.spec.restartPolicy", policy, List.of("Always"));
        }
        if (Json.at(template, "spec").hasNonNull("activeDeadlineSeconds")) {
            errors.forbidden("spec.template.spec.activeDeadlineSeconds", "activeDeadlineSeconds in " + kind + " is not Supported");
        }
    }

    private static void deployment(ObjectNode o, ObjectNode old, Errors errors) {
        JsonNode spec = o.path("spec");
        errors.notNegative(spec, "spec", "replicas");
        SelectorValidation.ofTemplate(spec, "deployment", errors);
        template(spec, "ReplicaSet", errors);
        JsonNode strategy = spec.path("strategy");
        strategy(strategy, "spec.strategy", List.of("Recreate", "RollingUpdate"), errors);
        JsonNode rolling = strategy.path("rollingUpdate");
        if (Json.text(strategy, "type").equals("Recreate") && rolling.isObject()) {
            errors.forbidden("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'");
        } else if (Json.text(strategy, "type").equals("RollingUpdate")) {
            Resources.intOrPercent(rolling, "spec.strategy.rollingUpdate", "maxUnavailable", true, errors);
            Resources.intOrPercent(rolling, "spec.strategy.rollingUpdate", "maxSurge", false, errors);
            if (Resources.percent(rolling.path("maxUnavailable")) == 0 && Resources.percent(rolling.path("maxSurge")) == 0) {
                errors.invalid("spec.strategy.rollingUpdate.maxUnavailable", rolling.path("maxUnavailable"), "may not be 0 when `maxSurge` is 0");
            }
        }
        errors.notNegative(spec, "spec", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds");
        JsonNode deadline = spec.path("progressDeadlineSeconds");
        if (deadline.isNumber() && deadline.asLong() <= spec.path("minReadySeconds").asLong()) {
            errors.invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds");
        }
        if (old != null) {
            errors.immutable(o, old, "spec", "selector");
        }
    }

    private static void replicaSet(ObjectNode o, ObjectNode old, Errors errors) {
        JsonNode spec = o.path("spec");
        errors.notNegative(spec, "spec", "replicas", "minReadySeconds");
        SelectorValidation.ofTemplate(spec, "deployment", errors);
        template(spec, "ReplicaSet", errors);
        if (old != null) {
            errors.immutable(o, old, "spec", "selector");
        }
    }

    private static void replicationController(ObjectNode o, ObjectNode old, Errors errors) {
        JsonNode spec = o.path("spec");
        errors.notNegative(spec, "spec", "replicas", "minReadySeconds");
        if (spec.path("selector").isEmpty()) {
            errors.required("spec.selector", "");
        } else {
            int before = errors.list().size();
            MetadataValidation.labels(spec.path("selector"), "spec.selector", errors);
            if (errors.list().size() == before) {
                SelectorValidation.matchesTemplate(spec, LabelSelector.ofMap(spec.path("selector")), errors);
            }
        }
        template(spec, "ReplicationController", errors);
    }

    private static void daemonSet(ObjectNode o, ObjectNode old, Errors errors) {
        JsonNode spec = o.path("spec");
        SelectorValidation.ofTemplate(spec, "daemonset", errors);
        template(spec, "DaemonSet", errors);
        JsonNode strategy = spec.path("updateStrategy");
        strategy(strategy, "spec.updateStrategy", List.of("RollingUpdate", "OnDelete"), errors);
        if (Json.text(strategy, "type").equals("RollingUpdate")) {
            JsonNode rolling = strategy.path("rollingUpdate");
            Resources.intOrPercent(rolling, "spec.updateStrategy.rollingUpdate", "maxUnavailable", true, errors);
            Resources.intOrPercent(rolling, "spec.updateStrategy.rollingUpdate", "maxSurge", true, errors);
            boolean unavailable = Resources.percent(rolling.path("maxUnavailable")) > 0;
            boolean surge = Resources.percent(rolling.path("maxSurge")) > 0;
            if (unavailable && surge) {
                errors.invalid("spec.updateStrategy.rollingUpdate.maxSurge", rolling.path("maxSurge"), "may not be set when maxUnavailable is non-zero");
            } else if (!unavailable && !surge) {
                errors.required("spec.updateStrategy.rollingUpdate.maxUnavailable", "cannot be 0 when maxSurge is 0");
            }
        }
        errors.notNegative(spec, "spec", "minReadySeconds", "revisionHistoryLimit");
        if (old != null) {
            errors.immutable(o, old, "spec", "selector");
        }
    }

    private static void statefulSet(ObjectNode o, ObjectNode old, Errors errors) {
        JsonNode spec = o.path("spec");
        String management = Json.text(spec, "podManagementPolicy");
        if (!Set.of("OrderedReady", "Parallel").contains(management)) {
            errors.invalid("spec.podManagementPolicy", management, "must be 'OrderedReady' or 'Parallel'");
        }
        JsonNode strategy = spec.path("updateStrategy");
        if (!Set.of("RollingUpdate", "OnDelete").contains(Json.text(strategy, "type"))) {
            errors.invalid("spec.updateStrategy", strategy, "must be 'RollingUpdate' or 'OnDelete'");
        }
        if (Json.text(strategy, "type").equals("OnDelete") && strategy.path("rollingUpdate").isObject()) {
            errors.invalid("spec.updateStrategy.rollingUpdate", strategy.path("rollingUpdate"), "only allowed for updateStrategy 'RollingUpdate'");
        }
        errors.notNegative(strategy.path("rollingUpdate"), "spec.updateStrategy.rollingUpdate", "partition");
        errors.notNegative(spec, "spec", "replicas", "minReadySeconds", "revisionHistoryLimit");
        SelectorValidation.ofTemplate(spec, "statefulset", errors);
        template(withClaims(spec), "StatefulSet", errors);
        JsonNode retention = spec.path("persistentVolumeClaimRetentionPolicy");
        for (String when : List.of("whenDeleted", "whenScaled")) {
            errors.optionalOneOf(retention, "spec.persistentVolumeClaimRetentionPolicy", when, Set.of("Delete", "Retain"));
        }
        errors.notNegative(spec.path("ordinals"), "spec.ordinals", "start");
        if (old != null && !Values.same(frozen(spec), frozen(old.path("spec")))) {
            errors.forbidden("spec", "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
                    + "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden");
        }
    }

    /** Told of the whole strategy, as upstream. */
    private static void strategy(JsonNode strategy, String path, List<String> types, Errors errors) {
        if (!types.contains(Json.text(strategy, "type"))) {
            errors.notSupported(path, strategy, types);
        }
    }

    /** The spec with the volumes that its claim templates will add to each pod, so that mounts of them are found. */
    private static JsonNode withClaims(JsonNode spec) {
        if (spec.path("volumeClaimTemplates").isEmpty() || !(Json.at(spec, "template", "spec") instanceof ObjectNode)) {
            return spec;
        }
        ObjectNode copy = spec.deepCopy();
        ObjectNode podSpec = (ObjectNode) Json.at(copy, "template", "spec");
        for (JsonNode claim : spec.path("volumeClaimTemplates")) {
            String name = Json.text(claim, "metadata", "name");
            var volumes = podSpec.withArray("volumes");
            volumes.removeIf(volume -> Json.text(volume, "name").equals(name)); // the claim's volume wins
            volumes.addObject().put("name", name).putObject("persistentVolumeClaim").put("claimName", name);
        }
        return copy;
    }

    private static JsonNode frozen(JsonNode spec) {
        ObjectNode copy = spec.isObject() ? spec.deepCopy() : Json.object();
        copy.remove(STATEFUL_MUTABLE);
        copy.path("volumeClaimTemplates").forEach(claim -> {
            if (claim instanceof ObjectNode object) {
                object.remove(List.of("status", "apiVersion", "kind"));
            }
        });
        return copy;
    }

    private static void disruptionBudget(ObjectNode o, ObjectNode old, Errors errors) {
        JsonNode spec = o.path("spec");
        if (spec.hasNonNull("minAvailable") && spec.hasNonNull("maxUnavailable")) {
            errors.invalid("spec", spec, "minAvailable and maxUnavailable cannot be both set");
        }
        Resources.intOrPercent(spec, "spec", "minAvailable", true, errors);
        Resources.intOrPercent(spec, "spec", "maxUnavailable", true, errors);
        SelectorValidation.check(spec.path("selector"), "spec.selector", errors);
        errors.optionalOneOf(spec, "spec", "unhealthyPodEvictionPolicy", List.of("IfHealthyBudget", "AlwaysAllow"));
    }
}
