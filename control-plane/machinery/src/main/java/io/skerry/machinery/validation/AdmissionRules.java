package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What webhooks and admission policies have in common: the rules that say which writes they are for, selectors and match conditions.
 * Whether the conditions compile is told where the variables they see are known.
 */
final class AdmissionRules {

    private static final Set<String> OPERATIONS = Set.of("*", "CONNECT", "CREATE", "DELETE", "UPDATE");
    private static final Set<String> SCOPES = Set.of("*", "Cluster", "Namespaced");
    private static final Set<String> MATCH_POLICIES = Set.of("Equivalent", "Exact");
    private static final int MAX_CONDITIONS = 64;

    private AdmissionRules() {}

    /** matchPolicy and the two selectors of a webhook, matchConstraints or matchResources. */
    static void scope(JsonNode holder, String path, Errors errors) {
        errors.optionalOneOf(holder, path, "matchPolicy", MATCH_POLICIES);
        for (String selector : List.of("namespaceSelector", "objectSelector")) {
            SelectorValidation.check(holder.path(selector), Errors.at(path, selector), errors);
        }
    }

    /** matchConstraints of a policy, matchResources of a binding. */
    static void match(JsonNode match, String path, Errors errors) {
        scope(match, path, errors);
        for (String rules : List.of("resourceRules", "excludeResourceRules")) {
            check(match.path(rules), Errors.at(path, rules), errors);
        }
    }

    static void check(JsonNode rules, String path, Errors errors) {
        for (int i = 0; i < rules.size(); i++) {
            String at = Errors.at(path, i);
            JsonNode rule = rules.path(i);
            names(rule.path("resourceNames"), Errors.at(at, "resourceNames"), errors);
            anyOrSome(rule, at, "operations", "operations", errors);
            for (int o = 0; o < rule.path("operations").size(); o++) {
                String operation = rule.path("operations").path(o).asText();
                if (!OPERATIONS.contains(operation)) {
                    errors.notSupported(Errors.at(Errors.at(at, "operations"), o), operation, OPERATIONS);
                }
            }
            anyOrSome(rule, at, "apiGroups", "API groups", errors);
            anyOrSome(rule, at, "apiVersions", "API versions", errors);
            for (int v = 0; v < rule.path("apiVersions").size(); v++) {
                if (rule.path("apiVersions").path(v).asText().isEmpty()) {
                    errors.required(Errors.at(Errors.at(at, "apiVersions"), v), "");
                }
            }
            resources(rule.path("resources"), Errors.at(at, "resources"), errors);
            errors.optionalOneOf(rule, at, "scope", SCOPES);
        }
    }

    private static void names(JsonNode names, String path, Errors errors) {
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < names.size(); i++) {
            String name = names.path(i).asText();
            errors.invalid(Errors.at(path, i), name, Names.pathSegment(name));
            if (!seen.add(name)) {
                errors.duplicate(Errors.at(path, i), names.path(i));
            }
        }
    }

    private static void anyOrSome(JsonNode rule, String path, String field, String words, Errors errors) {
        JsonNode list = rule.path(field);
        if (list.isEmpty()) {
            errors.required(Errors.at(path, field), "");
        } else if (list.size() > 1 && has(list, "*")) {
            errors.invalid(Errors.at(path, field), list, "if '*' is present, must not specify other " + words);
        }
    }

    private static boolean has(JsonNode list, String wanted) {
        for (JsonNode each : list) {
            if (each.asText().equals(wanted)) {
                return true;
            }
        }
        return false;
    }

    /** pods, pods/log, with * for either part; none may say again what a wildcard before it has said. */
    private static void resources(JsonNode resources, String path, Errors errors) {
        if (resources.isEmpty()) {
            errors.required(path, "");
        }
        Set<String> anySubresource = new HashSet<>();
        Set<String> anyResource = new HashSet<>();
        boolean plain = false;
        for (int i = 0; i < resources.size(); i++) {
            String resource = resources.path(i).asText();
            String at = Errors.at(path, i);
            int slash = resource.indexOf('/');
            if (resource.isEmpty()) {
                errors.required(at, "");
            } else if (slash < 0) {
                plain = !resource.equals("*"); // the last one decides, as upstream
            } else {
                String parent = resource.substring(0, slash);
                String sub = resource.substring(slash + 1);
                if (anySubresource.contains(parent)) {
                    errors.invalid(at, resource, "if '" + parent + "/*' is present, must not specify " + resource);
                }
                if (anyResource.contains(sub)) {
                    errors.invalid(at, resource, "if '*/" + sub + "' is present, must not specify " + resource);
                }
                if (sub.equals("*")) {
                    anySubresource.add(parent);
                }
                if (parent.equals("*")) {
                    anyResource.add(sub);
                }
            }
        }
        if (resources.size() > 1 && has(resources, "*/*")) {
            errors.invalid(path, resources, "if '*/*' is present, must not specify other resources");
        }
        if (has(resources, "*") && plain) {
            errors.invalid(path, resources, "if '*' is present, must not specify other resources without subresources");
        }
    }

    static void conditions(JsonNode conditions, String path, Errors errors) {
        if (conditions.size() > MAX_CONDITIONS) {
            errors.tooMany(path, conditions.size(), MAX_CONDITIONS);
        }
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < conditions.size(); i++) {
            String at = Errors.at(path, i);
            if (Json.text(conditions.path(i), "expression").isBlank()) {
                errors.required(Errors.at(at, "expression"), "");
            }
            String name = Json.text(conditions.path(i), "name");
            if (name.isEmpty()) {
                errors.required(Errors.at(at, "name"), "");
                continue;
            }
            errors.invalid(Errors.at(at, "name"), name, Names.qualifiedName(name));
            if (!seen.add(name)) {
                errors.duplicate(Errors.at(at, "name"), conditions.path(i).path("name"));
            }
        }
    }
}
