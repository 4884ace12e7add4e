package io.skerry.apiserver.http;

import io.skerry.apiserver.ApiResponse;
import io.vertx.core.Future;
import io.vertx.core.http.ServerWebSocket;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * A stream as WebSocket messages, for clients that ask for it with an Upgrade header. Anything that is no stream, such as an error before its
 * first byte, is answered as without the header.
 */
abstract class WebSocketAnswer implements ApiResponse {
    private final Upgrade upgrade;
    private final String protocol;
    private final ApiResponse plain;
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private ServerWebSocket socket;
    private boolean refused;

    /** @param protocol the subprotocol, "" for none */
    WebSocketAnswer(Upgrade upgrade, String protocol, ApiResponse plain) {
        this.upgrade = upgrade;
        this.protocol = protocol;
        this.plain = plain;
        plain.closed().thenRun(() -> {
            if (socket == null) {
                closed.complete(null);
            }
        });
    }

    /** The connection is a WebSocket now. */
    abstract void opened();

    /** Some bytes of the stream. */
    abstract void more(byte[] bytes);

    @Override
    public final void start(int status, Map<String, String> headers) {
        if (status != 200 || headers.containsKey("Content-Length")) {
            refused = true;
            plain.start(status, headers);
            return;
        }
        try {
            socket = upgrade.webSocket(protocol, opened -> {
                opened.closeHandler(v -> closed.complete(null));
                opened.exceptionHandler(e -> closed.complete(null));
                return opened;
            });
        } catch (RuntimeException e) {
            // the handshake was none, and Vert.x has answered that
            closed.complete(null);
            return;
        }
        opened();
    }

    @Override
    public final void write(byte[] bytes) {
        if (refused) {
            plain.write(bytes);
        } else {
            more(bytes);
        }
    }

    /** Waits until a message is written: a slow client slows its stream, and a watch is ended when it falls too far behind. */
    final void send(Function<ServerWebSocket, Future<Void>> message) {
        if (isClosed()) {
            return;
        }
        try {
            Blocking.await(message.apply(socket));
        } catch (RuntimeException e) {
            closed.complete(null);
        }
    }

    @Override
    public final void end() {
        if (refused) {
            plain.end();
        } else if (!isClosed()) {
            socket.close();
            closed.complete(null);
        }
    }

    @Override
    public final CompletionStage<Void> closed() {
        return refused ? plain.closed() : closed;
    }

    @Override
    public final boolean isClosed() {
        return refused ? plain.isClosed() : closed.isDone();
    }
}
