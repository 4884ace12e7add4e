package io.skerry.datastore;

import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * What readers see beside the database: the lazy writes that are not on disk yet, the recent changes, the revision.
 * The writer changes it under the write lock, together with the database's commit; a reader that needs a consistent
 * picture begins its snapshot under the read lock.
 */
final class View {

    /**
     * A key with lazy writes.
     *
     * @param last the newest of them
     * @param onDisk what the database still has, or null
     */
    record Lazy(Event last, Stored onDisk) {

        Stored value() {
            return last.type() == Event.Type.PUT ? last.current() : null;
        }

        /** The lazy writes of this key as the one change that reaches the disk. */
        Event coalesced() {
            return last.type() == Event.Type.PUT ? new Event(Event.Type.PUT, last.current(), onDisk, last.revision()) : last;
        }
    }

    final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    final ConcurrentSkipListMap<String, Lazy> lazy = new ConcurrentSkipListMap<>();
    final CopyOnWriteArrayList<WatchTask> watches = new CopyOnWriteArrayList<>();
    final RecentEvents recent;
    volatile long revision;
    volatile long compacted;

    View(DatastoreOptions options, long revision, long compacted) {
        this.recent = new RecentEvents(options.memoryEvents(), options.memoryBytes(), revision);
        this.revision = revision;
        this.compacted = compacted;
    }

    /** Makes changes visible and wakes the watches they concern. Called under the write lock. */
    void publish(List<Event> events) {
        if (events.isEmpty()) {
            return;
        }
        long before = revision;
        for (Event event : events) {
            recent.add(event);
        }
        revision = events.getLast().revision();
        for (WatchTask watch : watches) {
            watch.published(events, before, revision);
        }
    }

    /** Goes on from a later revision without the changes in between: watches that have not seen them end. Called under the write lock. */
    void skipTo(long later) {
        recent.clear(later);
        revision = later;
        compacted = later;
        watches.forEach(WatchTask::wake);
    }
}
