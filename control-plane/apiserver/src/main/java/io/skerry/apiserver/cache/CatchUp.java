package io.skerry.apiserver.cache;

import io.skerry.datastore.Event;
import io.skerry.datastore.Stored;
import io.skerry.datastore.Watch;

/**
 * Leads a watcher that starts before what the cache remembers through the datastore's history, until it meets the changes that the cache has.
 * It waits for a slow watcher, so no queue grows.
 */
final class CatchUp implements AutoCloseable {
    private final ResourceCache cache;
    private final String prefix;
    private final Watcher watcher;
    private Watch source;
    private boolean over;

    /** @param prefix what the datastore keys of the resource start with */
    CatchUp(ResourceCache cache, String prefix, Watcher watcher) {
        this.cache = cache;
        this.prefix = prefix;
        this.watcher = watcher;
    }

    /** @param from the watch that calls {@link #event}; without it there is no more to come, and the watcher ends too */
    void follow(Watch from) {
        from.done().whenComplete((ok, error) -> {
            if (!isOver()) {
                watcher.close();
            }
        });
        synchronized (this) {
            source = from;
            if (!over) {
                return;
            }
        }
        from.close();
    }

    private synchronized boolean isOver() {
        return over;
    }

    void event(Event event) {
        if (isOver() || watcher.isEnded()) {
            return;
        }
        // it has seen all up to just before this one
        if (cache.join(watcher, event.revision() - 1)) {
            close();
            return;
        }
        if (Withheld.why(event.current().value()) != null) {
            // without it the watcher would not know of this change; its client asks anew, and is told why
            watcher.close();
            return;
        }
        Entry current = entry(event.current(), event.revision());
        Entry previous = event.previousOrNull() == null ? null : entry(event.previousOrNull(), event.previousOrNull().modRevision());
        if (current != null) {
            watcher.put(new CacheEvent(event.type() == Event.Type.DELETE, current, previous));
        }
    }

    private Entry entry(Stored stored, long revision) {
        String key = stored.key().substring(prefix.length());
        return StoredObject.problem(Entry.name(key), stored.value()) != null ? null : Entry.of(key, stored.value(), stored.createRevision(), revision);
    }

    @Override
    public void close() {
        Watch from;
        synchronized (this) {
            over = true;
            from = source;
        }
        if (from != null) {
            from.close();
        }
    }
}
