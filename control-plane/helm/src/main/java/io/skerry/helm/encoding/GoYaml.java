package io.skerry.helm.encoding;

import io.skerry.helm.template.GoNumber;
import io.skerry.helm.template.GoObject;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;

/**
 * YAML text exactly as Helm's toYaml writes it (sigs.k8s.io/yaml, which is go-yaml 2 over JSON): keys in go-yaml's natural order,
 * its choice of quotes, plain and quoted text folded past column 80, lists at their key's indentation. {@link #pretty} is
 * toYamlPretty (go-yaml 3): lists two deeper than their key and nothing folded. The text, not just the meaning, matters: charts put
 * it into ConfigMaps and take checksums of it.
 */
public final class GoYaml {
    private static final int BEST_WIDTH = 80;
    private static final int MAX_SIMPLE_KEY = 128;

    private final StringBuilder out = new StringBuilder();
    private final boolean pretty;
    private int column;

    private GoYaml(boolean pretty) {
        this.pretty = pretty;
    }

    /** @return without the final newline, as toYaml
     *  @throws IllegalArgumentException for NaN and infinity, which JSON does not have */
    public static String compact(Object value) {
        return write(value, false);
    }

    public static String pretty(Object value) {
        return write(value, true);
    }

    private static String write(Object value, boolean pretty) {
        GoYaml w = new GoYaml(pretty);
        if (isBlock(value)) {
            w.block(value, 0, false);
        } else {
            w.scalar(value, 2, false);
        }
        StringBuilder s = w.out;
        int end = s.length();
        if (end > 0 && s.charAt(end - 1) == '\n') {
            s.setLength(end - 1);
        }
        return s.toString();
    }

    private static boolean isBlock(Object v) {
        return v instanceof Map<?, ?> m && !m.isEmpty() || v instanceof List<?> l && !l.isEmpty() || v instanceof GoObject;
    }

    /** @param started whether the first line's indentation is there already, after "- " */
    private void block(Object v, int indent, boolean started) {
        boolean first = started;
        if (v instanceof List<?> list) {
            for (Object item : list) {
                newLine(first ? -1 : indent);
                first = false;
                put("-");
                if (isBlock(item)) {
                    put(" ");
                    block(item, indent + 2, true);
                } else {
                    put(" ");
                    scalar(item, indent + 2, false);
                }
            }
            return;
        }
        Map<?, ?> map = v instanceof GoObject o ? GoJson.fields(o) : (Map<?, ?>) v;
        for (String key : YamlKeys.sorted(map)) {
            newLine(first ? -1 : indent);
            first = false;
            Object value = map.get(key);
            boolean simple = io.skerry.helm.template.GoValue.byteLength(key) <= MAX_SIMPLE_KEY && key.codePoints().noneMatch(YamlText::isBreak);
            if (simple) {
                string(key, indent + 2, true);
                put(":");
            } else {
                put("? ");
                string(key, indent + 2, false);
                newLine(indent);
                put(":");
            }
            if (!isBlock(value)) {
                put(" ");
                scalar(value, indent + 2, false);
            } else if (!simple) {
                put(" ");
                block(value, indent + 2, true);
            } else {
                block(value, value instanceof List && !pretty ? indent : indent + 2, false);
            }
        }
    }

    /** @param indent -1 for none */
    private void newLine(int indent) {
        if (indent < 0) {
            return;
        }
        if (!out.isEmpty() && out.charAt(out.length() - 1) != '\n') {
            out.append('\n');
        }
        out.repeat(' ', indent);
        column = indent;
    }

    private void put(String s) {
        out.append(s);
        column += s.length();
    }

    private void scalar(Object v, int indent, boolean key) {
        switch (v) {
            case null -> put("null");
            case String s -> string(s, indent, key);
            case Double d -> put(number(d));
            case Map<?, ?> _ -> put("{}");
            case List<?> _ -> put("[]");
            case byte[] b -> string(java.util.Base64.getEncoder().encodeToString(b), indent, key);
            case Byte b -> put(Integer.toString(b & 0xff));
            default -> put(v.toString());
        }
    }

