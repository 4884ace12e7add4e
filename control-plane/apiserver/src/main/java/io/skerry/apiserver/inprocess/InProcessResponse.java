package io.skerry.apiserver.inprocess;

import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.http.StandardHttpHeaders;
import io.skerry.apiserver.ApiResponse;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;

/**
 * The two ends of one response: what the server writes, fabric8's consumer gets on the server's own thread as soon as it asked for more.
 * A slow consumer so slows the server down, and no byte is copied.
 */
final class InProcessResponse implements ApiResponse, AsyncBody {
    private static final int CHUNK = 256 * 1024;

    private final HttpRequest request;
    private final Consumer<List<ByteBuffer>> consumer;
    private final CompletableFuture<HttpResponse<AsyncBody>> started = new CompletableFuture<>();
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private final Semaphore demand = new Semaphore(0);
    private List<ByteBuffer> pending = new ArrayList<>();
    private int pendingBytes;

    InProcessResponse(HttpRequest request, Consumer<List<ByteBuffer>> consumer) {
        this.request = request;
        this.consumer = consumer;
    }

    CompletableFuture<HttpResponse<AsyncBody>> started() {
        return started;
    }

    @Override
    public void start(int status, Map<String, String> headers) {
        Map<String, List<String>> lists = new HashMap<>();
        headers.forEach((name, value) -> {
            // warnings are for people: nothing in here can heed them, and fabric8 would log them with every request
            if (!name.equals("Warning")) {
                lists.put(name, List.of(value));
            }
        });
        started.complete(new Head(status, lists));
    }

    @Override
    public void write(byte[] bytes) {
        write(ByteBuffer.wrap(bytes));
    }

    @Override
    public void write(ByteBuffer bytes) {
        if (isClosed()) {
            return;
        }
        pending.add(bytes);
        pendingBytes += bytes.remaining();
        if (pendingBytes >= CHUNK) {
            flush();
        }
    }

    @Override
    public void flush() {
        if (pending.isEmpty()) {
            return;
        }
        List<ByteBuffer> chunk = pending;
        pending = new ArrayList<>();
        pendingBytes = 0;
        demand.acquireUninterruptibly();
        if (isClosed()) {
            return;
        }
        try {
            consumer.consume(chunk, this);
        } catch (Exception e) {
            fail(e);
        }
    }

    @Override
    public void end() {
        flush();
        done.complete(null);
        closed.complete(null);
    }

    void fail(Throwable cause) {
        started.completeExceptionally(cause);
        done.completeExceptionally(cause);
        closed.complete(null);
        demand.release();
    }

    @Override
    public CompletionStage<Void> closed() {
        return closed;
    }

    @Override
    public boolean isClosed() {
        return closed.isDone();
    }

    @Override
    public void consume() {
        demand.release();
    }

    @Override
    public CompletableFuture<Void> done() {
        return done;
    }

    @Override
    public void cancel() {
        closed.complete(null);
        done.cancel(false);
        demand.release();
    }

    private final class Head extends StandardHttpHeaders implements HttpResponse<AsyncBody> {
        private final int status;

        Head(int status, Map<String, List<String>> headers) {
            super(headers);
            this.status = status;
        }

        @Override
        public int code() {
            return status;
        }

        @Override
        public AsyncBody body() {
            return InProcessResponse.this;
        }

        @Override
        public HttpRequest request() {
            return request;
        }

        @Override
        public Optional<HttpResponse<?>> previousResponse() {
            return Optional.empty();
        }
    }
}
