package io.skerry.machinery.selector;

import io.skerry.machinery.selector.LabelSelector.Operator;
import io.skerry.machinery.selector.LabelSelector.Requirement;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** The grammar of a selector given as text (k8s.io/apimachinery/pkg/labels, Parse). */
final class LabelSelectorParser {

    private static final String SYMBOLS = "=!(),<>";

    private final List<String> tokens = new ArrayList<>();
    private int at;

    LabelSelectorParser(String text) {
        for (int i = 0; i < text.length(); ) {
            char c = text.charAt(i);
            if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
                i++;
            } else if (SYMBOLS.indexOf(c) >= 0) {
                int length = text.startsWith("==", i) || text.startsWith("!=", i) ? 2 : 1;
                tokens.add(text.substring(i, i + length));
                i += length;
            } else {
                int start = i;
                while (i < text.length() && " \t\r\n".indexOf(text.charAt(i)) < 0 && SYMBOLS.indexOf(text.charAt(i)) < 0) {
                    i++;
                }
                tokens.add(text.substring(start, i));
            }
        }
    }

    List<Requirement> parse() {
        List<Requirement> requirements = new ArrayList<>();
        while (true) {
            requirements.add(requirement());
            String token = next();
            if (token.isEmpty()) {
                return List.copyOf(requirements);
            }
            if (!token.equals(",")) {
                throw found(token, "',' or 'end of string'");
            }
            if (peek().isEmpty()) {
                throw found("", "identifier after ','");
            }
        }
    }

    private Requirement requirement() {
        boolean absent = peek().equals("!");
        if (absent) {
            next();
        }
        String key = next();
        if (!isWord(key)) {
            throw found(key, "!, identifier, or 'end of string'");
        }
        try {
            if (absent) {
                return LabelSelector.requirement(key, Operator.DOES_NOT_EXIST, List.of());
            }
            if (peek().isEmpty() || peek().equals(",")) {
                return LabelSelector.requirement(key, Operator.EXISTS, List.of());
            }
            String operator = next();
            return switch (operator) {
                case "in" -> LabelSelector.requirement(key, Operator.IN, set());
                case "notin" -> LabelSelector.requirement(key, Operator.NOT_IN, set());
                case "=", "==" -> LabelSelector.requirement(key, Operator.IN, List.of(value()));
                case "!=" -> LabelSelector.requirement(key, Operator.NOT_IN, List.of(value()));
                case ">" -> LabelSelector.requirement(key, Operator.GREATER_THAN, List.of(value()));
                case "<" -> LabelSelector.requirement(key, Operator.LESS_THAN, List.of(value()));
                default -> throw found(operator, "in, notin, =, ==, !=, gt, lt");
            };
        } catch (SyntaxException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            throw new SyntaxException("unable to parse requirement: " + e.getMessage());
        }
    }

    private String value() {
        String value = peek();
        if (value.isEmpty() || value.equals(",")) {
            return "";
        }
        if (!isWord(value)) {
            throw found(value, "identifier");
        }
        return next();
    }

    private TreeSet<String> set() {
        if (!peek().equals("(")) {
            throw found(peek(), "'('");
        }
        next();
        TreeSet<String> values = new TreeSet<>();
        while (true) {
            values.add(peek().equals(")") ? "" : value());
            String token = next();
            if (token.equals(")")) {
                return values;
            }
            if (!token.equals(",")) {
                throw found(token, "',', or ')'");
            }
        }
    }

    private static boolean isWord(String token) {
        return !token.isEmpty() && SYMBOLS.indexOf(token.charAt(0)) < 0;
    }

    private String peek() {
        return at < tokens.size() ? tokens.get(at) : "";
    }

    private String next() {
        String token = peek();
        at++;
        return token;
    }

    private static SyntaxException found(String token, String expected) {
        return new SyntaxException("unable to parse requirement: found '" + token + "', expected: " + expected);
    }

    private static final class SyntaxException extends IllegalArgumentException {
        SyntaxException(String message) {
            super(message);
        }
    }
}
