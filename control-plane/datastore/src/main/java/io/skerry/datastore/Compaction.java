package io.skerry.datastore;

import java.util.ArrayDeque;

/** Decides what history may be forgotten: nothing younger than keepTime, and at least keepRevisions. Of the writer's thread alone. */
final class Compaction {

    private static final int SWEEP = 200;
    private static final int IDLE_SWEEP = 1000;

    /** That this revision was reached at this time. */
    private record Sample(long nanoTime, long revision) {}

    private final DatastoreOptions options;
    private final View view;
    private final ArrayDeque<Sample> samples = new ArrayDeque<>();
    /** The newest revision that is older than keepTime. */
    private long aged;
    private boolean rowsLeft = true;

    Compaction(DatastoreOptions options, View view) {
        this.options = options;
        this.view = view;
    }

    /** The revision to compact to now; in steps that are worth it. */
    long due() {
        age();
        if (view.revision - view.compacted < 2L * options.keepRevisions()) {
            return view.compacted;
        }
        return Math.max(view.compacted, Math.min(aged, view.revision - options.keepRevisions()));
    }

    /** How many history rows a transaction with so many changes deletes: more than it adds, and few enough to take no time. */
    int sweep(int changes, long compacted) {
        if (!rowsLeft && compacted <= view.compacted) {
            return 0;
        }
        return changes == 0 ? IDLE_SWEEP : Math.max(SWEEP, 2 * changes);
    }

    /** @param more whether there are rows or pages left to give up */
    void swept(boolean more) {
        rowsLeft = more;
    }

    /** Whether forgotten rows, or the pages they took, are still on disk. */
    boolean rowsLeft() {
        return rowsLeft;
    }

    /** Remembers when the present revision was reached. */
    void sample() {
        age();
        long now = System.nanoTime();
        if (samples.isEmpty() || now - samples.getLast().nanoTime() >= options.keepTime().toNanos() / 10) {
            samples.addLast(new Sample(now, view.revision));
        }
    }

    private void age() {
        long now = System.nanoTime();
        while (!samples.isEmpty() && now - samples.getFirst().nanoTime() >= options.keepTime().toNanos()) {
            aged = samples.removeFirst().revision();
        }
    }
}