    private String number(double d) {
        if (Double.isNaN(d) || Double.isInfinite(d)) {
            throw new IllegalArgumentException("json: unsupported value: " + GoNumber.general(d));
        }
        // The JSON in between has 1e20 as a whole number, and go-yaml reads whole numbers up to 64 bits as such.
        if (!pretty && d == Math.rint(d) && Math.abs(d) < 1e21) {
            BigInteger i = new java.math.BigDecimal(d).toBigInteger();
            if (i.bitLength() <= 63 || i.signum() > 0 && i.bitLength() <= 64) {
                // The shortest digits, padded with zeros, are what JSON has.
                return GoNumber.plain(d);
            }
        }
        return GoNumber.general(d);
    }

    private void string(String s, int indent, boolean key) {
        YamlText t = new YamlText(s, pretty);
        if (s.indexOf('\n') >= 0) {
            if (key || !t.block) {
                doubleQuoted(s, indent, !key);
            } else {
                literal(s, indent);
            }
        } else if (!YamlScalars.isString(s)) {
            doubleQuoted(s, indent, !key);
        } else if (t.plain) {
            plain(s, indent, !key);
        } else if (t.single) {
            singleQuoted(s, indent, !key);
        } else {
            doubleQuoted(s, indent, !key);
        }
    }

    private void plain(String s, int indent, boolean fold) {
        boolean spaces = false;
        for (int i = 0; i < s.length(); ) {
            int c = s.codePointAt(i);
            i += Character.charCount(c);
            if (c == ' ') {
                if (fold && !pretty && !spaces && column > BEST_WIDTH && i < s.length() && s.charAt(i) != ' ') {
                    newLine(indent);
                } else {
                    rune(c);
                }
                spaces = true;
            } else {
                rune(c);
                spaces = false;
            }
        }
    }

    private void singleQuoted(String s, int indent, boolean fold) {
        put("'");
        boolean spaces = false;
        for (int i = 0; i < s.length(); ) {
            int c = s.codePointAt(i);
            int at = i;
            i += Character.charCount(c);
            if (c == ' ') {
                if (fold && !pretty && !spaces && column > BEST_WIDTH && at > 0 && i < s.length() && s.charAt(i) != ' ') {
                    newLine(indent);
                } else {
                    rune(c);
                }
                spaces = true;
            } else {
                if (c == '\'') {
                    put("'");
                }
                rune(c);
                spaces = false;
            }
        }
        put("'");
    }

    private void doubleQuoted(String s, int indent, boolean fold) {
        put("\"");
        boolean spaces = false;
        for (int i = 0; i < s.length(); ) {
            int c = s.codePointAt(i);
            int at = i;
            i += Character.charCount(c);
            if (c == ' ') {
                if (fold && !pretty && !spaces && column > BEST_WIDTH && at > 0 && i < s.length()) {
                    newLine(indent);
                    if (s.charAt(i) == ' ') {
                        put("\\");
                    }
                } else {
                    rune(c);
                }
                spaces = true;
                continue;
            }
            spaces = false;
            if (YamlText.printable(c) && !YamlText.isBreak(c) && c != '"' && c != '\\') {
                rune(c);
                continue;
            }
            put("\\");
            switch (c) {
                case 0 -> put("0");
                case 7 -> put("a");
                case '\b' -> put("b");
                case '\t' -> put("t");
                case '\n' -> put("n");
                case 11 -> put("v");
                case '\f' -> put("f");
                case '\r' -> put("r");
                case 27 -> put("e");
                case '"' -> put("\"");
                case '\\' -> put("\\");
                case 0x85 -> put("N");
                case 0xa0 -> put("_");
                case 0x2028 -> put("L");
                case 0x2029 -> put("P");
                default -> put(c <= 0xff ? String.format("x%02X", c) : c <= 0xffff ? String.format("u%04X", c) : String.format("U%08X", c));
            }
        }
        put("\"");
    }

    private void rune(int c) {
        out.appendCodePoint(c);
        column++;
    }

    private void literal(String s, int indent) {
        put("|");
        if (s.startsWith(" ") || s.startsWith("\n")) {
            put("2");
        }
        if (!s.endsWith("\n")) {
            put("-");
        } else if (s.length() == 1 || s.charAt(s.length() - 2) == '\n') {
            put("+");
        }
        out.append('\n');
        int from = 0;
        while (from < s.length()) {
            int end = s.indexOf('\n', from);
            int stop = end < 0 ? s.length() : end;
            if (stop > from) {
                out.repeat(' ', indent).append(s, from, stop);
            }
            if (end < 0) {
                column = indent + stop - from;
                return;
            }
            out.append('\n');
            from = end + 1;
        }
        column = 0;
    }
}
