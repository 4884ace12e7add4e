package io.skerry.apiserver.http;

import io.skerry.apiserver.ApiResponse;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.zip.GZIPOutputStream;

/** The answer to one request on a Vert.x connection. Small writes are gathered until {@link #flush}. */
final class VertxResponse implements ApiResponse {

    private static final int CHUNK = 64 * 1024;
    /** kube-apiserver compresses from here on; below, the time is better spent sending. */
    private static final int GZIP_FROM = 128 * 1024;

    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final BlockingWriter writer;
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private Buffer gathered = Buffer.buffer();
    private OutputStream gzip;
    private boolean started;
    /** an answer that has no body by definition (RFC 9110, section 6.4.1), whatever is written */
    private boolean bodiless;

    VertxResponse(HttpServerRequest request) {
        this.request = request;
        this.response = request.response();
        this.writer = new BlockingWriter(response::write, closed);
        response.closeHandler(v -> closed.complete(null));
        response.exceptionHandler(e -> closed.complete(null));
    }

    boolean started() {
        return started;
    }

    @Override
    public void addHeader(String name, String value) {
        response.headers().add(name, value);
    }

    @Override
    public void start(int status, Map<String, String> headers) {
        started = true;
        if (isClosed()) {
            return;
        }
        response.setStatusCode(status);
        headers.forEach(response::putHeader);
        bodiless = status == 204 || status == 304 || request.method() == HttpMethod.HEAD;
        if (bodiless) {
            return;
        }
        String length = headers.get("Content-Length");
        if (length != null && status == 200 && Long.parseLong(length) >= GZIP_FROM && acceptsGzip() && !headers.containsKey("Content-Encoding")) {
            response.headers().remove("Content-Length");
            response.putHeader("Content-Encoding", "gzip").putHeader("Vary", "Accept-Encoding");
            length = null;
            startGzip();
        }
        if (length == null && request.version() != HttpVersion.HTTP_2) {
            response.setChunked(true);
        }
    }

    private boolean acceptsGzip() {
        String accepted = request.getHeader("Accept-Encoding");
        return accepted != null && accepted.contains("gzip") && !accepted.contains("gzip;q=0");
    }

    private void startGzip() {
        try {
            // gathered in front of the compressor, too: a list is written object by object, and each call of zlib has its price
            gzip = new BufferedOutputStream(new GZIPOutputStream(new OutputStream() {
                @Override
                public void write(int b) {
                    gather(new byte[] {(byte) b}, 0, 1);
                }

                @Override
                public void write(byte[] bytes, int offset, int length) {
                    gather(bytes, offset, length);
                }
            }, 16 * 1024) {
                {
                    // speed counts more than size on the small machines this runs on; kube-apiserver takes the same level
                    def.setLevel(1);
                }
            }, CHUNK);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void write(byte[] bytes) {
        write(bytes, 0, bytes.length);
    }

    @Override
    public void write(ByteBuffer bytes) {
        if (bytes.hasArray()) {
            write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
        } else {
            ApiResponse.super.write(bytes);
        }
    }

    private void write(byte[] bytes, int offset, int length) {
        if (isClosed() || bodiless) {
            return;
        }
        if (gzip == null) {
            gather(bytes, offset, length);
            return;
        }
        try {
            gzip.write(bytes, offset, length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void gather(byte[] bytes, int offset, int length) {
        for (int at = 0; at < length; at += CHUNK) {
            gathered.appendBytes(bytes, offset + at, Math.min(CHUNK, length - at));
            if (gathered.length() >= CHUNK) {
                send();
            }
        }
    }

    private void send() {
        Buffer part = gathered;
        // Whoever fills one chunk goes on: with room for a last object, the next one is not copied while it grows.
        gathered = part.length() < CHUNK ? Buffer.buffer() : Buffer.buffer(CHUNK + CHUNK / 4);
        writer.write(part);
    }

    /** Sends what was gathered, and the head when nothing was sent yet: a watch is answered before its first event. */
    @Override
    public void flush() {
        if (!isClosed() && !bodiless && gzip == null && (gathered.length() > 0 || !response.headWritten())) {
            send();
        }
    }

    @Override
    public void end() {
        if (isClosed()) {
            return;
        }
        try {
            if (gzip != null) {
                gzip.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (!isClosed()) {
            response.end(gathered);
            closed.complete(null);
        }
    }

    /** The answer was begun and cannot be finished: the client must see that it is cut off. */
    void abort() {
        closed.complete(null);
        response.reset();
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
