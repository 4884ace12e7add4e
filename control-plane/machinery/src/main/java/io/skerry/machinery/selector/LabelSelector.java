package io.skerry.machinery.selector;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.validation.Names;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;

/** A label selector: of a request's {@code labelSelector} parameter, or a {@code metav1.LabelSelector} of an object. */
public final class LabelSelector {

    /** The operators of both forms. EQUALS and NOT_EQUALS are IN and NOT_IN with one value. */
    public enum Operator { IN, NOT_IN, EXISTS, DOES_NOT_EXIST, GREATER_THAN, LESS_THAN }

    public record Requirement(String key, Operator operator, Collection<String> values) {
        boolean matches(String value) {
            return switch (operator) {
                case IN -> value != null && values.contains(value);
                case NOT_IN -> value == null || !values.contains(value);
                case EXISTS -> value != null;
                case DOES_NOT_EXIST -> value == null;
                case GREATER_THAN -> value != null && compares(value, 1);
                case LESS_THAN -> value != null && compares(value, -1);
            };
        }

        private boolean compares(String value, int sign) {
            try {
                return Long.compare(Long.parseLong(value), Long.parseLong(values.iterator().next())) == sign;
            } catch (NumberFormatException notANumber) {
                return false;
            }
        }

        @Override
        public String toString() {
            return switch (operator) {
                case EXISTS -> key;
                case DOES_NOT_EXIST -> "!" + key;
                case GREATER_THAN -> key + ">" + values.iterator().next();
                case LESS_THAN -> key + "<" + values.iterator().next();
                case IN -> values.size() == 1 ? key + "=" + values.iterator().next() : key + " in (" + String.join(",", values) + ")";
                case NOT_IN -> values.size() == 1 ? key + "!=" + values.iterator().next() : key + " notin (" + String.join(",", values) + ")";
            };
        }
    }

    private static final LabelSelector EVERYTHING = new LabelSelector(List.of(), false);
    private static final LabelSelector NOTHING = new LabelSelector(List.of(), true);

    private final List<Requirement> requirements;
    private final boolean nothing;

    private LabelSelector(List<Requirement> requirements, boolean nothing) {
        this.requirements = requirements;
        this.nothing = nothing;
    }

    public static LabelSelector everything() {
        return EVERYTHING;
    }

    public static LabelSelector nothing() {
        return NOTHING;
    }

    /**
     * Parses "a=b, c==d, e!=f, g in (h,i), j notin (k), l, !m, n&gt;1, o&lt;2"; empty or null selects everything.
     *
     * @throws IllegalArgumentException with upstream's message
     */
    public static LabelSelector parse(String text) {
        if (text == null || text.isBlank()) {
            return EVERYTHING;
        }
        return new LabelSelector(new LabelSelectorParser(text).parse(), false);
    }

    /**
     * A {@code metav1.LabelSelector}: absent or null selects nothing, an empty one everything.
     *
     * @throws IllegalArgumentException with upstream's message
     */
    public static LabelSelector of(JsonNode selector) {
        if (selector == null || !selector.isObject()) {
            return NOTHING;
        }
        List<Requirement> requirements = new ArrayList<>();
        for (var label : selector.path("matchLabels").properties()) {
            requirements.add(requirement(label.getKey(), Operator.IN, List.of(label.getValue().asText())));
        }
        for (JsonNode expression : selector.path("matchExpressions")) {
            List<String> values = new ArrayList<>();
            expression.path("values").forEach(v -> values.add(v.asText()));
            String operator = Json.text(expression, "operator");
            requirements.add(requirement(Json.text(expression, "key"), switch (operator) {
                case "In" -> Operator.IN;
                case "NotIn" -> Operator.NOT_IN;
                case "Exists" -> Operator.EXISTS;
                case "DoesNotExist" -> Operator.DOES_NOT_EXIST;
                default -> throw new IllegalArgumentException("\"" + operator + "\" is not a valid label selector operator");
            }, values));
        }
        return requirements.isEmpty() ? EVERYTHING : new LabelSelector(List.copyOf(requirements), false);
    }

    /** The plain map of a Service or ReplicationController: absent or empty selects nothing. */
    public static LabelSelector ofMap(JsonNode labels) {
        if (labels == null || labels.isEmpty()) {
            return NOTHING;
        }
        return of(Json.object().set("matchLabels", labels));
    }

    static Requirement requirement(String key, Operator operator, Collection<String> values) {
        List<String> problems = Names.qualifiedName(key);
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException("key: Invalid value: \"" + key + "\": " + String.join("; ", problems));
        }
        switch (operator) {
            case IN, NOT_IN -> {
                if (values.isEmpty()) {
                    throw new IllegalArgumentException("values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty");
                }
            }
            case EXISTS, DOES_NOT_EXIST -> {
                if (!values.isEmpty()) {
                    throw new IllegalArgumentException("values: Invalid value: [" + String.join(" ", values) + "]: values set must be empty for exists and does not exist");
                }
            }
            case GREATER_THAN, LESS_THAN -> {
                if (values.size() != 1 || !values.iterator().next().matches("-?\\d{1,18}")) {
                    throw new IllegalArgumentException("values[0]: Invalid value: \"" + String.join(",", values)
                            + "\": for 'Gt', 'Lt' operators, the value must be an integer");
                }
            }
        }
        int i = 0;
        for (String value : values) {
            problems = Names.labelValue(value);
            if (!problems.isEmpty()) {
                throw new IllegalArgumentException("values[" + i + "][" + key + "]: Invalid value: \"" + value + "\": " + String.join("; ", problems));
            }
            i++;
        }
        return new Requirement(key, operator, new TreeSet<>(values));
    }

    /** Every one must hold. */
    public List<Requirement> requirements() {
        return requirements;
    }

    /** Whether it selects everything. */
    public boolean isEmpty() {
        return requirements.isEmpty() && !nothing;
    }

    public boolean matches(Map<String, String> labels) {
        return matching(labels == null ? key -> null : labels::get);
    }

    /** @param labels {@code metadata.labels}; null and missing are an empty map */
    public boolean matches(JsonNode labels) {
        return matching(key -> {
            JsonNode value = labels == null ? null : labels.get(key);
            return value == null || value.isNull() ? null : value.asText();
        });
    }

    private boolean matching(Function<String, String> labels) {
        if (nothing) {
            return false;
        }
        for (Requirement r : requirements) {
            if (!r.matches(labels.apply(r.key))) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof LabelSelector s && s.nothing == nothing && s.toString().equals(toString());
    }

    @Override
    public int hashCode() {
        return toString().hashCode();
    }

    /** The form {@link #parse} reads, sorted by key; "" for everything and for nothing. */
    @Override
    public String toString() {
        return String.join(",", requirements.stream().sorted((a, b) -> a.key.compareTo(b.key)).map(Requirement::toString).toList());
    }
}
