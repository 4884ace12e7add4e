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

    /** Marks the database as in use: until a proper close, its revision is not known exactly. A disk without room for that is no reason not to open it. */
    LocalCommitter(DatastoreOptions options, Dialect dialect, View view) {
        this.options = options;
        this.dialect = dialect;
        this.view = view;
        this.compaction = new Compaction(options, view);
        this.lastGiven = view.revision;
        long reserve = view.revision + options.revisionStep();
        this.ill = !marked(reserve);
        // Where nothing is reserved, the first write of whatever kind has to do it.
        this.highWater = ill ? view.revision : reserve;
    }

    private boolean marked(long reserve) {
        while (true) {
            try {
                dialect.stage(Decisions.changes(List.of(), reserve, view.compacted, false, 0));
                dialect.commit();
                return true;
            } catch (DiskFullException e) {
                dialect.rollback();
                if (!options.ballast().give()) {
                    LOG.log(Level.WARNING, "The datastore can be read, but not written: {0}", e.getMessage());
                    return false;
                }
            }
        }
    }

    @Override
    public long idleNanos() {
        long lazy = view.lazy.isEmpty() ? Long.MAX_VALUE : untilLazyIsDue();
        return !ill && compaction.rowsLeft() ? Math.min(SWEEP_PAUSE_NANOS, lazy) : lazy;
    }

    private long untilLazyIsDue() {
        return Math.max(0, lazySince + options.lazyDelay().toNanos() - System.nanoTime());
    }

    /** On a full disk what is not urgent fails, and for the rest the ballast is given up. */
    @Override
    public void write(List<Write> batch, boolean closing) {
        List<Write> now = admitted(batch);
        if (now.isEmpty() && !batch.isEmpty()) {
            return;
        }
        DiskFullException full = attempt(now, closing);
        while (full != null) {
            List<Write> urgent = now.stream().filter(Write::isUrgent).toList();
            if (urgent.isEmpty() || urgent.size() == now.size() && !options.ballast().give()) {
                fail(now, full);
                return;
            }
            if (urgent.size() < now.size()) {
                fail(now.stream().filter(write -> !write.isUrgent()).toList(), full);
            }
            now = urgent;
            full = attempt(now, false);
        }
        options.ballast().refill();
    }

    /** Refuses what would use up the room that is kept for urgent writes. */
    private List<Write> admitted(List<Write> batch) {
        if (!options.ballast().isLow() || batch.stream().noneMatch(LocalCommitter::canBeRefused)) {
            return batch;
        }
        fail(batch.stream().filter(LocalCommitter::canBeRefused).toList(),
            new DiskFullException("cannot write datastore: the disk is full; free some space (" + options.ballast().describe() + ")", null));
        return batch.stream().filter(write -> !canBeRefused(write)).toList();
    }

    private static boolean canBeRefused(Write write) {
        return write.changes() && !write.isUrgent();
    }

    /** @return that nothing was done for want of room, and nobody was told; null when that is not so */
    private DiskFullException attempt(List<Write> batch, boolean closing) {
        Decisions decisions;
        boolean due = batch.isEmpty() && compaction.rowsLeft() || !view.lazy.isEmpty() && untilLazyIsDue() == 0;
        try {
            decisions = Decisions.of(batch, lastGiven, view.revision, compaction.due(), this::read);
        } catch (RuntimeException e) {
            fail(batch, e);
            return null;
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
            if (!canWait && e instanceof DiskFullException full) {
                return full;
            }
            fail(canWait ? List.of() : batch, e);
            if (!canWait) {
                return null;
            }
            keepLazy(decisions.events()); // heartbeats go on whatever the disk does
        }
        decisions.tell();
        return null;
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
