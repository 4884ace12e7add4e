package io.skerry.helm.template;

/** The error result of a template function; execution wraps it with where it was called. */
public final class FunctionException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public FunctionException(String message) {
        super(message, null, false, false);
    }
}
