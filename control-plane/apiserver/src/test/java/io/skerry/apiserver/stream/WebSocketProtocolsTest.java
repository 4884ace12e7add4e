package io.skerry.apiserver.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.apiserver.ApiServer;
import io.skerry.apiserver.ApiServerConfig;
import io.skerry.apiserver.User;
import io.skerry.apiserver.http.Blocking;
import io.skerry.apiserver.http.HttpFrontend;
import io.skerry.apiserver.http.HttpFrontendConfig;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.apiserver.node.NodeLocator;
import io.skerry.datastore.SqliteDatastore;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.TypeTable;
import io.skerry.machinery.yaml.Yaml;
import io.vertx.core.Vertx;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Exec, attach, port-forward and log by the protocols of browsers' terminals, spoken by the JDK's client. */
@Timeout(60)
class WebSocketProtocolsTest {
    private static final String POD = "/api/v1/namespaces/default/pods/web/";
    private static final String READ_AND_FAIL = "exec?stdin=true&stdout=true&stderr=true&command=sh&command=-c&command=read+x;echo+got+$x;echo+oops+%3E%262;exit+4";

    @TempDir
    Path folder;
    private final Vertx vertx = Vertx.vertx();
    private final HttpClient client = HttpClient.newHttpClient();
    /** Messages as they come: the text, or "binary " and the bytes as Latin-1; at the end "closed" and the code. */
    private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
    private SqliteDatastore datastore;
    private ApiServer server;
    private HttpFrontend frontend;

    @BeforeEach
    void serve() throws Exception {
        NodeLocator nodes = name -> name.equals("n1") ? Optional.of(new LocalProcesses()) : Optional.empty();
        datastore = SqliteDatastore.open(folder.resolve("state.db"));
        server = new ApiServer(ApiServerConfig.defaults(), datastore, TypeTable.builtin(), nodes);
        String pod = "{metadata: {name: web}, spec: {nodeName: n1, containers: [{name: app, image: x, stdin: true}]}}";
        assertThat(DirectCall.send(server, User.master("test"), "POST", "/api/v1/namespaces/default/pods", Yaml.parseAll(pod, "pod").getFirst().root()).code()).isEqualTo(201);
        frontend = new HttpFrontend(vertx, new HttpFrontendConfig("127.0.0.1", 0, null, null, null), info -> User.master("test"), server, new PodStreams(server, nodes));
        frontend.start();
    }

    @AfterEach
    void stop() {
        client.shutdownNow();
        frontend.close();
        server.close();
        datastore.close();
        Blocking.await(vertx.close());
    }

