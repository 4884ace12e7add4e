package io.skerry.helm.chart;

import io.skerry.helm.HelmException;
import io.skerry.helm.template.GoNumber;
import io.skerry.helm.template.GoValue;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Helm's {@code --set} language: {@code name=value,outer.inner=x,list={a,b},servers[0].port=80,odd\.name=1}. Whole numbers become
 * int64, true, false and null what they say; {@code null} deletes a chart's default.
 */
final class SetExpression {
    /** Helm's limits against expressions that make huge lists or deep trees. */
    private static final int MAX_INDEX = 65536;
    private static final int MAX_DEPTH = 30;

    private final String text;
    private final boolean strings;
    private int at;

    private SetExpression(String text, boolean strings) {
        this.text = text;
        this.strings = strings;
    }

    static void apply(String text, Map<String, Object> into, boolean strings) {
        SetExpression e = new SetExpression(text, strings);
        while (e.at < text.length()) {
            e.key(into, 0);
        }
    }

    private HelmException error(String problem) {
        return new HelmException("cannot parse the values expression " + text + ": " + problem);
    }

    /** Reads up to one of the stop characters; a backslash takes the next character as it is. @return the stop, or 0 at the end */
    private char read(StringBuilder out, String stops) {
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (stops.indexOf(c) >= 0) {
                return c;
            }
            if (c == '\\') {
                if (at < text.length()) {
                    out.append(text.charAt(at++));
                }
            } else {
                out.append(c);
            }
        }
        return 0;
    }

    private void key(Map<String, Object> data, int depth) {
        StringBuilder name = new StringBuilder();
        char stop = read(name, "=[,.");
        String k = name.toString();
        switch (stop) {
            case 0 -> {
                if (k.isEmpty()) {
                    return;
                }
                throw error("key " + quoted(k) + " has no value");
            }
            case ',' -> {
                set(data, k, "");
                throw error("key " + quoted(k) + " has no value (cannot end with ,)");
            }
            case '[' -> {
                int i = index();
                List<Object> list = data.get(k) instanceof List<?> l ? new ArrayList<>(l) : new ArrayList<>();
                set(data, k, item(list, i, depth));
            }
            case '=' -> value(v -> set(data, k, v));
            default -> {
                if (depth >= MAX_DEPTH) {
                    throw error("value name nested level is greater than maximum supported nested level of " + MAX_DEPTH);
                }
                Map<String, Object> inner = data.get(k) instanceof Map<?, ?> m ? GoValue.map(m) : new LinkedHashMap<>();
                key(inner, depth + 1);
                if (inner.isEmpty()) {
                    throw error("key map " + quoted(k) + " has no value");
                }
                set(data, k, inner);
            }
        }
    }

    private static String quoted(String s) {
        return io.skerry.helm.template.GoFormat.quote(s);
    }

    private static void set(Map<String, Object> data, String key, Object v) {
        if (!key.isEmpty()) {
            data.put(key, v);
        }
    }

    private int index() {
        StringBuilder digits = new StringBuilder();
        if (read(digits, "]") == 0) {
            throw error("error parsing index: no ]");
        }
        BigInteger n = GoNumber.integer(digits.toString(), 10);
        if (n == null) {
            throw error("error parsing index: " + quoted(digits.toString()) + " is no number");
        }
        if (n.signum() < 0) {
            throw error("negative " + n + " index not allowed");
        }
        if (n.compareTo(BigInteger.valueOf(MAX_INDEX)) > 0) {
            throw error("index of " + n + " is greater than maximum supported index of " + MAX_INDEX);
        }
        return n.intValue();
    }

    private List<Object> item(List<Object> list, int i, int depth) {
        if (at >= text.length()) {
            throw error("a list index has no value");
        }
        while (list.size() <= i) {
            list.add(null);
        }
        char c = text.charAt(at++);
        switch (c) {
            case '=' -> value(v -> list.set(i, v));
            case '[' -> {
                int next = index();
                list.set(i, item(list.get(i) instanceof List<?> l ? new ArrayList<>(l) : new ArrayList<>(), next, depth));
            }
            case '.' -> {
                Map<String, Object> inner = list.get(i) instanceof Map<?, ?> m ? GoValue.map(m) : new LinkedHashMap<>();
                key(inner, depth + 1);
                list.set(i, inner);
            }
            default -> throw error("unexpected data after a list index: " + c);
        }
        return list;
    }

    /** A value, or a list in braces. */
    private void value(java.util.function.Consumer<Object> set) {
        if (at < text.length() && text.charAt(at) == '{') {
            at++;
            List<Object> list = new ArrayList<>();
            while (true) {
                StringBuilder v = new StringBuilder();
                char stop = read(v, ",}");
                if (stop == 0) {
                    throw error("list must terminate with '}'");
                }
                // So {} is a list of one empty text, as in Helm.
                list.add(typed(v.toString()));
                if (stop == '}') {
                    if (at < text.length() && text.charAt(at) == ',') {
                        at++;
                    }
                    set.accept(list);
                    return;
                }
            }
        }
        StringBuilder v = new StringBuilder();
        read(v, ",");
        set.accept(typed(v.toString()));
    }

    private Object typed(String s) {
        if (strings) {
            return s;
        }
        switch (s) {
            case "true", "True", "TRUE" -> {
                return true;
            }
            case "false", "False", "FALSE" -> {
                return false;
            }
            case "null" -> {
                return null;
            }
            case "0" -> {
                return 0L;
            }
            default -> { }
        }
        // A leading 0 makes it text: 0755 and phone numbers stay as they are.
        if (!s.isEmpty() && s.charAt(0) != '0') {
            BigInteger n = GoNumber.integer(s, 10);
            if (n != null && n.bitLength() <= 63) {
                return n.longValue();
            }
        }
        return s;
    }
}
