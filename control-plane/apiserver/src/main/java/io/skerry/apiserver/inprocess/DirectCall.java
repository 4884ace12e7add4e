package io.skerry.apiserver.inprocess;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.ApiHandler;
import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.ApiResponse;
import io.skerry.apiserver.Headers;
import io.skerry.apiserver.User;
import io.skerry.machinery.json.Json;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** One JSON request on the caller's thread, for callers that live beside the server and need no client. Not for watches. */
public final class DirectCall {
    private DirectCall() {
    }

    /** @param body a JSON value, or plain text as a JSON string when the answer was not JSON */
    public record Answer(int code, Map<String, String> headers, JsonNode body) {
    }

    public static Answer send(ApiHandler handler, User user, String method, String pathAndQuery, JsonNode body) {
        return send(handler, user, method, pathAndQuery, Map.of("Content-Type", "application/json", "User-Agent", user.name().replace("system:", "")),
                body == null ? ApiRequest.NO_BODY : Json.bytes(body));
    }

    /** @param headers by their usual capitalisation */
    public static Answer send(ApiHandler handler, User user, String method, String pathAndQuery, Map<String, String> headers, byte[] body) {
        int mark = pathAndQuery.indexOf('?');
        Buffer buffer = new Buffer();
        handler.handle(new ApiRequest(method, mark < 0 ? pathAndQuery : pathAndQuery.substring(0, mark), mark < 0 ? null : pathAndQuery.substring(mark + 1),
                Headers.of(headers), body, user), buffer);
        byte[] bytes = buffer.bytes.toByteArray();
        boolean json = buffer.headers.getOrDefault("Content-Type", "").startsWith("application/json");
        return new Answer(buffer.code, buffer.headers, json ? Json.parse(bytes) : Json.object().textNode(new String(bytes, StandardCharsets.UTF_8)));
    }

    private static final class Buffer implements ApiResponse {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final CompletableFuture<Void> closed = new CompletableFuture<>();
        private int code;
        private Map<String, String> headers = Map.of();

        @Override
        public void start(int status, Map<String, String> headers) {
            this.code = status;
            this.headers = headers;
        }

        @Override
        public void write(byte[] part) {
            bytes.writeBytes(part);
        }

        @Override
        public void end() {
            closed.complete(null);
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
}
