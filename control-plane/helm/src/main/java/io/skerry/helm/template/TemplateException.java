package io.skerry.helm.template;

/** A template does not parse or fails while it runs. The message is in the form of Go's text/template: name, line, column, node, problem. */
public final class TemplateException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public TemplateException(String message) {
        super(message, null, false, false);
    }

    public TemplateException(String message, Throwable cause) {
        super(message, cause, false, false);
    }
}
