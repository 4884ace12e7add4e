package io.skerry.machinery.patch;

/** A patch that is malformed or does not fit its target; the message is the one upstream gives. */
public final class PatchException extends RuntimeException {
    public PatchException(String message) {
        super(message);
    }
}
