package io.skerry.datastore;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * What the store asks of a database; one implementation a database. Two tables: the current values, and a history with
 * one row a write that holds what the write <em>replaced</em>. So every value is on disk once, compaction only
 * deletes old history rows, and the state at a past revision is the current one with the later rows undone.
 *
 * <p>{@link #read}, {@link #stage}, {@link #commit} and {@link #rollback} are called by the writer thread alone. All
 * methods throw {@link DatastoreException}.
 */
interface Dialect extends AutoCloseable {

    /**
     * What an opened database says of itself.
     *
     * @param highWater no revision above this one was ever given out
     * @param clean whether the store was closed properly, so that {@code highWater} is its exact revision
     */
    record Start(long highWater, long compacted, boolean clean) {}

    /**
     * One transaction.
     *
     * @param history its changes in order of revision
     * @param puts the keys' values after it
     * @param deletes the keys that are not there after it
     * @param sweep delete at most this many history rows at or below {@code compacted}
     */
    record Changes(List<Event> history, Collection<Stored> puts, Collection<String> deletes, long highWater, long compacted, boolean clean, int sweep) {}

    Start start();

    /** The committed values of those of the keys that are there. */
    Map<String, Stored> read(Collection<String> keys);

    /**
     * Writes into a transaction, which it begins if none is open.
     *
     * @return whether a sweep was asked for and left something for the next
     */
    boolean stage(Changes changes);

    /** Makes the staged transaction durable and visible to new snapshots. */
    void commit();

    void rollback();

    /** Nobody writes, and all that was to be swept is: a good moment to give space back to the disk. */
    void tidy();

    /** A reader's connection; wait for a free one here, before any lock is held. */
    Snapshot snapshot();

    @Override
    void close();

    /** A reader; before {@link #begin} it sees the newest commit, afterwards that commit stays what it sees. */
    interface Snapshot extends AutoCloseable {

        /** @return the compacted revision of that commit */
        long begin();

        Stored get(String key);

        /** Values with {@code from <= key < to} in order, at most {@code limit} of them. */
        void range(String from, String to, int limit, Consumer<Stored> sink);

        long count(String from, String to);

        /** History rows above {@code revision} in order, until the visitor returns false. */
        void changesAfter(long revision, Predicate<Change> visitor);

        @Override
        void close();
    }

    /** A history row; {@link #replaced} reads its value, and only inside the visitor. */
    interface Change {

        long revision();

        String key();

        boolean deleted();

        /** What the write replaced, or null when it created the key. */
        Stored replaced();
    }
}
