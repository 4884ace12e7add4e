package io.skerry.helm.template;

import io.skerry.helm.template.Token.Type;
import java.util.List;

/** A place in a template's tokens, which the parser moves; and errors that name the line. */
class Tokens {
    private final String name;
    private final List<Token> tokens;
    private int at;
    private Token last;
    /** Where the action that is being read began; 0 outside of one. */
    private int actionLine;

    /** @param name of the template file, for errors */
    Tokens(String name, String text) {
        this.name = name;
        this.tokens = Lexer.lex(text);
    }

    final int mark() {
        return at;
    }

    final void reset(int mark) {
        at = mark;
    }

    final void actionLine(int line) {
        actionLine = line;
    }

    final Token next() {
        last = tokens.get(at);
        // The last token is EOF or an error: it stays, however often it is asked for.
        if (at < tokens.size() - 1) {
            at++;
        }
        return last;
    }

    final void back() {
        if (last.type() != Type.EOF && last.type() != Type.ERROR) {
            at--;
        }
    }

    final Token peek() {
        last = tokens.get(at);
        return last;
    }

    final Token nextNonSpace() {
        Token t = next();
        while (t.type() == Type.SPACE) {
            t = next();
        }
        return t;
    }

    final Token peekNonSpace() {
        while (tokens.get(at).type() == Type.SPACE) {
            at++;
        }
        return peek();
    }

    final Token expect(Type type, String context) {
        Token t = nextNonSpace();
        if (t.type() != type) {
            throw unexpected(t, context);
        }
        return t;
    }

    final TemplateException unexpected(Token t, String context) {
        if (t.type() != Type.ERROR) {
            return error("unexpected " + t + " in " + context);
        }
        if (actionLine == 0 || actionLine == t.line()) {
            return error(t.value());
        }
        return error(t.value() + (t.value().endsWith(" action") ? "" : " in action") + " started at " + name + ":" + actionLine);
    }

    /** Go reports the line of the token that it looked at last. */
    final TemplateException error(String problem) {
        return new TemplateException("template: " + name + ":" + (last == null ? 1 : last.line()) + ": " + problem);
    }
}
