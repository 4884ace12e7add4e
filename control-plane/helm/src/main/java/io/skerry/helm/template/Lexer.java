package io.skerry.helm.template;

import io.skerry.helm.template.Token.Type;
import java.util.ArrayList;
import java.util.List;

/** Cuts a template into tokens, as Go's text/template/parse does. An error is the last token. */
final class Lexer {
    private static final String LEFT = "{{";
    private static final String RIGHT = "}}";
    private static final int EOF = -1;

    private final String input;
    private final List<Token> tokens = new ArrayList<>();
    private int start;
    private int pos;
    private int line = 1;
    private int startLine = 1;
    private int parens;
    private boolean failed;

    private Lexer(String input) {
        this.input = input;
    }

    static List<Token> lex(String input) {
        Lexer l = new Lexer(input);
        l.run();
        return l.tokens;
    }

    private void run() {
        while (!failed && text()) {
            if (!failed) {
                action();
            }
        }
        if (!failed) {
            start = pos;
            startLine = line;
            emit(Type.EOF);
        }
    }

    /** Text up to the next action or comment; false at the end of the input. */
    private boolean text() {
        while (true) {
            int at = input.indexOf(LEFT, pos);
            if (at < 0) {
                pos = input.length();
                emitText(pos);
                return false;
            }
            boolean trim = trimsLeft(at + LEFT.length());
            int end = at;
            if (trim) {
                while (end > start && isSpace(input.charAt(end - 1))) {
                    end--;
                }
            }
            pos = at;
            emitText(end);
            int after = at + LEFT.length() + (trim ? 2 : 0);
            if (!input.startsWith("/*", after)) {
                // The delimiter's token is where the braces are; the trim marker and its space belong to it.
                pos = at + LEFT.length();
                emit(Type.LEFT_DELIM);
                pos = after;
                ignore();
                parens = 0;
                return true;
            }
            int close = input.indexOf("*/", after);
            if (close < 0) {
                start = after;
                error("unclosed comment");
                return false;
            }
            pos = close + 2;
            boolean right = trimsRight(pos);
            int delim = right ? pos + 2 : pos;
            if (!input.startsWith(RIGHT, delim)) {
                start = after;
                error("comment ends before closing delimiter");
                return false;
            }
            pos = delim + RIGHT.length();
            if (right) {
                skipSpace();
            }
            ignore();
        }
    }

    private void emitText(int end) {
        if (end > start) {
            tokens.add(new Token(Type.TEXT, start, input.substring(start, end), startLine));
        }
        ignore();
    }

    private void action() {
        while (!failed) {
            boolean trim = trimsRight(pos);
            if (input.startsWith(RIGHT, trim ? pos + 2 : pos)) {
                if (parens > 0) {
                    error("unclosed left paren");
                    return;
                }
                start = trim ? pos + 2 : pos;
                pos = start + RIGHT.length();
                emit(Type.RIGHT_DELIM);
                if (trim) {
                    skipSpace();
                    ignore();
                }
                return;
            }
            int c = peek();
            switch (c) {
                case EOF -> error("unclosed action");
                case ' ', '\t', '\r', '\n' -> space();
                case '=' -> one(Type.ASSIGN);
                case ':' -> {
                    pos++;
                    if (peek() == '=') {
                        one(Type.DECLARE);
                    } else {
                        error("expected :=");
                    }
                }
                case '|' -> one(Type.PIPE);
                case '"' -> quoted('"', Type.STRING, "unterminated quoted string");
                case '`' -> rawQuote();
                case '\'' -> quoted('\'', Type.CHAR_CONSTANT, "unterminated character constant");
                case '$' -> {
                    pos++;
                    fieldOrVariable(Type.VARIABLE);
                }
                case '.' -> {
                    int next = pos + 1 < input.length() ? input.charAt(pos + 1) : EOF;
                    if (next >= '0' && next <= '9') {
                        number();
                    } else {
                        pos++;
                        fieldOrVariable(Type.FIELD);
                    }
                }
                case '(' -> {
                    one(Type.LEFT_PAREN);
                    parens++;
                }
                case ')' -> {
                    parens--;
                    if (parens < 0) {
                        error("unexpected right paren");
                    } else {
                        one(Type.RIGHT_PAREN);
                    }
                }
                default -> {
                    if (c == '+' || c == '-' || c >= '0' && c <= '9') {
                        number();
                    } else if (isAlphaNumeric(c)) {
                        identifier();
                    } else if (c > ' ' && c < 0x7f) {
                        one(Type.CHAR);
                    } else {
                        error("unrecognized character in action: " + GoFormat.unicode(c));
                    }
                }
            }
        }
    }

