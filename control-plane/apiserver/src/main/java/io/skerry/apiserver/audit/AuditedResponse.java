package io.skerry.apiserver.audit;

import io.skerry.apiserver.ApiResponse;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** Passes an answer on, and shows it to the audit log. */
public final class AuditedResponse implements ApiResponse {
    private final ApiResponse response;
    private final AuditEvent event;

    public AuditedResponse(ApiResponse response, AuditEvent event) {
        this.response = response;
        this.event = event;
    }

    @Override
    public void start(int status, Map<String, String> headers) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put("Audit-Id", event.id());
        event.started(status, headers);
        response.start(status, more);
    }

    @Override
    public void write(byte[] bytes) {
        event.answered(bytes, 0, bytes.length);
        response.write(bytes);
    }

    @Override
    public void write(ByteBuffer bytes) {
        if (bytes.hasArray()) {
            event.answered(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
        }
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
