package io.skerry.apiserver.cache;

import io.skerry.datastore.DatastoreException;

/** What was asked for is there, or holds something that is, and is {@link Withheld}: to leave it out would say that it is gone. */
public final class WithheldException extends DatastoreException {
    private static final long serialVersionUID = 1L;

    WithheldException(String key, String why) {
        super(key + " cannot be served: " + why);
    }
}
