package io.skerry.apiserver.audit;

import io.skerry.apiserver.ApiResponse;
import io.skerry.apiserver.PassedResponse;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/** Passes an answer on, and shows it to the audit log. */
public final class AuditedResponse extends PassedResponse {
    private final AuditEvent event;

    public AuditedResponse(ApiResponse response, AuditEvent event) {
        super(response);
        this.event = event;
    }

    @Override
    public void start(int status, Map<String, String> headers) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put("Audit-Id", event.id());
        event.started(status, headers);
        super.start(status, more);
    }

    @Override
    public void write(byte[] bytes) {
        event.answered(bytes, 0, bytes.length);
        super.write(bytes);
    }

    @Override
    public void write(ByteBuffer bytes) {
        if (bytes.hasArray()) {
            event.answered(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
        }
        super.write(bytes);
    }
}
