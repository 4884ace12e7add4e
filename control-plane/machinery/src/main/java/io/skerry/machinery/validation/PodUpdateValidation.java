package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.patch.Values;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** What of a pod may change once it is there. */
final class PodUpdateValidation {

    private static final String ONLY = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
            + "`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

    private PodUpdateValidation() {}

    static void check(ObjectNode pod, ObjectNode old, Errors errors) {
        JsonNode spec = pod.path("spec");
        JsonNode was = old.path("spec");
        for (String list : List.of("containers", "initContainers")) {
            if (spec.path(list).size() != was.path(list).size()) {
                errors.forbidden("spec." + list, "pod updates may not add or remove containers");
                return;
            }
        }
        PodAnnotationValidation.update(Json.at(pod, "metadata", "annotations"), Json.at(old, "metadata", "annotations"), errors);
        deadline(spec.path("activeDeadlineSeconds"), was.path("activeDeadlineSeconds"), errors);
        tolerations(spec.path("tolerations"), was.path("tolerations"), errors);
        gates(spec.path("schedulingGates"), was.path("schedulingGates"), errors);
        JsonNode mine = withoutMutable(spec);
        JsonNode theirs = withoutMutable(was);
        if (!was.path("schedulingGates").isEmpty()) { // a pod that is not yet scheduled may still be steered
            steered(spec, was, errors);
            for (JsonNode each : List.of(mine, theirs)) {
                ((ObjectNode) each).remove("nodeSelector");
                if (each.get("affinity") instanceof ObjectNode affinity) {
                    affinity.remove("nodeAffinity");
                }
                if (each.path("affinity").isEmpty()) {
                    ((ObjectNode) each).remove("affinity");
                }
            }
        }
        if (spec.path("terminationGracePeriodSeconds").asLong() == 1 && was.path("terminationGracePeriodSeconds").asLong() < 0) {
            ((ObjectNode) mine).remove("terminationGracePeriodSeconds");
            ((ObjectNode) theirs).remove("terminationGracePeriodSeconds");
        }
        List<String> changed = new ArrayList<>();
        changes(mine, theirs, "spec", changed);
        if (!changed.isEmpty()) {
            errors.forbidden("spec", ONLY + "\nchanged: " + String.join(", ", changed));
        }
    }

    /** More may be asked of the node of a pod that waits at a gate, never less: it could be used to leave a node that a quota or a policy chose (KEP-3838). */
    private static void steered(JsonNode spec, JsonNode was, Errors errors) {
        for (var selected : was.path("nodeSelector").properties()) {
            if (!selected.getValue().equals(spec.path("nodeSelector").path(selected.getKey()))) {
                errors.invalid("spec.nodeSelector", spec.path("nodeSelector"), "only additions to spec.nodeSelector are allowed (no mutations or deletions)");
                break;
            }
        }
        JsonNode before = Json.at(was, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms");
        JsonNode now = Json.at(spec, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms");
        String path = "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";
        if (!before.isEmpty() && before.size() != now.size()) {
            errors.invalid(path, now, "no additions/deletions to non-empty NodeSelectorTerms list are allowed");
            return;
        }
        for (int i = 0; i < before.size(); i++) {
            if (!onlyAdds(now.path(i), before.path(i))) {
                errors.invalid(Errors.at(path, i), now.path(i), "only additions are allowed (no mutations or deletions)");
            }
        }
    }

    private static boolean onlyAdds(JsonNode term, JsonNode was) {
        boolean matchedNothing = was.path("matchExpressions").isEmpty() && was.path("matchFields").isEmpty();
        if (matchedNothing && !(term.path("matchExpressions").isEmpty() && term.path("matchFields").isEmpty())) {
            return false;
        }
        for (String list : List.of("matchExpressions", "matchFields")) {
            for (int i = 0; i < was.path(list).size(); i++) {
                if (!Values.same(term.path(list).path(i), was.path(list).path(i))) {
                    return false;
                }
            }
        }
        return true;
    }

    private static ObjectNode withoutMutable(JsonNode spec) {
        ObjectNode copy = spec.isObject() ? spec.deepCopy() : Json.object();
        for (String list : List.of("containers", "initContainers")) {
            copy.path(list).forEach(container -> {
                if (container instanceof ObjectNode object) {
                    object.remove("image");
                }
            });
        }
        copy.remove(List.of("activeDeadlineSeconds", "tolerations", "schedulingGates"));
        return copy;
    }

    private static void deadline(JsonNode now, JsonNode was, Errors errors) {
        if (now.isNumber() && was.isNumber() && now.asLong() > was.asLong()) {
            errors.invalid("spec.activeDeadlineSeconds", now, "must be less than or equal to previous value");
        } else if (!now.isNumber() && was.isNumber()) {
            errors.invalid("spec.activeDeadlineSeconds", now, "must not update from a positive integer to nil value");
        }
    }

    /** May be added to, and their seconds may change. */
    private static void tolerations(JsonNode now, JsonNode was, Errors errors) {
        for (JsonNode old : was) {
            boolean kept = false;
            for (JsonNode each : now) {
                ObjectNode a = each.deepCopy();
                ObjectNode b = old.deepCopy();
                a.remove("tolerationSeconds");
                b.remove("tolerationSeconds");
                kept |= a.equals(b);
            }
            if (!kept) {
                errors.forbidden("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds");
                return;
            }
        }
    }

    private static void gates(JsonNode now, JsonNode was, Errors errors) {
        TreeSet<String> before = new TreeSet<>();
        was.forEach(g -> before.add(Json.text(g, "name")));
        for (int i = 0; i < now.size(); i++) {
            JsonNode gate = now.path(i);
            if (!before.contains(Json.text(gate, "name"))) {
                errors.forbidden(Errors.at("spec.schedulingGates", i) + ".name", "only deletion is allowed, but found new scheduling gate '" + Json.text(gate, "name") + "'");
            }
        }
    }

    /** Paths of what differs, as deep as the two have the same shape. */
    static void changes(JsonNode now, JsonNode was, String path, List<String> changed) {
        if (Values.same(now, was)) {
            return;
        }
        if (now instanceof ObjectNode && was instanceof ObjectNode) {
            TreeSet<String> fields = new TreeSet<>();
            now.fieldNames().forEachRemaining(fields::add);
            was.fieldNames().forEachRemaining(fields::add);
            fields.forEach(field -> changes(now.path(field), was.path(field), Errors.at(path, field), changed));
        } else if (now.isArray() && was.isArray() && now.size() == was.size()) {
            for (int i = 0; i < now.size(); i++) {
                changes(now.path(i), was.path(i), Errors.at(path, i), changed);
            }
        } else {
            changed.add(path);
        }
    }
}
