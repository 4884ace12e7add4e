package io.skerry.machinery.quota;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.List;

/** Which pods a ResourceQuota with scopes counts (pkg/quota/v1/evaluator/core, pods.go). Other objects have no scopes. */
public final class QuotaScopes {
    private QuotaScopes() {
    }

    /** Whether a quota with these scopes counts the object; one without scopes counts all. */
    public static boolean matches(JsonNode quotaSpec, String group, String plural, JsonNode object) {
        JsonNode scopes = quotaSpec.path("scopes");
        JsonNode expressions = Json.at(quotaSpec, "scopeSelector", "matchExpressions");
        if (scopes.isEmpty() && expressions.isEmpty()) {
            return true;
        }
        if (!group.isEmpty() || !plural.equals("pods")) {
            return false;
        }
        for (JsonNode scope : scopes) {
            if (!has(object, scope.asText(), "Exists", List.of())) {
                return false;
            }
        }
        for (JsonNode expression : expressions) {
            List<String> values = new ArrayList<>();
            expression.path("values").forEach(v -> values.add(v.asText()));
            if (!has(object, Json.text(expression, "scopeName"), Json.text(expression, "operator"), values)) {
                return false;
            }
        }
        return true;
    }

    private static boolean has(JsonNode pod, String scope, String operator, List<String> values) {
        boolean terminating = Json.at(pod, "spec", "activeDeadlineSeconds").isNumber();
        return switch (scope) {
            case "Terminating" -> terminating;
            case "NotTerminating" -> !terminating;
            case "BestEffort" -> isBestEffort(pod);
            case "NotBestEffort" -> !isBestEffort(pod);
            case "CrossNamespacePodAffinity" -> crossesNamespaces(pod);
            case "PriorityClass" -> {
                String name = Json.text(pod, "spec", "priorityClassName");
                yield switch (operator) {
                    case "In" -> values.contains(name);
                    case "NotIn" -> !values.contains(name);
                    case "DoesNotExist" -> name.isEmpty();
                    default -> !name.isEmpty();
                };
            }
            default -> false;
        };
    }

    private static boolean isBestEffort(JsonNode pod) {
        for (String list : List.of("containers", "initContainers")) {
            for (JsonNode container : Json.at(pod, "spec", list)) {
                for (String kind : List.of("requests", "limits")) {
                    JsonNode quantities = Json.at(container, "resources", kind);
                    if (quantities.has("cpu") || quantities.has("memory")) {
                        return false;
                    }
                }
            }
        }
        return true;
    }

    private static boolean crossesNamespaces(JsonNode pod) {
        for (String kind : List.of("podAffinity", "podAntiAffinity")) {
            JsonNode affinity = Json.at(pod, "spec", "affinity", kind);
            for (JsonNode term : affinity.path("requiredDuringSchedulingIgnoredDuringExecution")) {
                if (!term.path("namespaces").isEmpty() || term.path("namespaceSelector").isObject()) {
                    return true;
                }
            }
            for (JsonNode weighted : affinity.path("preferredDuringSchedulingIgnoredDuringExecution")) {
                JsonNode term = weighted.path("podAffinityTerm");
                if (!term.path("namespaces").isEmpty() || term.path("namespaceSelector").isObject()) {
                    return true;
                }
            }
        }
        return false;
    }
}
