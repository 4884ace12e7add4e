package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.quantity.Quantity;
import java.util.List;
import java.util.Set;

/** Requests and limits, and quantities elsewhere. */
final class Resources {

    private static final String HUGE_PAGES = "hugepages-";
    private static final Set<String> STANDARD = Set.of("cpu", "memory", "ephemeral-storage");

    private Resources() {}

    /** The quantity, or null when the value is none, which is then told. */
    static Quantity quantity(JsonNode value, String path, Errors errors) {
        try {
            return Quantity.parse(value.asText());
        } catch (IllegalArgumentException e) {
            errors.invalid(path, value, e.getMessage());
            return null;
        }
    }

    static Quantity notNegative(JsonNode value, String path, Errors errors) {
        Quantity quantity = quantity(value, path, errors);
        if (quantity != null && quantity.sign() < 0) {
            errors.invalid(path, quantity.toString(), Errors.NOT_NEGATIVE);
        }
        return quantity;
    }

    /** Of a container. */
    static void check(JsonNode resources, String path, Errors errors) {
        JsonNode limits = resources.path("limits");
        hugePages(resources, path, errors);
        JsonNode requests = resources.path("requests");
        limits.properties().forEach(e -> one(e.getKey(), e.getValue(), Errors.at(path, "limits"), errors));
        for (var request : requests.properties()) {
            String name = request.getKey();
            Quantity asked = one(name, request.getValue(), Errors.at(path, "requests"), errors);
            if (asked == null) {
                continue;
            }
            boolean overcommits = overcommits(name);
            if (limits.hasNonNull(name)) {
                Quantity limit = parsed(limits.get(name));
                if (limit == null) {
                    continue;
                }
                if (!overcommits && !asked.equals(limit)) {
                    errors.invalid(Errors.at(path, "requests"), asked.toString(), "must be equal to " + name + " limit of " + limit);
                } else if (asked.compareTo(limit) > 0) {
                    errors.invalid(Errors.at(path, "requests"), asked.toString(), "must be less than or equal to " + name + " limit of " + limit);
                }
            } else if (!overcommits) {
                errors.required(Errors.at(path, "limits"), "Limit must be set for non overcommitable resources");
            }
        }
    }

    /** They come in whole pages, and beside processor or memory. */
    private static void hugePages(JsonNode resources, String path, Errors errors) {
        boolean huge = false;
        boolean compute = false;
        for (String kind : List.of("limits", "requests")) {
            for (var amount : resources.path(kind).properties()) {
                String name = amount.getKey();
                compute |= name.equals("cpu") || name.equals("memory");
                if (!name.startsWith(HUGE_PAGES)) {
                    continue;
                }
                huge = true;
                Quantity given = parsed(amount.getValue());
                Quantity page = parsed(TextNode.valueOf(name.substring(HUGE_PAGES.length())));
                if (given != null && page != null && page.sign() > 0 && given.value().remainder(page.value()).signum() != 0) {
                    errors.invalid(Errors.key(Errors.at(path, kind), name), given.toString(), given + " is not positive integer multiple of " + name);
                }
            }
        }
        if (huge && !compute) {
            errors.forbidden(path, "HugePages require cpu or memory");
        }
    }

    /** Null when it is absent or none, which another check tells. */
    static Quantity parsed(JsonNode value) {
        try {
            return value.isValueNode() && !value.isNull() ? Quantity.parse(value.asText()) : null;
        } catch (IllegalArgumentException alreadyTold) {
            return null;
        }
    }

    /** Whether more of a resource may be promised than there is: not so for huge pages and devices. */
    static boolean overcommits(String resource) {
        return resource.indexOf('/') < 0 && !resource.startsWith("hugepages-");
    }

    /** Amounts of what containers can have. */
    static void ofContainers(JsonNode resources, String path, Errors errors) {
        resources.properties().forEach(e -> one(e.getKey(), e.getValue(), path, errors));
    }

    private static Quantity one(String name, JsonNode value, String path, Errors errors) {
        String at = Errors.key(path, name);
        errors.invalid(at, name, Names.qualifiedName(name));
        if (name.indexOf('/') < 0 && !STANDARD.contains(name) && !name.startsWith("hugepages-")) {
            errors.invalid(at, name, "must be a standard resource type or fully qualified");
            errors.invalid(at, name, "must be a standard resource for containers");
        }
        Quantity quantity = notNegative(value, at, errors);
        if (quantity != null && name.indexOf('/') >= 0 && quantity.value().stripTrailingZeros().scale() > 0) {
            errors.invalid(at, quantity.toString(), "must be an integer");
        }
        return quantity;
    }

    /** Of a claim, a volume or a quota: any name, no negative quantity. */
    static void list(JsonNode resources, String path, Errors errors) {
        for (var resource : resources.properties()) {
            errors.invalid(Errors.key(path, resource.getKey()), resource.getKey(), Names.qualifiedName(resource.getKey()));
            notNegative(resource.getValue(), Errors.key(path, resource.getKey()), errors);
        }
    }

    /** "10" or "25%", not negative; percentages at most 100 when asked. */
    static void intOrPercent(JsonNode object, String path, String field, boolean atMostHundred, Errors errors) {
        JsonNode value = object.path(field);
        String at = Errors.at(path, field);
        if (value.isNumber()) {
            if (value.asLong() < 0) {
                errors.invalid(at, value, Errors.NOT_NEGATIVE);
            }
        } else if (value.isTextual()) {
            if (!value.textValue().matches("[0-9]+%")) {
                errors.invalid(at, value, "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')");
            } else if (atMostHundred && percent(value) > 100) {
                errors.invalid(at, value, "must not be greater than 100%");
            }
        }
    }

    /** The number before the %, or of an integer itself. */
    static long percent(JsonNode value) {
        String digits = Json.text(value).replace("%", "");
        return digits.matches("\\d{1,18}") ? Long.parseLong(digits) : 0;
    }
}
