package io.skerry.datastore;

import java.lang.System.Logger.Level;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

/** Takes a snapshot now and then, and keeps the last few. */
public final class ScheduledSnapshots implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(ScheduledSnapshots.class.getName());
    private static final Duration RETRY = Duration.ofMinutes(10);
    /** So that a new device has one soon. */
    private static final Duration FIRST = Duration.ofHours(1);

    private final SqliteSnapshots snapshots;
    private final String node;
    private final Duration interval;
    private final int keep;
    private final Clock clock;
    private final Thread thread;

    /**
     * Starts it.
     *
     * @param interval the time between two, over restarts as well; the very first comes after an hour at most
     * @param keep how many are kept
     */
    public ScheduledSnapshots(SqliteSnapshots snapshots, String node, Duration interval, int keep, Clock clock) {
        this.snapshots = snapshots;
        this.node = node;
        this.interval = interval;
        this.keep = keep;
        this.clock = clock;
        this.thread = Thread.ofPlatform().daemon().name("datastore-snapshots").start(this::run);
    }

    private void run() {
        Instant due = last().map(interval::addTo).map(Instant::from).orElse(clock.instant().plus(interval.compareTo(FIRST) < 0 ? interval : FIRST));
        while (true) {
            try {
                Duration wait = Duration.between(clock.instant(), due);
                // A clock that was set back must not hold it up for longer than an interval.
                Thread.sleep(wait.isNegative() ? Duration.ZERO : wait.compareTo(interval) > 0 ? interval : wait);
            } catch (InterruptedException e) {
                return;
            }
            try {
                snapshots.save(SqliteSnapshots.SCHEDULED, node);
                snapshots.prune(SqliteSnapshots.SCHEDULED, keep);
                due = clock.instant().plus(interval);
            } catch (DatastoreException e) {
                LOG.log(Level.WARNING, "No snapshot was taken: {0}", e.getMessage());
                due = clock.instant().plus(RETRY.compareTo(interval) < 0 ? RETRY : interval);
            }
        }
    }

    private java.util.Optional<Instant> last() {
        try {
            return snapshots.list().stream().filter(snapshot -> snapshot.name().startsWith(SqliteSnapshots.SCHEDULED + "-"))
                .map(SqliteSnapshots.Snapshot::created).reduce((a, b) -> b);
        } catch (DatastoreException e) {
            return java.util.Optional.empty();
        }
    }

    /** One that is being taken is finished first. */
    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
