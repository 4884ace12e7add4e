package io.skerry.machinery.yaml;

/** A text that is no valid YAML: the message is "source:line:column: problem". */
public final class YamlException extends RuntimeException {
    private final String source;
    private final int line;
    private final int column;

    public YamlException(String source, int line, int column, String problem) {
        super(source + ":" + line + ":" + column + ": " + problem);
        this.source = source;
        this.line = line;
        this.column = column;
    }

    /** The name the text was given to the parser under, usually a file. */
    public String source() {
        return source;
    }

    /** 1-based. */
    public int line() {
        return line;
    }

    /** 1-based. */
    public int column() {
        return column;
    }
}
