package io.skerry.apiserver.expiry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.cache.CacheEvent;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.cache.ResourceCache;
import io.skerry.apiserver.cache.Watcher;
import io.skerry.apiserver.registry.ServedType;
import io.skerry.apiserver.registry.Store;
import io.skerry.datastore.DatastoreException;
import io.skerry.datastore.RevisionMismatchException;
import io.skerry.machinery.json.Json;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Events are forgotten a while after their last change (upstream's --event-ttl). Sleeps until the oldest one is due. */
public final class EventExpiry implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(EventExpiry.class.getName());
    private static final long RETRY_MILLIS = Duration.ofMinutes(1).toMillis();
    private static final long IDLE_MILLIS = Duration.ofHours(24).toMillis();

    private final Store store;
    private final ServedType events;
    private final Duration age;
    private final Watcher watcher;
    /** Latest state and its due time, in milliseconds of the epoch, the oldest first. */
    private final Map<String, Due> due = new LinkedHashMap<>();

    private record Due(Entry entry, long at) {
    }

    /** @param age how long after its last change an event is kept; upstream's default is an hour */
    public EventExpiry(Store store, ServedType events, Duration age) {
        this.store = store;
        this.events = events;
        this.age = age;
        ResourceCache.Following following = store.cache(events).follow("");
        watcher = following.watcher();
        following.snapshot().entries().stream().map(e -> new Due(e, lastChange(e) + age.toMillis()))
                .sorted((a, b) -> Long.compare(a.at(), b.at())).forEach(d -> due.put(d.entry().key(), d));
        Thread.ofVirtual().name("event-expiry").start(this::run);
    }

    /** In milliseconds of the epoch. */
    private static long lastChange(Entry entry) {
        ObjectNode event = entry.tree();
        for (String[] path : new String[][] {{"series", "lastObservedTime"}, {"lastTimestamp"}, {"eventTime"}, {"metadata", "creationTimestamp"}}) {
            try {
                return Instant.parse(Json.text(event, path)).toEpochMilli();
            } catch (DateTimeParseException | ArithmeticException e) {
                // not set, or beyond what can be counted: the next field
            }
        }
        return System.currentTimeMillis();
    }

    private void run() {
        try {
            while (!watcher.isEnded()) {
                long wait = due.isEmpty() ? IDLE_MILLIS : due.values().iterator().next().at() - System.currentTimeMillis();
                CacheEvent change = watcher.poll(Math.max(0, wait));
                if (change != null) {
                    due.remove(change.current().key());
                    if (!change.deleted()) {
                        due.put(change.current().key(), new Due(change.current(), System.currentTimeMillis() + age.toMillis()));
                    }
                } else if (!watcher.isEnded() && !due.isEmpty()) {
                    expireOldest();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void expireOldest() {
        Due oldest = due.values().iterator().next();
        if (oldest.at() > System.currentTimeMillis()) {
            return;
        }
        due.remove(oldest.entry().key());
        try {
            store.delete(events, oldest.entry().key(), oldest.entry().revision());
        } catch (RevisionMismatchException e) {
            // changed or deleted meanwhile: its own change is in the queue
        } catch (DatastoreException e) {
            if (!watcher.isEnded()) {
                LOG.log(System.Logger.Level.WARNING, "An old event could not be deleted, which is tried again: {0}", e.getMessage());
                due.put(oldest.entry().key(), new Due(oldest.entry(), System.currentTimeMillis() + RETRY_MILLIS));
            }
        }
    }

    @Override
    public void close() {
        watcher.close();
    }
}
