package io.skerry.machinery.cel;

import dev.cel.common.ast.CelExpr;
import dev.cel.runtime.CelEvaluationListener;

/**
 * What evaluation may still cost. The unit is about one step of the interpreter, as in cel-go's cost tracking; walking over a string or list
 * costs a tenth of its length. Limits are those of k8s.io/apiserver/pkg/apis/cel, config.go. Used by one thread.
 */
public final class CelBudget {
    /** What all expressions of one object may cost together (RuntimeCELCostBudget). */
    public static final long PER_REQUEST = 10_000_000;
    /** What one evaluation may cost (PerCallLimit). */
    public static final long PER_CALL = 1_000_000;
    private static final int UNITS_PER_STEP = 10;

    private long remaining;

    public CelBudget(long remaining) {
        this.remaining = remaining;
    }

    public long remaining() {
        return remaining;
    }

    /** Thrown through the interpreter. */
    static final class Exceeded extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final boolean perCall;

        Exceeded(boolean perCall) {
            super("operation cancelled: actual cost limit exceeded", null, false, false);
            this.perCall = perCall;
        }

        boolean perCall() {
            return perCall;
        }
    }

    /** One evaluation's meter. */
    final class Meter implements CelEvaluationListener {
        private long tenths;
        private Exceeded exceeded;

        @Override
        public void callback(CelExpr expression, Object result) {
            switch (expression.getKind()) {
                case CONSTANT, NOT_SET -> { }
                case CALL -> tenths += UNITS_PER_STEP + (result instanceof CharSequence text ? text.length() : result instanceof java.util.Collection<?> c ? c.size() : 0);
                default -> tenths += UNITS_PER_STEP;
            }
            long spent = tenths / UNITS_PER_STEP;
            if (spent > PER_CALL || spent > remaining) {
                exceeded = new Exceeded(spent > PER_CALL);
                throw exceeded;
            }
        }

        Exceeded exceeded() {
            return exceeded;
        }

        void settle() {
            remaining -= tenths / UNITS_PER_STEP;
        }
    }
}
