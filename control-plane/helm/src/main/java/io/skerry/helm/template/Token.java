package io.skerry.helm.template;

/**
 * What the lexer finds.
 * @param pos of its first character in the template's text
 * @param line 1-based
 */
record Token(Type type, int pos, String value, int line) {
    enum Type {
        ERROR, BOOL, CHAR, CHAR_CONSTANT, ASSIGN, DECLARE, EOF, FIELD, IDENTIFIER, LEFT_DELIM, LEFT_PAREN, NUMBER, PIPE, RAW_STRING,
        RIGHT_DELIM, RIGHT_PAREN, SPACE, STRING, TEXT, VARIABLE, DOT, NIL, BLOCK, BREAK, CONTINUE, DEFINE, ELSE, END, IF, RANGE, TEMPLATE, WITH;

        boolean keyword() {
            return ordinal() >= BLOCK.ordinal() || this == NIL || this == DOT;
        }
    }

    /** As parse errors show it. */
    @Override
    public String toString() {
        if (type == Type.EOF) {
            return "EOF";
        }
        if (type == Type.ERROR) {
            return value;
        }
        if (type.keyword()) {
            return "<" + value + ">";
        }
        return value.codePointCount(0, value.length()) > 10 ? GoFormat.quote(value.substring(0, value.offsetByCodePoints(0, 10))) + "..." : GoFormat.quote(value);
    }
}
