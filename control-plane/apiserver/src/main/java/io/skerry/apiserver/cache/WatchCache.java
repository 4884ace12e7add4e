package io.skerry.apiserver.cache;

import io.skerry.datastore.CompactedException;
import io.skerry.datastore.Datastore;
import io.skerry.datastore.DatastoreException;
import io.skerry.datastore.Event;
import io.skerry.datastore.Page;
import io.skerry.datastore.Stored;
import io.skerry.datastore.Watch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Every API object in memory, loaded at start and kept current by one watch of the datastore. All reads of the API are answered
 * here; a writer waits until its own write has arrived, so that it reads what it wrote.
 *
 * <p>A value that a disk has damaged is left out, as if the object were not there, and told: the rest of the cluster goes on. One that is
 * {@link Withheld} is there: whoever reads it, or a list that it belongs to, gets a {@link WithheldException}.
 */
public final class WatchCache implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(WatchCache.class.getName());
    /** What all keys of the API's objects start with. */
    public static final String ROOT = "/registry/";
    private static final int PAGE = 500;
    private static final long FIRST_PAUSE_MILLIS = 50;
    private static final long LONGEST_PAUSE_MILLIS = 5_000;

    private final Datastore datastore;
    private final Map<String, ResourceCache> resources = new ConcurrentHashMap<>();
    private final Map<String, Unreadable> unreadable = new ConcurrentHashMap<>();
    private final Object progress = new Object();
    private volatile long startRevision;
    private volatile Watch watch;
    private volatile long revision;
    private volatile boolean ended;
    private volatile boolean closed;

    /**
     * A value that is no API object any more.
     *
     * @param key      its key in the datastore
     * @param revision its modification revision
     */
    public record Unreadable(String key, long revision, String problem) {
    }

    /** All objects by resource at one revision; what is withheld by resource and key, with why. */
    private record State(Map<String, NavigableMap<String, Entry>> objects, Map<String, Map<String, String>> withheld, Map<String, Unreadable> unreadable, long revision) {

        Map<String, String> withheld(String prefix) {
            return withheld.getOrDefault(prefix, Map.of());
        }
    }

    /** Loads everything; blocks until it is there. */
    public WatchCache(Datastore datastore) {
        this.datastore = datastore;
        while (true) {
            try {
                State state = read();
                state.objects().forEach((prefix, objects) -> resource(prefix).load(objects, state.withheld(prefix), state.revision()));
                follow(state);
                return;
            } catch (CompactedException e) {
                // others wrote so much meanwhile that what was begun cannot be read on
                resources.clear();
            }
        }
    }

    private State read() {
        Map<String, NavigableMap<String, Entry>> objects = new HashMap<>();
        Map<String, Map<String, String>> withheld = new HashMap<>();
        Map<String, Unreadable> damaged = new HashMap<>();
        long at = 0;
        String after = null;
        Page page;
        do {
            page = datastore.list(ROOT, after, PAGE, at);
            at = page.revision();
            for (Stored stored : page.items()) {
                int split = resourceEnd(stored.key());
                String key = stored.key().substring(split);
                String prefix = stored.key().substring(0, split);
                NavigableMap<String, Entry> siblings = objects.computeIfAbsent(prefix, p -> new TreeMap<>());
                String hidden = Withheld.why(stored.value());
                String problem = hidden != null ? hidden : StoredObject.problem(Entry.name(key), stored.value());
                if (problem == null) {
                    siblings.put(key, known(prefix, key, stored));
                } else if (hidden != null) {
                    withheld.computeIfAbsent(prefix, p -> new HashMap<>()).put(key, hidden);
                } else {
                    damaged.put(stored.key(), new Unreadable(stored.key(), stored.modRevision(), problem));
                }
                after = stored.key();
            }
        } while (page.more());
        return new State(objects, withheld, damaged, at);
    }

    /** The entry that is in the cache already, or a new one. */
    private Entry known(String prefix, String key, Stored stored) {
        ResourceCache cache = resources.get(prefix);
        Entry present = cache == null ? null : cache.present(key);
        return present != null && present.revision() == stored.modRevision() ? present : Entry.of(key, stored.value(), stored.createRevision(), stored.modRevision());
    }

    /** Goes on from a state that was read. */
    private void follow(State state) {
        startRevision = state.revision();
        unreadable.keySet().retainAll(state.unreadable().keySet());
        state.unreadable().values().forEach(this::leaveOut);
        state.withheld().forEach((prefix, hidden) -> hidden.entrySet().stream().limit(1).forEach(first -> tellWithheld(prefix + first.getKey(), first.getValue())));
        arrived(state.revision());
        watch = datastore.watch(ROOT, state.revision(), this::apply);
        watch.done().whenComplete((ok, error) -> over(error));
        if (closed) {
            watch.close();
        }
    }

    private static int resourceEnd(String key) {
        return key.indexOf('/', key.indexOf('/', ROOT.length()) + 1) + 1;
    }

    private void apply(Event event) {
        Stored current = event.current();
        int split = resourceEnd(current.key());
        ResourceCache cache = resource(current.key().substring(0, split));
        String key = current.key().substring(split);
        boolean deleted = event.type() == Event.Type.DELETE;
        String hidden = Withheld.why(current.value());
        if (hidden != null && !deleted) {
            unreadable.remove(current.key());
            if (cache.withhold(key, hidden, event.revision())) {
                tellWithheld(current.key(), hidden);
            }
            arrived(event.revision());
            return;
        }
        Unreadable before = unreadable.get(current.key());
        String problem = deleted && before != null ? before.problem() : hidden != null ? hidden : StoredObject.quickProblem(current.value());
        if (problem == null) {
            cache.apply(key, current.value(), deleted, current.createRevision(), event.revision());
        } else {
            cache.drop(key, event.revision());
        }
        if (problem == null || deleted) {
            unreadable.remove(current.key());
        } else {
            leaveOut(new Unreadable(current.key(), event.revision(), problem));
        }
        arrived(event.revision());
    }

    private void leaveOut(Unreadable object) {
        if (!object.equals(unreadable.put(object.key(), object))) {
            LOG.log(System.Logger.Level.ERROR, "{0} cannot be read and is left out: {1}. Make the object anew, or delete it; or restore a snapshot of before"
                    + " (skerry snapshot list). A card that changes what was written is at its end", object.key(), object.problem());
        }
    }

    /** @param key of the first one of its resource: what hides it may hide many */
    private static void tellWithheld(String key, String why) {
        LOG.log(System.Logger.Level.ERROR, "{0}, and perhaps others, cannot be served: {1}. Requests for it, and lists that it belongs to, fail until then", key, why);
    }

    private void arrived(long at) {
        synchronized (progress) {
            revision = at;
            progress.notifyAll();
        }
    }

    private void over(Throwable error) {
        if (error instanceof CompactedException && !closed) {
            LOG.log(System.Logger.Level.WARNING, "the other servers forgot changes before this one saw them: it reads everything anew");
            Thread.ofVirtual().name("watch-cache").start(this::reload);
            return;
        }
        ended = true;
        if (error != null) {
            LOG.log(System.Logger.Level.ERROR, "the watch cache no longer follows the datastore; restart the server", error);
        }
        synchronized (progress) {
            progress.notifyAll();
        }
    }

    private void reload() {
        long pause = FIRST_PAUSE_MILLIS;
        while (!closed) {
            try {
                State state = read();
                for (String prefix : state.objects().keySet()) {
                    resource(prefix);
                }
                resources.forEach((prefix, cache) -> cache.replace(state.objects().getOrDefault(prefix, new TreeMap<>()), state.withheld(prefix), state.revision()));
                follow(state);
                return;
            } catch (DatastoreException e) {
                // compacted once more, or not to be reached
                try {
                    Thread.sleep(pause);
                } catch (InterruptedException i) {
                    Thread.currentThread().interrupt();
                    over(e);
                    return;
                }
                pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
            }
        }
    }

    private ResourceCache resource(String prefix) {
        return resources.computeIfAbsent(prefix, p -> new ResourceCache(this, p, startRevision));
    }

    /** What was left out, by datastore key. */
    public Map<String, Unreadable> unreadable() {
        return Map.copyOf(unreadable);
    }

    /** The value under a datastore key that was left out, or null. */
    public Unreadable unreadable(String key) {
        return unreadable.get(key);
    }

    /** Objects of a resource, or of a namespace of it, as history tells them. */
    List<Entry> past(String prefix, String within, long at) {
        List<Entry> entries = new ArrayList<>();
        for (Stored stored : datastore.list(prefix + within, null, 0, at).items()) {
            String key = stored.key().substring(prefix.length());
            String hidden = Withheld.why(stored.value());
            if (hidden != null) {
                throw new WithheldException(stored.key(), hidden);
            }
            if (StoredObject.problem(Entry.name(key), stored.value()) == null) {
                entries.add(Entry.of(key, stored.value(), stored.createRevision(), stored.modRevision()));
            }
        }
        return entries;
    }

    /** Changes of a resource as history tells them, and what comes after. */
    Watch history(String prefix, long from, Consumer<Event> sink) {
        return datastore.watch(prefix, from, sink);
    }

    /** The cache of one resource; group "" is the core group. */
    public ResourceCache resource(String group, String plural) {
        return resource(prefix(group, plural));
    }

    /** {@code /registry/apps/deployments/}: what all of a resource's datastore keys start with. */
    public static String prefix(String group, String plural) {
        return ROOT + (group.isEmpty() ? "core" : group) + "/" + plural + "/";
    }

    /** Every change up to it is in the cache. */
    public long revision() {
        return revision;
    }

    /** Whether the cache follows the datastore. */
    public boolean isHealthy() {
        return !ended;
    }

    /**
     * Waits until a revision has arrived.
     *
     * @return false when it did not within the time
     * @throws DatastoreException when the cache no longer follows the datastore
     */
    public boolean await(long wanted, long millis) {
        if (revision >= wanted) {
            return true;
        }
        long deadline = System.nanoTime() + millis * 1_000_000;
        synchronized (progress) {
            while (revision < wanted) {
                if (ended) {
                    throw new DatastoreException("the datastore is closed");
                }
                long left = (deadline - System.nanoTime()) / 1_000_000;
                if (left <= 0) {
                    return false;
                }
                try {
                    progress.wait(left);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return false;
                }
            }
            return true;
        }
    }

    @Override
    public void close() {
        closed = true;
        ended = true;
        watch.close();
    }
}
