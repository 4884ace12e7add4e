package io.skerry.apiserver.aggregation;

import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;

/** The answer of another server, read by a thread that may block; the sender waits while it does not read. */
final class Exchange implements AutoCloseable {
    private static final int HIGH = 32;
    private static final Object END = new Object();

    private final Context context;
    private final HttpClientResponse response;
    private volatile boolean over;
    private final LinkedBlockingQueue<Object> parts = new LinkedBlockingQueue<>();

    /** On the event loop. */
    Exchange(Context context, HttpClientResponse response) {
        this.context = context;
        this.response = response;
        response.handler(part -> {
            parts.add(part);
            if (parts.size() >= HIGH) {
                response.pause();
            }
        });
        response.endHandler(end -> {
            over = true;
            parts.add(END);
        });
        response.exceptionHandler(failure -> {
            over = true;
            parts.add(failure);
        });
    }

    int status() {
        return response.statusCode();
    }

    List<Map.Entry<String, String>> headers() {
        return response.headers().entries();
    }

    /** The next part of the body; null at its end. */
    byte[] next() throws IOException, InterruptedException {
        Object part = parts.take();
        if (parts.size() < HIGH / 2) {
            context.runOnContext(v -> response.resume());
        }
        return switch (part) {
            case Buffer buffer -> buffer.getBytes();
            case Throwable failure -> throw new IOException(failure.getMessage(), failure);
            default -> null;
        };
    }

    /** Whether a read would not wait. */
    boolean hasMore() {
        return !parts.isEmpty();
    }

    /** Breaks off what has not come yet, and wakes its reader. */
    @Override
    public void close() {
        parts.add(END);
        if (!over) {
            over = true;
            context.runOnContext(v -> response.request().reset());
        }
    }
}
