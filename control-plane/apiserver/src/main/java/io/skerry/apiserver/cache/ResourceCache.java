package io.skerry.apiserver.cache;

import io.skerry.datastore.CompactedException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * All objects of one resource at the newest revision, and the last changes that led there: lists read the map, watches that start in
 * the near past and lists of a recent revision read the changes. What lies further back is read from the datastore's history. Written by the
 * one thread that follows the datastore.
 */
public final class ResourceCache {
    /** How many changes are kept, and how many bytes they may hold, before those who ask for the past cost a look into the history. */
    private static final int MAX_CHANGES = 1024;
    private static final long MAX_CHANGE_BYTES = 2L << 20;

    private final WatchCache owner;
    private final String prefix;
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private NavigableMap<String, Entry> entries = new TreeMap<>();
    private final ArrayDeque<CacheEvent> changes = new ArrayDeque<>();
    private long changeBytes;
    private volatile long lastRevision;
    /** Changes up to this revision are forgotten. */
    private long forgottenRevision;
    private final List<Watcher> watchers = new ArrayList<>();
    /** Why, by the key of each object that is {@link Withheld}: it is in no snapshot, and nobody is told that it is gone. */
    private final NavigableMap<String, String> withheld = new TreeMap<>();
    /** Who watches from before this revision would miss a change that was withheld. */
    private long watchableRevision;

    /** State at one revision; entries are in key order. */
    public record Snapshot(List<Entry> entries, long revision) {
    }

    /** A snapshot, and every later change. */
    public record Following(Snapshot snapshot, Watcher watcher) {
    }

    /** The asked revision lies before what the datastore remembers. */
    public static final class TooOldException extends Exception {
        private static final long serialVersionUID = 1L;

        TooOldException(long asked, long oldest) {
            super("too old resource version: " + asked + " (" + oldest + ")");
        }
    }

    /** @param prefix what the datastore keys of the resource start with */
    ResourceCache(WatchCache owner, String prefix, long startRevision) {
        this.owner = owner;
        this.prefix = prefix;
        this.forgottenRevision = startRevision;
    }

    /**
     * Initial load, before any event. The past before this revision is not known here.
     *
     * @param hidden why, by the key of each object that is withheld
     */
    void load(NavigableMap<String, Entry> all, Map<String, String> hidden, long revision) {
        entries = all;
        withheld.putAll(hidden);
        forgottenRevision = revision;
    }

    /**
     * Takes over a state that was read anew after changes were missed. Watchers are told the difference; who asks for what lay between has
     * to list anew.
     *
     * @param hidden as for {@link #load}
     */
    void replace(NavigableMap<String, Entry> all, Map<String, String> hidden, long revision) {
        lock.writeLock().lock();
        try {
            // they are no difference that could be told
            entries.keySet().removeAll(hidden.keySet());
            List<CacheEvent> missed = differences(entries, all, revision);
            entries = all;
            forget(revision);
            withheld.keySet().forEach(this::cutOff);
            hidden.keySet().forEach(this::cutOff);
            withheld.clear();
            withheld.putAll(hidden);
            missed.forEach(this::tell);
        } finally {
            lock.writeLock().unlock();
        }
    }

    private static List<CacheEvent> differences(NavigableMap<String, Entry> before, NavigableMap<String, Entry> now, long revision) {
        List<CacheEvent> missed = new ArrayList<>();
        for (Entry old : before.values()) {
            Entry present = now.get(old.key());
            if (present == null) {
                missed.add(new CacheEvent(true, old.at(revision), old));
            } else if (present.createRevision() != old.createRevision()) {
                missed.add(new CacheEvent(true, old.at(present.createRevision() - 1), old));
            }
        }
        for (Entry present : now.values()) {
            Entry old = before.get(present.key());
            if (old == null || old.revision() != present.revision()) {
                missed.add(new CacheEvent(false, present, old != null && old.createRevision() == present.createRevision() ? old : null));
            }
        }
        missed.sort(Comparator.comparingLong(CacheEvent::revision));
        return missed;
    }

    void apply(String key, byte[] value, boolean deleted, long createRevision, long revision) {
        lock.writeLock().lock();
        try {
            release(key, revision);
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
            tell(event);
        } finally {
            lock.writeLock().unlock();
        }
    }

    private void tell(CacheEvent event) {
        for (Iterator<Watcher> i = watchers.iterator(); i.hasNext();) {
            if (!i.next().offer(event)) {
                i.remove();
            }
        }
    }

    /** An object that has become unreadable is as good as deleted. */
    void drop(String key, long revision) {
        lock.writeLock().lock();
        try {
            release(key, revision);
            Entry previous = entries.remove(key);
            if (previous != null) {
                lastRevision = revision;
                CacheEvent event = new CacheEvent(true, previous.at(revision), previous);
                remember(event);
                tell(event);
            }
        } finally {
            lock.writeLock().unlock();
        }
    }

