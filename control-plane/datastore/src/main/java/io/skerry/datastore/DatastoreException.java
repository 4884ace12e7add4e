package io.skerry.datastore;

/** The store could not do its work; the message says what failed, where, and what to do. */
public class DatastoreException extends RuntimeException {

    public DatastoreException(String message) {
        super(message);
    }

    public DatastoreException(String message, Throwable cause) {
        super(message, cause);
    }
}
