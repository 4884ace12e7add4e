package io.skerry.image;

/** Something about an image that its builder or owner can put right: shown as one line, without a stack trace. */
public final class ImageException extends RuntimeException {
    /** @param message what is wrong, where, and what to do, in one line */
    public ImageException(String message) {
        super(message);
    }

    public ImageException(String message, Throwable cause) {
        super(message, cause);
    }
}
