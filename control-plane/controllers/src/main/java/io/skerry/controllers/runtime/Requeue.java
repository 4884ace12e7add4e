package io.skerry.controllers.runtime;

import java.time.Duration;

/** Asks, from within {@link Controller#reconcile}, for the same key to be reconciled again later. */
public final class Requeue {
    static final ScopedValue<Requeue> CURRENT = ScopedValue.newInstance();
    private Duration delay;

    Requeue() {}

    /** Reconcile this key again after {@code delay} at the latest; of several calls the shortest delay counts. No effect outside a reconcile. */
    public static void after(Duration delay) {
        if (!CURRENT.isBound()) return;
        Requeue r = CURRENT.get();
        Duration atLeast = delay.isNegative() ? Duration.ZERO : delay;
        if (r.delay == null || atLeast.compareTo(r.delay) < 0) r.delay = atLeast;
    }

    /** The wanted delay, or null when none was asked for. */
    Duration delay() { return delay; }
}
