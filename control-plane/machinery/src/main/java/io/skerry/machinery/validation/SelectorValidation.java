package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.selector.LabelSelector;

/** {@code metav1.LabelSelector} fields. */
final class SelectorValidation {


    private SelectorValidation() {}

    static void check(JsonNode selector, String path, Errors errors) {
        MetadataValidation.labels(selector.path("matchLabels"), Errors.at(path, "matchLabels"), errors);
        JsonNode expressions = selector.path("matchExpressions");
        for (int i = 0; i < expressions.size(); i++) {
            JsonNode expression = expressions.path(i);
            String at = Errors.at(Errors.at(path, "matchExpressions"), i);
            JsonNode values = expression.path("values");
            operator(expression, at, errors);
            String key = Json.text(expression, "key");
            errors.invalid(Errors.at(at, "key"), key, Names.qualifiedName(key));
            for (int v = 0; v < values.size(); v++) {
                errors.invalid(Errors.at(Errors.at(at, "values"), v), values.path(v).asText(), Names.labelValue(values.path(v).asText()));
            }
        }
    }

    /** The operators that selectors of labels and of nodes have in common, and how many values each takes. */
    static void operator(JsonNode expression, String at, Errors errors) {
        JsonNode values = expression.path("values");
        switch (Json.text(expression, "operator")) {
            case "In", "NotIn" -> {
                if (values.isEmpty()) {
                    errors.required(Errors.at(at, "values"), "must be specified when `operator` is 'In' or 'NotIn'");
                }
            }
            case "Exists", "DoesNotExist" -> {
                if (!values.isEmpty()) {
                    errors.forbidden(Errors.at(at, "values"), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
                }
            }
            default -> errors.invalid(Errors.at(at, "operator"), Json.text(expression, "operator"), "not a valid selector operator");
        }
    }

    /**
     * A workload's selector: there, not empty, well-formed, and matching its template's labels.
     *
     * @param kind as the message for an empty one names it; a ReplicaSet's says "deployment"
     */
    static void ofTemplate(JsonNode spec, String kind, Errors errors) {
        JsonNode selector = spec.path("selector");
        if (!selector.isObject()) {
            errors.required("spec.selector", "");
            matchesTemplate(spec, LabelSelector.nothing(), errors);
            return;
        }
        int before = errors.list().size();
        check(selector, "spec.selector", errors);
        if (selector.path("matchLabels").isEmpty() && selector.path("matchExpressions").isEmpty()) {
            errors.invalid("spec.selector", selector, "empty selector is invalid for " + kind);
        }
        if (errors.list().size() == before) {
            matchesTemplate(spec, LabelSelector.of(selector), errors);
        }
    }

    static void matchesTemplate(JsonNode spec, LabelSelector selector, Errors errors) {
        JsonNode labels = Json.at(spec, "template", "metadata", "labels");
        if (!selector.matches(labels)) {
            errors.invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`");
        }
    }

}
