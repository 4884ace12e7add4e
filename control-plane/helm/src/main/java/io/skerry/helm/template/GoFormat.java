package io.skerry.helm.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Go's fmt for the values that templates have: %v and friends, Sprint, Sprintln, quoting. Printf itself is in {@link Printf}. */
public final class GoFormat {
    private GoFormat() {}

    /** %v */
    public static String value(Object v) {
        StringBuilder out = new StringBuilder();
        value(out, v);
        return out.toString();
    }

    static void value(StringBuilder out, Object v) {
        switch (v) {
            case null -> out.append("<nil>");
            case String s -> out.append(s);
            case Double d -> out.append(GoNumber.general(d));
            case Byte b -> out.append(b & 0xff);
            case byte[] b -> {
                out.append('[');
                for (int i = 0; i < b.length; i++) {
                    out.append(i == 0 ? "" : " ").append(b[i] & 0xff);
                }
                out.append(']');
            }
            case Map<?, ?> m -> {
                out.append("map[");
                String sep = "";
                for (String key : sortedKeys(m)) {
                    out.append(sep).append(key).append(':');
                    value(out, m.get(key));
                    sep = " ";
                }
                out.append(']');
            }
            case List<?> l -> {
                out.append('[');
                for (int i = 0; i < l.size(); i++) {
                    if (i > 0) {
                        out.append(' ');
                    }
                    value(out, l.get(i));
                }
                out.append(']');
            }
            default -> out.append(v);
        }
    }

    /** In the order in which Go's range and %v take a map's keys. */
    public static List<String> sortedKeys(Map<?, ?> m) {
        List<String> keys = new ArrayList<>(m.size());
        for (Object k : m.keySet()) {
            keys.add((String) k);
        }
        keys.sort(GoValue.STRING_ORDER);
        return keys;
    }

