package io.skerry.machinery.cel;

/** An expression that does not compile or whose evaluation failed; the message says why. */
public final class CelException extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean overBudget;

    CelException(String message, boolean overBudget) {
        super(message, null, false, false);
        this.overBudget = overBudget;
    }

    /** A failure around an evaluation. */
    public static CelException of(String message) {
        return new CelException(message, false);
    }

    /** Whether it was ended because it cost too much. */
    public boolean isOverBudget() {
        return overBudget;
    }
}
