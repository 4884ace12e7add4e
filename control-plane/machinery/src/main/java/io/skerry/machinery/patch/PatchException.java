package io.skerry.machinery.patch;

/** A patch that is malformed or does not fit its target; the message is the one upstream gives. */
public sealed class PatchException extends RuntimeException permits PatchTooLargeException {
    public PatchException(String message) {
        super(message);
    }
}
