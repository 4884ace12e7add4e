package io.skerry.datastore;

/** The disk has no room for it. */
final class DiskFullException extends DatastoreException {

    DiskFullException(String message, Throwable cause) {
        super(message, cause);
    }
}
