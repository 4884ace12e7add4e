package io.skerry.machinery.patch;

/** A JSON patch of more operations than {@link JsonPatch#MAX_OPERATIONS}. */
public final class PatchTooLargeException extends PatchException {
    PatchTooLargeException(int operations) {
        super("The allowed maximum operations in a JSON patch is " + JsonPatch.MAX_OPERATIONS + ", got " + operations);
    }
}
