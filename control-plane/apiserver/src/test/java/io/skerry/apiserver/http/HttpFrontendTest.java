package io.skerry.apiserver.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.apiserver.ApiHandler;
import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.User;
import io.skerry.apiserver.pki.ClusterPki;
import io.skerry.apiserver.response.Responder;
import io.skerry.apiserver.status.ApiException;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetSocket;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
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
        if ("Bearer good".equals(info.headers().apply("Authorization"))) {
            return new User("system:someone", User.AUTHENTICATED);
        }
        return info.peerCertificates().isEmpty() ? User.ANONYMOUS
                : new User(info.peerCertificates().getFirst().getSubjectX500Principal().getName(), User.AUTHENTICATED);
    }

    private URI plain(ApiHandler handler) throws IOException {
        return plain(HttpLimits.DEFAULT, handler);
    }

    private URI plain(HttpLimits limits, ApiHandler handler) throws IOException {
        frontend = new HttpFrontend(vertx, new HttpFrontendConfig("127.0.0.1", 0, null, null, null, limits), HttpFrontendTest::byCertificate, handler, null);
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
                .header("Authorization", "Bearer good").header("X-Two", "1").header("X-Two", "2").POST(HttpRequest.BodyPublishers.ofString("body")));
        assertThat(answer.statusCode()).isEqualTo(201);
        assertThat(new String(answer.body(), StandardCharsets.UTF_8)).isEqualTo("POST /api/v1/a%2Fb x=%20y&z 1, 2 body system:someone");
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
            assertThat(anonymous.sslSession().orElseThrow().getCipherSuite()).as("the fastest in the native binary").isEqualTo("TLS_CHACHA20_POLY1305_SHA256");
            HttpResponse<byte[]> one = send(older, HttpRequest.newBuilder(uri));
            assertThat(one.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
            assertThat(new String(one.body(), StandardCharsets.UTF_8)).contains("CN=system:admin");
            HttpResponse<byte[]> refused = send(without, HttpRequest.newBuilder(uri).header("Authorization", "Bearer bad"));
            assertThat(refused.statusCode()).isEqualTo(401);
            assertThat(new String(refused.body(), StandardCharsets.UTF_8)).contains("\"reason\":\"Unauthorized\"");
        }
    }

    @Test
    void takesTheOtherCipherSuitesToo() throws Exception {
        ClusterPki pki = ClusterPki.ensure(folder, List.of("127.0.0.1"), Clock.systemUTC());
        frontend = new HttpFrontend(vertx, new HttpFrontendConfig("127.0.0.1", 0, pki.servingCertificate(), pki.servingKey(), pki.clientCaCertificate()),
                HttpFrontendTest::byCertificate, (request, response) -> Responder.text(response, 200, "here"), null);
        frontend.start();
        Map<String, String> suites = Map.of("TLS_AES_128_GCM_SHA256", "TLSv1.3", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLSv1.2");
        for (Map.Entry<String, String> one : suites.entrySet()) {
            SSLParameters parameters = new SSLParameters(new String[] {one.getKey()}, new String[] {one.getValue()});
            try (HttpClient client = HttpClient.newBuilder().sslContext(tls(pki, false)).sslParameters(parameters).build()) {
                HttpResponse<byte[]> answer = send(client, HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + frontend.port() + "/")));
                assertThat(answer.sslSession().orElseThrow().getCipherSuite()).isEqualTo(one.getKey());
            }
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
        byte[] most = new byte[HttpLimits.DEFAULT.bodyBytes()];
        assertThat(new String(send(http1(), HttpRequest.newBuilder(base).header("Authorization", "Bearer good").POST(HttpRequest.BodyPublishers.ofByteArray(most))).body())).isEqualTo("3145728");
        // chunked, so that only reading tells the length
        byte[] more = new byte[HttpLimits.DEFAULT.bodyBytes() + 1];
        HttpResponse<byte[]> answer = send(http1(), HttpRequest.newBuilder(base).header("Authorization", "Bearer good").POST(HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(more))));
        assertThat(answer.statusCode()).isEqualTo(413);
        assertThat(new String(answer.body())).contains("\"reason\":\"RequestEntityTooLarge\"", "limit is 3145728");
        try (Socket socket = new Socket("127.0.0.1", frontend.port())) {
            socket.getOutputStream().write("POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\nContent-Length: 99999999\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
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

    private static final String GOOD = "Authorization: Bearer good\r\n";

    /** Opens a connection and sends the head of a POST and a part of its body. */
    private static Socket halfSent(int port, String headers, int declared, int sent) throws IOException {
        Socket socket = new Socket("127.0.0.1", port);
        socket.setSoTimeout(5000);
        socket.getOutputStream().write(("POST /api/v1/pods HTTP/1.1\r\nHost: x\r\n" + headers + "Content-Length: " + declared + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
        try {
            socket.getOutputStream().write(new byte[sent]);
        } catch (IOException e) {
            // a refused client may be cut off while it sends; its answer tells
        }
        return socket;
    }

    private static String statusLine(Socket socket) throws IOException {
        return new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
    }

    @Test
    void takesNoBodyFromThoseItDoesNotKnow() throws Exception {
        AtomicLong handled = new AtomicLong();
        URI base = plain((request, response) -> {
            handled.incrementAndGet();
            Responder.text(response, 200, "ok");
        });
        List<Socket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < 40; i++) {
                String headers = i % 2 == 0 ? "" : "Authorization: Bearer bad\r\n";
                sockets.add(halfSent(base.getPort(), headers, 3_000_001, 300_000));
            }
            for (int i = 0; i < 40; i++) {
                assertThat(statusLine(sockets.get(i))).isEqualTo(i % 2 == 0 ? "HTTP/1.1 403" : "HTTP/1.1 401");
                assertThat(frontend.bodyBytesHeld()).isZero();
                sockets.get(i).getInputStream().readAllBytes();
            }
            assertThat(handled).hasValue(0);
            assertThat(send(http1(), HttpRequest.newBuilder(base)).statusCode()).isEqualTo(200);
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
        // HTTP/2, where nothing but the body's end tells its length
        try (HttpClient client = HttpClient.newHttpClient()) {
            assertThat(send(client, HttpRequest.newBuilder(base)).version()).isEqualTo(HttpClient.Version.HTTP_2);
            CompletableFuture<HttpResponse<byte[]>> answer = client.sendAsync(HttpRequest.newBuilder(base)
                    .POST(HttpRequest.BodyPublishers.fromPublisher(neverEnding())).build(), HttpResponse.BodyHandlers.ofByteArray());
            assertThat(answer.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(403);
        }
    }

    private static Flow.Publisher<ByteBuffer> neverEnding() {
        return subscriber -> subscriber.onSubscribe(new Flow.Subscription() {
            private boolean sent;

            @Override
            public void request(long n) {
                if (!sent) {
                    sent = true;
                    subscriber.onNext(ByteBuffer.allocate(100));
                }
            }

            @Override
            public void cancel() {}
        });
    }

    @Test
    void asksForABodyOnlyWhenItWillTakeIt() throws Exception {
        URI base = plain((request, response) -> Responder.text(response, 200, "" + request.body().length));
        try (Socket known = halfSent(base.getPort(), GOOD + "Expect: 100-continue\r\n", 5, 0);
                Socket unknown = halfSent(base.getPort(), "Expect: 100-continue\r\n", 5, 0)) {
            assertThat(statusLine(unknown)).isEqualTo("HTTP/1.1 403");
            assertThat(statusLine(known)).isEqualTo("HTTP/1.1 100");
            known.getOutputStream().write(new byte[5]);
            assertThat(new String(known.getInputStream().readNBytes(40), StandardCharsets.US_ASCII)).contains("HTTP/1.1 200");
        }
    }

    @Test
    void keepsRoomForSmallBodiesWhenLargeOnesFillTheMemory() throws Exception {
        URI base = plain((request, response) -> Responder.text(response, 200, "" + request.body().length));
        List<Socket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < 12; i++) {
                sockets.add(halfSent(base.getPort(), GOOD, 3_000_000, 2_900_000));
                Awaitility.await().until(() -> frontend.bodyBytesHeld() > 0);
            }
            int refused = 0;
            for (Socket socket : sockets) {
                socket.setSoTimeout(300);
                try {
                    String head = new String(socket.getInputStream().readNBytes(200), StandardCharsets.US_ASCII);
                    assertThat(head).startsWith("HTTP/1.1 429").containsIgnoringCase("retry-after: 1\r\n");
                    refused++;
                } catch (SocketTimeoutException e) {
                    // is waited for
                }
            }
            assertThat(refused).isBetween(8, 11);
            assertThat(frontend.bodyBytesHeld()).isBetween(1L, HttpLimits.DEFAULT.allBodiesBytes());
            HttpResponse<byte[]> small = send(http1(), HttpRequest.newBuilder(base).header("Authorization", "Bearer good").POST(HttpRequest.BodyPublishers.ofByteArray(new byte[60_000])));
            assertThat(new String(small.body())).isEqualTo("60000");
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
        Awaitility.await().until(() -> frontend.bodyBytesHeld() == 0);
    }

    private static HttpLimits impatient() {
        return new HttpLimits(1000, 10_000, Duration.ofMillis(400), Duration.ofMillis(1000), 1000, 1000, 1000, Duration.ofMillis(400), Duration.ofMillis(400));
    }

    @Test
    void givesUpOnBodiesThatStopOrDripButNotOnASilentWatch() throws Exception {
        CountDownLatch event = new CountDownLatch(1);
        URI base = plain(impatient(), (request, response) -> {
            response.start(200, Map.of());
            response.flush();
            awaitQuietly(event);
            response.write("event".getBytes());
            response.end();
        });
        try (HttpClient second = HttpClient.newHttpClient();
                Socket stopped = halfSent(base.getPort(), GOOD, 900, 100);
                Socket dripping = halfSent(base.getPort(), GOOD, 900, 100)) {
            HttpResponse<InputStream> watch = http1().send(HttpRequest.newBuilder(base).build(), HttpResponse.BodyHandlers.ofInputStream());
            HttpResponse<InputStream> watch2 = second.send(HttpRequest.newBuilder(base).build(), HttpResponse.BodyHandlers.ofInputStream());
            assertThat(watch2.version()).isEqualTo(HttpClient.Version.HTTP_2);
            Thread drip = Thread.startVirtualThread(() -> {
                try {
                    while (true) {
                        dripping.getOutputStream().write(1);
                        Thread.sleep(100);
                    }
                } catch (IOException | InterruptedException e) {
                    // cut off
                }
            });
            assertThat(statusLine(stopped)).isEqualTo("HTTP/1.1 408");
            assertThat(statusLine(dripping)).isEqualTo("HTTP/1.1 408");
            assertThat(frontend.bodyBytesHeld()).isZero();
            assertThat(drip.join(Duration.ofSeconds(5))).as("the connection is closed").isTrue();
            event.countDown();
            assertThat(new String(watch.body().readAllBytes())).isEqualTo("event");
            assertThat(new String(watch2.body().readAllBytes())).isEqualTo("event");
        }
    }

    @Test
    void closesConnectionsThatSayNothingAndThoseBeyondTheCap() throws Exception {
        ClusterPki pki = ClusterPki.ensure(folder, List.of("127.0.0.1"), Clock.systemUTC());
        HttpLimits limits = new HttpLimits(1000, 10_000, Duration.ofSeconds(1), Duration.ofSeconds(1), 2, 2, 2, Duration.ofSeconds(3), Duration.ofSeconds(1));
        frontend = new HttpFrontend(vertx, new HttpFrontendConfig("127.0.0.1", 0, pki.servingCertificate(), pki.servingKey(), pki.clientCaCertificate(), limits),
                HttpFrontendTest::byCertificate, (request, response) -> {
                    // longer than all timeouts
                    response.start(200, Map.of());
                    response.flush();
                    LockSupport.parkNanos(Duration.ofSeconds(4).toNanos());
                    response.end();
                }, null);
        frontend.start();
        try (Socket mute = new Socket("127.0.0.1", frontend.port())) {
            mute.setSoTimeout(5000);
            assertThat(mute.getInputStream().read()).as("no handshake").isEqualTo(-1);
        }
        SSLContext tls = tls(pki, false);
        assertThat(untilClosed(tls, "h2", "")).as("no preface of HTTP/2").isLessThan(Duration.ofMillis(2500));
        String preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";
        List<Duration> open = Stream.of("", preface, "").map(first -> CompletableFuture.supplyAsync(
                () -> untilClosed(tls, first.isEmpty() ? "http/1.1" : "h2", first), Thread::startVirtualThread)).toList().stream()
                .map(CompletableFuture::join).sorted().toList();
        assertThat(open.getFirst()).as("beyond the cap").isLessThan(Duration.ofSeconds(2));
        assertThat(open.subList(1, 3)).as("idle").allSatisfy(time -> assertThat(time).isBetween(Duration.ofMillis(2500), Duration.ofSeconds(7)));
        for (HttpClient.Version version : HttpClient.Version.values()) {
            try (HttpClient client = HttpClient.newBuilder().sslContext(tls).version(version).build()) {
                URI slow = URI.create("https://127.0.0.1:" + frontend.port());
                HttpResponse<byte[]> answer = send(client, HttpRequest.newBuilder(slow));
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.version()).isEqualTo(version);
            }
        }
    }

    private static X509Certificate shown(SSLSocket socket) throws IOException {
        socket.setSoTimeout(10_000);
        socket.startHandshake();
        return (X509Certificate) socket.getSession().getPeerCertificates()[0];
    }

    private static String get(SSLSocket socket) throws IOException {
        socket.getOutputStream().write("GET /a HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        return statusLine(socket);
    }

    @Test
    void showsARenewedCertificateToNewConnectionsAndKeepsTheOldOnes() throws Exception {
        ClusterPki pki = ClusterPki.ensure(folder, List.of("127.0.0.1"), Clock.offset(Clock.systemUTC(), Duration.ofDays(-300)));
        frontend = new HttpFrontend(vertx, new HttpFrontendConfig("127.0.0.1", 0, pki.servingCertificate(), pki.servingKey(), pki.clientCaCertificate()),
                HttpFrontendTest::byCertificate, (request, response) -> Responder.text(response, 200, "x"), null);
        frontend.start();
        SSLContext tls = tls(pki, true);
        try (SSLSocket before = (SSLSocket) tls.getSocketFactory().createSocket("127.0.0.1", frontend.port())) {
            X509Certificate old = shown(before);
            frontend.renewCertificate();
            try (SSLSocket same = (SSLSocket) tls.getSocketFactory().createSocket("127.0.0.1", frontend.port())) {
                assertThat(shown(same)).as("nothing was renewed").isEqualTo(old);
            }
            ClusterPki.ensure(folder, List.of("127.0.0.1"), Clock.systemUTC());
            frontend.renewCertificate();
            // more than there are event loops
            for (int i = 0; i < 5; i++) {
                try (SSLSocket after = (SSLSocket) tls.getSocketFactory().createSocket("127.0.0.1", frontend.port())) {
                    assertThat(shown(after).getNotAfter()).isAfter(old.getNotAfter());
                    assertThat(get(after)).isEqualTo("HTTP/1.1 200");
                }
            }
            assertThat(get(before)).as("on the open connection").isEqualTo("HTTP/1.1 200");
            Files.writeString(pki.servingKey(), "damaged");
            assertThatThrownBy(frontend::renewCertificate).isInstanceOf(IOException.class).hasMessageContaining(pki.servingCertificate().toString());
            try (SSLSocket after = (SSLSocket) tls.getSocketFactory().createSocket("127.0.0.1", frontend.port())) {
                assertThat(shown(after).getNotAfter()).isAfter(old.getNotAfter());
            }
        }
    }

    @Test
    void doesNotCutASilentStream() throws Exception {
        ClusterPki pki = ClusterPki.ensure(folder, List.of("127.0.0.1"), Clock.systemUTC());
        UpgradeHandler silent = new UpgradeHandler() {
            @Override
            public boolean accepts(String path) {
                return path.equals("/exec");
            }

            @Override
            public void upgrade(ApiRequest request, Upgrade upgrade) {
                NetSocket socket = upgrade.socket(Map.of("Connection", "Upgrade", "Upgrade", "SPDY/3.1"), s -> s);
                LockSupport.parkNanos(Duration.ofSeconds(2).toNanos());
                Blocking.await(socket.write("late"));
                Blocking.await(socket.close());
            }
        };
        HttpLimits limits = new HttpLimits(1000, 10_000, Duration.ofMillis(500), Duration.ofMillis(500), 10, 10, 10, Duration.ofMillis(500), Duration.ofSeconds(1));
        frontend = new HttpFrontend(vertx, new HttpFrontendConfig("127.0.0.1", 0, pki.servingCertificate(), pki.servingKey(), pki.clientCaCertificate(), limits),
                HttpFrontendTest::byCertificate, (request, response) -> { }, silent);
        frontend.start();
        try (Socket socket = tls(pki, true).getSocketFactory().createSocket("127.0.0.1", frontend.port())) {
            socket.setSoTimeout(8000);
            socket.getOutputStream().write("POST /exec HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII)).startsWith("HTTP/1.1 101").endsWith("\r\n\r\nlate");
        }
    }

    /** How long the server lets a connection live on which nothing but this is sent. */
    private Duration untilClosed(SSLContext tls, String protocol, String first) {
        long begun = System.nanoTime();
        try (SSLSocket socket = (SSLSocket) tls.getSocketFactory().createSocket("127.0.0.1", frontend.port())) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setApplicationProtocols(new String[] {protocol});
            socket.setSSLParameters(parameters);
            socket.setSoTimeout(10_000);
            socket.startHandshake();
            begun = System.nanoTime();
            socket.getOutputStream().write(first.getBytes(StandardCharsets.US_ASCII));
            socket.getInputStream().readAllBytes();
        } catch (SocketTimeoutException e) {
            throw new UncheckedIOException("still open", e);
        } catch (IOException e) {
            // cut off is closed too
        }
        return Duration.ofNanos(System.nanoTime() - begun);
    }
}
