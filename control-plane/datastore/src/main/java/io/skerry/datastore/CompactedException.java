package io.skerry.datastore;

/** The asked revision is older than the compacted one; the caller has to list anew. */
public final class CompactedException extends DatastoreException {

    private final long compactedRevision;

    public CompactedException(long requested, long compactedRevision) {
        super("revision " + requested + " has been compacted; the oldest one is " + compactedRevision);
        this.compactedRevision = compactedRevision;
    }

    public long compactedRevision() {
        return compactedRevision;
    }
}
