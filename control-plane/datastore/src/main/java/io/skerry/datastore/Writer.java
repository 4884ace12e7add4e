package io.skerry.datastore;

import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The one thread that writes. It takes all writes that wait, decides each against the state the ones before it leave,
 * and commits them as one transaction with one fsync; whoever came meanwhile is in the next. A batch of lazy writes
 * only touches no disk. Compaction deletes a few rows within transactions that happen anyway, so an idle store writes
 * nothing.
 */
final class Writer {

    private static final System.Logger LOG = System.getLogger(Writer.class.getName());
    private static final int BATCH = 512;
    private static final int SWEEP = 200;

    private enum Kind { CREATE, UPDATE, DELETE, COMPACT, CLOSE }

    private record Write(Kind kind, String key, byte[] value, long expected, Durability durability, CompletableFuture<Stored> done) {}

    /** That this revision was reached at this time; {@code aged} is the newest one that is older than keepTime. */
    private record Sample(long nanoTime, long revision) {}

    private final DatastoreOptions options;
    private final Dialect dialect;
    private final View view;
    private final LinkedBlockingQueue<Write> queue = new LinkedBlockingQueue<>();
    private final Thread thread = new Thread(this::run, "datastore-writer");
    private final Object gate = new Object();
    private boolean shut;

    // Of the writer thread alone
    private long lastGiven;
    private long highWater;
    private long lazySince;
    private boolean sweepLeft = true;
    private long aged;
    private final ArrayDeque<Sample> samples = new ArrayDeque<>();

