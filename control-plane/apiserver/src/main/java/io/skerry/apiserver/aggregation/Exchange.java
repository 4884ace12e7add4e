package io.skerry.apiserver.aggregation;

import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

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

    /** Null when there is none. */
    String header(String name) {
        return response.getHeader(name);
    }

    /** The next part of the body; null at its end. */
    byte[] next() throws IOException, InterruptedException {
        return bytes(parts.take());
    }

    /** The whole body. @throws IOException when it is larger than so many bytes, or has not come to its end within the time */
    byte[] body(int most, Duration time) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + time.toNanos();
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        while (true) {
            Object part = parts.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (part == null) {
                throw new IOException("the answer has not come to its end within " + time.toSeconds() + " s");
            }
            byte[] bytes = bytes(part);
            if (bytes == null) {
                return body.toByteArray();
            }
            body.writeBytes(bytes);
            if (body.size() > most) {
                throw new IOException("the answer is larger than " + (most >> 20) + " MiB");
            }
        }
    }

    private byte[] bytes(Object part) throws IOException {
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
