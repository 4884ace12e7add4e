package io.skerry.datastore;

import java.util.List;

/** How batches of writes reach a database and the {@link View}; called by the writer's thread alone. */
interface Committer {

    /** Writes a batch and tells its writers; an empty one does what has become due. Failures are told to the writers, not thrown. */
    void write(List<Write> batch, boolean closing);

    /** How long it has nothing of its own to do, in nanoseconds; {@link Long#MAX_VALUE}: until somebody writes. */
    long idleNanos();
}
