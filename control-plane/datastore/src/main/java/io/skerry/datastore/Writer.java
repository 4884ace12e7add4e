package io.skerry.datastore;

import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The one thread that writes. It takes all writes that wait and has them committed together; whoever came meanwhile is in the next
 * batch.
 */
final class Writer {

    private static final System.Logger LOG = System.getLogger(Writer.class.getName());
    private static final int BATCH = 512;

    private final Committer committer;
    private final LinkedBlockingQueue<Write> queue = new LinkedBlockingQueue<>();
    private final Thread thread = new Thread(this::run, "datastore-writer");
    private final AtomicBoolean catchingUp = new AtomicBoolean();
    private final Object gate = new Object();
    private boolean shut;

    Writer(Committer committer) {
        this.committer = committer;
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    Stored create(String key, byte[] value, Durability durability) {
        return submit(Write.of(Write.Kind.CREATE, key, value, 0, durability));
    }

    Stored update(String key, byte[] value, long expected, Durability durability) {
        return submit(Write.of(Write.Kind.UPDATE, key, value, expected, durability));
    }

    Stored delete(String key, long expected, Durability durability) {
        return submit(Write.of(Write.Kind.DELETE, key, null, expected, durability));
    }

    void compact(long revision) {
        submit(Write.of(Write.Kind.COMPACT, "", null, revision, Durability.DURABLE));
    }

    /** Others have written; returns at once. */
    void catchUp() {
        synchronized (gate) {
            if (!shut && catchingUp.compareAndSet(false, true)) {
                queue.add(Write.of(Write.Kind.CATCH_UP, "", null, 0, Durability.LAZY));
            }
        }
    }

    /** Returns when everything written is on disk and the thread has ended; a second call does nothing. */
    void close() {
        Write last = Write.of(Write.Kind.CLOSE, "", null, 0, Durability.DURABLE);
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
                long idle = committer.idleNanos();
                Write first = idle == Long.MAX_VALUE ? queue.take() : queue.poll(idle, TimeUnit.NANOSECONDS);
                if (first != null) {
                    batch.add(first);
                    queue.drainTo(batch, BATCH - 1);
                }
            } catch (InterruptedException e) {
                continue; // nobody has a reason to interrupt this thread; close() ends it
            }
            catchingUp.set(false); // what is written from here on needs another look
            boolean last = !batch.isEmpty() && batch.getLast().kind() == Write.Kind.CLOSE;
            try {
                committer.write(batch, last);
            } catch (Throwable e) {
                LOG.log(Level.ERROR, "The datastore could not write: " + e.getMessage(), e);
                batch.forEach(write -> write.done().completeExceptionally(e));
            }
            if (last) {
                return;
            }
        }
    }
}
