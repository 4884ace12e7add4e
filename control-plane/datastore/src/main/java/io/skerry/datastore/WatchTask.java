package io.skerry.datastore;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * A watch and its virtual thread. It remembers only its place in the stream of revisions and takes what follows from
 * the recent changes or, when it is far behind, from history.
 */
final class WatchTask implements Watch {

    private static final int CHUNK = 256;
    private static final long FIRST_PAUSE_MILLIS = 20;
    private static final long LONGEST_PAUSE_MILLIS = 2000;

    private final View view;
    private final HistoryReader history;
    private final String prefix;
    private final Consumer<Event> sink;
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private volatile boolean closed;
    private Thread thread;
    // Both are changed by this watch under the view's read lock, or by the publisher under its write lock.
    private long position;
    private boolean idle;

    WatchTask(View view, HistoryReader history, String prefix, long from, Consumer<Event> sink) {
        this.view = view;
        this.history = history;
        this.prefix = prefix;
        this.position = from;
        this.sink = sink;
    }

    void start() {
        thread = Thread.ofVirtual().name("datastore-watch " + prefix).unstarted(this::run);
        thread.start();
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }

    @Override
    public CompletionStage<Void> done() {
        return done;
    }

    /** An idle watch that these changes don't concern moves along without being woken. Called under the write lock. */
    void published(List<Event> events, long before, long revision) {
        if (!idle) {
            return; // it is busy and looks again before it parks
        }
        if (position >= before) {
            boolean concerned = false;
            for (Event event : events) {
                if (event.revision() > position && event.key().startsWith(prefix)) {
                    concerned = true;
                    break;
                }
            }
            if (!concerned) {
                position = Math.max(position, revision);
                return;
            }
        }
        wake();
    }

    /** Has it look for itself. Called under the write lock. */
    void wake() {
        idle = false;
        LockSupport.unpark(thread);
    }

    private void run() {
        try {
            while (!closed) {
                List<Event> events = next();
                if (events.isEmpty() && idle) {
                    if (closed) {
                        return; // close() may have woken it while it waited for the lock, which takes no notice and leaves no trace
                    }
                    LockSupport.park(this);
                    Thread.interrupted(); // only close() ends a watch; a stray interrupt must not make parking spin
                    continue;
                }
                for (Event event : events) {
                    if (closed) {
                        return;
                    }
                    sink.accept(event);
                }
            }
        } catch (Throwable e) {
            if (!closed) { // else what it read from may have been closed under it
                done.completeExceptionally(e);
            }
        } finally {
            view.watches.remove(this);
            done.complete(null);
        }
    }

    private List<Event> next() {
        view.lock.readLock().lock();
        try {
            if (position >= view.recent.floor()) {
                List<Event> events = view.recent.after(position, prefix, CHUNK);
                position = events.size() == CHUNK ? events.getLast().revision() : Math.max(position, view.revision);
                idle = events.isEmpty();
                return events;
            }
            idle = false;
        } finally {
            view.lock.readLock().unlock();
        }
        HistoryReader.Replay replay = replay();
        position = replay.upTo();
        return replay.events();
    }

    /** A database that cannot be read now may be readable later: whoever watches would otherwise have to list everything anew. */
    private HistoryReader.Replay replay() {
        for (long pause = FIRST_PAUSE_MILLIS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS)) {
            try {
                return history.replay(prefix, position, CHUNK);
            } catch (CompactedException e) {
                throw e;
            } catch (DatastoreException e) {
                if (closed) {
                    throw e;
                }
                LockSupport.parkNanos(this, pause * 1_000_000);
            }
        }
    }
}
