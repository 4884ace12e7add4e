package io.skerry.apiserver.aggregation;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.apiserver.HttpHead;
import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.User;
import io.skerry.apiserver.http.HttpFrontend;
import io.skerry.apiserver.http.HttpFrontendConfig;
import io.skerry.apiserver.http.UpgradeHandler;
import io.skerry.apiserver.stream.PodStreams;
import io.vertx.core.Vertx;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Connections that switch protocols, through the API server to a real TLS server that speaks what it is asked for. */
@Timeout(60)
class RemoteStreamsTest {
    private static final String LOADS = "/apis/metrics.example.com/v1beta1/namespaces/default/loads/a/";
    private static final User ANN = new User("ann", "4711", List.of("crew", User.AUTHENTICATED), Map.of("team", List.of("blue")));
    private static final String SWITCH = "Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n";

    @TempDir
    Path folder;
    Extension registered;
    SSLServerSocket other;
    HttpFrontend frontend;
    private final Vertx vertx = Vertx.vertx();
    /** Heads of requests, as the other server got them; then "over" when such a connection has ended. */
    private final BlockingQueue<String> heads = new LinkedBlockingQueue<>();

    @BeforeEach
    void start() throws Exception {
        registered = new Extension(folder);
        other = (SSLServerSocket) registered.tls().getServerSocketFactory().createServerSocket(0, 50, InetAddress.getLoopbackAddress());
        other.setNeedClientAuth(true);
        Thread.ofVirtual().start(this::accept);
        registered.register(other.getLocalPort(), registered.trusted());
        frontend = new HttpFrontend(vertx, new HttpFrontendConfig("127.0.0.1", 0, registered.pki.servingCertificate(), registered.pki.servingKey(), null),
                client -> client.headers().apply("Authorization") == null ? TestServer.ADMIN : ANN, registered.api.server,
                UpgradeHandler.firstOf(new PodStreams(registered.api.server, node -> Optional.empty()), registered.api.server.remoteStreams()));
        frontend.start();
    }

