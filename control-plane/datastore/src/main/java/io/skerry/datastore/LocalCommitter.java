package io.skerry.datastore;

import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Commits to a database that nobody else writes to. A batch is one transaction with one fsync; a batch of lazy writes only touches
 * no disk. Revisions are reserved on disk in steps, so that a crash that loses lazy writes does not give theirs out again.
 * Compaction deletes a few rows within transactions that happen anyway; what is left then is deleted when nobody writes.
 */
final class LocalCommitter implements Committer {

    private static final System.Logger LOG = System.getLogger(LocalCommitter.class.getName());
    private static final long SWEEP_PAUSE_NANOS = 20_000_000L;

    private final DatastoreOptions options;
    private final Dialect dialect;
    private final View view;
    private final Compaction compaction;
    private long lastGiven;
    private long highWater;
    private long lazySince;
    private boolean ill;

    /** Marks the database as in use: until a proper close, its revision is not known exactly. */
    LocalCommitter(DatastoreOptions options, Dialect dialect, View view) {
        this.options = options;
        this.dialect = dialect;
        this.view = view;
        this.compaction = new Compaction(options, view);
        this.lastGiven = view.revision;
        this.highWater = view.revision + options.revisionStep();
        dialect.stage(Decisions.changes(List.of(), highWater, view.compacted, false, 0));
        dialect.commit();
    }

    @Override
    public long idleNanos() {
        long lazy = view.lazy.isEmpty() ? Long.MAX_VALUE : untilLazyIsDue();
        return !ill && compaction.rowsLeft() ? Math.min(SWEEP_PAUSE_NANOS, lazy) : lazy;
    }

    private long untilLazyIsDue() {
        return Math.max(0, lazySince + options.lazyDelay().toNanos() - System.nanoTime());
    }

    @Override
    public void write(List<Write> batch, boolean closing) {
        Decisions decisions;
        boolean due = batch.isEmpty() && compaction.rowsLeft() || !view.lazy.isEmpty() && untilLazyIsDue() == 0;
        try {
            decisions = Decisions.of(batch, lastGiven, view.revision, compaction.due(), this::read);
        } catch (RuntimeException e) {
            fail(batch, e);
            return;
        }
        lastGiven = decisions.lastRevision(); // also when the commit fails: it may still be seen after a restart
        boolean commit = closing || due || decisions.durable() || lastGiven > highWater
            || batch.stream().anyMatch(write -> write.kind() == Write.Kind.COMPACT) && decisions.compacted() > view.compacted;
        try {
            if (commit) {
                commit(decisions.events(), decisions.compacted(), closing);
            } else if (!decisions.events().isEmpty()) {
                keepLazy(decisions.events());
            }
            ill = false;
        } catch (RuntimeException e) {
            boolean canWait = !closing && !decisions.durable() && lastGiven <= highWater && !decisions.events().isEmpty();
            fail(canWait ? List.of() : batch, e);
            if (!canWait) {
                return;
            }
            keepLazy(decisions.events()); // heartbeats go on whatever the disk does
        }
        decisions.tell();
    }

    private void fail(List<Write> batch, RuntimeException e) {
        ill = true;
        if (batch.isEmpty()) {
            LOG.log(Level.WARNING, "The datastore could not write lazy changes, which stay in memory: {0}", e.getMessage());
            lazySince = System.nanoTime();
        } else {
            LOG.log(Level.WARNING, "The datastore could not write {0} changes: {1}", batch.size(), e.getMessage());
        }
        batch.forEach(write -> write.done().completeExceptionally(e));
    }

    private Map<String, Stored> read(Collection<String> keys) {
        Map<String, Stored> found = new HashMap<>();
        var onDisk = new ArrayList<String>();
        for (String key : keys) {
            View.Lazy lazy = view.lazy.get(key);
            if (lazy == null) {
                onDisk.add(key);
            } else if (lazy.value() != null) {
                found.put(key, lazy.value());
            }
        }
        found.putAll(dialect.read(onDisk));
        return found;
    }

    private void commit(List<Event> events, long compacted, boolean closing) {
        var history = new ArrayList<Event>(view.lazy.size() + events.size());
        view.lazy.values().forEach(lazy -> history.add(lazy.coalesced()));
        history.sort(Comparator.comparingLong(Event::revision));
        history.addAll(events);
        long reserve = closing ? lastGiven : lastGiven > highWater ? lastGiven + options.revisionStep() : highWater;
        int sweep = compaction.sweep(history.size(), compacted);
        boolean more;
        boolean done = false;
        try {
            more = dialect.stage(Decisions.changes(history, reserve, compacted, closing, sweep));
            view.lock.writeLock().lock();
            try {
                dialect.commit();
                done = true;
                view.lazy.clear();
                view.compacted = compacted;
                view.publish(events);
            } finally {
                view.lock.writeLock().unlock();
            }
        } finally {
            if (!done) {
                dialect.rollback();
            }
        }
        highWater = reserve;
        compaction.swept(more);
        compaction.sample();
        if (history.isEmpty() && !more && sweep > 0) {
            dialect.tidy();
        }
    }

    private void keepLazy(List<Event> events) {
        if (view.lazy.isEmpty()) {
            lazySince = System.nanoTime();
        }
        var onDisk = new HashMap<String, Stored>();
        for (Event event : events) { // the first lazy write of a key replaces what is on disk
            if (!view.lazy.containsKey(event.key()) && !onDisk.containsKey(event.key())) {
                onDisk.put(event.key(), event.previousOrNull());
            }
        }
        view.lock.writeLock().lock();
        try {
            for (Event event : events) {
                View.Lazy before = view.lazy.get(event.key());
                view.lazy.put(event.key(), new View.Lazy(event, before != null ? before.onDisk() : onDisk.get(event.key())));
            }
            view.publish(events);
        } finally {
            view.lock.writeLock().unlock();
        }
        compaction.sample();
    }
}