    Writer(DatastoreOptions options, Dialect dialect, View view, long highWater) {
        this.options = options;
        this.dialect = dialect;
        this.view = view;
        this.lastGiven = view.revision;
        this.highWater = highWater;
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    Stored create(String key, byte[] value, Durability durability) {
        return submit(new Write(Kind.CREATE, key, value, 0, durability, new CompletableFuture<>()));
    }

    Stored update(String key, byte[] value, long expected, Durability durability) {
        return submit(new Write(Kind.UPDATE, key, value, expected, durability, new CompletableFuture<>()));
    }

    Stored delete(String key, long expected, Durability durability) {
        return submit(new Write(Kind.DELETE, key, null, expected, durability, new CompletableFuture<>()));
    }

    void compact(long revision) {
        submit(new Write(Kind.COMPACT, "", null, revision, Durability.DURABLE, new CompletableFuture<>()));
    }

    /** Returns when everything written is on disk and the thread has ended; a second call does nothing. */
    void close() {
        var last = new Write(Kind.CLOSE, "", null, 0, Durability.DURABLE, new CompletableFuture<>());
        synchronized (gate) {
            if (shut) {
                return;
            }
            shut = true;
            queue.add(last);
        }
        await(last);
    }

    private Stored submit(Write write) {
        synchronized (gate) {
            if (shut) {
                throw new DatastoreException("the datastore is closed");
            }
            queue.add(write);
        }
        return await(write);
    }

    /** Waits even when interrupted: giving up would leave the caller not knowing whether it has written. */
    private static Stored await(Write write) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return write.done().get();
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    throw switch (e.getCause()) {
                        case KeyExistsException x -> x;
                        case RevisionMismatchException x -> x;
                        case CompactedException x -> x;
                        case Throwable x -> new DatastoreException(x.getMessage(), x);
                    };
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void run() {
        var batch = new ArrayList<Write>();
        while (true) {
            batch.clear();
            try {
                Write first = view.lazy.isEmpty() ? queue.take() : queue.poll(untilLazyIsDue(), TimeUnit.NANOSECONDS);
                if (first != null) {
                    batch.add(first);
                    queue.drainTo(batch, BATCH - 1);
                }
            } catch (InterruptedException e) {
                continue; // nobody has a reason to interrupt this thread; close() ends it
            }
            boolean last = !batch.isEmpty() && batch.getLast().kind() == Kind.CLOSE;
            try {
                write(batch, last);
            } catch (Throwable e) {
                LOG.log(Level.ERROR, "The datastore could not write: " + e.getMessage(), e);
                batch.forEach(write -> write.done().completeExceptionally(e));
            }
            if (last) {
                return;
            }
        }
    }

    private long untilLazyIsDue() {
        return Math.max(0, lazySince + options.lazyDelay().toNanos() - System.nanoTime());
    }

    private void write(List<Write> batch, boolean closing) {
        var staged = new HashMap<String, Event>();
        var events = new ArrayList<Event>(batch.size());
        var accepted = new ArrayList<Write>(batch.size());
        boolean commit = closing || (!view.lazy.isEmpty() && untilLazyIsDue() == 0);
        long compacted = automaticCompaction();
        for (Write write : batch) {
            switch (write.kind()) {
                case CLOSE -> { }
                case COMPACT -> {
                    if (write.expected() > view.revision) {
                        write.done().completeExceptionally(new DatastoreException("cannot compact revision " + write.expected()
                            + ", which is in the future; the newest one is " + view.revision));
                    } else {
                        compacted = Math.max(compacted, write.expected());
                        commit |= compacted > view.compacted;
                    }
                }
                default -> {
                    try {
                        Event event = decide(write, staged);
                        staged.put(write.key(), event);
                        events.add(event);
                        accepted.add(write);
                        commit |= write.durability() == Durability.DURABLE;
                    } catch (DatastoreException e) {
                        write.done().completeExceptionally(e);
                    }
                }
            }
        }
        commit |= lastGiven > highWater;
        try {
            if (commit) {
                commit(events, compacted, closing);
            } else if (!events.isEmpty()) {
                keepLazy(events);
            }
        } catch (RuntimeException e) {
            if (!accepted.isEmpty() || closing) {
                LOG.log(Level.WARNING, "The datastore could not write {0} changes: {1}", accepted.size(), e.getMessage());
            } else {
                LOG.log(Level.WARNING, "The datastore could not write lazy changes, which stay in memory: {0}", e.getMessage());
                lazySince = System.nanoTime();
            }
            batch.forEach(write -> write.done().completeExceptionally(e));
            return;
        }
        for (int i = 0; i < accepted.size(); i++) {
            accepted.get(i).done().complete(events.get(i).current());
        }
        batch.forEach(write -> write.done().complete(null)); // compactions and the close; the others are complete already
    }

    /** The change that a write makes to the state which the batch so far leaves. */
    private Event decide(Write write, Map<String, Event> staged) {
        String key = write.key();
        Stored current = current(key, staged);
        boolean conditional = write.kind() == Kind.UPDATE || write.expected() != 0;
        if (write.kind() == Kind.CREATE && current != null) {
            throw new KeyExistsException(current);
        }
        if (write.kind() != Kind.CREATE && (current == null || (conditional && current.modRevision() != write.expected()))) {
            throw new RevisionMismatchException(key, write.expected(), current);
        }
        long revision = ++lastGiven;
        return switch (write.kind()) {
            case CREATE -> new Event(Event.Type.PUT, new Stored(key, write.value(), revision, revision), null, revision);
            case UPDATE -> new Event(Event.Type.PUT, new Stored(key, write.value(), current.createRevision(), revision), current, revision);
            default -> new Event(Event.Type.DELETE, new Stored(key, current.value(), current.createRevision(), revision), current, revision);
        };
    }

    private Stored current(String key, Map<String, Event> staged) {
        Event event = staged.get(key);
        if (event != null) {
            return event.type() == Event.Type.PUT ? event.current() : null;
        }
        View.Lazy lazy = view.lazy.get(key);
        return lazy != null ? lazy.value() : dialect.read(key);
    }

    private void commit(List<Event> events, long compacted, boolean closing) {
        var history = new ArrayList<Event>(view.lazy.size() + events.size());
        view.lazy.values().forEach(lazy -> history.add(lazy.coalesced()));
        history.sort(Comparator.comparingLong(Event::revision));
        history.addAll(events);
        var puts = new HashMap<String, Stored>();
        var deletes = new HashMap<String, Stored>();
        for (Event event : history) {
            boolean put = event.type() == Event.Type.PUT;
            (put ? puts : deletes).put(event.key(), event.current());
            (put ? deletes : puts).remove(event.key());
        }
        long reserve = closing ? lastGiven : lastGiven > highWater ? lastGiven + options.revisionStep() : highWater;
        int sweep = sweepLeft || compacted > view.compacted ? Math.max(SWEEP, 2 * history.size()) : 0;
        int swept;
        boolean done = false;
        try {
            swept = dialect.stage(new Dialect.Changes(history, puts.values(), deletes.keySet(), reserve, compacted, closing, sweep));
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
        sweepLeft = sweep > 0 && swept == sweep;
        sample();
    }

    private void keepLazy(List<Event> events) {
        if (view.lazy.isEmpty()) {
            lazySince = System.nanoTime();
        }
        var onDisk = new HashMap<String, Stored>();
        for (Event event : events) { // outside the lock, since it may read the database
            if (!view.lazy.containsKey(event.key()) && !onDisk.containsKey(event.key())) {
                onDisk.put(event.key(), event.previousOrNull()); // the first lazy write of a key replaces what is on disk
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
        sample();
    }

    private void sample() {
        long now = System.nanoTime();
        long keep = options.keepTime().toNanos();
        while (!samples.isEmpty() && now - samples.getFirst().nanoTime() >= keep) {
            aged = samples.removeFirst().revision();
        }
        if (samples.isEmpty() || now - samples.getLast().nanoTime() >= keep / 10) {
            samples.addLast(new Sample(now, view.revision));
        }
    }

    /** The revision to compact to: at least keepRevisions and keepTime back, and in steps that are worth it. */
    private long automaticCompaction() {
        if (view.revision - view.compacted < 2L * options.keepRevisions()) {
            return view.compacted;
        }
        return Math.max(view.compacted, Math.min(aged, view.revision - options.keepRevisions()));
    }
}
