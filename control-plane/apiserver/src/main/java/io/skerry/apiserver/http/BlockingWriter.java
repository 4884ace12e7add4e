package io.skerry.apiserver.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.WriteStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Writes to an asynchronous stream from a virtual thread and waits while its queue is full, so that a slow client slows its writer down
 * instead of filling the memory. For one writer at a time.
 */
public final class BlockingWriter {

    private final WriteStream<Buffer> out;
    private final Consumer<Buffer> send;
    private final CompletableFuture<Void> closed;

    /** @param closed completes when the client is gone; nothing is written or waited for after that */
    public BlockingWriter(WriteStream<Buffer> out, CompletableFuture<Void> closed) {
        this(out, out::write, closed);
    }

    /** @param send writes to the stream, in its own way */
    public BlockingWriter(WriteStream<Buffer> out, Consumer<Buffer> send, CompletableFuture<Void> closed) {
        this.out = out;
        this.send = send;
        this.closed = closed;
    }

    public void write(Buffer bytes) {
        if (closed.isDone()) {
            return;
        }
        send.accept(bytes);
        if (!out.writeQueueFull()) {
            return;
        }
        try {
            // A drain that happens while its handler is being set may go untold, so a waiting writer looks again now and then.
            while (out.writeQueueFull() && !closed.isDone()) {
                CompletableFuture<Void> drained = new CompletableFuture<>();
                out.drainHandler(v -> drained.complete(null));
                if (out.writeQueueFull()) {
                    CompletableFuture.anyOf(drained, closed).completeOnTimeout(null, 1, TimeUnit.SECONDS).get();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            closed.complete(null);
        } catch (ExecutionException e) {
            throw new IllegalStateException("never completed exceptionally", e);
        }
    }
}
