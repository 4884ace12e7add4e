package io.skerry.datastore;

import java.util.concurrent.CompletionStage;

/** A running watch. */
public interface Watch extends AutoCloseable {

    /** Ends the watch; its sink is not called again once the call in progress (if any) has returned. */
    @Override
    void close();

    /**
     * Completes when the watch has ended: normally after {@link #close()} or the store's close; with
     * {@link CompactedException} when the sink was so slow that its place in history was compacted away; or with what
     * the sink threw.
     */
    CompletionStage<Void> done();
}
