package io.skerry.datastore;

/**
 * A key's value at one revision.
 *
 * @param value opaque bytes, shared: not to be modified
 * @param createRevision the revision at which the key came to be (this time)
 * @param modRevision the revision that wrote this value; of a deleted value, the revision of the delete
 */
public record Stored(String key, byte[] value, long createRevision, long modRevision) {}
