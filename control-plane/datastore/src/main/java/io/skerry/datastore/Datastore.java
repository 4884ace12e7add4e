package io.skerry.datastore;

import java.util.function.Consumer;

/**
 * A revisioned key-value store with etcd's semantics: every successful write takes the next number of one
 * store-wide revision counter, updates and deletes are conditional on a key's last revision, and the past can be
 * listed and watched back to the compacted revision.
 *
 * <p>All calls block and are meant for virtual threads. Values are opaque; the arrays given and returned are shared
 * with the store and with every other reader, so nobody may modify them. Any call may throw
 * {@link DatastoreException} when the database fails or the store is closed; a write that failed this way may or may
 * not be seen after a restart, as with etcd's timeouts.
 *
 * @see <a href="https://etcd.io/docs/v3.5/learning/api/">etcd API: revisions, ranges, watches, compaction</a>
 */
public interface Datastore extends AutoCloseable {

    /** Whether other servers may write to the same data: one of them has to be elected for what only one may do. */
    boolean isShared();

    /** The revision of the newest visible write; never goes backwards, not even over a crash. */
    long revision();

    /**
     * A revision whose arrival means that every write below the prefix that any server has finished before this call has arrived.
     * On a store of one server 0: a write is visible when it returns.
     */
    long latestRevision(String prefix);

    /** The oldest revision that can still be listed or watched from. */
    long compactedRevision();

    /**
     * Creates a key; returns once the write has the asked durability.
     *
     * @throws KeyExistsException when the key is there; carries its present value
     */
    Stored create(String key, byte[] value, Durability durability) throws KeyExistsException;

    /**
     * Replaces a key's value if its last revision is {@code expectedRevision}.
     *
     * @throws RevisionMismatchException when it isn't, or the key is not there; carries the present value or null
     */
    Stored update(String key, byte[] value, long expectedRevision, Durability durability) throws RevisionMismatchException;

    /**
     * Deletes a key if its last revision is {@code expectedRevision}, or whatever it is when that is 0.
     *
     * @return the deleted value, with the delete's own revision as its modification revision
     * @throws RevisionMismatchException when the revision differs, or the key is not there; carries the present value or null
     */
    Stored delete(String key, long expectedRevision, Durability durability) throws RevisionMismatchException;

    /** The key's present value, or null. */
    Stored get(String key);

    /**
     * Keys that start with {@code prefix}, in order.
     *
     * @param startAfter the last key of the page before, or null to start at the prefix
     * @param limit the most items to return, 0 for all
     * @param revision the state to read: that of this revision, 0 for the present one
     * @throws CompactedException when the revision is older than {@link #compactedRevision()}
     */
    Page list(String prefix, String startAfter, int limit, long revision) throws CompactedException;

    /**
     * Reports every change of keys that start with {@code prefix} and whose revision is above
     * {@code fromRevisionExclusive}: in order, without gap or duplicate, on one virtual thread of this watch.
     * A slow sink delays only its own watch; no queue grows for it. Of values written {@link Durability#LAZY}, one who
     * is behind by more than the store's memory window sees the last, not each in between.
     *
     * @throws CompactedException when the revision is older than {@link #compactedRevision()}
     */
    Watch watch(String prefix, long fromRevisionExclusive, Consumer<Event> sink) throws CompactedException;

    /** Forgets what was before {@code revision}; the state at it and everything after can still be read. */
    void compact(long revision);

    /** Writes what is still lazy and closes the database; running watches end. */
    @Override
    void close();
}
