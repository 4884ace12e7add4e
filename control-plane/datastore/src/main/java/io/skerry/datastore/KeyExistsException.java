package io.skerry.datastore;

/** A create met an existing key. */
public final class KeyExistsException extends DatastoreException {

    private final transient Stored current;

    public KeyExistsException(Stored current) {
        super("key " + current.key() + " already exists at revision " + current.modRevision());
        this.current = current;
    }

    /** What is there. */
    public Stored current() {
        return current;
    }
}
