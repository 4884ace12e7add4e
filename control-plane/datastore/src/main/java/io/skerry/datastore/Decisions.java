package io.skerry.datastore;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * What becomes of a batch of writes: each is decided against the state that the ones before it leave. Nobody is told until
 * {@link #tell}, when what was decided is committed and visible.
 */
final class Decisions {

    private record Refusal(Write write, DatastoreException why) {}

    private final List<Write> batch;
    private final List<Write> accepted = new ArrayList<>();
    private final List<Event> events = new ArrayList<>();
    private final List<Refusal> refused = new ArrayList<>();
    private long lastRevision;
    private long compacted;
    private boolean durable;

    private Decisions(List<Write> batch, long lastRevision, long compacted) {
        this.batch = batch;
        this.lastRevision = lastRevision;
        this.compacted = compacted;
    }

    /**
     * @param lastRevision the newest revision given out
     * @param newest the newest visible one: what is above it cannot be compacted
     * @param compacted where compaction has got to, or shall with this batch
     * @param read finds the present values of keys; absent keys are not in its answer
     */
    static Decisions of(List<Write> batch, long lastRevision, long newest, long compacted, Function<Collection<String>, Map<String, Stored>> read) {
        var decisions = new Decisions(batch, lastRevision, compacted);
        Set<String> keys = new LinkedHashSet<>();
        batch.stream().filter(Write::changes).map(Write::key).forEach(keys::add);
        Map<String, Stored> state = keys.isEmpty() ? Map.of() : new HashMap<>(read.apply(keys));
        for (Write write : batch) {
            try {
                if (write.changes()) {
                    decisions.decide(write, state);
                } else if (write.kind() == Write.Kind.COMPACT) {
                    decisions.compact(write, newest);
                }
            } catch (DatastoreException e) {
                decisions.refused.add(new Refusal(write, e));
            }
        }
        return decisions;
    }

    private void decide(Write write, Map<String, Stored> state) {
        String key = write.key();
        Stored current = state.get(key);
        boolean conditional = write.kind() == Write.Kind.UPDATE || write.expected() != 0;
        if (write.kind() == Write.Kind.CREATE && current != null) {
            throw new KeyExistsException(current);
        }
        if (write.kind() != Write.Kind.CREATE && (current == null || (conditional && current.modRevision() != write.expected()))) {
            throw new RevisionMismatchException(key, write.expected(), current);
        }
        long revision = ++lastRevision;
        Event event = switch (write.kind()) {
            case CREATE -> new Event(Event.Type.PUT, new Stored(key, write.value(), revision, revision), null, revision);
            case UPDATE -> new Event(Event.Type.PUT, new Stored(key, write.value(), current.createRevision(), revision), current, revision);
            default -> new Event(Event.Type.DELETE, new Stored(key, current.value(), current.createRevision(), revision), current, revision);
        };
        if (event.type() == Event.Type.PUT) {
            state.put(key, event.current());
        } else {
            state.remove(key);
        }
        events.add(event);
        accepted.add(write);
        durable |= write.durability() != Durability.LAZY;
    }

    private void compact(Write write, long newest) {
        if (write.expected() > newest) {
            throw new DatastoreException("cannot compact revision " + write.expected() + ", which is in the future; the newest one is " + newest);
        }
        compacted = Math.max(compacted, write.expected());
    }

    /** The changes in order of revision. */
    List<Event> events() {
        return events;
    }

    long lastRevision() {
        return lastRevision;
    }

    long compacted() {
        return compacted;
    }

    /** Whether one of the changes has to be on disk before its writer is told. */
    boolean durable() {
        return durable;
    }

    /** Tells every writer of the batch what has become of its write. */
    void tell() {
        refused.forEach(refusal -> refusal.write().done().completeExceptionally(refusal.why()));
        for (int i = 0; i < accepted.size(); i++) {
            accepted.get(i).done().complete(events.get(i).current());
        }
        batch.forEach(write -> write.done().complete(null)); // compactions and the close; the others are complete already
    }

    /** The keys' values after the changes, newest last: what is to be put and what to be deleted. */
    static Dialect.Changes changes(List<Event> history, long highWater, long compacted, boolean clean, int sweep) {
        var puts = new HashMap<String, Stored>();
        var deletes = new HashMap<String, Stored>();
        for (Event event : history) {
            boolean put = event.type() == Event.Type.PUT;
            (put ? puts : deletes).put(event.key(), event.current());
            (put ? deletes : puts).remove(event.key());
        }
        return new Dialect.Changes(history, puts.values(), deletes.keySet(), highWater, compacted, clean, sweep);
    }
}
