package io.skerry.controllers.runtime;

import java.time.Duration;
import java.time.Instant;

/** Asks, from within {@link Controller#reconcile}, for the same key to be reconciled again later. */
public final class Requeue {
    private static final Duration LONGEST = Duration.ofHours(1);
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

    /** As {@link #after}, for a time of the clock. It may yet be set, as on devices that start without one: so the key is looked at once an hour. */
    public static void at(Instant time) {
        Duration left = Duration.between(Instant.now(), time);
        after(left.compareTo(LONGEST) < 0 ? left : LONGEST);
    }

    /** The wanted delay, or null when none was asked for. */
    Duration delay() { return delay; }
}
