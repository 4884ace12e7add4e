package io.skerry.apiserver.cache;

import io.skerry.datastore.Datastore;
import io.skerry.datastore.DatastoreException;
import io.skerry.datastore.Event;
import io.skerry.datastore.Page;
import io.skerry.datastore.Stored;
import io.skerry.datastore.Watch;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Every API object in memory, loaded at start and kept current by one watch of the datastore. All reads of the API are answered
 * here; a writer waits until its own write has arrived, so that it reads what it wrote.
 */
public final class WatchCache implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(WatchCache.class.getName());
    /** What all keys of the API's objects start with. */
    public static final String ROOT = "/registry/";
    private static final int PAGE = 500;

    private final Map<String, ResourceCache> resources = new ConcurrentHashMap<>();
    private final long startRevision;
    private final Watch watch;
    private final Object progress = new Object();
    private volatile long revision;
    private volatile boolean ended;

    /** Loads everything; blocks until it is there. */
    public WatchCache(Datastore datastore) {
        long at = 0;
        String after = null;
        Page page;
        do {
            page = datastore.list(ROOT, after, PAGE, at);
            at = page.revision();
            for (Stored stored : page.items()) {
                int split = resourceEnd(stored.key());
                String key = stored.key().substring(split);
                ResourceCache cache = resources.computeIfAbsent(stored.key().substring(0, split), p -> new ResourceCache(this, 0));
                cache.load(Entry.of(key, stored.value(), stored.createRevision(), stored.modRevision()));
                after = stored.key();
            }
        } while (page.more());
        startRevision = at;
        revision = at;
        resources.values().forEach(cache -> cache.startAt(startRevision));
        watch = datastore.watch(ROOT, at, this::apply);
        watch.done().whenComplete((ok, error) -> end(error));
    }

    private static int resourceEnd(String key) {
        return key.indexOf('/', key.indexOf('/', ROOT.length()) + 1) + 1;
    }

    private void apply(Event event) {
        Stored current = event.current();
        int split = resourceEnd(current.key());
        ResourceCache cache = resources.computeIfAbsent(current.key().substring(0, split), p -> new ResourceCache(this, startRevision));
        cache.apply(current.key().substring(split), current.value(), event.type() == Event.Type.DELETE, current.createRevision(), event.revision());
        revision = event.revision();
        synchronized (progress) {
            progress.notifyAll();
        }
    }

    private void end(Throwable error) {
        ended = true;
        if (error != null) {
            LOG.log(System.Logger.Level.ERROR, "the watch cache no longer follows the datastore; restart the server", error);
        }
        synchronized (progress) {
            progress.notifyAll();
        }
    }

    /** The cache of one resource; group "" is the core group. */
    public ResourceCache resource(String group, String plural) {
        return resources.computeIfAbsent(prefix(group, plural), p -> new ResourceCache(this, startRevision));
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
        ended = true;
        watch.close();
    }
}
