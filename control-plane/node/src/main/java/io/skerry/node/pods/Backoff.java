package io.skerry.node.pods;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/** How long to wait before a failing thing is tried again: 10 s, doubling to 5 min, forgotten after 10 quiet minutes. Kubelet's numbers. */
public final class Backoff {
    private static final Duration FIRST = Duration.ofSeconds(10), MOST = Duration.ofMinutes(5);

    private record Entry(Duration delay, Instant since) { }

    private final Map<String, Entry> entries = new HashMap<>();

    /** When the next try may be made after a failure at {@code failed}; in the past when it may be made now. */
    public synchronized Instant notBefore(String key, Instant failed) {
        Entry entry = entries.get(key);
        return entry == null || expired(entry, failed) ? Instant.MIN : failed.plus(entry.delay);
    }

    /** A try is made now: the one after it, should this fail, has to wait longer. */
    public synchronized void next(String key, Instant now) {
        Entry entry = entries.get(key);
        Duration delay = entry == null || expired(entry, now) ? FIRST : min(entry.delay.multipliedBy(2), MOST);
        entries.put(key, new Entry(delay, now));
    }

    /** The wait that is in force, zero when none. */
    public synchronized Duration delay(String key) {
        Entry entry = entries.get(key);
        return entry == null ? Duration.ZERO : entry.delay;
    }

    public synchronized void reset(String key) { entries.remove(key); }

    private static boolean expired(Entry entry, Instant at) { return Duration.between(entry.since, at).compareTo(MOST.multipliedBy(2)) > 0; }

    private static Duration min(Duration a, Duration b) { return a.compareTo(b) < 0 ? a : b; }
}
