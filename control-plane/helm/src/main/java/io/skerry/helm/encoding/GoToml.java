package io.skerry.helm.encoding;

import io.skerry.helm.template.GoFormat;
import io.skerry.helm.template.GoNumber;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** TOML text as BurntSushi/toml writes it: a table's plain values first, then its sub-tables, indented by depth, sorted keys. */
public final class GoToml {
    private final StringBuilder out = new StringBuilder();
    private boolean written;

    private GoToml() {}

    /** @throws IllegalArgumentException when TOML cannot hold it: a nil in a list, something other than a map at the top */
    public static String write(Object v) {
        if (!(v instanceof Map<?, ?> m)) {
            throw new IllegalArgumentException("toml: top-level values must be Go maps or structs");
        }
        GoToml w = new GoToml();
        w.table(List.of(), m);
        return w.out.toString();
    }

    private void table(List<String> path, Map<?, ?> m) {
        List<String> tables = new ArrayList<>();
        for (String key : GoFormat.sortedKeys(m)) {
            Object v = m.get(key);
            if (v == null) {
                continue;
            }
            if (v instanceof Map || isTableArray(v)) {
                tables.add(key);
                continue;
            }
            indent(path.size());
            out.append(key(key)).append(" = ");
            value(v);
            out.append('\n');
            written = true;
        }
        for (String key : tables) {
            List<String> inner = new ArrayList<>(path);
            inner.add(key);
            if (m.get(key) instanceof Map<?, ?> t) {
                // A blank line stands before each table of the top level, but for the first thing in the text.
                header(inner, "[", "]", inner.size() == 1);
                table(inner, t);
            } else {
                for (Object item : (List<?>) m.get(key)) {
                    header(inner, "[[", "]]", true);
                    table(inner, (Map<?, ?>) item);
                }
            }
        }
    }

    private void header(List<String> path, String open, String close, boolean blank) {
        if (blank && written) {
            out.append('\n');
        }
        indent(path.size() - 1);
        out.append(open);
        for (int i = 0; i < path.size(); i++) {
            out.append(i == 0 ? "" : ".").append(key(path.get(i)));
        }
        out.append(close).append('\n');
        written = true;
    }

    private void indent(int depth) {
        out.repeat("  ", depth);
    }

    private static boolean isTableArray(Object v) {
        return v instanceof List<?> l && !l.isEmpty() && l.stream().allMatch(Map.class::isInstance);
    }

    private void value(Object v) {
        switch (v) {
            case null -> throw new IllegalArgumentException("toml: cannot encode array with nil element");
            case String s -> out.append(string(s));
            case Double d -> {
                String s = GoNumber.general(d);
                out.append(s.equals("NaN") ? "nan" : s.equals("+Inf") ? "inf" : s.equals("-Inf") ? "-inf" : s.indexOf('.') < 0 && s.indexOf('e') < 0 ? s + ".0" : s);
            }
            case List<?> l -> {
                out.append('[');
                for (int i = 0; i < l.size(); i++) {
                    out.append(i == 0 ? "" : ", ");
                    value(l.get(i));
                }
                out.append(']');
            }
            case Map<?, ?> m -> {
                out.append('{');
                String sep = "";
                for (String key : GoFormat.sortedKeys(m)) {
                    if (m.get(key) != null) {
                        out.append(sep).append(key(key)).append(" = ");
                        value(m.get(key));
                        sep = ", ";
                    }
                }
                out.append('}');
            }
            default -> out.append(v);
        }
    }

    private static String key(String key) {
        return !key.isEmpty() && key.chars().allMatch(c -> c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-') ? key : string(key);
    }

    private static String string(String s) {
        StringBuilder q = new StringBuilder("\"");
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            switch (c) {
                case '"' -> q.append("\\\"");
                case '\\' -> q.append("\\\\");
                case '\b' -> q.append("\\b");
                case '\t' -> q.append("\\t");
                case '\n' -> q.append("\\n");
                case '\f' -> q.append("\\f");
                case '\r' -> q.append("\\r");
                default -> {
                    if (c < 0x20 || c == 0x7f) {
                        q.append(String.format("\\u%04x", (int) c));
                    } else {
                        q.append(c);
                    }
                }
            }
        }
        return q.append('"').toString();
    }
}
