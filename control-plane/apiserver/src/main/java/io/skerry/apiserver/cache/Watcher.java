package io.skerry.apiserver.cache;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** One watch's queue of changes. A watcher that falls too far behind is cut off: its client then lists anew, and the server keeps its memory. */
public final class Watcher implements AutoCloseable {
    private static final int MAX_BEHIND = 8192;
    private static final long WAIT_MILLIS = 1_000;
    private static final CacheEvent WAKE = new CacheEvent(false, null, null);

    private final ResourceCache cache;
    private final String prefix;
    private final LinkedBlockingQueue<CacheEvent> queue = new LinkedBlockingQueue<>(MAX_BEHIND);
    private volatile boolean ended;
    /** What leads it through the past, null once it is with the cache. */
    private volatile CatchUp past;

    Watcher(ResourceCache cache, String prefix) {
        this.cache = cache;
        this.prefix = prefix;
    }

    /** @return false when the watcher is to be dropped */
    boolean offer(CacheEvent event) {
        if (ended) {
            return false;
        }
        if (!event.current().key().startsWith(prefix)) {
            return true;
        }
        if (!queue.offer(event)) {
            ended = true;
            return false;
        }
        return true;
    }

    /**
     * Ends the watch if it is one of this object.
     *
     * @return whether it was
     */
    boolean cutOff(String key) {
        if (!key.startsWith(prefix)) {
            return false;
        }
        ended = true;
        queue.offer(WAKE);
        return true;
    }

    /** As {@link #offer}, but waits for a place. */
    void put(CacheEvent event) {
        try {
            while (!ended && event.current().key().startsWith(prefix) && !queue.offer(event, WAIT_MILLIS, TimeUnit.MILLISECONDS)) {
                // a slow client: it may be gone
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            close();
        }
    }

    void leadBy(CatchUp leader) {
        past = leader;
    }

    /** It has met the changes that the cache has. */
    void joined() {
        past = null;
    }

    /**
     * The next change, or null when there is none within the time, when the watch was woken, or when it has ended.
     *
     * @param millis at most so long; 0 does not wait
     */
    public CacheEvent poll(long millis) throws InterruptedException {
        CacheEvent event = queue.poll(millis, TimeUnit.MILLISECONDS);
        return event == WAKE ? null : event;
    }

    /**
     * A revision up to which this watcher has seen everything, or -1 while changes are waiting. Called by the thread that polls.
     */
    public long progress() {
        long revision = cache.ownerRevision();
        return past == null && queue.isEmpty() ? revision : -1;
    }

    /** Whether nothing more comes after what is queued. */
    public boolean isEnded() {
        return ended;
    }

    /** Ends the watch; a poll in progress returns. */
    @Override
    public void close() {
        ended = true;
        queue.offer(WAKE);
        CatchUp leader = past;
        if (leader != null) {
            leader.close();
        }
        cache.remove(this);
    }
}
