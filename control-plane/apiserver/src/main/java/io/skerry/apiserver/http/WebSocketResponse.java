package io.skerry.apiserver.http;

import io.skerry.apiserver.ApiResponse;
import io.vertx.core.http.ServerWebSocket;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A watch as WebSocket messages, one event each, for clients that ask for it with an Upgrade header (apiserver's {@code WatchServer.HandleWS}):
 * fabric8's does. Anything that is no stream, such as an error before the first event, is answered as without the header.
 */
final class WebSocketResponse implements ApiResponse {
    private final Upgrade upgrade;
    private final ApiResponse plain;
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private final ByteArrayOutputStream event = new ByteArrayOutputStream();
    private ServerWebSocket socket;
    private boolean refused;

    WebSocketResponse(Upgrade upgrade, ApiResponse plain) {
        this.upgrade = upgrade;
        this.plain = plain;
        plain.closed().thenRun(() -> {
            if (socket == null) {
                closed.complete(null);
            }
        });
    }

    @Override
    public void start(int status, Map<String, String> headers) {
        if (status != 200 || headers.containsKey("Content-Length")) {
            refused = true;
            plain.start(status, headers);
            return;
        }
        try {
            socket = upgrade.webSocket(opened -> {
                opened.closeHandler(v -> closed.complete(null));
                opened.exceptionHandler(e -> closed.complete(null));
                return opened;
            });
        } catch (RuntimeException e) {
            // the handshake was none, and Vert.x has answered that
            closed.complete(null);
        }
    }

    @Override
    public void write(byte[] bytes) {
        if (refused) {
            plain.write(bytes);
            return;
        }
        event.writeBytes(bytes);
        if (bytes.length > 0 && bytes[bytes.length - 1] == '\n') {
            String text = event.toString(StandardCharsets.UTF_8).stripTrailing();
            event.reset();
            send(text);
        }
    }

    private void send(String text) {
        if (isClosed()) {
            return;
        }
        try {
            // waits until it is written: a slow client slows its watch, which is ended when it falls too far behind
            Blocking.await(socket.writeTextMessage(text));
        } catch (RuntimeException e) {
            closed.complete(null);
        }
    }

    @Override
    public void end() {
        if (refused) {
            plain.end();
        } else if (!isClosed()) {
            socket.close();
            closed.complete(null);
        }
    }

    @Override
    public CompletionStage<Void> closed() {
        return refused ? plain.closed() : closed;
    }

    @Override
    public boolean isClosed() {
        return refused ? plain.isClosed() : closed.isDone();
    }
}