    private void space() {
        while (isSpace(peek())) {
            // The space before a right trim marker belongs to the marker.
            if (trimsRight(pos) && input.startsWith(RIGHT, pos + 2)) {
                break;
            }
            pos++;
        }
        if (pos > start) {
            emit(Type.SPACE);
        }
    }

    private void quoted(char quote, Type type, String problem) {
        pos++;
        while (true) {
            int c = peek();
            if (c == '\\') {
                pos++;
                c = peek();
                if (c != EOF && c != '\n') {
                    pos++;
                    continue;
                }
            }
            if (c == EOF || c == '\n') {
                error(problem);
                return;
            }
            pos++;
            if (c == quote) {
                emit(type);
                return;
            }
        }
    }

    private void rawQuote() {
        int end = input.indexOf('`', pos + 1);
        if (end < 0) {
            error("unterminated raw quoted string");
            return;
        }
        pos = end + 1;
        emit(Type.RAW_STRING);
    }

    private void fieldOrVariable(Type type) {
        if (atTerminator()) {
            emit(type == Type.VARIABLE ? Type.VARIABLE : Type.DOT);
            return;
        }
        scanAlphaNumeric();
        if (!atTerminator()) {
            error("bad character " + GoFormat.unicode(peek()));
            return;
        }
        emit(type);
    }

    private void identifier() {
        scanAlphaNumeric();
        if (!atTerminator()) {
            error("bad character " + GoFormat.unicode(peek()));
            return;
        }
        emit(switch (input.substring(start, pos)) {
            case "block" -> Type.BLOCK;
            case "break" -> Type.BREAK;
            case "continue" -> Type.CONTINUE;
            case "define" -> Type.DEFINE;
            case "else" -> Type.ELSE;
            case "end" -> Type.END;
            case "if" -> Type.IF;
            case "nil" -> Type.NIL;
            case "range" -> Type.RANGE;
            case "template" -> Type.TEMPLATE;
            case "with" -> Type.WITH;
            case "true", "false" -> Type.BOOL;
            default -> Type.IDENTIFIER;
        });
    }

    private void number() {
        accept("+-");
        String digits = "0123456789_";
        if (accept("0")) {
            if (accept("xX")) {
                digits = "0123456789abcdefABCDEF_";
            } else if (accept("oO")) {
                digits = "01234567_";
            } else if (accept("bB")) {
                digits = "01_";
            }
        }
        acceptRun(digits);
        if (accept(".")) {
            acceptRun(digits);
        }
        if (digits.length() == 11 && accept("eE") || digits.length() == 23 && accept("pP")) {
            accept("+-");
            acceptRun("0123456789_");
        }
        accept("i");
        if (isAlphaNumeric(peek())) {
            pos += Character.charCount(peek());
            error("bad number syntax: " + GoFormat.quote(input.substring(start, pos)));
            return;
        }
        emit(Type.NUMBER);
    }

    private boolean accept(String valid) {
        int c = peek();
        if (c != EOF && valid.indexOf(c) >= 0) {
            pos++;
            return true;
        }
        return false;
    }

    private void acceptRun(String valid) {
        while (accept(valid)) {
            // accept moves on
        }
    }

    private void scanAlphaNumeric() {
        while (isAlphaNumeric(peek())) {
            pos += Character.charCount(peek());
        }
    }

    private boolean atTerminator() {
        int c = peek();
        return c == EOF || isSpace(c) || c == '.' || c == ',' || c == '|' || c == ':' || c == ')' || c == '(' || input.startsWith(RIGHT, pos);
    }

    private boolean trimsLeft(int at) {
        return at + 1 < input.length() && input.charAt(at) == '-' && isSpace(input.charAt(at + 1));
    }

    private boolean trimsRight(int at) {
        return at + 1 < input.length() && isSpace(input.charAt(at)) && input.charAt(at + 1) == '-';
    }

    private void skipSpace() {
        while (pos < input.length() && isSpace(input.charAt(pos))) {
            pos++;
        }
    }

    private int peek() {
        return pos >= input.length() ? EOF : input.codePointAt(pos);
    }

    private void one(Type type) {
        pos++;
        emit(type);
    }

    private void emit(Type type) {
        tokens.add(new Token(type, start, input.substring(start, pos), startLine));
        ignore();
    }

    private void ignore() {
        for (int i = start; i < pos; i++) {
            if (input.charAt(i) == '\n') {
                line++;
            }
        }
        start = pos;
        startLine = line;
    }

    private void error(String problem) {
        tokens.add(new Token(Type.ERROR, start, problem, startLine));
        failed = true;
    }

    static boolean isSpace(int c) {
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
    }

    private static boolean isAlphaNumeric(int c) {
        return c == '_' || c != EOF && Character.isLetterOrDigit(c);
    }
}
