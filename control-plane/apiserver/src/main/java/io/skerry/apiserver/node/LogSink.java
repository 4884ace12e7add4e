package io.skerry.apiserver.node;

import java.util.concurrent.CompletionStage;

/** Where log bytes go. Writes block while the client is slow. */
public interface LogSink {
    /** The array must not be changed afterwards. */
    void write(byte[] bytes);

    boolean isClosed();

    /** Completes when the client went away; a follower should stop waiting then. */
    CompletionStage<Void> closed();
}