    /** fmt.Sprint: a space between two operands when neither is a string. */
    public static String print(Object[] args) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < args.length; i++) {
            if (i > 0 && !(args[i] instanceof String) && !(args[i - 1] instanceof String)) {
                out.append(' ');
            }
            value(out, args[i]);
        }
        return out.toString();
    }

    /** fmt.Sprintln: a space between all operands, and a newline. */
    public static String println(Object[] args) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < args.length; i++) {
            if (i > 0) {
                out.append(' ');
            }
            value(out, args[i]);
        }
        return out.append('\n').toString();
    }

    /** %#v */
    static String goSyntax(Object v) {
        return switch (v) {
            case null -> "interface {}(nil)";
            case String s -> quote(s);
            case Map<?, ?> m -> {
                StringBuilder out = new StringBuilder(GoValue.typeName(m)).append('{');
                String sep = "";
                for (String key : sortedKeys(m)) {
                    out.append(sep).append(quote(key)).append(':').append(goSyntax(m.get(key)));
                    sep = ", ";
                }
                yield out.append('}').toString();
            }
            case List<?> l -> {
                StringBuilder out = new StringBuilder(GoValue.typeName(l)).append('{');
                for (int i = 0; i < l.size(); i++) {
                    out.append(i == 0 ? "" : ", ").append(goSyntax(l.get(i)));
                }
                yield out.append('}').toString();
            }
            case byte[] b -> {
                StringBuilder out = new StringBuilder("[]byte{");
                for (int i = 0; i < b.length; i++) {
                    out.append(i == 0 ? "" : ", ").append("0x").append(Integer.toHexString(b[i] & 0xff));
                }
                yield out.append('}').toString();
            }
            case Byte b -> "0x" + Integer.toHexString(b & 0xff);
            case BigInteger b -> "0x" + b.toString(16);
            default -> value(v);
        };
    }

    /** strconv.Quote */
    public static String quote(String s) {
        StringBuilder out = new StringBuilder(s.length() + 2).append('"');
        s.codePoints().forEach(c -> escape(out, c, '"'));
        return out.append('"').toString();
    }

    /** strconv.QuoteToASCII */
    static String quoteAscii(String s) {
        StringBuilder out = new StringBuilder("\"");
        s.codePoints().forEach(c -> {
            if (c < 0x80) {
                escape(out, c, '"');
            } else {
                out.append(String.format(c < 0x10000 ? "\\u%04x" : "\\U%08x", c));
            }
        });
        return out.append('"').toString();
    }

    static String quoteRune(int c) {
        StringBuilder out = new StringBuilder("'");
        escape(out, c, '\'');
        return out.append('\'').toString();
    }

    private static void escape(StringBuilder out, int c, char quote) {
        switch (c) {
            case 7 -> out.append("\\a");
            case '\b' -> out.append("\\b");
            case '\f' -> out.append("\\f");
            case '\n' -> out.append("\\n");
            case '\r' -> out.append("\\r");
            case '\t' -> out.append("\\t");
            case 11 -> out.append("\\v");
            case '\\' -> out.append("\\\\");
            default -> {
                if (c == quote) {
                    out.append('\\').append(quote);
                } else if (printable(c)) {
                    out.appendCodePoint(c);
                } else if (c < 0x80) {
                    out.append(String.format("\\x%02x", c));
                } else if (c < 0x10000) {
                    out.append(String.format("\\u%04x", c));
                } else {
                    out.append(String.format("\\U%08x", c));
                }
            }
        }
    }

    /** strconv.IsPrint: letters, marks, numbers, punctuation, symbols and the ASCII space. */
    static boolean printable(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED, Character.LINE_SEPARATOR,
                 Character.PARAGRAPH_SEPARATOR -> false;
            case Character.SPACE_SEPARATOR -> c == ' ';
            default -> true;
        };
    }

    /** %#U: U+0041 'A' */
    static String unicode(int c) {
        return String.format("U+%04X", Math.max(c, 0)) + (c > 0 && printable(c) ? " '" + Character.toString(c) + "'" : "");
    }

    /** strconv.Unquote, of a "quoted", `raw` or 'c' literal; null when it is malformed. */
    static String unquote(String s) {
        if (s.length() < 2 || s.charAt(0) != s.charAt(s.length() - 1)) {
            return null;
        }
        char quote = s.charAt(0);
        String in = s.substring(1, s.length() - 1);
        if (quote == '`') {
            return in.replace("\r", "");
        }
        if (in.indexOf('\\') < 0) {
            return in;
        }
        StringBuilder out = new StringBuilder();
        java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();
        for (int i = 0; i < in.length(); i++) {
            char c = in.charAt(i);
            int raw = -1;
            if (c != '\\') {
                flush(bytes, out);
                out.append(c);
                continue;
            }
            if (++i == in.length()) {
                return null;
            }
            char e = in.charAt(i);
            int simple = "abfnrtv\\".indexOf(e);
            int width = e == 'x' ? 2 : e == 'u' ? 4 : e == 'U' ? 8 : 0;
            if (simple >= 0) {
                flush(bytes, out);
                out.append("\007\b\f\n\r\t\013\\".charAt(simple));
            } else if (e == quote) {
                out.append(quote);
            } else if (width > 0) {
                BigInteger v = i + 1 + width <= in.length() ? GoNumber.integer(in.substring(i + 1, i + 1 + width), 16) : null;
                if (v == null || v.signum() < 0 || v.bitLength() > 21) {
                    return null;
                }
                i += width;
                if (width == 2) {
                    raw = v.intValue();
                } else {
                    flush(bytes, out);
                    out.appendCodePoint(v.intValue());
                }
            } else if (e >= '0' && e <= '7' && i + 3 <= in.length()) {
                BigInteger v = GoNumber.integer(in.substring(i, i + 3), 8);
                if (v == null || v.intValue() > 255) {
                    return null;
                }
                i += 2;
                raw = v.intValue();
            } else {
                return null;
            }
            if (raw >= 0) {
                bytes.write(raw);
            }
        }
        flush(bytes, out);
        return out.toString();
    }

    /** Bytes given as \x and octal escapes are UTF-8 once they are together. */
    private static void flush(java.io.ByteArrayOutputStream bytes, StringBuilder out) {
        if (bytes.size() > 0) {
            out.append(GoValue.utf8(bytes.toByteArray()));
            bytes.reset();
        }
    }
}
