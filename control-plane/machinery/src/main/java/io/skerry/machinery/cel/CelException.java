package io.skerry.machinery.cel;

/** An expression that does not compile or whose evaluation failed; the message says why. */
public final class CelException extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean overBudget;

    CelException(String message, boolean overBudget) {
        super(message, null, false, false);
        this.overBudget = overBudget;
    }

    /** Whether it was ended because it cost too much. */
    public boolean isOverBudget() {
        return overBudget;
    }
}
