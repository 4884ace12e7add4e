package io.skerry.apiserver.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.apiserver.TestServer;
import io.skerry.machinery.json.Json;
import io.vertx.core.Vertx;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Watches over WebSocket, asked by the JDK's client. */
@Timeout(60)
class WebSocketWatchTest {
    private static final String MAPS = "/api/v1/namespaces/default/configmaps";

    @TempDir
    Path folder;
    private final Vertx vertx = Vertx.vertx();
    private final HttpClient client = HttpClient.newHttpClient();
    private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
    private TestServer api;
    private HttpFrontend frontend;

    @BeforeEach
    void serve() throws Exception {
        api = new TestServer(folder);
        frontend = new HttpFrontend(vertx, new HttpFrontendConfig("127.0.0.1", 0, null, null, null), info -> TestServer.ADMIN, api.server, null);
        frontend.start();
    }

    @AfterEach
    void stop() {
        client.shutdownNow();
        frontend.close();
        api.close();
        Blocking.await(vertx.close());
    }

    private WebSocket open(String target) {
        return client.newWebSocketBuilder().buildAsync(URI.create("ws://127.0.0.1:" + frontend.port() + target), new WebSocket.Listener() {
            private final StringBuilder begun = new StringBuilder();

            @Override
            public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
                begun.append(data);
                if (last) {
                    messages.add(begun.toString());
                    begun.setLength(0);
                }
                return WebSocket.Listener.super.onText(socket, data, last);
            }

            @Override
            public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
                messages.add("closed " + code);
                return CompletableFuture.completedStage(null);
            }
        }).join();
    }

    private static String map(String name, String value) {
        return "{apiVersion: v1, kind: ConfigMap, metadata: {name: " + name + "}, data: {k: " + value + "}}";
    }

    @Test
    void eachEventIsAMessage() throws Exception {
        api.send("POST", MAPS, map("a", "x".repeat(200_000)));
        WebSocket socket = open(MAPS + "?watch=true");
        assertThat(Json.parse(messages.poll(10, TimeUnit.SECONDS)).at("/object/data/k").asText()).hasSize(200_000);
        api.send("DELETE", MAPS + "/a", null);
        assertThat(Json.parse(messages.poll(10, TimeUnit.SECONDS)).path("type").asText()).isEqualTo("DELETED");
        socket.sendClose(WebSocket.NORMAL_CLOSURE, "").join();
    }

    @Test
    void theTimeOfAWatchEndsIt() throws Exception {
        open(MAPS + "?watch=true&timeoutSeconds=1");
        assertThat(messages.poll(10, TimeUnit.SECONDS)).isEqualTo("closed 1000");
    }

    @Test
    void whatCannotBeWatchedIsAnsweredAsWithoutUpgrade() {
        assertThatThrownBy(() -> open(MAPS + "?watch=true&fieldSelector=none=x")).isInstanceOf(CompletionException.class)
                .satisfies(e -> assertThat(((WebSocketHandshakeException) e.getCause()).getResponse().statusCode()).isEqualTo(400));
    }
}
