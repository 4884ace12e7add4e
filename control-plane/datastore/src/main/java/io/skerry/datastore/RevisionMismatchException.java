package io.skerry.datastore;

/** A conditional write met another revision than expected, or no key at all. */
public final class RevisionMismatchException extends DatastoreException {

    private final transient Stored current;

    public RevisionMismatchException(String key, long expectedRevision, Stored currentOrNull) {
        super(currentOrNull == null
            ? "key " + key + " does not exist"
            : "key " + key + " is at revision " + currentOrNull.modRevision() + ", not " + expectedRevision);
        this.current = currentOrNull;
    }

    /** What is there, or null when the key does not exist. */
    public Stored current() {
        return current;
    }
}
