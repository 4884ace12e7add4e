package io.skerry.apiserver.admission.rules;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.admission.Admission;
import io.skerry.apiserver.registry.ServedType;
import io.skerry.machinery.json.Json;
import java.util.HashSet;
import java.util.Set;

/** One rule of a webhook or policy: which operations on which resources (admissionregistration.k8s.io/v1 NamedRuleWithOperations). */
final class ResourceRule {
    private final Set<String> operations;
    private final Set<String> groups;
    private final Set<String> versions;
    private final Set<String> resources;
    private final Set<String> names;
    private final String scope;

    ResourceRule(JsonNode rule) {
        operations = strings(rule.path("operations"));
        groups = strings(rule.path("apiGroups"));
        versions = strings(rule.path("apiVersions"));
        resources = strings(rule.path("resources"));
        names = strings(rule.path("resourceNames"));
        scope = Json.text(rule, "scope");
    }

    private static Set<String> strings(JsonNode array) {
        Set<String> strings = new HashSet<>();
        array.forEach(each -> strings.add(each.asText()));
        return Set.copyOf(strings);
    }

    boolean matches(Admission.Operation operation, ServedType type, String subresource, String name) {
        return (operations.contains("*") || operations.contains(operation.name())) && (groups.contains("*") || groups.contains(type.group()))
                && (versions.contains("*") || versions.contains(type.type().version())) && resource(type.plural(), subresource)
                && (names.isEmpty() || names.contains(name))
                && (scope.isEmpty() || scope.equals("*") || scope.equals(type.namespaced() ? "Namespaced" : "Cluster"));
    }

    /** {@code *} is every resource without its subresources, {@code *}{@code /*} all, pods/* a pod and what is under it. */
    private boolean resource(String plural, String subresource) {
        if (resources.contains("*/*") || resources.contains(plural + "/*")) {
            return true;
        }
        return subresource.isEmpty() ? resources.contains("*") || resources.contains(plural)
                : resources.contains(plural + "/" + subresource) || resources.contains("*/" + subresource);
    }
}
