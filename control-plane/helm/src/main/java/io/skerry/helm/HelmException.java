package io.skerry.helm;

/** A chart, its values or a release is wrong, or the cluster refused it. The message says what, where and what to do. */
public class HelmException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public HelmException(String message) {
        super(message);
    }

    public HelmException(String message, Throwable cause) {
        super(message, cause);
    }
}