    /**
     * An object that is there cannot be handed over any more. Watches of it end: their clients list anew, and are told why.
     *
     * @return whether it is the only one
     */
    boolean withhold(String key, String why, long revision) {
        lock.writeLock().lock();
        try {
            entries.remove(key);
            withheld.put(key, why);
            forget(revision);
            cutOff(key);
            return withheld.size() == 1;
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** What was withheld is written or deleted. */
    private void release(String key, long revision) {
        if (withheld.remove(key) != null) {
            forget(revision);
            watchableRevision = revision;
        }
    }

    private void forget(long revision) {
        changes.clear();
        changeBytes = 0;
        forgottenRevision = revision;
        lastRevision = revision;
    }

    private void cutOff(String key) {
        watchableRevision = forgottenRevision;
        watchers.removeIf(watcher -> watcher.cutOff(key));
    }

    /** @throws WithheldException when an object within is withheld */
    private void checkWhole(String within) {
        String key = withheld.isEmpty() ? null : withheld.ceilingKey(within);
        if (key != null && key.startsWith(within)) {
            throw new WithheldException(prefix + key, withheld.get(key));
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

    /**
     * The object, or null.
     *
     * @throws WithheldException as all that read: {@link #snapshot}, {@link #snapshotAt}, {@link #watch} and {@link #follow}
     */
    public Entry get(String key) {
        lock.readLock().lock();
        try {
            if (withheld.containsKey(key)) {
                throw new WithheldException(prefix + key, withheld.get(key));
            }
            return entries.get(key);
        } finally {
            lock.readLock().unlock();
        }
    }

    /** What the cache has, null also for what is withheld. */
    Entry present(String key) {
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

    /** @param within "" for all, {@code namespace/} for one namespace */
    public Snapshot snapshot(String within) {
        // read before the lock: every event of this resource up to it is then in the map
        long global = owner.revision();
        lock.readLock().lock();
        try {
            checkWhole(within);
            return new Snapshot(copy(entries, within), Math.max(global, lastRevision));
        } finally {
            lock.readLock().unlock();
        }
    }

    /** The state as it was at a revision: made by taking back the changes after it, or read from the history. */
    public Snapshot snapshotAt(String within, long revision) throws TooOldException {
        Snapshot remembered = remembered(within, revision);
        if (remembered != null) {
            return remembered;
        }
        try {
            return new Snapshot(owner.past(prefix, within, revision), revision);
        } catch (CompactedException e) {
            throw new TooOldException(revision, e.compactedRevision());
        }
    }

    private Snapshot remembered(String within, long revision) {
        lock.readLock().lock();
        try {
            checkWhole(within);
            if (revision < forgottenRevision) {
                return null;
            }
            if (lastRevision <= revision) {
                return new Snapshot(copy(entries, within), revision);
            }
            TreeMap<String, Entry> past = new TreeMap<>();
            for (Entry entry : copy(entries, within)) {
                past.put(entry.key(), entry);
            }
            for (Iterator<CacheEvent> i = changes.descendingIterator(); i.hasNext();) {
                CacheEvent change = i.next();
                if (change.revision() <= revision) {
                    break;
                }
                if (!change.current().key().startsWith(within)) {
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

    private static List<Entry> copy(NavigableMap<String, Entry> all, String within) {
        Collection<Entry> found = within.isEmpty() ? all.values() : all.subMap(within, true, within + Character.MAX_VALUE, false).values();
        return new ArrayList<>(found);
    }

    /** Changes after a revision. */
    public Watcher watch(String within, long revision) throws TooOldException {
        checkWatchable(within, revision);
        Watcher watcher = new Watcher(this, within);
        if (join(watcher, revision)) {
            return watcher;
        }
        CatchUp past = new CatchUp(this, prefix, watcher);
        watcher.leadBy(past);
        try {
            past.follow(owner.history(prefix, revision, past::event));
        } catch (CompactedException e) {
            throw new TooOldException(revision, e.compactedRevision());
        }
        return watcher;
    }

    private void checkWatchable(String within, long revision) throws TooOldException {
        lock.readLock().lock();
        try {
            checkWhole(within);
            if (revision < watchableRevision) {
                throw new TooOldException(revision, watchableRevision);
            }
        } finally {
            lock.readLock().unlock();
        }
    }

    /**
     * Has a watcher told every change from now on, first those after a revision.
     *
     * @return false when they are not all remembered
     */
    boolean join(Watcher watcher, long revision) {
        lock.writeLock().lock();
        try {
            if (revision < forgottenRevision) {
                return false;
            }
            for (CacheEvent change : changes) {
                if (change.revision() > revision) {
                    watcher.offer(change);
                }
            }
            watchers.add(watcher);
            watcher.joined();
            return true;
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** The present state and every change after it. */
    public Following follow(String within) {
        long global = owner.revision();
        lock.writeLock().lock();
        try {
            checkWhole(within);
            Watcher watcher = new Watcher(this, within);
            watchers.add(watcher);
            return new Following(new Snapshot(copy(entries, within), Math.max(global, lastRevision)), watcher);
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
