package io.skerry.datastore;

/**
 * One change of one key.
 *
 * @param current after a PUT the new value; after a DELETE the deleted value with the delete's revision
 * @param previousOrNull what was there before; null when the key was created
 */
public record Event(Type type, Stored current, Stored previousOrNull, long revision) {

    public enum Type { PUT, DELETE }

    public String key() {
        return current.key();
    }
}
