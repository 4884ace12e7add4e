package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.patch.Values;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Roles and their bindings. */
final class RbacValidation {

    private static final String GROUP = "rbac.authorization.k8s.io";

    private RbacValidation() {}

    static void declare(Map<String, Validation.Check> checks) {
        checks.put("roles." + GROUP, (o, old, errors) -> rules(o, true, errors));
        checks.put("clusterroles." + GROUP, (o, old, errors) -> {
            rules(o, false, errors);
            JsonNode selectors = Json.at(o, "aggregationRule", "clusterRoleSelectors");
            if (o.path("aggregationRule").isObject() && selectors.isEmpty()) {
                errors.required("aggregationRule.clusterRoleSelectors", "at least one clusterRoleSelector required if aggregationRule is non-nil");
            }
            for (int i = 0; i < selectors.size(); i++) {
                SelectorValidation.check(selectors.path(i), Errors.at("aggregationRule.clusterRoleSelectors", i), errors);
            }
        });
        checks.put("rolebindings." + GROUP, (o, old, errors) -> binding(o, old, List.of("Role", "ClusterRole"), true, errors));
        checks.put("clusterrolebindings." + GROUP, (o, old, errors) -> binding(o, old, List.of("ClusterRole"), false, errors));
    }

    private static void rules(JsonNode role, boolean namespaced, Errors errors) {
        JsonNode rules = role.path("rules");
        for (int i = 0; i < rules.size(); i++) {
            JsonNode rule = rules.path(i);
            String at = Errors.at("rules", i);
            if (rule.path("verbs").isEmpty()) {
                errors.required(Errors.at(at, "verbs"), "verbs must contain at least one value");
            }
            if (!rule.path("nonResourceURLs").isEmpty()) {
                if (namespaced) {
                    errors.invalid(Errors.at(at, "nonResourceURLs"), rule.path("nonResourceURLs"), "namespaced rules cannot apply to non-resource URLs");
                }
                if (!rule.path("apiGroups").isEmpty() || !rule.path("resources").isEmpty() || !rule.path("resourceNames").isEmpty()) {
                    errors.invalid(Errors.at(at, "nonResourceURLs"), rule.path("nonResourceURLs"), "rules cannot apply to both regular resources and non-resource URLs");
                }
                continue;
            }
            if (rule.path("apiGroups").isEmpty()) {
                errors.required(Errors.at(at, "apiGroups"), "resource rules must supply at least one api group");
            }
            if (rule.path("resources").isEmpty()) {
                errors.required(Errors.at(at, "resources"), "resource rules must supply at least one resource");
            }
        }
    }

    private static void binding(ObjectNode o, ObjectNode old, List<String> kinds, boolean namespaced, Errors errors) {
        JsonNode ref = o.path("roleRef");
        if (!Json.text(ref, "apiGroup").equals(GROUP)) {
            errors.notSupported("roleRef.apiGroup", Json.text(ref, "apiGroup"), List.of(GROUP));
        }
        if (!kinds.contains(Json.text(ref, "kind"))) {
            errors.notSupported("roleRef.kind", Json.text(ref, "kind"), kinds);
        }
        String name = Json.text(ref, "name");
        if (name.isEmpty()) {
            errors.required("roleRef.name", "");
        } else {
            errors.invalid("roleRef.name", name, Names.pathSegment(name));
        }
        JsonNode subjects = o.path("subjects");
        for (int i = 0; i < subjects.size(); i++) {
            subject(subjects.path(i), Errors.at("subjects", i), namespaced, errors);
        }
        if (old != null && !Values.same(ref, old.path("roleRef"))) {
            errors.invalid("roleRef", ref, "cannot change roleRef");
        }
    }

    private static void subject(JsonNode subject, String path, boolean namespaced, Errors errors) {
        String name = Json.text(subject, "name");
        if (name.isEmpty()) {
            errors.required(Errors.at(path, "name"), "");
        }
        String group = Json.text(subject, "apiGroup");
        switch (Json.text(subject, "kind")) {
            case "ServiceAccount" -> {
                if (!name.isEmpty()) {
                    errors.invalid(Errors.at(path, "name"), name, Names.dns1123Subdomain(name));
                }
                if (!group.isEmpty()) {
                    errors.notSupported(Errors.at(path, "apiGroup"), group, List.of(""));
                }
                if (!namespaced && Json.text(subject, "namespace").isEmpty()) {
                    errors.required(Errors.at(path, "namespace"), "");
                }
            }
            case "User", "Group" -> {
                if (name.isEmpty()) {
                    errors.invalid(Errors.at(path, "name"), "", Json.text(subject, "kind").toLowerCase(Locale.ROOT) + " name cannot be empty");
                }
                if (!group.equals(GROUP)) {
                    errors.notSupported(Errors.at(path, "apiGroup"), group, List.of(GROUP));
                }
            }
            default -> errors.notSupported(Errors.at(path, "kind"), Json.text(subject, "kind"), List.of("ServiceAccount", "User", "Group"));
        }
    }
}
