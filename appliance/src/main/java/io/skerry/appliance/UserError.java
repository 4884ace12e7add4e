package io.skerry.appliance;

/** Something the person at the keyboard can put right: shown as one line, without a stack trace, exit code 1. */
public final class UserError extends RuntimeException {
    /** @param message what is wrong, where, and what to do, in one line */
    public UserError(String message) {
        super(message, null, false, false);
    }

    public UserError(String message, Throwable cause) {
        super(message, cause, false, false);
    }
}
