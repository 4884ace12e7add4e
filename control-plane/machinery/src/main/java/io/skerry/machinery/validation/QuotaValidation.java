package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.quantity.Quantity;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** ResourceQuotas: what they count, and in which scopes. */
final class QuotaValidation {

    private static final Set<String> COUNTED = Set.of("pods", "services", "replicationcontrollers", "resourcequotas", "secrets", "configmaps", "persistentvolumeclaims",
            "services.nodeports", "services.loadbalancers");
    private static final Set<String> COMPUTE = Set.of("cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory");
    private static final Set<String> OTHER = Set.of("ephemeral-storage", "requests.ephemeral-storage", "limits.ephemeral-storage", "requests.storage");
    private static final Set<String> SCOPES = Set.of("BestEffort", "NotBestEffort", "Terminating", "NotTerminating", "PriorityClass", "CrossNamespacePodAffinity");

    private QuotaValidation() {}

    static void check(ObjectNode o, ObjectNode old, Errors errors) {
        JsonNode spec = o.path("spec");
        amounts(spec.path("hard"), "spec.hard", errors);
        List<String> scopes = texts(spec.path("scopes"));
        for (String scope : scopes) {
            if (!SCOPES.contains(scope)) {
                errors.invalid("spec.scopes", spec.path("scopes"), "unsupported scope");
            }
            fits(spec, scope, spec.path("scopes"), "spec.scopes", errors);
        }
        conflicts(scopes, spec.path("scopes"), "spec.scopes", errors);
        selector(spec, errors);
        if (old != null && !Set.copyOf(scopes).equals(Set.copyOf(texts(Json.at(old, "spec", "scopes"))))) {
            errors.invalid("spec.scopes", spec.path("scopes"), Errors.IMMUTABLE);
        }
    }

    /** What a quota limits, or says is used: resources by name, things counted in whole numbers. */
    static void amounts(JsonNode amounts, String path, Errors errors) {
        for (var amount : amounts.properties()) {
            String name = amount.getKey();
            String at = Errors.key(path, name);
            List<String> problems = Names.qualifiedName(name);
            errors.invalid(at, name, problems);
            if (name.indexOf('/') < 0 && !isStandard(name)) {
                if (problems.isEmpty() && !name.equals("storage")) {
                    errors.invalid(at, name, "must be a standard resource type or fully qualified");
                }
                errors.invalid(at, name, "must be a standard resource for quota");
            }
            Quantity quantity = Resources.notNegative(amount.getValue(), at, errors);
            if (quantity != null && isCounted(name) && quantity.value().stripTrailingZeros().scale() > 0) {
                errors.invalid(at, quantity.toString(), "must be an integer");
            }
        }
    }

    /** Objects, also as count/deployments.apps, and devices. */
    static boolean isCounted(String name) {
        return COUNTED.contains(name) || name.indexOf('/') >= 0 && !name.contains("kubernetes.io/") && !name.startsWith("requests.");
    }

    private static List<String> texts(JsonNode list) {
        List<String> texts = new ArrayList<>();
        list.forEach(each -> texts.add(each.asText()));
        return texts;
    }

    private static boolean isStandard(String name) {
        return COUNTED.contains(name) || COMPUTE.contains(name) || OTHER.contains(name) || name.startsWith("hugepages-") || name.startsWith("requests.hugepages-");
    }

    /** All that the quota limits must be there to limit in pods of the scope. */
    private static void fits(JsonNode spec, String scope, JsonNode told, String path, Errors errors) {
        for (var hard : spec.path("hard").properties()) {
            String name = hard.getKey();
            boolean fits = !SCOPES.contains(scope) || name.equals("pods") || !scope.equals("BestEffort") && COMPUTE.contains(name);
            if (isStandard(name) && !fits) {
                errors.invalid(path, told, "unsupported scope applied to resource");
            }
        }
    }

    private static void conflicts(List<String> scopes, JsonNode told, String path, Errors errors) {
        for (String scope : List.of("BestEffort", "Terminating")) {
            if (scopes.contains(scope) && scopes.contains("Not" + scope)) {
                errors.invalid(path, told, "conflicting scopes");
            }
        }
    }

    private static void selector(JsonNode spec, Errors errors) {
        JsonNode expressions = Json.at(spec, "scopeSelector", "matchExpressions");
        String path = "spec.scopeSelector.matchExpressions";
        List<String> scopes = new ArrayList<>();
        for (JsonNode expression : expressions) {
            String scope = Json.text(expression, "scopeName");
            String operator = Json.text(expression, "operator");
            boolean valued = !expression.path("values").isEmpty();
            scopes.add(scope);
            if (!SCOPES.contains(scope)) {
                errors.invalid(path + ".scopeName", scope, "unsupported scope");
            }
            fits(spec, scope, spec.path("scopeSelector"), path, errors);
            if (!scope.equals("PriorityClass") && SCOPES.contains(scope) && !operator.equals("Exists")) {
                errors.invalid(path + ".operator", operator, "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, "
                        + "ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity");
            }
            switch (operator) {
                case "In", "NotIn" -> {
                    if (!valued) {
                        errors.required(path + ".values", "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector");
                    }
                }
                case "Exists", "DoesNotExist" -> {
                    if (valued) {
                        errors.invalid(path + ".values", expression.path("values"), "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector");
                    }
                }
                default -> errors.invalid(path + ".operator", operator, "not a valid selector operator");
            }
        }
        conflicts(scopes, spec.path("scopes"), path, errors);
    }
}
