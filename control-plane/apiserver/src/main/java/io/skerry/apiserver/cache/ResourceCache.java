package io.skerry.apiserver.cache;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * All objects of one resource at the newest revision, and the last changes that led there: lists read the map, watches that start in
 * the near past and lists of a recent revision read the changes. Written by the one thread that follows the datastore.
 */
public final class ResourceCache {
    /** How many changes are kept, and how many bytes they may hold, before a watcher from the past has to list anew. */
    private static final int MAX_CHANGES = 1024;
    private static final long MAX_CHANGE_BYTES = 2L << 20;

    private final WatchCache owner;
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private final NavigableMap<String, Entry> entries = new TreeMap<>();
    private final ArrayDeque<CacheEvent> changes = new ArrayDeque<>();
    private long changeBytes;
    private volatile long lastRevision;
    /** Changes up to this revision are forgotten. */
    private long forgottenRevision;
    private final List<Watcher> watchers = new ArrayList<>();

    /** State at one revision; entries are in key order. */
    public record Snapshot(List<Entry> entries, long revision) {
    }

    /** A snapshot, and every later change. */
    public record Following(Snapshot snapshot, Watcher watcher) {
    }

    /** The asked revision lies before what the cache remembers. */
    public static final class TooOldException extends Exception {
        private static final long serialVersionUID = 1L;

        TooOldException(long asked, long oldest) {
            super("too old resource version: " + asked + " (" + oldest + ")");
        }
    }

    ResourceCache(WatchCache owner, long startRevision) {
        this.owner = owner;
        this.forgottenRevision = startRevision;
    }

    /** Initial load, before any event. */
    void load(Entry entry) {
        entries.put(entry.key(), entry);
    }

    /** End of the initial load: the past before this revision is not known. */
    void startAt(long revision) {
        forgottenRevision = revision;
    }

    void apply(String key, byte[] value, boolean deleted, long createRevision, long revision) {
        lock.writeLock().lock();
        try {
            Entry previous = deleted ? entries.remove(key) : entries.get(key);
            Entry current = Entry.of(key, value, createRevision, revision);
            if (!deleted) {
                entries.put(key, current);
            }
            if (deleted && previous == null) {
                return;
            }
            lastRevision = revision;
            CacheEvent event = new CacheEvent(deleted, current, previous);
            remember(event);
            for (Iterator<Watcher> i = watchers.iterator(); i.hasNext();) {
                if (!i.next().offer(event)) {
                    i.remove();
                }
            }
        } finally {
            lock.writeLock().unlock();
        }
    }

    private void remember(CacheEvent event) {
        changes.addLast(event);
        changeBytes += event.current().bytes().length;
        while (changes.size() > MAX_CHANGES || changeBytes > MAX_CHANGE_BYTES && changes.size() > 1) {
            CacheEvent oldest = changes.removeFirst();
            changeBytes -= oldest.current().bytes().length;
            forgottenRevision = oldest.revision();
        }
    }

    /** Revision of the newest change of this resource since the server started; 0 when there was none. */
    public long lastRevision() {
        return lastRevision;
    }

    /** The object, or null. */
    public Entry get(String key) {
        lock.readLock().lock();
        try {
            return entries.get(key);
        } finally {
            lock.readLock().unlock();
        }
    }

    public int size() {
        lock.readLock().lock();
        try {
            return entries.size();
        } finally {
            lock.readLock().unlock();
        }
    }

    /** @param prefix "" for all, {@code namespace/} for one namespace */
    public Snapshot snapshot(String prefix) {
        // read before the lock: every event of this resource up to it is then in the map
        long global = owner.revision();
        lock.readLock().lock();
        try {
            return new Snapshot(copy(entries, prefix), Math.max(global, lastRevision));
        } finally {
            lock.readLock().unlock();
        }
    }

    /** The state as it was at a revision, made by taking back the changes after it. */
    public Snapshot snapshotAt(String prefix, long revision) throws TooOldException {
        lock.readLock().lock();
        try {
            if (revision < forgottenRevision) {
                throw new TooOldException(revision, forgottenRevision);
            }
            if (lastRevision <= revision) {
                return new Snapshot(copy(entries, prefix), revision);
            }
            TreeMap<String, Entry> past = new TreeMap<>();
            for (Entry entry : copy(entries, prefix)) {
                past.put(entry.key(), entry);
            }
            for (Iterator<CacheEvent> i = changes.descendingIterator(); i.hasNext();) {
                CacheEvent change = i.next();
                if (change.revision() <= revision) {
                    break;
                }
                if (!change.current().key().startsWith(prefix)) {
                    continue;
                }
                if (change.previous() == null) {
                    past.remove(change.current().key());
                } else {
                    past.put(change.previous().key(), change.previous());
                }
            }
            return new Snapshot(List.copyOf(past.values()), revision);
        } finally {
            lock.readLock().unlock();
        }
    }

    private static List<Entry> copy(NavigableMap<String, Entry> all, String prefix) {
        Collection<Entry> found = prefix.isEmpty() ? all.values() : all.subMap(prefix, true, prefix + Character.MAX_VALUE, false).values();
        return new ArrayList<>(found);
    }

    /** Changes after a revision. */
    public Watcher watch(String prefix, long revision) throws TooOldException {
        lock.writeLock().lock();
        try {
            if (revision < forgottenRevision) {
                throw new TooOldException(revision, forgottenRevision);
            }
            Watcher watcher = new Watcher(this, prefix);
            for (CacheEvent change : changes) {
                if (change.revision() > revision) {
                    watcher.offer(change);
                }
            }
            watchers.add(watcher);
            return watcher;
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** The present state and every change after it. */
    public Following follow(String prefix) {
        long global = owner.revision();
        lock.writeLock().lock();
        try {
            Watcher watcher = new Watcher(this, prefix);
            watchers.add(watcher);
            return new Following(new Snapshot(copy(entries, prefix), Math.max(global, lastRevision)), watcher);
        } finally {
            lock.writeLock().unlock();
        }
    }

    void remove(Watcher watcher) {
        lock.writeLock().lock();
        try {
            watchers.remove(watcher);
        } finally {
            lock.writeLock().unlock();
        }
    }

    long ownerRevision() {
        return owner.revision();
    }
}
