package io.skerry.helm.encoding;

import io.skerry.helm.template.GoFormat;
import io.skerry.helm.template.GoNumber;
import io.skerry.helm.template.GoObject;
import java.util.List;
import java.util.Map;

/** JSON text as Go's encoding/json writes it: sorted keys, {@code < > &} escaped unless raw. */
public final class GoJson {
    private final StringBuilder out = new StringBuilder();
    private final boolean escapeHtml;
    private final String indent;

    /** A {@link GoObject} that has a JSON form. */
    public interface Fields extends GoObject {
        Map<String, Object> jsonFields();
    }

    private GoJson(boolean escapeHtml, String indent) {
        this.escapeHtml = escapeHtml;
        this.indent = indent;
    }

    /** @throws IllegalArgumentException for NaN and infinity */
    public static String compact(Object v) {
        return write(v, true, null);
    }

    public static String raw(Object v) {
        return write(v, false, null);
    }

    /** Indented by two spaces. */
    public static String pretty(Object v) {
        return write(v, true, "  ");
    }

    private static String write(Object v, boolean escapeHtml, String indent) {
        GoJson w = new GoJson(escapeHtml, indent);
        w.value(v, 0);
        return w.out.toString();
    }

    static Map<String, Object> fields(GoObject o) {
        return o instanceof Fields f ? f.jsonFields() : Map.of();
    }

    private void value(Object v, int depth) {
        switch (v) {
            case null -> out.append("null");
            case String s -> string(s);
            case Double d -> {
                if (Double.isNaN(d) || Double.isInfinite(d)) {
                    throw new IllegalArgumentException("json: unsupported value: " + GoNumber.general(d));
                }
                out.append(GoNumber.json(d));
            }
            case byte[] b -> string(java.util.Base64.getEncoder().encodeToString(b));
            case Byte b -> out.append(b & 0xff);
            case Map<?, ?> m -> map(m, depth);
            case Fields f -> map(f.jsonFields(), depth);
            case List<?> l -> {
                if (l.isEmpty()) {
                    out.append("[]");
                    return;
                }
                out.append('[');
                String sep = "";
                for (Object item : l) {
                    out.append(sep);
                    line(depth + 1);
                    value(item, depth + 1);
                    sep = ",";
                }
                line(depth);
                out.append(']');
            }
            case Number n -> out.append(n);
            case Boolean b -> out.append(b.booleanValue());
            default -> string(v.toString());
        }
    }

    private void map(Map<?, ?> m, int depth) {
        if (m.isEmpty()) {
            out.append("{}");
            return;
        }
        out.append('{');
        String sep = "";
        for (String key : GoFormat.sortedKeys(m)) {
            out.append(sep);
            line(depth + 1);
            string(key);
            out.append(indent == null ? ":" : ": ");
            value(m.get(key), depth + 1);
            sep = ",";
        }
        line(depth);
        out.append('}');
    }

    private void line(int depth) {
        if (indent != null) {
            out.append('\n');
            out.repeat(indent, depth);
        }
    }

    private void string(String s) {
        out.append('"');
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\u2028', '\u2029' -> out.append(String.format("\\u%04x", (int) c));
                case '<', '>', '&' -> {
                    if (escapeHtml) {
                        out.append(String.format("\\u%04x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
                default -> {
                    if (c < 0x20) {
                        out.append(String.format("\\u%04x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
