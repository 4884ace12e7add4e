package io.skerry.machinery.yaml;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;

/** Block style as sigs.k8s.io/yaml writes it: 2 spaces, lists at their key's indentation, no line folding. */
final class YamlWriter {

    private final StringBuilder out = new StringBuilder();

    static String write(JsonNode node) {
        YamlWriter w = new YamlWriter();
        if (isBlock(node)) {
            w.block(node, 0, false);
        } else {
            w.scalar(node, 0);
            w.out.append('\n');
        }
        return w.out.toString();
    }

    private static boolean isBlock(JsonNode node) {
        return node.isContainerNode() && !node.isEmpty();
    }

    /** @param started whether the first line's indentation is already written (after "- ") */
    private void block(JsonNode node, int indent, boolean started) {
        boolean first = started;
        if (node.isArray()) {
            for (JsonNode item : node) {
                indent(first ? 0 : indent);
                first = false;
                out.append('-');
                if (isBlock(item)) {
                    out.append(' ');
                    block(item, indent + 2, true);
                } else {
                    out.append(' ');
                    scalar(item, indent);
                    out.append('\n');
                }
            }
            return;
        }
        for (var field : node.properties()) {
            indent(first ? 0 : indent);
            first = false;
            key(field.getKey());
            out.append(':');
            JsonNode value = field.getValue();
            if (isBlock(value)) {
                out.append('\n');
                block(value, value.isArray() ? indent : indent + 2, false);
            } else {
                out.append(' ');
                scalar(value, indent);
                out.append('\n');
            }
        }
    }

    private void indent(int n) {
        out.repeat(' ', n);
    }

    private void key(String key) {
        if (key.length() > 128 || key.indexOf('\n') >= 0) {
            doubleQuoted(key);
        } else {
            flow(key);
        }
    }

    private void scalar(JsonNode node, int indent) {
        switch (node.getNodeType()) {
            case OBJECT -> out.append("{}");
            case ARRAY -> out.append("[]");
            case STRING -> string(node.textValue(), indent);
            case NUMBER -> out.append(node.isFloatingPointNumber() ? real(node) : node.asText());
            case BOOLEAN -> out.append(node.booleanValue());
            default -> out.append("null");
        }
    }

    /** As Go's shortest form: no exponent for what people write without one. */
    private static String real(JsonNode node) {
        double value = node.doubleValue();
        double magnitude = Math.abs(value);
        String s = magnitude != 0 && (magnitude < 1e-4 || magnitude >= 1e21)
                ? Double.toString(value).replace("E-", "e-").replaceFirst("E(?=\\d)", "e+").replace(".0e", "e")
                : new BigDecimal(Double.toString(value)).toPlainString();
        return s.endsWith(".0") ? s.substring(0, s.length() - 2) : s;
    }

    private void string(String s, int indent) {
        if (s.indexOf('\n') >= 0 && literalAllowed(s)) {
            literal(s, indent);
        } else {
            flow(s);
        }
    }

    private void flow(String s) {
        if (!printable(s) || s.indexOf('\n') >= 0 || resolves(s)) {
            doubleQuoted(s);
        } else if (plainAllowed(s)) {
            out.append(s);
        } else {
            out.append('\'').append(s.replace("'", "''")).append('\'');
        }
    }

    /** Whether some reader would take the plain text for something other than a string. */
    private static boolean resolves(String s) {
        try {
            return Scalars.resolve(s) != null || looksSexagesimal(s) || looksLikeDate(s) || s.equals("<<") || s.equals("=");
        } catch (ArithmeticException nanOrInfinity) {
            return true;
        }
    }

    /** YAML 1.1 readers take 1:30 for 90 seconds. */
    private static boolean looksSexagesimal(String s) {
        char c = s.charAt(0);
        if (s.length() > 100) {
            return false; // no reader has such numbers
        }
        return s.indexOf(':') > 0 && (c == '+' || c == '-' || Character.isDigit(c)) && s.matches("[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\\.[0-9_]*)?");
    }

    private static boolean looksLikeDate(String s) {
        return s.length() >= 8 && Character.isDigit(s.charAt(0)) && s.matches("\\d{4}-\\d{1,2}-\\d{1,2}(([Tt]|[ \\t]+)\\d.*)?");
    }

    private static boolean printable(String s) {
        for (int i = 0; i < s.length(); ) {
            int c = s.codePointAt(i);
            boolean ok = c == '\n' || c >= 0x20 && c <= 0x7e || c >= 0xa0 && c <= 0xd7ff && c != 0x2028 && c != 0x2029
                    || c >= 0xe000 && c <= 0xfffd && c != 0xfeff || c >= 0x10000;
            if (!ok) {
                return false;
            }
            i += Character.charCount(c);
        }
        return true;
    }

    private static boolean plainAllowed(String s) {
        if (s.startsWith(" ") || s.endsWith(" ") || s.startsWith("---") || s.startsWith("...")) {
            return false;
        }
        char first = s.charAt(0);
        boolean second = s.length() == 1 || s.charAt(1) == ' ';
        if ("#,[]{}&*!|>'\"%@`".indexOf(first) >= 0 || second && "-?:".indexOf(first) >= 0) {
            return false;
        }
        return !s.contains(": ") && !s.endsWith(":") && !s.contains(" #");
    }

    private static boolean literalAllowed(String s) {
        // A line that ends in a space is kept by a literal, but nobody sees it; and a text of breaks only has no first line.
        return printable(s) && !s.contains(" \n") && !s.endsWith(" ") && !s.isBlank();
    }

    private void literal(String s, int indent) {
        out.append('|');
        if (s.startsWith(" ") || s.startsWith("\n")) {
            out.append('2');
        }
        boolean ends = s.endsWith("\n");
        if (!ends) {
            out.append('-');
        } else if (s.endsWith("\n\n")) {
            out.append('+');
        }
        String body = ends ? s.substring(0, s.length() - 1) : s;
        for (String line : body.split("\n", -1)) {
            out.append('\n');
            if (!line.isEmpty()) {
                indent(indent + 2);
                out.append(line);
            }
        }
    }

    private void doubleQuoted(String s) {
        out.append('"');
        for (int i = 0; i < s.length(); ) {
            int c = s.codePointAt(i);
            i += Character.charCount(c);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case 0 -> out.append("\\0");
                default -> {
                    if (c >= 0x20 && c <= 0x7e || c >= 0xa0 && printable(Character.toString(c))) {
                        out.appendCodePoint(c);
                    } else if (c <= 0xff) {
                        out.append("\\x%02X".formatted(c));
                    } else {
                        out.append("\\u%04X".formatted(c));
                    }
                }
            }
        }
        out.append('"');
    }
}
