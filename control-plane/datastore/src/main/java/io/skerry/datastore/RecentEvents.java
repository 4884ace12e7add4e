package io.skerry.datastore;

import java.util.ArrayList;
import java.util.List;

/** The last changes in memory, so that watches that keep up cost no SQL. Guarded by {@link View#lock}. */
final class RecentEvents {

    private final Event[] ring;
    private final long maxBytes;
    private int first;
    private int size;
    private long bytes;
    private long floor;

    RecentEvents(int capacity, long maxBytes, long floor) {
        this.ring = new Event[Math.max(1, capacity)];
        this.maxBytes = maxBytes;
        this.floor = floor;
    }

    /** Every change above this revision is here. */
    long floor() {
        return floor;
    }

    void add(Event event) {
        while (size == ring.length || (size > 0 && bytes + weight(event) > maxBytes)) {
            evictOldest();
        }
        ring[(first + size++) % ring.length] = event;
        bytes += weight(event);
    }

    /** Forgets all; what comes is above this revision. */
    void clear(long revision) {
        while (size > 0) {
            evictOldest();
        }
        floor = revision;
    }

    /** Changes above {@code revision} of keys under {@code prefix}, at most {@code limit} of them. */
    List<Event> after(long revision, String prefix, int limit) {
        var found = new ArrayList<Event>();
        for (int i = indexAfter(revision); i < size && found.size() < limit; i++) {
            Event event = at(i);
            if (event.key().startsWith(prefix)) {
                found.add(event);
            }
        }
        return found;
    }

    private int indexAfter(long revision) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (at(middle).revision() > revision) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    private Event at(int index) {
        return ring[(first + index) % ring.length];
    }

    private void evictOldest() {
        Event oldest = ring[first];
        ring[first] = null;
        first = (first + 1) % ring.length;
        size--;
        bytes -= weight(oldest);
        floor = oldest.revision();
    }

    private static long weight(Event event) {
        return 200 + event.current().value().length; // what it replaced is the value of an earlier event, as a rule
    }
}
