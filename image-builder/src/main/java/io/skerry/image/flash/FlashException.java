package io.skerry.image.flash;

/** Why a card was not written; the message is one line for the person who flashes: what is wrong, where, and what to do. */
public final class FlashException extends RuntimeException {
    public FlashException(String message) {
        super(message);
    }

    public FlashException(String message, Throwable cause) {
        super(message, cause);
    }
}
