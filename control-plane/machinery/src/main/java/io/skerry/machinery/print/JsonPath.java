package io.skerry.machinery.print;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The simple JSONPath of a CRD's columns and selectable fields: .spec.a, .a['b.c'], .a\.b, .list[0], .list[-1], .list[*] and
 * .list[?(@.type=="Ready")].
 */
public final class JsonPath {

    private static final Pattern FILTER = Pattern.compile("\\?\\(\\s*@\\.?(.*?)\\s*(?:(==|!=|>=|<=|>|<)\\s*(.*?))?\\s*\\)");

    private interface Step {
        void from(JsonNode node, List<JsonNode> found);
    }

    private final List<Step> steps;

    private JsonPath(List<Step> steps) {
        this.steps = steps;
    }

    /** @throws IllegalArgumentException when the path is malformed */
    public static JsonPath parse(String path) {
        String text = path.startsWith("{") && path.endsWith("}") ? path.substring(1, path.length() - 1) : path;
        List<Step> steps = new ArrayList<>();
        int i = text.startsWith("$") ? 1 : 0;
        while (i < text.length()) {
            if (text.charAt(i) == '[') {
                int end = closing(text, i);
                steps.add(bracket(text.substring(i + 1, end).strip(), path));
                i = end + 1;
                continue;
            }
            i += text.charAt(i) == '.' ? 1 : 0;
            StringBuilder name = new StringBuilder();
            while (i < text.length() && text.charAt(i) != '.' && text.charAt(i) != '[') {
                i += text.charAt(i) == '\\' && i + 1 < text.length() ? 1 : 0;
                name.append(text.charAt(i++));
            }
            if (!name.isEmpty()) {
                steps.add(name.toString().equals("*") ? JsonPath::all : field(name.toString()));
            } else if (i < text.length() && text.charAt(i) == '.') {
                throw new IllegalArgumentException("JSONPath " + path + ": recursive descent is not supported here");
            }
        }
        return new JsonPath(steps);
    }

    private static int closing(String text, int open) {
        char quote = 0;
        for (int i = open + 1; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quote != 0) {
                quote = c == quote ? 0 : quote;
            } else if (c == '\'' || c == '"') {
                quote = c;
            } else if (c == ']') {
                return i;
            }
        }
        throw new IllegalArgumentException("JSONPath " + text + ": unterminated [");
    }

    private static Step bracket(String inside, String path) {
        if (inside.equals("*")) {
            return JsonPath::all;
        }
        if (inside.length() >= 2 && (inside.startsWith("'") && inside.endsWith("'") || inside.startsWith("\"") && inside.endsWith("\""))) {
            return field(inside.substring(1, inside.length() - 1));
        }
        if (inside.matches("-?\\d{1,9}")) {
            int index = Integer.parseInt(inside);
            return (node, found) -> {
                JsonNode item = node.isArray() ? node.get(index < 0 ? node.size() + index : index) : null;
                if (item != null) {
                    found.add(item);
                }
            };
        }
        Matcher filter = FILTER.matcher(inside);
        if (!filter.matches()) {
            throw new IllegalArgumentException("JSONPath " + path + ": cannot read [" + inside + "]");
        }
        JsonPath left = parse("." + filter.group(1));
        String operator = filter.group(2);
        String right = operator == null ? "" : filter.group(3).replaceAll("^(['\"])(.*)\\1$", "$2");
        return (node, found) -> {
            for (JsonNode item : node) {
                List<JsonNode> values = left.find(item);
                if (!values.isEmpty() && (operator == null || holds(values.getFirst().asText(), operator, right))) {
                    found.add(item);
                }
            }
        };
    }

    private static boolean holds(String left, String operator, String right) {
        int compared;
        try {
            compared = Double.compare(Double.parseDouble(left), Double.parseDouble(right));
        } catch (NumberFormatException text) {
            compared = left.compareTo(right);
        }
        return switch (operator) {
            case "==" -> compared == 0;
            case "!=" -> compared != 0;
            case ">" -> compared > 0;
            case "<" -> compared < 0;
            case ">=" -> compared >= 0;
            default -> compared <= 0;
        };
    }

    private static Step field(String name) {
        return (node, found) -> {
            JsonNode value = node.get(name);
            if (value != null) {
                found.add(value);
            }
        };
    }

    private static void all(JsonNode node, List<JsonNode> found) {
        node.forEach(found::add);
    }

    /** All matches, in order. */
    public List<JsonNode> find(JsonNode root) {
        List<JsonNode> at = List.of(root);
        for (Step step : steps) {
            List<JsonNode> next = new ArrayList<>();
            at.forEach(node -> step.from(node, next));
            at = next;
        }
        return at;
    }
}
