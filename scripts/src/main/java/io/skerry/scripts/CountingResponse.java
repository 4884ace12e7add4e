package io.skerry.scripts;

import io.skerry.apiserver.ApiResponse;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongConsumer;

/** A client that counts what it is sent, and when an event comes. */
final class CountingResponse implements ApiResponse {
    private final LongConsumer event;
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private final CompletableFuture<Void> started = new CompletableFuture<>();
    private int status;
    private long bytes;

    /** @param event called with System.nanoTime() when an object comes, or null */
    CountingResponse(LongConsumer event) {
        this.event = event;
    }

    @Override
    public void start(int status, Map<String, String> headers) {
        this.status = status;
        started.complete(null);
    }

    @Override
    public void write(byte[] part) {
        bytes += part.length;
        if (event != null && part.length > 1000) { // the object, between the event's head and end
            event.accept(System.nanoTime());
        }
    }

    @Override
    public void end() {
        closed.complete(null);
    }

    int status() {
        return status;
    }

    long bytes() {
        return bytes;
    }

    void awaitStart() {
        started.join();
    }

    /** As a client that goes away. */
    void leave() {
        closed.complete(null);
    }

    @Override
    public CompletionStage<Void> closed() {
        return closed;
    }

    @Override
    public boolean isClosed() {
        return closed.isDone();
    }
}
