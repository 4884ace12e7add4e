package io.skerry.helm.schema;

import io.skerry.helm.template.GoFormat;
import java.util.ArrayList;
import java.util.List;

/**
 * What is wrong with a value.
 * @param pointer to the value (RFC 6901), "" for the whole
 * @param causes why, when it is not the value alone
 */
record Problem(String pointer, String message, List<Problem> causes) {
    Problem(String pointer, String message) {
        this(pointer, message, List.of());
    }

    /** All that is wrong with one value, as one problem; null for nothing. */
    static Problem of(String pointer, List<Problem> all) {
        return switch (all.size()) {
            case 0 -> null;
            case 1 -> all.getFirst();
            default -> new Problem(pointer, "validation failed", all);
        };
    }

    /** A line for each problem, causes indented by two. */
    void print(StringBuilder out, int indent) {
        out.repeat(' ', indent).append("- at '").append(pointer).append("': ").append(message).append('\n');
        for (Problem c : causes) {
            c.print(out, indent + 2);
        }
    }

    static String join(List<String> names) {
        List<String> quoted = new ArrayList<>();
        names.forEach(n -> quoted.add("'" + n + "'"));
        return String.join(", ", quoted);
    }

    static String show(Object v) {
        return v instanceof String s ? "'" + s + "'" : GoFormat.value(v);
    }
}