    private WebSocket open(String target, String... protocols) {
        WebSocket.Builder builder = client.newWebSocketBuilder();
        if (protocols.length > 0) {
            builder.subprotocols(protocols[0], List.of(protocols).subList(1, protocols.length).toArray(String[]::new));
        }
        return builder.buildAsync(URI.create("ws://127.0.0.1:" + frontend.port() + POD + target), new WebSocket.Listener() {
            private final StringBuilder text = new StringBuilder();
            private final ByteArrayOutputStream binary = new ByteArrayOutputStream();

            @Override
            public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
                text.append(data);
                if (last) {
                    messages.add(text.toString());
                    text.setLength(0);
                }
                return WebSocket.Listener.super.onText(socket, data, last);
            }

            @Override
            public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
                while (data.hasRemaining()) {
                    binary.write(data.get());
                }
                if (last) {
                    messages.add("binary " + binary.toString(StandardCharsets.ISO_8859_1));
                    binary.reset();
                }
                return WebSocket.Listener.super.onBinary(socket, data, last);
            }

            @Override
            public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
                messages.add("closed " + code);
                return CompletableFuture.completedStage(null);
            }
        }).join();
    }

    private String next() throws InterruptedException {
        String message = messages.poll(20, TimeUnit.SECONDS);
        assertThat(message).as("a message").isNotNull();
        return message;
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static ByteBuffer bytes(String latin) {
        return ByteBuffer.wrap(latin.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** What comes up to the end on a channel, given how its messages begin. */
    private static String on(List<String> all, String begin, boolean base64) {
        StringBuilder out = new StringBuilder();
        all.stream().filter(message -> message.startsWith(begin)).map(message -> message.substring(begin.length()))
                .forEach(rest -> out.append(base64 ? new String(Base64.getDecoder().decode(rest), StandardCharsets.ISO_8859_1) : rest));
        return out.toString();
    }

    private List<String> untilClosed() throws InterruptedException {
        List<String> all = new ArrayList<>();
        do {
            all.add(next());
        } while (!all.getLast().startsWith("closed"));
        assertThat(all.getLast()).isEqualTo("closed 1000");
        return all;
    }

    @ParameterizedTest
    @ValueSource(strings = {"base64.channel.k8s.io", "v4.base64.channel.k8s.io"})
    void aCommandInBase64(String protocol) throws Exception {
        WebSocket socket = open(READ_AND_FAIL, protocol);
        assertThat(socket.getSubprotocol()).isEqualTo(protocol);
        assertThat(next()).as("told that it is connected").isEqualTo("1");
        socket.sendText("0no base64!", true).join();
        socket.sendText("0" + base64("th\u00e9"), true).join();
        socket.sendText("0" + base64("se\n"), true).join();
        List<String> all = untilClosed();
        assertThat(on(all, "1", true)).isEqualTo("got th\u00e9se\n");
        assertThat(on(all, "2", true)).isEqualTo("oops\n");
        String error = on(all, "3", true);
        if (protocol.startsWith("v4")) {
            assertThat(Json.parse(error).at("/details/causes/0/message").asText()).isEqualTo("4");
        } else {
            assertThat(error).isEqualTo("command terminated with non-zero exit code: exit status 4");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "channel.k8s.io"})
    void aCommandInBytesThatTellsItsErrorAsText(String protocol) throws Exception {
        WebSocket socket = protocol.isEmpty() ? open(READ_AND_FAIL) : open(READ_AND_FAIL, "unknown.k8s.io", protocol);
        assertThat(socket.getSubprotocol()).isEqualTo(protocol);
        assertThat(next()).isEqualTo("binary \1");
        socket.sendBinary(bytes("\0this\n"), true).join();
        List<String> all = untilClosed();
        assertThat(on(all, "binary \1", false)).isEqualTo("got this\n");
        assertThat(on(all, "binary \3", false)).isEqualTo("command terminated with non-zero exit code: exit status 4");
    }

    @Test
    void beforeVersion4SuccessIsNotTold() throws Exception {
        open("exec?stdout=true&command=echo&command=x", "base64.channel.k8s.io");
        assertThat(untilClosed()).isEqualTo(List.of("1", "1" + base64("x\n"), "closed 1000"));
    }

    @Test
    void anAttachInBase64() throws Exception {
        WebSocket socket = open("attach?stdin=true&stdout=true", "base64.channel.k8s.io");
        assertThat(next()).isEqualTo("1");
        socket.sendText("0" + base64("echoed"), true).join();
        assertThat(next()).isEqualTo("1" + base64("echoed"));
        socket.abort();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "v4.channel.k8s.io", "v4.base64.channel.k8s.io"})
    void aPortForward(String protocol) throws Exception {
        boolean base64 = protocol.contains("base64");
        try (ServerSocket there = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            String target = "portforward?ports=" + there.getLocalPort();
            // the first is one of exec alone
            WebSocket socket = protocol.isEmpty() ? open(target) : open(target, "v5.channel.k8s.io", protocol);
            assertThat(socket.getSubprotocol()).isEqualTo(protocol);
            String port = "" + (char) (there.getLocalPort() & 0xff) + (char) (there.getLocalPort() >> 8);
            assertThat(next()).isEqualTo(base64 ? "0" + base64(port) : "binary \0" + port);
            assertThat(next()).isEqualTo(base64 ? "1" + base64(port) : "binary \1" + port);
            try (Socket connection = there.accept()) {
                (base64 ? socket.sendText("0" + base64("ping"), true) : socket.sendBinary(bytes("\0ping"), true)).join();
                assertThat(connection.getInputStream().readNBytes(4)).isEqualTo("ping".getBytes(StandardCharsets.UTF_8));
                connection.getOutputStream().write("pong".getBytes(StandardCharsets.UTF_8));
                assertThat(next()).isEqualTo(base64 ? "0" + base64("pong") : "binary \0pong");
            }
            assertThat(next()).isEqualTo("closed 1000");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "binary.k8s.io", "base64.binary.k8s.io"})
    void aLog(String protocol) throws Exception {
        // the first is one of exec alone
        WebSocket socket = protocol.isEmpty() ? open("log") : open("log?follow=true", "base64.channel.k8s.io", protocol);
        assertThat(socket.getSubprotocol()).isEqualTo(protocol);
        String log = "log of app in default/web\n";
        assertThat(untilClosed()).isEqualTo(protocol.startsWith("base64") ? List.of("", base64(log), "closed 1000") : List.of("binary ", "binary " + log, "closed 1000"));
    }

    @Test
    void whatIsRefusedIsToldByTheHandshake() {
        refused(403, "exec?stdout=true&command=x", "binary.k8s.io");
        refused(403, "portforward?ports=80", "base64.channel.k8s.io");
        refused(400, "portforward?ports=80,", "v4.channel.k8s.io");
        refused(403, "log", "channel.k8s.io");
        refused(400, "log?container=none", "binary.k8s.io");
    }

    private void refused(int code, String target, String protocol) {
        assertThatThrownBy(() -> open(target, protocol)).cause().isInstanceOfSatisfying(WebSocketHandshakeException.class,
                e -> assertThat(e.getResponse().statusCode()).as(target).isEqualTo(code));
    }
}
