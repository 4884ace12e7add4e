package io.skerry.apiserver;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** Passes an answer on as it is; subclasses look at it on its way. */
public abstract class PassedResponse implements ApiResponse {
    private final ApiResponse response;

    protected PassedResponse(ApiResponse response) {
        this.response = response;
    }

    @Override
    public void start(int status, Map<String, String> headers) {
        response.start(status, headers);
    }

    @Override
    public void addHeader(String name, String value) {
        response.addHeader(name, value);
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
