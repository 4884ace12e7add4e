package io.skerry.scheduler;

import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * The pods that wait for a node: active (to be tried next, highest priority first), backing off (1 s, 2 s ... 10 s after a failure), and
 * unschedulable (until something changes in the cluster that concerns what they failed on, or five minutes have passed).
 */
final class SchedulingQueue {
    private static final long FIRST_BACKOFF = Duration.ofSeconds(1).toNanos(), MAX_BACKOFF = Duration.ofSeconds(10).toNanos(),
        UNSCHEDULABLE_AT_MOST = Duration.ofMinutes(5).toNanos();

    private enum State { ACTIVE, BACKOFF, UNSCHEDULABLE, IN_FLIGHT }

    static final class Waiting {
        private Pod pod;
        private State state;
        private int attempts;
        private long since, until;
        private long popped;
        private Set<ClusterEvent> wokenBy = Set.of();

        Pod pod() { return pod; }
    }

    private final Map<String, Waiting> all = new HashMap<>();
    private final PriorityQueue<Waiting> active = new PriorityQueue<>(Comparator.comparingInt((Waiting w) -> -priority(w.pod)).thenComparingLong(w -> w.since));
    /** The events of the recent past, by kind: the number of the last one. A pod in flight must not miss what happens meanwhile. */
    private final Map<ClusterEvent, Long> lastEvent = new HashMap<>();
    private long events;
    private boolean closed;

    static int priority(Pod p) {
        return p.getSpec().getPriority() == null ? 0 : p.getSpec().getPriority();
    }

    /** A new or changed pod without a node. */
    synchronized void put(Pod pod, boolean changed) {
        Waiting w = all.get(uid(pod));
        if (w == null) {
            w = new Waiting();
            w.pod = pod;
            w.since = System.nanoTime();
            all.put(uid(pod), w);
            activate(w);
            return;
        }
        if (w.state == State.ACTIVE) {
            active.remove(w);
            w.pod = pod;
            active.add(w);
            return;
        }
        w.pod = pod;
        if (changed && w.state == State.UNSCHEDULABLE) wake(w);
    }

    synchronized void remove(Pod pod) {
        Waiting w = all.remove(uid(pod));
        if (w != null && w.state == State.ACTIVE) active.remove(w);
    }

    /** The next pod to try; waits for one. Null when closed. */
    synchronized Waiting take() throws InterruptedException {
        while (!closed) {
            long now = System.nanoTime(), next = Long.MAX_VALUE;
            for (Waiting w : all.values()) {
                if (w.state != State.BACKOFF && w.state != State.UNSCHEDULABLE) continue;
                if (w.until - now <= 0) activate(w);
                else next = Math.min(next, w.until - now);
            }
            Waiting w = active.poll();
            if (w != null) {
                w.state = State.IN_FLIGHT;
                w.attempts++;
                w.popped = events;
                return w;
            }
            if (next == Long.MAX_VALUE) wait();
            else wait(next / 1_000_000 + 1);
        }
        return null;
    }

    /** No node fits. @param wokenBy what may change that */
    synchronized void unschedulable(Waiting w, Set<ClusterEvent> wokenBy) {
        if (all.get(uid(w.pod)) != w) return;
        w.wokenBy = wokenBy;
        boolean missed = wokenBy.stream().anyMatch(e -> lastEvent.getOrDefault(e, -1L) >= w.popped);
        if (missed) backOff(w);
        else {
            w.state = State.UNSCHEDULABLE;
            w.since = System.nanoTime();
            w.until = w.since + UNSCHEDULABLE_AT_MOST;
        }
    }

    /** There is a node, but something has to be made ready first. That is no failure of the pod's, so it does not wait the longer for it afterwards. */
    synchronized void notYet(Waiting w, Set<ClusterEvent> wokenBy) {
        w.attempts = 0;
        unschedulable(w, wokenBy);
    }

    /** Something went wrong that may go right the next time. */
    synchronized void failed(Waiting w) {
        if (all.get(uid(w.pod)) == w) backOff(w);
    }

    /** The pod has a node. */
    synchronized void done(Waiting w) {
        all.remove(uid(w.pod), w);
    }

    synchronized void happened(Set<ClusterEvent> what) {
        if (what.isEmpty()) return;
        what.forEach(e -> lastEvent.put(e, events));
        events++;
        for (Waiting w : all.values()) if (w.state == State.UNSCHEDULABLE && w.wokenBy.stream().anyMatch(what::contains)) wake(w);
    }

    private void wake(Waiting w) {
        long end = w.since + backoff(w);
        if (end - System.nanoTime() <= 0) activate(w);
        else {
            w.state = State.BACKOFF;
            w.until = end;
            notifyAll();
        }
    }

    private void backOff(Waiting w) {
        w.since = System.nanoTime();
        w.state = State.BACKOFF;
        w.until = w.since + backoff(w);
        notifyAll();
    }

    private static long backoff(Waiting w) {
        return w.attempts > 4 ? MAX_BACKOFF : Math.min(MAX_BACKOFF, FIRST_BACKOFF << Math.max(0, w.attempts - 1));
    }

    private void activate(Waiting w) {
        w.state = State.ACTIVE;
        active.add(w);
        notifyAll();
    }

    private static String uid(Pod p) {
        return p.getMetadata().getUid();
    }

    synchronized void close() {
        closed = true;
        notifyAll();
    }
}