    @AfterEach
    void stop() throws IOException {
        frontend.close();
        other.close();
        registered.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    private void accept() {
        while (!other.isClosed()) {
            try {
                SSLSocket socket = (SSLSocket) other.accept();
                Thread.ofVirtual().start(() -> {
                    try (socket) {
                        serve(socket);
                    } catch (Exception e) {
                        // the client has gone
                    }
                });
            } catch (IOException e) {
                // closed
            }
        }
    }

    private void serve(SSLSocket socket) throws Exception {
        InputStream in = socket.getInputStream();
        OutputStream out = socket.getOutputStream();
        String head = HttpHead.read(in);
        String path = head.split(" ")[1].replaceAll("\\?.*", "");
        if (!path.startsWith(LOADS)) {
            say(out, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"kind\":\"APIResourceList\",\"groupVersion\":\"metrics.example.com/v1beta1\",\"resources\":[]}");
            return;
        }
        heads.add(((X509Certificate) socket.getSession().getPeerCertificates()[0]).getSubjectX500Principal().getName() + "\r\n" + head);
        switch (path.substring(LOADS.length())) {
            case "console" -> console(head, in, out);
            case "exec" -> {
                // what comes with the answer must not be lost
                say(out, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\nfirst");
                byte[] part = new byte[10_000];
                for (int length = in.read(part); length > 0; length = in.read(part)) {
                    for (int i = 0; i < length; i++) {
                        part[i] ^= 1;
                    }
                    out.write(part, 0, length);
                }
                heads.add("over");
            }
            case "refused" -> {
                String status = "{\"kind\":\"Status\",\"code\":409,\"reason\":\"Conflict\",\"message\":\"it is halted\"}";
                say(out, "HTTP/1.1 409 Conflict\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
                say(out, "7\r\n" + status.substring(0, 7) + "\r\n" + Integer.toHexString(status.length() - 7) + "\r\n" + status.substring(7) + "\r\n0\r\n\r\n");
                in.read();
            }
            case "plain" -> say(out, "HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\nno such machine");
            case "ok" -> say(out, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK");
            case "nonsense" -> say(out, "220 mail.example.com ESMTP\r\n\r\n");
            default -> {
                // nothing is said
            }
        }
    }

    private static void say(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    /** Says hello in the same breath as the handshake, and repeats the first message it gets. */
    private static void console(String head, InputStream in, OutputStream out) throws Exception {
        String key = head.replaceFirst("(?is).*sec-websocket-key: *(\\S+).*", "$1");
        String accept = Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-1").digest((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes(StandardCharsets.US_ASCII)));
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        say(answer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept
                + "\r\nSec-WebSocket-Protocol: plain.example.com\r\n\r\n");
        answer.writeBytes(new byte[] {(byte) 0x81, 5});
        say(answer, "hello");
        out.write(answer.toByteArray());
        out.flush();
        byte[] frame = in.readNBytes(2);
        byte[] mask = in.readNBytes(4);
        byte[] text = in.readNBytes(frame[1] & 0x7f);
        for (int i = 0; i < text.length; i++) {
            text[i] ^= mask[i % 4];
        }
        out.write(new byte[] {(byte) 0x81, (byte) text.length});
        out.write(text);
        out.flush();
        in.read();
    }

    private Socket ask(String method, String what, String headers) throws Exception {
        Socket socket = registered.clientTls().getSocketFactory().createSocket("127.0.0.1", frontend.port());
        say(socket.getOutputStream(), method + " " + LOADS + what + "?command=a%20b HTTP/1.1\r\nHost: api\r\n" + headers + "Content-Length: 0\r\n\r\n");
        return socket;
    }

    private String refusal(String method, String what, String headers) throws Exception {
        try (Socket socket = ask(method, what, headers)) {
            String head = HttpHead.read(socket.getInputStream());
            int length = Integer.parseInt(head.replaceFirst("(?is).*content-length: *(\\d+).*", "$1"));
            return head + new String(socket.getInputStream().readNBytes(length), StandardCharsets.UTF_8);
        }
    }

    @Test
    void bytesPassBothWays() throws Exception {
        String rbac = "/apis/rbac.authorization.k8s.io/v1/";
        registered.api.send("POST", rbac + "clusterroles", "{metadata: {name: m}, rules: [{apiGroups: [metrics.example.com], resources: [loads/exec], verbs: [create]}]}");
        registered.api.send("POST", rbac + "clusterrolebindings", "{metadata: {name: m}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: m},"
                + " subjects: [{kind: User, name: ann, apiGroup: rbac.authorization.k8s.io}]}");
        byte[] much = new byte[3_000_000];
        new Random(7).nextBytes(much);
        try (Socket socket = ask("POST", "exec", SWITCH + "Authorization: ann\r\nX-Remote-User: root\r\nX-Remote-Group: system:masters\r\nX-Other: kept\r\n")) {
            assertThat(HttpHead.read(socket.getInputStream())).startsWith("HTTP/1.1 101 ").containsIgnoringCase("\r\nUpgrade: SPDY/3.1\r\n")
                    .containsIgnoringCase("\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n");
            assertThat(new String(socket.getInputStream().readNBytes(5), StandardCharsets.US_ASCII)).isEqualTo("first");
            CompletableFuture<Void> written = CompletableFuture.runAsync(() -> {
                try {
                    socket.getOutputStream().write(much);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            byte[] back = socket.getInputStream().readNBytes(much.length);
            written.join();
            for (int i = 0; i < back.length; i++) {
                back[i] ^= 1;
            }
            assertThat(back).isEqualTo(much);
            assertThat(heads.poll(10, TimeUnit.SECONDS)).startsWith("CN=system:auth-proxy\r\nPOST " + LOADS + "exec?command=a%20b HTTP/1.1\r\n")
                    .containsIgnoringCase("\r\nConnection: Upgrade\r\n").containsIgnoringCase("\r\nUpgrade: SPDY/3.1\r\n").contains("\r\nX-Remote-User: ann\r\n")
                    .contains("\r\nX-Remote-Uid: 4711\r\n").contains("\r\nX-Remote-Group: crew\r\n").contains("\r\nX-Remote-Extra-team: blue\r\n").contains("\r\nX-Other: kept\r\n")
                    .doesNotContain("root").doesNotContain("masters").doesNotContain("Authorization");
        }
        assertThat(heads.poll(10, TimeUnit.SECONDS)).as("the client's end is the other end's").isEqualTo("over");
        assertThat(refusal("POST", "console", SWITCH + "Authorization: ann\r\n")).startsWith("HTTP/1.1 403 ").contains("User \\\"ann\\\" cannot create resource \\\"loads/console\\\"");
        assertThat(heads).as("who may not is not let through").isEmpty();
    }

    @Test
    void aWebSocketClientIsServed() throws Exception {
        BlockingQueue<String> said = new LinkedBlockingQueue<>();
        try (HttpClient client = HttpClient.newBuilder().sslContext(registered.clientTls()).build()) {
            WebSocket socket = client.newWebSocketBuilder().subprotocols("plain.example.com")
                    .buildAsync(URI.create("wss://127.0.0.1:" + frontend.port() + LOADS + "console"), new WebSocket.Listener() {
                        private final StringBuilder text = new StringBuilder();

                        @Override
                        public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
                            text.append(part);
                            if (last) {
                                said.add(text.toString());
                                text.setLength(0);
                            }
                            from.request(1);
                            return null;
                        }
                    }).get(20, TimeUnit.SECONDS);
            assertThat(socket.getSubprotocol()).isEqualTo("plain.example.com");
            assertThat(said.poll(10, TimeUnit.SECONDS)).isEqualTo("hello");
            socket.sendText("moin", true).get(10, TimeUnit.SECONDS);
            assertThat(said.poll(10, TimeUnit.SECONDS)).isEqualTo("moin");
            socket.abort();
        }
    }

    @Test
    void aRefusalIsPassedOnInItsOwnWords() throws Exception {
        assertThat(refusal("POST", "refused", SWITCH)).startsWith("HTTP/1.1 409 ").contains("\"reason\":\"Conflict\"").contains("\"message\":\"it is halted\"");
        assertThat(refusal("POST", "plain", SWITCH)).startsWith("HTTP/1.1 404 ").contains("\"message\":\"no such machine\"");
        assertThat(refusal("POST", "ok", SWITCH)).startsWith("HTTP/1.1 503 ").contains("invalid upgrade response: status code 200");
        assertThat(refusal("POST", "nonsense", SWITCH)).startsWith("HTTP/1.1 503 ").contains("the answer is no HTTP");
        assertThat(refusal("POST", "silent", SWITCH)).startsWith("HTTP/1.1 503 ").contains("the connection ended before an answer came");
        assertThat(refusal("PUT", "exec", SWITCH)).startsWith("HTTP/1.1 400 ").contains("unable to upgrade");
        other.close();
        assertThat(refusal("POST", "exec", SWITCH)).startsWith("HTTP/1.1 503 ").contains("error trying to reach service: ");
    }
}
