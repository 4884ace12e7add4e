package io.skerry.node.pods;

import java.util.Map;

/** {@code $(NAME)} in commands, arguments, environment values and subPathExpr. {@code $$} is a dollar; an unknown name stays as it is written. */
public final class Expansion {
    private Expansion() {
    }

    public static String expand(String text, Map<String, String> variables) {
        if (text == null || text.indexOf('$') < 0) return text;
        var out = new StringBuilder(text.length() + 32);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '$' || i + 1 == text.length()) {
                out.append(c);
                continue;
            }
            char next = text.charAt(i + 1);
            int end = next == '(' ? text.indexOf(')', i + 2) : -1;
            if (next == '$') {
                out.append('$');
                i++;
            } else if (end > 0) {
                String name = text.substring(i + 2, end);
                out.append(variables.containsKey(name) ? variables.get(name) : text.substring(i, end + 1));
                i = end;
            } else {
                out.append('$');
            }
        }
        return out.toString();
    }
}
