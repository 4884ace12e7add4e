package io.skerry.apiserver.stream;

import java.util.Map;
import java.util.function.Consumer;

/** One stream of a {@link SpdyConnection}. What it receives is passed on by the connection's reading thread. */
final class SpdyStream {

    private final SpdyConnection connection;
    private final int id;
    private final Map<String, String> headers;
    private Consumer<byte[]> onData = bytes -> { };
    private Runnable onEnd = () -> { };
    private Runnable onGone = () -> { };
    private boolean finishedByUs;
    private boolean finishedByClient;

    SpdyStream(SpdyConnection connection, int id, Map<String, String> headers) {
        this.connection = connection;
        this.id = id;
        this.headers = headers;
    }

    /** A header by its lower-case name; "" when the client sent none. */
    String header(String name) {
        return headers.getOrDefault(name, "");
    }

    /**
     * Says who listens; to be called when the stream opens.
     *
     * @param end the client sends no more
     * @param gone the client reset the stream, or the connection is over
     */
    void listen(Consumer<byte[]> data, Runnable end, Runnable gone) {
        onData = data;
        onEnd = end;
        onGone = gone;
    }

    void received(byte[] bytes) {
        if (bytes.length > 0) {
            onData.accept(bytes);
        }
    }

    void ended() {
        boolean both;
        synchronized (this) {
            finishedByClient = true;
            both = finishedByUs;
        }
        onEnd.run();
        if (both) {
            connection.forget(id);
        }
    }

    void gone() {
        synchronized (this) {
            finishedByUs = true;
        }
        onGone.run();
    }

    void write(byte[] bytes) {
        if (!isFinished()) {
            connection.data(id, bytes, false);
        }
    }

    private synchronized boolean isFinished() {
        return finishedByUs;
    }

    /** Nothing more will be written. */
    void finish() {
        boolean both;
        synchronized (this) {
            if (finishedByUs) {
                return;
            }
            finishedByUs = true;
            both = finishedByClient;
        }
        connection.data(id, new byte[0], true);
        if (both) {
            connection.forget(id);
        }
    }

    void reset() {
        synchronized (this) {
            finishedByUs = true;
        }
        connection.reset(id);
    }
}
