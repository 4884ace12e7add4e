package io.skerry.apiserver.http;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * Writes to an asynchronous stream from a virtual thread and waits while much is under way, so that a slow client slows its writer down
 * instead of filling the memory. What is under way is counted here, for a stream's own queue knows nothing of what still waits for the event
 * loop. For one writer at a time.
 */
public final class BlockingWriter {
    /** Bytes. */
    private static final int WINDOW = 256 * 1024;

    private final Function<Buffer, Future<Void>> send;
    private final CompletableFuture<Void> closed;
    private long underWay;

    /**
     * @param send   writes to the stream; its answer completes when the bytes are the operating system's, or lost
     * @param closed completes when the client is gone; nothing is written or waited for after that
     */
    public BlockingWriter(Function<Buffer, Future<Void>> send, CompletableFuture<Void> closed) {
        this.send = send;
        this.closed = closed;
        closed.whenComplete((v, e) -> arrived(0));
    }

    public void write(Buffer bytes) {
        if (closed.isDone()) {
            return;
        }
        int length = bytes.length();
        synchronized (this) {
            underWay += length;
        }
        send.apply(bytes).onComplete(done -> arrived(length));
        try {
            awaitRoom();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            closed.complete(null);
        }
    }

    private synchronized void arrived(int length) {
        underWay -= length;
        notifyAll();
    }

    private synchronized void awaitRoom() throws InterruptedException {
        while (underWay > WINDOW && !closed.isDone()) {
            wait();
        }
    }
}
