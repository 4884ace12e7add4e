package io.skerry.apiserver.proxy;

import io.skerry.apiserver.ApiResponse;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The answer of another server, read by a thread that may block; the sender waits while it does not read. */
public final class Exchange implements AutoCloseable {
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

    public int status() {
        return response.statusCode();
    }

    private List<Map.Entry<String, String>> all() {
        return response.headers().entries();
    }

    /** Null when there is none. */
    public String header(String name) {
        return response.getHeader(name);
    }

    /** The next part of the body; null at its end. */
    private byte[] next() throws IOException, InterruptedException {
        return bytes(parts.take());
    }

    /** The whole body. @throws IOException when it is larger than so many bytes, or has not come to its end within the time */
    public byte[] body(int most, Duration time) throws IOException, InterruptedException {
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

    /** The body, read as it comes; not to be closed by itself. */
    InputStream stream() {
        return new InputStream() {
            private byte[] part = {};
            private int at;

            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] into, int from, int most) throws IOException {
                try {
                    while (part != null && at == part.length) {
                        part = next();
                        at = 0;
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IOException("interrupted while waiting for the answer", e);
                }
                if (part == null) {
                    return -1;
                }
                int length = Math.min(most, part.length - at);
                System.arraycopy(part, at, into, from, length);
                at += length;
                return length;
            }
        };
    }

    /**
     * The headers of the answer that are not its connection's alone; several values of one are joined. Those that cannot be joined are given to the
     * response at once.
     */
    Map<String, String> headers(ApiResponse response) {
        Set<String> connection = RemoteHeaders.listed(header("Connection"));
        Map<String, String> headers = new LinkedHashMap<>();
        for (Map.Entry<String, String> header : all()) {
            String name = RemoteHeaders.canonical(header.getKey());
            if (name.equals("Set-Cookie")) {
                response.addHeader(name, header.getValue());
            } else if (!RemoteHeaders.isDropped(name) && !connection.contains(name.toLowerCase(Locale.ROOT))) {
                headers.merge(name, header.getValue(), (a, b) -> a + ", " + b);
            }
        }
        return headers;
    }

    /** Passes the whole answer on as it comes. */
    public void passTo(ApiResponse response) throws IOException, InterruptedException {
        response.start(status(), headers(response));
        passBodyTo(response);
    }

    /** Passes the body on as it comes, to a response that was started. */
    void passBodyTo(ApiResponse response) throws IOException, InterruptedException {
        // a watcher that goes away must not leave its stream behind
        response.closed().thenRun(this::close);
        for (byte[] part = next(); part != null; part = next()) {
            response.write(part);
            if (parts.isEmpty()) {
                response.flush();
            }
        }
        response.end();
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
