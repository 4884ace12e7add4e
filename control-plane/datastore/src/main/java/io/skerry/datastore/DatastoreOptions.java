package io.skerry.datastore;

import java.time.Duration;
import java.util.function.Consumer;

/**
 * How a store spends memory, disk and history.
 *
 * @param lazyDelay the longest that a {@link Durability#LAZY} write stays in memory only
 * @param keepRevisions history is not compacted by itself below this many revisions ...
 * @param keepTime ... nor below this age; more may be kept, as compaction rides on other writes
 * @param memoryEvents how many of the last changes watches are served from without reading the database
 * @param memoryBytes the values of those changes take at most this many bytes (but one change is always kept)
 * @param revisionStep how many revisions are reserved on disk at once; a crash skips at most this many
 * @param damaged is told, once, when an embedded store's file is found damaged or unreadable while it is in use; the next opening looks at all of it
 * @param ballast of an embedded store's disk
 */
public record DatastoreOptions(Duration lazyDelay, int keepRevisions, Duration keepTime, int memoryEvents, long memoryBytes, int revisionStep,
        Consumer<DatastoreException> damaged, Ballast ballast) {

    public static DatastoreOptions defaults() {
        return new DatastoreOptions(Duration.ofSeconds(60), 1000, Duration.ofMinutes(5), 1024, 4L << 20, 10_000, _ -> { }, Ballast.NONE);
    }

    public DatastoreOptions withLazyDelay(Duration delay) {
        return new DatastoreOptions(delay, keepRevisions, keepTime, memoryEvents, memoryBytes, revisionStep, damaged, ballast);
    }

    public DatastoreOptions withHistory(int revisions, Duration time) {
        return new DatastoreOptions(lazyDelay, revisions, time, memoryEvents, memoryBytes, revisionStep, damaged, ballast);
    }

    public DatastoreOptions withMemory(int events, long bytes) {
        return new DatastoreOptions(lazyDelay, keepRevisions, keepTime, events, bytes, revisionStep, damaged, ballast);
    }

    public DatastoreOptions withDamaged(Consumer<DatastoreException> told) {
        return new DatastoreOptions(lazyDelay, keepRevisions, keepTime, memoryEvents, memoryBytes, revisionStep, told, ballast);
    }

    public DatastoreOptions withBallast(Ballast kept) {
        return new DatastoreOptions(lazyDelay, keepRevisions, keepTime, memoryEvents, memoryBytes, revisionStep, damaged, kept);
    }
}
