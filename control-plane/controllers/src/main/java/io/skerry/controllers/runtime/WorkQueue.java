package io.skerry.controllers.runtime;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * A controller's queue of keys. A key waits at most once and is worked on by one thread at a time; one that is added while it is worked
 * on is worked on once more. Failed keys come back after 5 ms, 10 ms, 20 ms ... 1000 s, as with client-go's work queue.
 * Threads exist only while there is work.
 */
public final class WorkQueue implements AutoCloseable {
    private static final Logger LOG = System.getLogger(WorkQueue.class.getName());
    private static final long BASE_MILLIS = 5, MAX_MILLIS = 1_000_000;

    /** What is done with a key. */
    @FunctionalInterface public interface Work { void on(Key key) throws Exception; }

    private record Delayed(long dueNanos, ScheduledFuture<?> timer) {}

    private final String name;
    private final Work work;
    private final int concurrency;
    private final ScheduledExecutorService timer;
    private final ArrayDeque<Key> ready = new ArrayDeque<>();
    private final Set<Key> waiting = new HashSet<>();
    private final Set<Key> working = new HashSet<>();
    private final Map<Key, Integer> failures = new HashMap<>();
    private final Map<Key, Delayed> delayed = new HashMap<>();
    private final Set<Thread> threads = new HashSet<>();
    private boolean closed;

    /** @param timer wakes delayed keys; shared between queues, not closed by this one */
    public WorkQueue(String name, int concurrency, ScheduledExecutorService timer, Work work) {
        this.name = name;
        this.concurrency = concurrency;
        this.timer = timer;
        this.work = work;
    }

    public synchronized void add(Key key) {
        if (closed || !waiting.add(key)) return;
        if (!working.contains(key)) ready.add(key);
        startThread();
    }

    /** Adds the key after the delay; if it is already due sooner, that stays. */
    public synchronized void addAfter(Key key, Duration delay) {
        if (closed) return;
        if (delay.isZero() || delay.isNegative()) {
            add(key);
            return;
        }
        long due = System.nanoTime() + delay.toNanos();
        Delayed before = delayed.get(key);
        if (before != null) {
            if (before.dueNanos - due <= 0) return;
            before.timer.cancel(false);
        }
        delayed.put(key, new Delayed(due, timer.schedule(() -> due(key, due), delay.toNanos(), TimeUnit.NANOSECONDS)));
    }

    private synchronized void due(Key key, long dueNanos) {
        Delayed d = delayed.get(key);
        if (d != null && d.dueNanos == dueNanos) delayed.remove(key);
        add(key);
    }

    private void startThread() {
        if (ready.isEmpty() || threads.size() >= concurrency) return;
        Thread t = Thread.ofVirtual().name(name).unstarted(this::run);
        threads.add(t);
        t.start();
    }

    private void run() {
        while (true) {
            Key key;
            synchronized (this) {
                key = closed ? null : ready.poll();
                if (key == null) {
                    threads.remove(Thread.currentThread());
                    notifyAll();
                    return;
                }
                waiting.remove(key);
                working.add(key);
            }
            Requeue requeue = new Requeue();
            Throwable failure = null;
            try {
                ScopedValue.where(Requeue.CURRENT, requeue).call(() -> { work.on(key); return null; });
            } catch (Throwable t) {
                failure = t;
            }
            done(key, failure, requeue.delay());
        }
    }

    private synchronized void done(Key key, Throwable failure, Duration again) {
        working.remove(key);
        if (waiting.contains(key)) ready.add(key);
        if (failure == null) {
            failures.remove(key);
            if (again != null) addAfter(key, again);
        } else if (!closed) {
            int count = failures.merge(key, 1, Integer::sum);
            Duration delay = backoff(count);
            log(key, failure, count, delay);
            addAfter(key, delay);
        }
    }

    static Duration backoff(int failures) {
        return Duration.ofMillis(failures > 18 ? MAX_MILLIS : Math.min(MAX_MILLIS, BASE_MILLIS << (failures - 1)));
    }

    private void log(Key key, Throwable failure, int count, Duration delay) {
        // A conflict is how two writers of one object find out about each other; not found and forbidden are how a thing looks that another
        // controller is about to make (a new namespace's service account). Reading again and retrying is the normal way on, for about a second.
        boolean expected = failure instanceof KubernetesClientException k && (k.getCode() == 403 || k.getCode() == 404 || k.getCode() == 409);
        if (expected && count < 8) LOG.log(Level.DEBUG, "{0} {1}: {2}", name, key, failure.getMessage());
        else if (Integer.bitCount(count) == 1) LOG.log(Level.WARNING, "{0}: {1} failed, next try in {2} ms: {3}", name, key,
            Long.toString(delay.toMillis()), describe(failure));
        if (failure instanceof RuntimeException && !(failure instanceof KubernetesClientException)) LOG.log(Level.DEBUG, name, failure);
    }

    private static String describe(Throwable failure) {
        return failure instanceof KubernetesClientException k && k.getStatus() != null
            && k.getStatus().getMessage() != null ? k.getStatus().getMessage() : failure.toString();
    }

    /** Stops taking keys, interrupts what is being worked on and waits up to ten seconds for it to end. */
    @Override public synchronized void close() {
        closed = true;
        delayed.values().forEach(d -> d.timer.cancel(false));
        delayed.clear();
        ready.clear();
        threads.forEach(Thread::interrupt);
        long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        try {
            while (!threads.isEmpty()) {
                long left = (end - System.nanoTime()) / 1_000_000;
                if (left <= 0) return;
                wait(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
