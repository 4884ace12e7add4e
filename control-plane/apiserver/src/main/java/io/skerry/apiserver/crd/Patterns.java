package io.skerry.apiserver.crd;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The regular expressions of one schema, compiled when they are first used. RE2, as upstream's: matching takes time in proportion to the
 * value, whatever the expression, so that nobody can keep a thread busy with one.
 */
final class Patterns {
    /** How deep groups may nest, as Go's regexp has it: RE2/J compiles by recursion. */
    private static final int MAX_DEPTH = 1000;

    private final Map<String, Pattern> compiled = new ConcurrentHashMap<>();

    /** @throws PatternSyntaxException when RE2 does not know the expression, or it nests too deeply */
    static Pattern compile(String expression) {
        int depth = 0;
        for (int i = 0; i < expression.length(); i++) {
            switch (expression.charAt(i)) {
                case '\\' -> i++;
                case '(' -> depth++;
                case ')' -> depth--;
                default -> { }
            }
            if (depth > MAX_DEPTH) {
                throw new PatternSyntaxException("expression nests too deeply", expression);
            }
        }
        return Pattern.compile(expression);
    }

    /** Whether the expression is found in the text; true when it is none, which only a definition stored by an older server can have. */
    boolean find(String expression, String text) {
        try {
            return compiled.computeIfAbsent(expression, Patterns::compile).matcher(text).find();
        } catch (PatternSyntaxException e) {
            return true;
        }
    }
}
