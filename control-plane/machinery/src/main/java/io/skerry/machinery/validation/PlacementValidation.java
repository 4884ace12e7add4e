package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Where a pod may run: its affinities and how it is to be spread. */
final class PlacementValidation {

    private static final List<String> ACTIONS = List.of("DoNotSchedule", "ScheduleAnyway");
    private static final String TWICE = "exists in both matchLabelKeys and labelSelector";

    private PlacementValidation() {}

    static void affinity(JsonNode affinity, String path, Errors errors) {
        String node = Errors.at(path, "nodeAffinity");
        JsonNode required = Json.at(affinity, "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution");
        if (required.isObject()) {
            NodeSelectorValidation.check(required, Errors.at(node, "requiredDuringSchedulingIgnoredDuringExecution"), errors);
        }
        JsonNode preferred = Json.at(affinity, "nodeAffinity", "preferredDuringSchedulingIgnoredDuringExecution");
        for (int i = 0; i < preferred.size(); i++) {
            String at = Errors.at(Errors.at(node, "preferredDuringSchedulingIgnoredDuringExecution"), i);
            weight(preferred.path(i), at, errors);
            NodeSelectorValidation.term(preferred.path(i).path("preference"), Errors.at(at, "preference"), errors);
        }
        for (String kind : List.of("podAffinity", "podAntiAffinity")) {
            JsonNode terms = Json.at(affinity, kind, "requiredDuringSchedulingIgnoredDuringExecution");
            for (int i = 0; i < terms.size(); i++) {
                podTerm(terms.path(i), Errors.at(Errors.at(Errors.at(path, kind), "requiredDuringSchedulingIgnoredDuringExecution"), i), errors);
            }
            JsonNode weighted = Json.at(affinity, kind, "preferredDuringSchedulingIgnoredDuringExecution");
            for (int i = 0; i < weighted.size(); i++) {
                String at = Errors.at(Errors.at(Errors.at(path, kind), "preferredDuringSchedulingIgnoredDuringExecution"), i);
                weight(weighted.path(i), at, errors);
                podTerm(weighted.path(i).path("podAffinityTerm"), Errors.at(at, "podAffinityTerm"), errors);
            }
        }
    }

    private static void weight(JsonNode term, String path, Errors errors) {
        int weight = term.path("weight").asInt();
        if (weight < 1 || weight > 100) {
            errors.invalid(Errors.at(path, "weight"), term.path("weight"), "must be in the range 1-100");
        }
    }

    private static void podTerm(JsonNode term, String path, Errors errors) {
        SelectorValidation.check(term.path("labelSelector"), Errors.at(path, "labelSelector"), errors);
        SelectorValidation.check(term.path("namespaceSelector"), Errors.at(path, "namespaceSelector"), errors);
        for (JsonNode namespace : term.path("namespaces")) {
            errors.invalid(Errors.at(path, "namespace"), namespace.asText(), Names.dns1123Label(namespace.asText())); // upstream's path
        }
        labelKeys(term, path, errors);
        String key = Json.text(term, "topologyKey");
        if (key.isEmpty()) {
            errors.required(Errors.at(path, "topologyKey"), "can not be empty");
        }
        errors.invalid(Errors.at(path, "topologyKey"), key, Names.qualifiedName(key));
    }

