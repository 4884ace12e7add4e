package io.skerry.machinery.selector;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * The {@code fieldSelector} of a list or watch: "metadata.name=a,status.phase!=Running". In values, "\", "," and "=" are
 * escaped by "\" (k8s.io/apimachinery/pkg/fields).
 */
public final class FieldSelector {

    /** @param negated whether the field must differ from the value */
    public record Requirement(String field, boolean negated, String value) {
        @Override
        public String toString() {
            return field + (negated ? "!=" : "=") + value.replace("\\", "\\\\").replace(",", "\\,").replace("=", "\\=");
        }
    }

    private final List<Requirement> requirements;

    private FieldSelector(List<Requirement> requirements) {
        this.requirements = requirements;
    }

    /** @throws IllegalArgumentException with upstream's message; an empty or null text selects everything */
    public static FieldSelector parse(String text) {
        List<Requirement> requirements = new ArrayList<>();
        if (text != null) {
            for (String term : terms(text)) {
                if (!term.isEmpty()) {
                    requirements.add(requirement(term, text));
                }
            }
        }
        return new FieldSelector(List.copyOf(requirements));
    }

    private static List<String> terms(String text) {
        List<String> terms = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == '\\') {
                i++;
            } else if (text.charAt(i) == ',') {
                terms.add(text.substring(start, i));
                start = i + 1;
            }
        }
        terms.add(text.substring(start));
        return terms;
    }

    private static Requirement requirement(String term, String text) {
        for (int i = 0; i < term.length(); i++) {
            boolean negated = term.startsWith("!=", i);
            int length = negated || term.startsWith("==", i) ? 2 : term.charAt(i) == '=' ? 1 : 0;
            if (length > 0) {
                return new Requirement(term.substring(0, i), negated, unescape(term.substring(i + length)));
            }
        }
        throw new IllegalArgumentException("invalid selector: '" + text + "'; can't understand '" + term + "'");
    }

    private static String unescape(String value) {
        if (value.indexOf('\\') < 0 && value.indexOf('=') < 0) {
            return value;
        }
        StringBuilder s = new StringBuilder();
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '\\') {
                if (++i == value.length() || "\\,=".indexOf(value.charAt(i)) < 0) {
                    throw new IllegalArgumentException("invalid field selector: invalid escape sequence: "
                            + value.substring(i - 1, Math.min(i + 1, value.length())));
                }
                s.append(value.charAt(i));
            } else if (c == '=') {
                throw new IllegalArgumentException("invalid field selector: unescaped character in value: =");
            } else {
                s.append(c);
            }
        }
        return s.toString();
    }

    /** Every one must hold. */
    public List<Requirement> requirements() {
        return requirements;
    }

    public boolean isEmpty() {
        return requirements.isEmpty();
    }

    /** @param valueOf the value of a field such as "metadata.name"; null counts as "" */
    public boolean matches(Function<String, String> valueOf) {
        for (Requirement r : requirements) {
            String value = valueOf.apply(r.field);
            if ((value == null ? "" : value).equals(r.value) == r.negated) {
                return false;
            }
        }
        return true;
    }

    @Override
    public String toString() {
        return String.join(",", requirements.stream().map(Requirement::toString).toList());
    }
}
