package io.skerry.apiserver.http;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.net.NetSocket;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/** A request that waits to be upgraded. Nothing is sent until one of the methods is called, once. */
public final class Upgrade {

    private final Context eventLoop;
    private final HttpServerRequest request;

    Upgrade(Context eventLoop, HttpServerRequest request) {
        this.eventLoop = eventLoop;
        this.request = request;
    }

    /**
     * Makes the WebSocket handshake.
     *
     * @param protocol the subprotocol, one that the client offers; "" for none
     * @param install  runs before the first message can come, so that none is missed
     */
    public <T> T webSocket(String protocol, Function<ServerWebSocket, T> install) {
        return onEventLoop(() -> {
            // Vert.x takes the first that the client offers
            if (protocol.isEmpty()) {
                request.headers().remove(WebSocketProtocols.HEADER);
            } else {
                request.headers().set(WebSocketProtocols.HEADER, protocol);
            }
            return request.toWebSocket().map(install);
        });
    }

    /** Answers 101 with these headers and gives the bare connection. */
    public <T> T socket(Map<String, String> headers, Function<NetSocket, T> install) {
        return onEventLoop(() -> {
            headers.forEach(request.response()::putHeader);
            return request.toNetSocket().map(install);
        });
    }

    private <T> T onEventLoop(Supplier<Future<T>> work) {
        Promise<T> done = Promise.promise();
        eventLoop.runOnContext(v -> work.get().onComplete(done));
        return Blocking.await(done.future());
    }
}
