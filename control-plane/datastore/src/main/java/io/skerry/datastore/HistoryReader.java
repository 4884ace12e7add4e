package io.skerry.datastore;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Predicate;

/** Reads the past: replays changes for a watch that is behind, and lists the state at a revision. */
final class HistoryReader {

    /** Changes of a prefix, complete up to and including a revision. */
    record Replay(List<Event> events, long upTo) {}

    private final View view;
    private final Dialect dialect;
    /** Whether a snapshot may hold changes that the view has not seen yet. */
    private final boolean shared;

    HistoryReader(View view, Dialect dialect) {
        this.view = view;
        this.dialect = dialect;
        this.shared = dialect instanceof SharedDialect;
    }

    /** The changes after {@code from}, at most about {@code limit}, from before the memory window. */
    Replay replay(String prefix, long from, int limit) {
        try (Dialect.Snapshot snapshot = dialect.snapshot()) {
            long until;
            List<Event> events = new ArrayList<>();
            view.lock.readLock().lock();
            try {
                if (from < view.compacted) {
                    throw new CompactedException(from, view.compacted);
                }
                if (from < snapshot.begin()) {
                    throw new CompactedException(from, view.compacted);
                }
                until = view.recent.floor();
                for (View.Lazy lazy : view.lazy.subMap(prefix, true, end(prefix), false).values()) {
                    if (lazy.last().revision() > from && lazy.last().revision() <= until) {
                        events.add(lazy.coalesced());
                    }
                }
            } finally {
                view.lock.readLock().unlock();
            }
            long upTo = Math.min(until, readChanges(snapshot, prefix, from, until, limit, events));
            events.removeIf(event -> event.revision() > upTo);
            events.sort(Comparator.comparingLong(Event::revision));
            return new Replay(events, upTo);
        }
    }

    /**
     * A row holds what its write replaced, so what a write wrote is found in the next row of the same key, or among
     * the current values when there is none.
     *
     * @return the revision up to which the rows were read
     */
    static long readChanges(Dialect.Snapshot snapshot, String prefix, long from, long until, int limit, List<Event> events) {
        long[] end = {until};
        Map<String, Event> unfinished = new HashMap<>();
        int[] taken = {0};
        snapshot.changesAfter(from, change -> {
            String key = change.key();
            Event earlier = unfinished.remove(key);
            if (earlier != null) {
                events.add(new Event(Event.Type.PUT, at(change.replaced(), earlier), earlier.previousOrNull(), earlier.revision()));
            }
            if (change.revision() <= end[0] && key.startsWith(prefix)) {
                Stored replaced = change.replaced();
                if (change.deleted()) {
                    Stored deleted = new Stored(key, replaced.value(), replaced.createRevision(), change.revision());
                    events.add(new Event(Event.Type.DELETE, deleted, replaced, change.revision()));
                } else {
                    unfinished.put(key, new Event(Event.Type.PUT, new Stored(key, null, 0, change.revision()), replaced, change.revision()));
                }
                if (++taken[0] == limit) {
                    end[0] = change.revision();
                }
            }
            return change.revision() < end[0] || !unfinished.isEmpty();
        });
        for (Event put : unfinished.values()) {
            events.add(new Event(Event.Type.PUT, at(snapshot.get(put.key()), put), put.previousOrNull(), put.revision()));
        }
        return end[0];
    }

    private static Stored at(Stored written, Event put) {
        return new Stored(written.key(), written.value(), written.createRevision(), put.revision());
    }

