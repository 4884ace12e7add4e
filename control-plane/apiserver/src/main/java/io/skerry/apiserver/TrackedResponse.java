package io.skerry.apiserver;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** A response that remembers what was sent: an error after the status line can only break off, and metrics want the code. */
final class TrackedResponse implements ApiResponse {
    private final ApiResponse response;
    private int code;

    TrackedResponse(ApiResponse response) {
        this.response = response;
    }

    /** HTTP status that was sent; 0 before. */
    int code() {
        return code;
    }

    @Override
    public void start(int status, Map<String, String> headers) {
        code = status;
        response.start(status, headers);
    }

    @Override
    public void write(byte[] bytes) {
        response.write(bytes);
    }

    @Override
    public void write(ByteBuffer bytes) {
        response.write(bytes);
    }

    @Override
    public void flush() {
        response.flush();
    }

    @Override
    public void end() {
        response.end();
    }

    @Override
    public CompletionStage<Void> closed() {
        return response.closed();
    }

    @Override
    public boolean isClosed() {
        return response.isClosed();
    }
}
