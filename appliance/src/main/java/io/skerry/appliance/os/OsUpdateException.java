package io.skerry.appliance.os;

/** An operating system image that this device will not take, however often it is tried: as opposed to an {@code IOException}, which may pass. */
public final class OsUpdateException extends Exception {
    private static final long serialVersionUID = 1;

    /** @param message what is wrong, where, and what to do, in one line */
    public OsUpdateException(String message) {
        super(message);
    }
}
