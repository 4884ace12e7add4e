package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.quantity.Quantity;
import java.math.BigDecimal;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** LimitRanges: for each type, bounds and defaults that do not contradict each other. */
final class LimitRangeValidation {

    private static final Set<String> TYPES = Set.of("Pod", "Container", "PersistentVolumeClaim");
    private static final Map<String, String> WORDS = Map.of("min", "min value", "max", "max value", "default", "default value", "defaultRequest", "default request value");

    private LimitRangeValidation() {}

    static void check(ObjectNode o, ObjectNode old, Errors errors) {
        JsonNode limits = Json.at(o, "spec", "limits");
        Set<String> types = new HashSet<>();
        for (int i = 0; i < limits.size(); i++) {
            JsonNode limit = limits.path(i);
            String at = Errors.at("spec.limits", i);
            String type = Json.text(limit, "type");
            type(type, Errors.at(at, "type"), errors);
            if (!types.add(type)) {
                errors.duplicate(Errors.at(at, "type"), limit.path("type"));
            }
            boolean ofContainers = type.equals("Pod") || type.equals("Container");
            for (String field : List.of("max", "min", "default", "defaultRequest", "maxLimitRequestRatio")) {
                if (ofContainers) {
                    Resources.ofContainers(limit.path(field), Errors.at(at, field), errors);
                } else {
                    Resources.list(limit.path(field), Errors.at(at, field), errors);
                }
            }
            for (String field : List.of("default", "defaultRequest")) {
                if (type.equals("Pod") && !limit.path(field).isEmpty()) {
                    errors.forbidden(Errors.at(at, field), "may not be specified when `type` is 'Pod'");
                }
            }
            if (type.equals("PersistentVolumeClaim") && !limit.path("min").has("storage") && !limit.path("max").has("storage")) {
                errors.required(Errors.at(at, "limits"), "either minimum or maximum storage value is required, but neither was provided");
            }
            ordered(limit, "min", "max", "min", at, errors);
            ordered(limit, "min", "defaultRequest", "defaultRequest", at, errors);
            ordered(limit, "defaultRequest", "max", "defaultRequest", at, errors);
            ordered(limit, "min", "default", "default", at, errors);
            ordered(limit, "default", "max", "default", at, errors);
            ordered(limit, "defaultRequest", "default", "defaultRequest", at, errors);
            limit.path("maxLimitRequestRatio").properties().forEach(ratio -> ratio(limit, ratio.getKey(), at, errors));
            limit.path("default").properties().forEach(each -> notOvercommitted(limit, each.getKey(), at, errors));
        }
    }

    private static void type(String type, String path, Errors errors) {
        List<String> problems = Names.qualifiedName(type);
        errors.invalid(path, type, problems);
        if (problems.isEmpty() && type.indexOf('/') < 0 && !TYPES.contains(type)) {
            errors.invalid(path, type, "must be a standard limit type or fully qualified");
        }
    }

    /** Of each resource, the small one must not be greater than the large one; the error is told at one of both. */
    private static void ordered(JsonNode limit, String small, String large, String told, String path, Errors errors) {
        for (var field : limit.path(small).properties()) {
            Quantity low = Resources.parsed(field.getValue());
            Quantity high = Resources.parsed(limit.path(large).path(field.getKey()));
            if (low != null && high != null && low.compareTo(high) > 0) {
                String words = large.equals("default") && small.equals("defaultRequest") ? "default limit value" : WORDS.get(large);
                errors.invalid(Errors.key(Errors.at(path, told), field.getKey()), (told.equals(small) ? low : high).toString(),
                        WORDS.get(small) + " " + low + " is greater than " + words + " " + high);
            }
        }
    }

    private static void ratio(JsonNode limit, String resource, String path, Errors errors) {
        Quantity ratio = Resources.parsed(limit.path("maxLimitRequestRatio").path(resource));
        if (ratio == null) {
            return;
        }
        String at = Errors.key(Errors.at(path, "maxLimitRequestRatio"), resource);
        if (ratio.value().compareTo(BigDecimal.ONE) < 0) {
            errors.invalid(at, ratio.toString(), "ratio " + ratio + " is less than 1");
        }
        Quantity min = Resources.parsed(limit.path("min").path(resource));
        Quantity max = Resources.parsed(limit.path("max").path(resource));
        if (min != null && max != null && min.sign() > 0) {
            double most = max.value().doubleValue() / min.value().doubleValue();
            if (ratio.value().doubleValue() > most) {
                errors.invalid(at, ratio.toString(), String.format(Locale.ROOT, "ratio %s is greater than max/min = %f", ratio, most));
            }
        }
    }

    /** What cannot be promised twice is requested as much as it is limited. */
    private static void notOvercommitted(JsonNode limit, String resource, String path, Errors errors) {
        Quantity limited = Resources.parsed(limit.path("default").path(resource));
        Quantity requested = Resources.parsed(limit.path("defaultRequest").path(resource));
        if (limited != null && requested != null && !Resources.overcommits(resource) && limited.compareTo(requested) != 0) {
            errors.invalid(Errors.key(Errors.at(path, "defaultRequest"), resource), requested.toString(),
                    "default value " + limited + " must equal to defaultRequest value " + requested + " in " + resource);
        }
    }
}
