package io.skerry.datastore;

import java.util.concurrent.CompletableFuture;

/**
 * A write that waits for its turn.
 *
 * @param expected the key's revision that is asked for, or the revision to compact to
 */
record Write(Kind kind, String key, byte[] value, long expected, Durability durability, CompletableFuture<Stored> done) {

    /** CATCH_UP writes nothing: others have. */
    enum Kind { CREATE, UPDATE, DELETE, COMPACT, CATCH_UP, CLOSE }

    static Write of(Kind kind, String key, byte[] value, long expected, Durability durability) {
        return new Write(kind, key, value, expected, durability, new CompletableFuture<>());
    }

    boolean changes() {
        return kind == Kind.CREATE || kind == Kind.UPDATE || kind == Kind.DELETE;
    }

    /** Whether it has to go on when the disk is full: it takes something away, or is a heartbeat. */
    boolean isUrgent() {
        return kind == Kind.DELETE || changes() && durability != Durability.DURABLE;
    }
}
