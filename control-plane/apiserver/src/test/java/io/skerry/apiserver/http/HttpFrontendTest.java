package io.skerry.apiserver.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.apiserver.ApiHandler;
import io.skerry.apiserver.User;
import io.skerry.apiserver.pki.ClusterPki;
import io.skerry.apiserver.response.Responder;
import io.skerry.apiserver.status.ApiException;
import io.vertx.core.Vertx;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPInputStream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HttpFrontendTest {

    private final Vertx vertx = Vertx.vertx();
    private HttpFrontend frontend;
    @TempDir
    Path folder;

    @AfterEach
    void stop() {
        if (frontend != null) {
            frontend.close();
        }
        Blocking.await(vertx.close());
    }

    private static User byCertificate(ConnectionInfo info) {
        if (info.headers().apply("Authorization") != null && info.headers().apply("Authorization").equals("Bearer bad")) {
            throw ApiException.unauthorized();
        }
        return info.peerCertificates().isEmpty() ? User.ANONYMOUS
                : new User(info.peerCertificates().getFirst().getSubjectX500Principal().getName(), User.AUTHENTICATED);
    }

    private URI plain(ApiHandler handler) throws IOException {
        frontend = new HttpFrontend(vertx, new HttpFrontendConfig("127.0.0.1", 0, null, null, null), HttpFrontendTest::byCertificate, handler, null);
        frontend.start();
        return URI.create("http://127.0.0.1:" + frontend.port());
    }

    private static HttpResponse<byte[]> send(HttpClient client, HttpRequest.Builder request) throws Exception {
        return client.send(request.timeout(Duration.ofSeconds(20)).build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    private static HttpClient http1() {
        return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }

    @Test
    void passesARequestOnAndItsAnswerBack() throws Exception {
        URI base = plain((request, response) -> Responder.text(response, 201, request.method() + " " + request.path() + " " + request.query() + " "
                + request.header("x-two") + " " + new String(request.body(), StandardCharsets.UTF_8) + " " + request.user().name()));
        HttpResponse<byte[]> answer = send(http1(), HttpRequest.newBuilder(base.resolve("/api/v1/a%2Fb?x=%20y&z"))
                .header("X-Two", "1").header("X-Two", "2").POST(HttpRequest.BodyPublishers.ofString("body")));
        assertThat(answer.statusCode()).isEqualTo(201);
        assertThat(new String(answer.body(), StandardCharsets.UTF_8)).isEqualTo("POST /api/v1/a%2Fb x=%20y&z 1, 2 body system:anonymous");
    }

    @Test
    void asksForClientCertificatesButDoesNotInsist() throws Exception {
        ClusterPki pki = ClusterPki.ensure(folder, List.of("127.0.0.1", "localhost"), Clock.systemUTC());
        frontend = new HttpFrontend(vertx, new HttpFrontendConfig("127.0.0.1", 0, pki.servingCertificate(), pki.servingKey(), pki.clientCaCertificate()),
                HttpFrontendTest::byCertificate, (request, response) -> Responder.text(response, 200, request.user().name()), null);
        frontend.start();
        URI uri = URI.create("https://127.0.0.1:" + frontend.port() + "/whoami");
        try (HttpClient without = HttpClient.newBuilder().sslContext(tls(pki, false)).build();
                HttpClient with = HttpClient.newBuilder().sslContext(tls(pki, true)).build();
                HttpClient older = HttpClient.newBuilder().sslContext(tls(pki, true)).version(HttpClient.Version.HTTP_1_1).build()) {
            HttpResponse<byte[]> anonymous = send(without, HttpRequest.newBuilder(uri));
            assertThat(anonymous.version()).isEqualTo(HttpClient.Version.HTTP_2);
            assertThat(new String(anonymous.body(), StandardCharsets.UTF_8)).isEqualTo("system:anonymous");
            assertThat(new String(send(with, HttpRequest.newBuilder(uri)).body(), StandardCharsets.UTF_8)).contains("CN=system:admin", "O=system:masters");
            HttpResponse<byte[]> one = send(older, HttpRequest.newBuilder(uri));
            assertThat(one.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
            assertThat(new String(one.body(), StandardCharsets.UTF_8)).contains("CN=system:admin");
            HttpResponse<byte[]> refused = send(without, HttpRequest.newBuilder(uri).header("Authorization", "Bearer bad"));
            assertThat(refused.statusCode()).isEqualTo(401);
            assertThat(new String(refused.body(), StandardCharsets.UTF_8)).contains("\"reason\":\"Unauthorized\"");
        }
    }

    private static SSLContext tls(ClusterPki pki, boolean client) throws Exception {
        KeyStore trust = KeyStore.getInstance("PKCS12");
        trust.load(null, null);
        trust.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(Files.newInputStream(pki.serverCaCertificate())));
        TrustManagerFactory trusted = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trusted.init(trust);
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        KeyStore own = KeyStore.getInstance("PKCS12");
        own.load(null, null);
        if (client) {
            Path cert = pki.clientCaCertificate().resolveSibling("client-admin.crt");
            Path key = pki.clientCaCertificate().resolveSibling("client-admin.key");
            own.setKeyEntry("me", privateKey(key), new char[0], CertificateFactory.getInstance("X.509").generateCertificates(Files.newInputStream(cert)).toArray(new java.security.cert.Certificate[0]));
        }
        keys.init(own, new char[0]);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trusted.getTrustManagers(), null);
        return context;
    }

    private static java.security.PrivateKey privateKey(Path pem) throws Exception {
        try (var parser = new org.bouncycastle.openssl.PEMParser(Files.newBufferedReader(pem))) {
            Object parsed = parser.readObject();
            var converter = new org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter();
            return parsed instanceof org.bouncycastle.openssl.PEMKeyPair pair ? converter.getKeyPair(pair).getPrivate()
                    : converter.getPrivateKey((org.bouncycastle.asn1.pkcs.PrivateKeyInfo) parsed);
        }
    }

    @Test
    void refusesBodiesThatAreTooLarge() throws Exception {
        URI base = plain((request, response) -> Responder.text(response, 200, "" + request.body().length));
        byte[] most = new byte[HttpFrontendConfig.MAX_BODY_BYTES];
        assertThat(new String(send(http1(), HttpRequest.newBuilder(base).POST(HttpRequest.BodyPublishers.ofByteArray(most))).body())).isEqualTo("3145728");
        // chunked, so that only reading tells the length
        byte[] more = new byte[HttpFrontendConfig.MAX_BODY_BYTES + 1];
        HttpResponse<byte[]> answer = send(http1(), HttpRequest.newBuilder(base).POST(HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(more))));
        assertThat(answer.statusCode()).isEqualTo(413);
        assertThat(new String(answer.body())).contains("\"reason\":\"RequestEntityTooLarge\"", "limit is 3145728");
        try (Socket socket = new Socket("127.0.0.1", frontend.port())) {
            socket.getOutputStream().write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(socket.getInputStream().readNBytes(12))).isEqualTo("HTTP/1.1 413");
        }
    }

    @Test
    void compressesLargeAnswersForThoseWhoAsk() throws Exception {
        byte[] large = new byte[1_000_000];
        Arrays.fill(large, (byte) 'k');
        new Random(1).nextBytes(Arrays.copyOf(large, 1000));
        URI base = plain((request, response) -> Responder.json(response, 200, request.path().equals("/large") ? large : new byte[] {'1'}, List.of()));
        HttpResponse<byte[]> answer = send(http1(), HttpRequest.newBuilder(base.resolve("/large")).header("Accept-Encoding", "gzip"));
        assertThat(answer.headers().firstValue("Content-Encoding")).contains("gzip");
        assertThat(answer.body().length).isLessThan(100_000);
        assertThat(new GZIPInputStream(new ByteArrayInputStream(answer.body())).readAllBytes()).startsWith(large).hasSize(1_000_001);
        assertThat(send(http1(), HttpRequest.newBuilder(base.resolve("/large"))).body()).hasSize(1_000_001);
        assertThat(send(http1(), HttpRequest.newBuilder(base.resolve("/small")).header("Accept-Encoding", "gzip")).headers().firstValue("Content-Encoding")).isEmpty();
    }

    @Test
    void sendsEachEventAsItHappensAndNoticesThatTheClientLeft() throws Exception {
        CountDownLatch next = new CountDownLatch(1);
        CompletableFuture<Void> gone = new CompletableFuture<>();
        URI base = plain((request, response) -> {
            response.start(200, Map.of("Content-Type", "application/json"));
            response.flush();
            response.write("{\"a\":".getBytes());
            response.write("1}\n".getBytes());
            response.flush();
            awaitQuietly(next);
            response.write("{\"b\":2}\n".getBytes());
            response.flush();
            response.closed().toCompletableFuture().join();
            gone.complete(null);
        });
        for (HttpClient.Version version : HttpClient.Version.values()) {
            HttpClient client = HttpClient.newBuilder().version(version).build();
            HttpResponse<InputStream> answer = client.send(HttpRequest.newBuilder(base).build(), HttpResponse.BodyHandlers.ofInputStream());
            assertThat(new String(answer.body().readNBytes(8))).isEqualTo("{\"a\":1}\n");
            next.countDown();
            assertThat(new String(answer.body().readNBytes(8))).isEqualTo("{\"b\":2}\n");
            answer.body().close();
            client.shutdownNow();
            gone.get(10, TimeUnit.SECONDS);
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void waitsForASlowClient() throws Exception {
        AtomicLong written = new AtomicLong();
        URI base = plain((request, response) -> {
            response.start(200, Map.of());
            byte[] chunk = new byte[64 * 1024];
            while (!response.isClosed()) {
                response.write(chunk);
                written.addAndGet(chunk.length);
            }
        });
        try (Socket socket = new Socket("127.0.0.1", base.getPort())) {
            socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            AtomicLong last = new AtomicLong(-1);
            Awaitility.await().pollInterval(Duration.ofMillis(300)).until(() -> written.get() > 0 && last.getAndSet(written.get()) == written.get());
            long before = written.get();
            assertThat(before).as("held back by the client").isLessThan(32L * 1024 * 1024);
            socket.getInputStream().readNBytes(16 * 1024 * 1024);
            Awaitility.await().until(() -> written.get() > before);
        }
    }

    @Test
    void saysThatThePortIsTaken() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, java.net.InetAddress.getByName("127.0.0.1"))) {
            HttpFrontend second = new HttpFrontend(vertx, new HttpFrontendConfig("127.0.0.1", taken.getLocalPort(), null, null, null),
                    HttpFrontendTest::byCertificate, (request, response) -> { }, null);
            assertThatThrownBy(second::start).isInstanceOf(IOException.class).hasMessageContaining("cannot listen on 127.0.0.1:" + taken.getLocalPort())
                    .hasMessageContaining("in use");
        }
        HttpFrontend third = new HttpFrontend(vertx, new HttpFrontendConfig("127.0.0.1", 0, folder.resolve("no.crt"), folder.resolve("no.key"), null),
                HttpFrontendTest::byCertificate, (request, response) -> { }, null);
        assertThatThrownBy(third::start).isInstanceOf(IOException.class).hasMessageContaining("no such file: " + folder);
    }

    @Test
    void answersAFailureOfTheHandler() throws Exception {
        URI base = plain((request, response) -> {
            if (request.path().equals("/late")) {
                response.start(200, Map.of("Content-Length", "10"));
                response.write(new byte[3]);
                response.flush();
            }
            throw new IllegalStateException("broken");
        });
        HttpResponse<byte[]> answer = send(http1(), HttpRequest.newBuilder(base));
        assertThat(answer.statusCode()).isEqualTo(500);
        assertThat(new String(answer.body())).contains("InternalError");
        assertThatThrownBy(() -> send(http1(), HttpRequest.newBuilder(base.resolve("/late")))).isInstanceOf(IOException.class);
    }

    @Test
    void sendsNoBodyWhereNoneBelongs() throws Exception {
        URI base = plain((request, response) -> {
            response.start(request.path().equals("/same") ? 304 : 200, Map.of("X-Seen", "yes"));
            response.write("not to be sent".getBytes());
            response.flush();
            response.end();
        });
        for (HttpClient.Version version : HttpClient.Version.values()) {
            try (HttpClient client = HttpClient.newBuilder().version(version).build()) {
                HttpResponse<byte[]> head = send(client, HttpRequest.newBuilder(base).method("HEAD", HttpRequest.BodyPublishers.noBody()));
                assertThat(head.headers().firstValue("X-Seen")).contains("yes");
                assertThat(head.body()).isEmpty();
                HttpResponse<byte[]> same = send(client, HttpRequest.newBuilder(base.resolve("/same")));
                assertThat(same.statusCode()).isEqualTo(304);
                assertThat(same.headers().firstValue("Transfer-Encoding")).isEmpty();
                assertThat(new String(send(client, HttpRequest.newBuilder(base)).body())).isEqualTo("not to be sent");
            }
        }
    }

    @Test
    void endsWatchesWhenItCloses() throws Exception {
        CompletableFuture<Void> ended = new CompletableFuture<>();
        URI base = plain((request, response) -> {
            response.start(200, Map.of());
            response.flush();
            response.closed().toCompletableFuture().join();
            ended.complete(null);
        });
        HttpResponse<InputStream> watch = http1().send(HttpRequest.newBuilder(base).build(), HttpResponse.BodyHandlers.ofInputStream());
        frontend.close();
        ended.get(5, TimeUnit.SECONDS);
        assertThatThrownBy(() -> watch.body().readAllBytes()).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> new Socket("127.0.0.1", base.getPort()).close()).isInstanceOf(IOException.class);
    }
}
