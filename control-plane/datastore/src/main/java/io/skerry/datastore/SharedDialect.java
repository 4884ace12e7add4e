package io.skerry.datastore;

/**
 * A {@link Dialect} whose database has other writers, too. One writes at a time: {@link #turn} waits until it is ours, and the
 * transaction's end gives it on. So revisions are given out in the order of the commits, and without gaps.
 */
interface SharedDialect extends Dialect {

    /** Where all writers together have got to. */
    record Turn(long revision, long compacted) {}

    /**
     * Opens the write transaction, in which {@link #read}, {@link #pending} and {@link #stage} see everything committed so far and
     * nobody else writes, until {@link #commit} or {@link #rollback}. Connects anew when the connection was lost.
     *
     * @throws UnreachableException when the database cannot be reached; a later attempt may succeed
     */
    Turn turn();

    /** The newest revision in history of a key with this prefix, 0 when there is none. For any thread. */
    long latestRevision(String prefix);

    /** A reader within the open transaction; its {@code begin} and {@code close} do nothing. */
    Snapshot pending();

    /**
     * Calls {@code changed} on a thread of its own when others may have written: after each of their commits, and after each
     * reconnect. Until the dialect is closed.
     */
    void listen(Runnable changed);

    /** The connection to the database was lost, or there is none to be had. Nothing was committed, unless {@link #commit} threw it. */
    final class UnreachableException extends DatastoreException {

        UnreachableException(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
