package io.skerry.appliance.os;

/** An operating system image that this device will not take as things are: as opposed to an {@code IOException}, which may pass. */
public final class OsUpdateException extends Exception {
    private static final long serialVersionUID = 1;

    private final boolean curable;

    /** @param message what is wrong, where, and what to do, in one line */
    public OsUpdateException(String message) {
        this(message, false);
    }

    private OsUpdateException(String message, boolean curable) {
        super(message);
        this.curable = curable;
    }

    /** Other settings, or another spec, would let this device take the same image. */
    static OsUpdateException curable(String message) {
        return new OsUpdateException(message, true);
    }

    boolean isCurable() {
        return curable;
    }
}
