package io.skerry.apiserver.reviews;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.selector.FieldSelector;
import io.skerry.machinery.selector.LabelSelector;
import io.skerry.machinery.validation.Names;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * {@code fieldSelector} and {@code labelSelector} of a review's resourceAttributes, with which a list or watch would be asked (KEP-4601;
 * authorization.k8s.io/v1 FieldSelectorAttributes and LabelSelectorAttributes). All requirements must hold, so one that is not understood is left
 * out: what is asked is then more than was meant, never less.
 *
 * @param fieldSelector   what is understood of the field selector, as text; "" for none
 * @param evaluationError tells what is not; "" when all is
 */
record ReviewedSelectors(String fieldSelector, String evaluationError) {
    private static final String PATH = "spec.resourceAttributes.";
    private static final Set<String> WITH_VALUES = Set.of("In", "NotIn");
    private static final Set<String> WITHOUT_VALUES = Set.of("Exists", "DoesNotExist");
    /** Others would end the field's name where the selector is a text. */
    private static final Pattern FIELD = Pattern.compile("[^=!,\\\\]+");

    /** What is wrong with them. Operators that are not known are not: newer clients may know more. */
    static List<ApiException.Cause> problems(JsonNode resource) {
        List<ApiException.Cause> problems = new ArrayList<>();
        problems(resource.path("fieldSelector"), PATH + "fieldSelector", false, problems);
        problems(resource.path("labelSelector"), PATH + "labelSelector", true, problems);
        return problems;
    }

    private static void problems(JsonNode selector, String path, boolean labels, List<ApiException.Cause> problems) {
        if (!selector.isObject()) {
            return;
        }
        String raw = Json.text(selector, "rawSelector");
        JsonNode requirements = selector.path("requirements");
        if (!raw.isEmpty() && !requirements.isEmpty()) {
            problems.add(invalid(path + ".rawSelector", raw, "may not specified at the same time as requirements"));
        }
        if (raw.isEmpty() && requirements.isEmpty()) {
            problems.add(new ApiException.Cause("FieldValueRequired", "Required value: when " + path + " is specified, requirements or rawSelector is required",
                    path + ".requirements"));
        }
        for (int i = 0; i < requirements.size(); i++) {
            requirementProblems(requirements.get(i), path + ".requirements[" + i + "]", labels, problems);
        }
    }

    private static void requirementProblems(JsonNode requirement, String path, boolean labels, List<ApiException.Cause> problems) {
        String key = Json.text(requirement, "key");
        String operator = Json.text(requirement, "operator");
        JsonNode values = requirement.path("values");
        if (!labels && key.isEmpty()) {
            problems.add(new ApiException.Cause("FieldValueRequired", "Required value: must be specified", path + ".key"));
        }
        if (WITH_VALUES.contains(operator) && values.isEmpty()) {
            problems.add(new ApiException.Cause("FieldValueRequired", "Required value: must be specified when `operator` is 'In' or 'NotIn'", path + ".values"));
        }
        if (WITHOUT_VALUES.contains(operator) && !values.isEmpty()) {
            problems.add(new ApiException.Cause("FieldValueForbidden", "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'", path + ".values"));
        }
        if (labels) {
            Names.qualifiedName(key).forEach(problem -> problems.add(invalid(path + ".key", key, problem)));
            for (int i = 0; i < values.size(); i++) {
                String value = values.get(i).asText();
                String at = path + ".values[" + i + "]";
                Names.labelValue(value).forEach(problem -> problems.add(invalid(at, value, problem)));
            }
        }
    }

    private static ApiException.Cause invalid(String field, String value, String why) {
        return new ApiException.Cause("FieldValueInvalid", "Invalid value: \"" + value + "\": " + why, field);
    }

    /** Of resourceAttributes without {@link #problems}. */
    static ReviewedSelectors of(JsonNode resource) {
        List<String> errors = new ArrayList<>();
        String fields = fields(resource.path("fieldSelector"), errors);
        // no rule of this server looks at labels: it only tells whether they could be understood
        checkLabels(resource.path("labelSelector"), errors);
        return new ReviewedSelectors(fields, String.join("; ", errors));
    }

    private static String fields(JsonNode selector, List<String> errors) {
        JsonNode requirements = selector.path("requirements");
        if (requirements.isEmpty()) {
            try {
                return FieldSelector.parse(Json.text(selector, "rawSelector")).toString();
            } catch (IllegalArgumentException e) {
                tell("fieldSelector", 0, errors);
                return "";
            }
        }
        List<String> understood = new ArrayList<>();
        for (JsonNode requirement : requirements) {
            String key = Json.text(requirement, "key");
            String operator = Json.text(requirement, "operator");
            if (WITH_VALUES.contains(operator) && requirement.path("values").size() == 1 && FIELD.matcher(key).matches()) {
                understood.add(new FieldSelector.Requirement(key, operator.equals("NotIn"), requirement.path("values").get(0).asText()).toString());
            }
        }
        if (understood.size() < requirements.size()) {
            tell("fieldSelector", understood.size(), errors);
        }
        return String.join(",", understood);
    }

    private static void checkLabels(JsonNode selector, List<String> errors) {
        JsonNode requirements = selector.path("requirements");
        if (requirements.isEmpty()) {
            try {
                LabelSelector.parse(Json.text(selector, "rawSelector"));
            } catch (IllegalArgumentException e) {
                tell("labelSelector", 0, errors);
            }
            return;
        }
        int understood = 0;
        for (JsonNode requirement : requirements) {
            String operator = Json.text(requirement, "operator");
            understood += WITH_VALUES.contains(operator) || WITHOUT_VALUES.contains(operator) ? 1 : 0;
        }
        if (understood < requirements.size()) {
            tell("labelSelector", understood, errors);
        }
    }

    private static void tell(String field, int understood, List<String> errors) {
        errors.add(PATH + field + (understood > 0 ? " partially" : "") + " ignored due to parse error");
    }
}
