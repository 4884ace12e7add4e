package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.util.List;

/** {@code core/v1 NodeSelector}, of pods and of persistent volumes. */
final class NodeSelectorValidation {

    private NodeSelectorValidation() {}

    static void check(JsonNode selector, String path, Errors errors) {
        String at = Errors.at(path, "nodeSelectorTerms");
        JsonNode terms = selector.path("nodeSelectorTerms");
        if (terms.isEmpty()) {
            errors.required(at, "must have at least one node selector term");
        }
        for (int i = 0; i < terms.size(); i++) {
            term(terms.path(i), Errors.at(at, i), errors);
        }
    }

    static void term(JsonNode term, String path, Errors errors) {
        JsonNode expressions = term.path("matchExpressions");
        for (int i = 0; i < expressions.size(); i++) {
            JsonNode expression = expressions.path(i);
            String at = Errors.at(Errors.at(path, "matchExpressions"), i);
            if (!List.of("Gt", "Lt").contains(Json.text(expression, "operator"))) {
                SelectorValidation.operator(expression, at, errors);
            } else if (expression.path("values").size() != 1) {
                errors.required(Errors.at(at, "values"), "must be specified single value when `operator` is 'Lt' or 'Gt'");
            }
            errors.invalid(Errors.at(at, "key"), Json.text(expression, "key"), Names.qualifiedName(Json.text(expression, "key")));
        }
        JsonNode fields = term.path("matchFields");
        for (int i = 0; i < fields.size(); i++) {
            String at = Errors.at(Errors.at(path, "matchFields"), i);
            if (!List.of("In", "NotIn").contains(Json.text(fields.path(i), "operator"))) {
                errors.invalid(Errors.at(at, "operator"), Json.text(fields.path(i), "operator"), "not a valid selector operator");
            } else if (fields.path(i).path("values").size() != 1) {
                errors.required(Errors.at(at, "values"), "must be only one value when `operator` is 'In' or 'NotIn' for node field selector");
            }
            if (!Json.text(fields.path(i), "key").equals("metadata.name")) {
                errors.invalid(Errors.at(at, "key"), Json.text(fields.path(i), "key"), "not a valid field selector key");
            }
        }
    }
}