    Page list(String prefix, String startAfter, int limit, long revision) {
        String from = startAfter == null || startAfter.compareTo(prefix) < 0 ? prefix : startAfter + '\0';
        String to = end(prefix);
        if (from.compareTo(to) >= 0) {
            from = to;
        }
        try (Dialect.Snapshot snapshot = dialect.snapshot()) {
            NavigableMap<String, Object> instead = new TreeMap<>(); // key to Stored, or to ABSENT
            long at;
            List<Event> recent;
            view.lock.readLock().lock();
            try {
                if (revision > view.revision) {
                    throw new DatastoreException("revision " + revision + " is in the future; the newest one is " + view.revision);
                }
                long compacted = Math.max(view.compacted, snapshot.begin());
                // Others may have gone on, and forgotten what this server has not seen yet: the present is then where they are.
                at = revision == 0 ? Math.max(view.revision, compacted) : revision;
                if (at < compacted) {
                    throw new CompactedException(at, compacted);
                }
                view.lazy.subMap(from, true, to, false).forEach((key, lazy) ->
                    instead.put(key, valueOrAbsent(lazy.last().revision() > at ? lazy.onDisk() : lazy.value())));
                recent = at < view.revision && !shared ? view.recent.after(Math.max(at, view.recent.floor()), prefix, Integer.MAX_VALUE) : List.of();
            } finally {
                view.lock.readLock().unlock();
            }
            if (shared || at < view.revision || !recent.isEmpty()) {
                undo(snapshot, prefix, at, recent, instead);
                instead.keySet().removeIf(outside(from, to));
            }
            return merge(snapshot, from, to, limit, instead, at);
        }
    }

    private static Predicate<String> outside(String from, String to) {
        return key -> key.compareTo(from) < 0 || key.compareTo(to) >= 0;
    }

    /** A key changed after {@code at} had then what its first later change replaced. */
    private static void undo(Dialect.Snapshot snapshot, String prefix, long at, List<Event> recent, Map<String, Object> instead) {
        var seen = new HashSet<String>();
        long inMemory = recent.isEmpty() ? Long.MAX_VALUE : recent.getFirst().revision();
        snapshot.changesAfter(at, change -> {
            if (change.revision() < inMemory && change.key().startsWith(prefix) && seen.add(change.key())) {
                instead.put(change.key(), valueOrAbsent(change.replaced()));
            }
            return change.revision() < inMemory;
        });
        for (Event event : recent) {
            if (seen.add(event.key())) {
                instead.put(event.key(), valueOrAbsent(event.previousOrNull()));
            }
        }
    }

    private static Page merge(Dialect.Snapshot snapshot, String from, String to, int limit, NavigableMap<String, Object> instead, long at) {
        int wanted = limit <= 0 ? Integer.MAX_VALUE : limit;
        // So many rows that enough are left when every replaced key among them turns out absent; one tells if more follow.
        int rows = (int) Math.min(Integer.MAX_VALUE, (long) wanted + instead.size() + 1);
        NavigableMap<String, Object> found = new TreeMap<>();
        List<Stored> inOrder = new ArrayList<>();
        snapshot.range(from, to, rows, row -> {
            if (instead.isEmpty()) {
                inOrder.add(row);
            } else {
                found.put(row.key(), row);
            }
        });
        if (!instead.isEmpty()) {
            String bound = found.size() == rows ? found.lastKey() : to;
            found.putAll(instead.headMap(bound, found.size() == rows));
            for (Object value : found.values()) {
                if (value instanceof Stored stored) {
                    inOrder.add(stored);
                }
            }
        }
        if (inOrder.size() <= wanted) {
            return new Page(List.copyOf(inOrder), false, 0, at);
        }
        List<Stored> items = List.copyOf(inOrder.subList(0, wanted));
        long following = snapshot.count(items.getLast().key() + '\0', to);
        return new Page(items, true, Math.max(following, inOrder.size() - wanted), at);
    }

    private static final Object ABSENT = new Object();

    private static Object valueOrAbsent(Stored value) {
        return value == null ? ABSENT : value;
    }

    /** The first key after all those that start with the prefix. */
    static String end(String prefix) {
        return prefix.isEmpty() ? "\uffff" : prefix.substring(0, prefix.length() - 1) + (char) (prefix.charAt(prefix.length() - 1) + 1);
    }
}
