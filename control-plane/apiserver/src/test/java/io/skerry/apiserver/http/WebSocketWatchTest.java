package io.skerry.apiserver.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.User;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.json.Json;
import io.vertx.core.Vertx;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
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
        frontend = new HttpFrontend(vertx, new HttpFrontendConfig("127.0.0.1", 0, null, null, null), WebSocketWatchTest::user, api.server, null);
        frontend.start();
    }

    @AfterEach
    void stop() {
        client.shutdownNow();
        frontend.close();
        api.close();
        Blocking.await(vertx.close());
    }

    private static User user(ConnectionInfo client) {
        String authorization = client.headers().apply("Authorization");
        if (authorization != null && !authorization.equals("Bearer good")) {
            throw ApiException.unauthorized();
        }
        return authorization == null ? User.ANONYMOUS : TestServer.ADMIN;
    }

    private WebSocket open(String target) {
        return open(target, "v1.watch", bearer("good"));
    }

    private static String bearer(String token) {
        return "base64url.bearer.authorization.k8s.io." + Base64.getUrlEncoder().withoutPadding().encodeToString(token.getBytes(StandardCharsets.UTF_8));
    }

    private WebSocket open(String target, String protocol, String... others) {
        return client.newWebSocketBuilder().subprotocols(protocol, others).buildAsync(URI.create("ws://127.0.0.1:" + frontend.port() + target), new WebSocket.Listener() {
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

    /** Browsers can set no other header. */
    @Test
    void aTokenMayBeASubprotocol() {
        assertThat(open(MAPS + "?watch=true&timeoutSeconds=1").getSubprotocol()).isEqualTo("v1.watch");
        assertThat(open(MAPS + "?watch=true&timeoutSeconds=1", bearer("good"), "v1.watch").getSubprotocol()).isEqualTo("v1.watch");
        assertThat(refused("v1.watch")).as("without one").isEqualTo(403);
        assertThat(refused("v1.watch", bearer("bad"))).isEqualTo(401);
        assertThat(refused("v1.watch", bearer("good"), bearer("Good"))).as("two").isEqualTo(401);
        assertThat(refused(bearer("good"))).as("nothing to speak").isEqualTo(401);
        assertThat(refused("v1.watch", bearer("good\nX: y"))).as("no token").isEqualTo(401);
        assertThat(refused("v1.watch", "base64url.bearer.authorization.k8s.io.!")).as("no base64url").isEqualTo(401);
    }

    private int refused(String protocol, String... others) {
        CompletionException refused = catchThrowableOfType(CompletionException.class, () -> open(MAPS + "?watch=true", protocol, others));
        return ((WebSocketHandshakeException) refused.getCause()).getResponse().statusCode();
    }

    @Test
    void whatCannotBeWatchedIsAnsweredAsWithoutUpgrade() {
        assertThatThrownBy(() -> open(MAPS + "?watch=true&fieldSelector=none=x")).isInstanceOf(CompletionException.class)
                .satisfies(e -> assertThat(((WebSocketHandshakeException) e.getCause()).getResponse().statusCode()).isEqualTo(400));
    }
}
