package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.patch.Values;
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
        for (var hard : spec.path("hard").properties()) {
            String name = hard.getKey();
            String at = Errors.key("spec.hard", name);
            errors.invalid(at, name, Names.qualifiedName(name));
            if (name.indexOf('/') < 0 && !isStandard(name) && !name.startsWith("hugepages-") && !name.startsWith("requests.hugepages-") && !name.startsWith("limits.hugepages-")) {
                errors.invalid(at, name, "must be a standard resource type or fully qualified");
                errors.invalid(at, name, "must be a standard resource for quota");
            }
            Quantity quantity = Resources.notNegative(hard.getValue(), at, errors);
            if (quantity != null && COUNTED.contains(name) && quantity.value().stripTrailingZeros().scale() > 0) {
                errors.invalid(at, quantity.toString(), "must be an integer");
            }
        }
        List<String> scopes = new ArrayList<>();
        spec.path("scopes").forEach(scope -> scopes.add(scope.asText()));
        scopes(spec, scopes, spec.path("scopes"), "spec.scopes", errors);
        selector(spec, errors);
        if (old != null) {
            for (String field : List.of("scopes", "scopeSelector")) {
                JsonNode was = Json.at(old, "spec", field);
                if (!(spec.path(field).isEmpty() && was.isEmpty()) && !Values.same(spec.path(field), was)) {
                    errors.invalid("spec." + field, spec.path(field), Errors.IMMUTABLE);
                }
            }
        }
    }

    private static boolean isStandard(String name) {
        return COUNTED.contains(name) || COMPUTE.contains(name) || OTHER.contains(name);
    }

    private static void scopes(JsonNode spec, List<String> scopes, JsonNode told, String path, Errors errors) {
        for (String scope : scopes) {
            if (!SCOPES.contains(scope)) {
                errors.invalid(path, told, "unsupported scope");
                continue;
            }
            for (var hard : spec.path("hard").properties()) {
                String name = hard.getKey();
                boolean fits = name.equals("pods") || !scope.equals("BestEffort") && COMPUTE.contains(name);
                if (isStandard(name) && !fits) {
                    errors.invalid(path, told, "unsupported scope applied to resource");
                }
            }
        }
        if (scopes.containsAll(List.of("BestEffort", "NotBestEffort")) || scopes.containsAll(List.of("Terminating", "NotTerminating"))) {
            errors.invalid(path, told, "conflicting scopes");
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
            if (!scope.equals("PriorityClass") && SCOPES.contains(scope) && !operator.equals("Exists")) {
                errors.invalid(path + ".operator", operator, "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, "
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
        scopes(spec, scopes, expressions, path + ".scopeName", errors);
    }
}
