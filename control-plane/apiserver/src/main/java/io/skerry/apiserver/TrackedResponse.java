package io.skerry.apiserver;

import java.util.Map;

/** A response that remembers what was sent: an error after the status line can only break off, and metrics want the code. */
final class TrackedResponse extends PassedResponse {
    private int code;

    TrackedResponse(ApiResponse response) {
        super(response);
    }

    /** HTTP status that was sent; 0 before. */
    int code() {
        return code;
    }

    @Override
    public void start(int status, Map<String, String> headers) {
        code = status;
        super.start(status, headers);
    }
}