    static void spread(JsonNode constraints, String path, Errors errors) {
        for (int i = 0; i < constraints.size(); i++) {
            JsonNode constraint = constraints.path(i);
            String at = Errors.at(path, i);
            if (constraint.path("maxSkew").asInt() <= 0) {
                errors.invalid(Errors.at(at, "maxSkew"), constraint.path("maxSkew"), "must be greater than zero");
            }
            String key = Json.text(constraint, "topologyKey");
            if (key.isEmpty()) {
                errors.required(Errors.at(at, "topologyKey"), "can not be empty");
            }
            String action = Json.text(constraint, "whenUnsatisfiable");
            if (!ACTIONS.contains(action)) {
                errors.notSupported(Errors.at(at, "whenUnsatisfiable"), action, ACTIONS);
            }
            for (int j = i + 1; j < constraints.size(); j++) {
                if (Json.text(constraints.path(j), "topologyKey").equals(key) && Json.text(constraints.path(j), "whenUnsatisfiable").equals(action)) {
                    errors.duplicate(Errors.at(at, "{topologyKey, whenUnsatisfiable}"), TextNode.valueOf("{" + key + ", " + action + "}"));
                    break;
                }
            }
            spreadKeys(constraint, Errors.at(at, "matchLabelKeys"), errors);
            SelectorValidation.check(constraint.path("labelSelector"), Errors.at(at, "labelSelector"), errors);
            JsonNode domains = constraint.path("minDomains");
            if (domains.isNumber() && domains.asLong() <= 0) {
                errors.invalid(Errors.at(at, "minDomains"), domains, "must be greater than zero");
            }
            if (domains.isNumber() && !action.equals("DoNotSchedule")) {
                errors.invalid(Errors.at(at, "minDomains"), domains, "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not " + action);
            }
            for (String policy : List.of("nodeAffinityPolicy", "nodeTaintsPolicy")) {
                errors.optionalOneOf(constraint, at, policy, List.of("Honor", "Ignore"));
            }
        }
    }

    /** Labels of the pod itself that a term matches, or must not; the registry has by now made expressions of them. */
    private static void labelKeys(JsonNode term, String path, Errors errors) {
        JsonNode selector = term.path("labelSelector");
        for (String field : List.of("matchLabelKeys", "mismatchLabelKeys")) {
            JsonNode keys = term.path(field);
            if (!keys.isEmpty() && !selector.isObject()) {
                errors.forbidden(Errors.at(path, field), "must not be specified when labelSelector is not set");
                continue;
            }
            for (int i = 0; i < keys.size(); i++) {
                errors.invalid(Errors.at(Errors.at(path, field), i), keys.path(i).asText(), Names.qualifiedName(keys.path(i).asText()));
            }
        }
        List<String> matched = new ArrayList<>();
        term.path("matchLabelKeys").forEach(key -> matched.add(key.asText()));
        Set<String> seen = new HashSet<>();
        selector.path("matchLabels").fieldNames().forEachRemaining(seen::add);
        for (JsonNode expression : selector.path("matchExpressions")) {
            String key = Json.text(expression, "key");
            if (!seen.add(key) && matched.contains(key)) {
                errors.invalid(Errors.at(path, matched.lastIndexOf(key)), key, TWICE); // upstream's path
            }
        }
        for (JsonNode mismatched : term.path("mismatchLabelKeys")) {
            int at = matched.indexOf(mismatched.asText());
            if (at >= 0) {
                errors.invalid(Errors.at(Errors.at(path, "matchLabelKeys"), at), mismatched.asText(), "exists in both matchLabelKeys and mismatchLabelKeys");
            }
        }
    }

    private static void spreadKeys(JsonNode constraint, String path, Errors errors) {
        JsonNode keys = constraint.path("matchLabelKeys");
        JsonNode selector = constraint.path("labelSelector");
        if (!keys.isEmpty() && !selector.isObject()) {
            errors.forbidden(path, "must not be specified when labelSelector is not set");
        }
        Set<String> selected = new HashSet<>();
        selector.path("matchLabels").fieldNames().forEachRemaining(selected::add);
        selector.path("matchExpressions").forEach(expression -> selected.add(Json.text(expression, "key")));
        for (int i = 0; i < keys.size(); i++) {
            String key = keys.path(i).asText();
            errors.invalid(Errors.at(path, i), key, Names.qualifiedName(key));
            if (selected.contains(key)) {
                errors.invalid(Errors.at(path, i), key, TWICE);
            }
        }
    }
}
