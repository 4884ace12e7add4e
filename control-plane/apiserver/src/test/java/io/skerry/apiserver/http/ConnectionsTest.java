package io.skerry.apiserver.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.apiserver.User;
import io.skerry.apiserver.pki.ClusterPki;
import io.skerry.apiserver.pki.Pem;
import io.skerry.apiserver.proxy.BridgeAddress;
import io.skerry.apiserver.response.Responder;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who floods the port, and who gets in all the same. Clients from elsewhere are bound to another address of this machine than the one that they call. */
class ConnectionsTest {
    private final Vertx vertx = AcceptTransport.vertx(new VertxOptions());
    private final List<Socket> open = new ArrayList<>();
    private BridgeAddress elsewhere;
    private HttpFrontend frontend;
    private ClusterPki pki;
    @TempDir
    Path folder;

    @BeforeEach
    void prepare() throws Exception {
        elsewhere = new BridgeAddress();
        pki = ClusterPki.ensure(folder, List.of("127.0.0.1"), Clock.systemUTC());
    }

    @AfterEach
    void stop() throws Exception {
        for (Socket socket : open) {
            socket.close();
        }
        elsewhere.close();
        frontend.close();
        Blocking.await(vertx.close());
    }

    private void start(int connections, int strangers, int ofOneAddress) throws IOException {
        HttpLimits limits = new HttpLimits(1000, 10_000, Duration.ofSeconds(30), Duration.ofSeconds(30), connections, strangers, ofOneAddress, Duration.ofSeconds(60),
                Duration.ofSeconds(60));
        frontend = new HttpFrontend(vertx, new HttpFrontendConfig("127.0.0.1", 0, pki.servingCertificate(), pki.servingKey(), pki.clientCaCertificate(), limits),
                client -> !client.peerCertificates().isEmpty() || "Bearer good".equals(client.headers().apply("Authorization")) ? new User("ann", User.AUTHENTICATED) : User.ANONYMOUS,
                (request, response) -> Responder.text(response, 200, "x"), null);
        frontend.start();
    }

    private Socket connect(boolean fromElsewhere) throws IOException {
        Socket socket = new Socket();
        open.add(socket);
        socket.bind(new InetSocketAddress(fromElsewhere ? elsewhere.address : "127.0.0.1", 0));
        socket.connect(new InetSocketAddress("127.0.0.1", frontend.port()), 10_000);
        socket.setSoTimeout(10_000);
        return socket;
    }

    private SSLSocket secure(boolean withCertificate) throws Exception {
        KeyStore trust = KeyStore.getInstance("PKCS12");
        trust.load(null, null);
        trust.setCertificateEntry("ca", Pem.certificate(pki.serverCaCertificate()));
        TrustManagerFactory trusted = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trusted.init(trust);
        KeyStore own = KeyStore.getInstance("PKCS12");
        own.load(null, null);
        if (withCertificate) {
            own.setKeyEntry("me", Pem.ecKey(folder.resolve("client-admin.key")), new char[0], new Certificate[] {Pem.certificate(folder.resolve("client-admin.crt"))});
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(own, new char[0]);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trusted.getTrustManagers(), null);
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(connect(true), "127.0.0.1", frontend.port(), true);
        open.add(socket);
        socket.startHandshake();
        return socket;
    }

    private static String get(SSLSocket socket, String header) throws IOException {
        socket.getOutputStream().write(("GET /a HTTP/1.1\r\nHost: x\r\n" + header + "\r\n").getBytes(StandardCharsets.US_ASCII));
        StringBuilder answer = new StringBuilder();
        while (!answer.toString().endsWith("\r\n\r\nx")) {
            int next = socket.getInputStream().read();
            if (next < 0) {
                throw new IOException("closed after " + answer);
            }
            answer.append((char) next);
        }
        return answer.substring(0, 12);
    }

    private static boolean isClosed(Socket socket) throws IOException {
        socket.setSoTimeout(300);
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (SocketException e) {
            return true;
        }
    }

    @Test
    void anAddressHasItsShareAndThisMachineItsOwn() throws Exception {
        start(2, 100, 3);
        for (int i = 0; i < 3; i++) {
            assertThat(isClosed(connect(true))).isFalse();
        }
        assertThat(isClosed(connect(true))).as("before it has said a word").isTrue();
        assertThat(isClosed(connect(false))).isFalse();
        assertThat(isClosed(connect(false))).isFalse();
        assertThat(isClosed(connect(false))).isTrue();
        open.getFirst().close();
        Awaitility.await().until(() -> !isClosed(connect(true)));
    }

    @Test
    void theOldestStrangerGivesWay() throws Exception {
        start(2, 3, 100);
        List<Socket> strangers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            strangers.add(connect(true));
            assertThat(isClosed(strangers.get(i))).isFalse();
        }
        for (int i = 0; i < 5; i++) {
            strangers.add(connect(true));
            assertThat(isClosed(strangers.getLast())).as("the newest").isFalse();
            assertThat(isClosed(strangers.get(i))).as("the oldest").isTrue();
        }
        try (SSLSocket ann = secure(true)) {
            assertThat(get(ann, "")).as("gets in").isEqualTo("HTTP/1.1 200");
        }
    }

    @Test
    void whoHasAuthenticatedStaysAndIsCountedApart() throws Exception {
        start(2, 1, 1);
        SSLSocket byCertificate = secure(true);
        assertThat(get(byCertificate, "")).isEqualTo("HTTP/1.1 200");
        SSLSocket byToken = secure(false);
        assertThat(get(byToken, "Authorization: Bearer good\r\n")).isEqualTo("HTTP/1.1 200");
        SSLSocket stranger = secure(false);
        assertThat(get(stranger, "")).isEqualTo("HTTP/1.1 200");
        assertThat(isClosed(connect(true))).as("a second stranger of the address").isTrue();
        assertThat(get(byCertificate, "")).isEqualTo("HTTP/1.1 200");
        assertThat(get(byToken, "")).isEqualTo("HTTP/1.1 200");
        stranger.close();
        SSLSocket third = Awaitility.await().ignoreExceptions().until(() -> {
            SSLSocket socket = secure(true);
            get(socket, "");
            return socket;
        }, Objects::nonNull);
        assertThat(isClosed(connect(true))).as("as many are known as may be: the third is still counted as a stranger").isTrue();
        byToken.close();
        Awaitility.await().until(() -> get(third, "").equals("HTTP/1.1 200") && !isClosed(connect(true)));
    }
}
