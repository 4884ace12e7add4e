package io.skerry.datastore;

/** What a write's return promises. */
public enum Durability {
    /** The write is on disk (fsynced) and survives a power cut. */
    DURABLE,
    /** The same, of a write by which something is being taken away: on a full disk it may use the room that is kept back for that ({@link Ballast}). */
    FREEING,
    /**
     * For heartbeats, events and other churn that must not wear flash: visible to reads and watches at once, coalesced
     * for each key, and on disk after {@link DatastoreOptions#lazyDelay} or with the next durable write. A crash may
     * lose it; revisions do not go backwards even then. A store that several servers share writes these at once, for
     * the others to see them.
     */
    LAZY
}
