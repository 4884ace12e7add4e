package io.skerry.apiserver.http;

import io.skerry.apiserver.ApiHandler;
import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.Headers;
import io.skerry.apiserver.User;
import io.skerry.apiserver.response.Responder;
import io.skerry.apiserver.status.ApiException;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.impl.VertxInternal;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.SSLOptions;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.net.BindException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/**
 * The API on a TCP port: TLS with optional client certificates, HTTP/2 and HTTP/1.1. Event loops do the bytes; each request runs on a
 * virtual thread of its own, where authenticator, handler and upgrades may block.
 */
public final class HttpFrontend implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(HttpFrontend.class.getName());
    private static final Duration DRAIN = Duration.ofSeconds(5);
    private static final Duration LINGER = Duration.ofSeconds(1);
    /** Bearer tokens and long selectors fit; as Go's default of 1 MiB would let anyone hold that much. */
    private static final int MAX_HEADER_BYTES = 128 * 1024;

    private final Vertx vertx;
    private final HttpFrontendConfig config;
    private final Function<ConnectionInfo, User> authenticator;
    private final ApiHandler handler;
    private final UpgradeHandler upgrades;
    private final BodyBudget bodies;
    private final Connections connections;
    private final ExecutorService requests = Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("http-", 0).factory());
    private volatile HttpServer server;
    private volatile SSLOptions shown;
    private volatile String deployment;
    private volatile int port;

    /**
     * @param authenticator says who asks; throws {@link ApiException#unauthorized()} for credentials that are not valid
     * @param upgrades takes over WebSocket and SPDY requests, or null when there are none
     */
    public HttpFrontend(Vertx vertx, HttpFrontendConfig config, Function<ConnectionInfo, User> authenticator, ApiHandler handler, UpgradeHandler upgrades) {
        this.vertx = vertx;
        this.config = config;
        this.authenticator = authenticator;
        this.handler = handler;
        this.upgrades = upgrades;
        this.bodies = new BodyBudget(config.limits().allBodiesBytes());
        this.connections = new Connections(config.limits());
    }

    /**
     * Begins to listen.
     *
     * @throws IOException when the port is taken or a certificate cannot be read, saying which
     */
    public void start() throws IOException {
        if (((VertxInternal) vertx).transport() instanceof AcceptTransport transport) {
            transport.admit(connections::accepted);
        }
        int loops = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 4);
        try {
            deployment = Blocking.await(vertx.deployVerticle(Listener::new, new DeploymentOptions().setInstances(loops)));
        } catch (RuntimeException e) {
            requests.shutdown();
            throw explain(e);
        }
    }

    private IOException explain(RuntimeException e) {
        Throwable cause = e;
        while (cause.getCause() != null && !(cause instanceof BindException)) {
            cause = cause.getCause();
        }
        String where = config.address() + ":" + config.port();
        if (cause instanceof BindException) {
            return new IOException("cannot listen on " + where + ": " + cause.getMessage() + "; is another server running, or is the address not this host's?", e);
        }
        String what = cause instanceof NoSuchFileException ? "no such file: " : "";
        return new IOException("cannot listen on " + where + ": " + what + cause.getMessage(), e);
    }

    /** Bytes that the bodies of requests in flight hold. */
    long bodyBytesHeld() {
        return bodies.taken();
    }

    /** The port that is listened on. */
    public int port() {
        return port;
    }

    /** One event loop's share of the connections. */
    private final class Listener extends AbstractVerticle {
        @Override
        public void start(Promise<Void> started) throws IOException {
            HttpServerOptions options = options();
            HttpServer server = vertx.createHttpServer(options).requestHandler(HttpFrontend.this::receive).connectionHandler(this::opened);
            HttpFrontend.this.server = server;
            shown = options.getSslOptions();
            // a negative port is one random port for all instances, 0 would be one for each
            server.listen(config.port() == 0 ? -1 : config.port(), config.address()).<Void>map(s -> {
                port = s.actualPort();
                return null;
            }).onComplete(started);
        }

        private void opened(HttpConnection connection) {
            if (!connections.opened(connection)) {
                return;
            }
            if (!peerCertificates(connection.sslSession()).isEmpty()) {
                connections.authenticated(connection);
            }
            if (upgrades != null) {
                UpgradeByPost.install(connection);
            }
        }
    }

    /**
     * Shows what is in the files of certificate and key now to all connections that come from now on. Those that are open go on.
     *
     * @throws IOException when they cannot be read; all stays as it is
     */
    public synchronized void renewCertificate() throws IOException {
        SSLOptions now = options().getSslOptions();
        if (now == null || now.equals(shown)) {
            return;
        }
        try {
            // of all instances: they share one socket
            Blocking.await(server.updateSSLOptions(now));
        } catch (RuntimeException e) {
            throw new IOException("cannot use " + config.certificate() + ": " + e.getMessage(), e);
        }
        shown = now;
    }

    private HttpServerOptions options() throws IOException {
        HttpServerOptions options = new HttpServerOptions().setAlpnVersions(List.of(HttpVersion.HTTP_2, HttpVersion.HTTP_1_1)).setTcpKeepAlive(true)
                .setReuseAddress(true).setMaxHeaderSize(MAX_HEADER_BYTES).setMaxInitialLineLength(MAX_HEADER_BYTES)
                .setInitialSettings(new Http2Settings().setMaxConcurrentStreams(250).setMaxHeaderListSize(MAX_HEADER_BYTES))
                .setWebSocketSubProtocols(List.of("*")).setPerMessageWebSocketCompressionSupported(false)
                .setPerFrameWebSocketCompressionSupported(false).setMaxWebSocketFrameSize(1 << 20).setMaxWebSocketMessageSize(1 << 22);
        if (config.tls()) {
            options.setSsl(true).setUseAlpn(true).setSslHandshakeTimeout(config.limits().tlsHandshake().toMillis())
                    .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
                    // until the first bytes, see Connections
                    .setIdleTimeout((int) config.limits().tlsHandshake().toMillis()).setIdleTimeoutUnit(TimeUnit.MILLISECONDS)
                    // by value, so that they can be compared with what the files hold later
                    .setKeyCertOptions(new PemKeyCertOptions().setCertValue(buffer(config.certificate())).setKeyValue(buffer(config.key())));
            CipherSuites.preferred().forEach(options::addEnabledCipherSuite);
            if (config.clientCa() != null) {
                options.setClientAuth(ClientAuth.REQUEST).setTrustOptions(new PemTrustOptions().addCertValue(buffer(config.clientCa())));
            }
        }
        return options;
    }

    private static Buffer buffer(Path file) throws IOException {
        return Buffer.buffer(Files.readAllBytes(file));
    }

    /** On the event loop. */
    private void receive(HttpServerRequest request) {
        VertxResponse response = new VertxResponse(request);
        if (request.path() == null) {
            // CONNECT names an authority, no path
            run(request, response, () -> {
                throw ApiException.methodNotAllowed();
            });
            return;
        }
        boolean webSocket = request.method() == HttpMethod.GET && "websocket".equalsIgnoreCase(request.getHeader("Upgrade"));
        if (webSocket) {
            BearerProtocol.move(request.headers());
        }
        if (upgrades != null && request.getHeader("Upgrade") != null && upgrades.accepts(request.path())) {
            request.pause();
            Upgrade upgrade = new Upgrade(vertx.getOrCreateContext(), request);
            run(request, response, () -> upgrades.upgrade(apiRequest(request, authenticate(request), ApiRequest.NO_BODY), upgrade));
            return;
        }
        boolean log = webSocket && LogByWebSocket.isLog(request.path());
        if (log || webSocket && request.query() != null && request.query().contains("watch=")) {
            request.pause();
            Upgrade upgrade = new Upgrade(vertx.getOrCreateContext(), request);
            run(request, response, () -> {
                ApiRequest asked = apiRequest(request, authenticate(request), ApiRequest.NO_BODY);
                handler.handle(asked, log ? LogByWebSocket.of(upgrade, asked, response) : new WatchByWebSocket(upgrade, asked, response));
            });
            return;
        }
        long declared = declaredLength(request);
        if (declared == 0 || declared < 0 && isRead(request)) {
            // no verb of the API reads the body of a GET: what comes is dropped
            run(request, response, () -> handler.handle(apiRequest(request, authenticate(request), ApiRequest.NO_BODY), response));
            return;
        }
        // nothing of the body is taken in before it is known who sends it
        request.pause();
        Context eventLoop = vertx.getOrCreateContext();
        run(request, response, () -> {
            try (RequestBody body = new RequestBody(config.limits(), bodies, declared)) {
                handleWithBody(request, response, eventLoop, body, declared);
            } catch (ApiException e) {
                if (!request.isEnded() && request.version() != HttpVersion.HTTP_2) {
                    // the rest of the body is not read, so the connection cannot be used again
                    request.response().putHeader("Connection", "close");
                }
                throw e;
            } finally {
                if (!request.isEnded()) {
                    eventLoop.runOnContext(v -> discardRest(request));
                }
            }
        });
    }

    private void handleWithBody(HttpServerRequest request, VertxResponse response, Context eventLoop, RequestBody body, long declared) {
        User user = authenticate(request);
        if (user.isAnonymous()) {
            throw ApiException.forbiddenPath("User \"" + user.name() + "\" cannot " + request.method().name().toLowerCase(Locale.ROOT) + " path \"" + request.path()
                    + "\" with a body: authenticate with a client certificate or a bearer token");
        }
        if (declared > config.limits().bodyBytes()) {
            throw RequestBody.tooLarge(config.limits());
        }
        eventLoop.runOnContext(v -> {
            if (request.isEnded()) {
                // an HTTP/2 stream that was reset while the user was looked up: it takes no more handlers
                body.breakOff();
                return;
            }
            request.exceptionHandler(e -> {
                LOG.log(System.Logger.Level.DEBUG, "request from " + remote(request) + " broke off", e);
                body.breakOff();
            });
            request.handler(body::add);
            request.endHandler(end -> body.end());
            if ("100-continue".equalsIgnoreCase(request.getHeader("Expect"))) {
                request.response().writeContinue();
            }
            request.resume();
            // after what has come: a client that was gone before the handlers were set is told to none of them
            response.closed().thenRun(body::breakOff);
        });
        byte[] bytes = body.await();
        if (bytes != null) {
            handler.handle(apiRequest(request, user, bytes), response);
        }
    }

    private static boolean isRead(HttpServerRequest request) {
        return request.version() == HttpVersion.HTTP_2 && (request.method() == HttpMethod.GET || request.method() == HttpMethod.HEAD);
    }

    /** Length of the body in bytes, as far as the headers tell; -1 when it is only known at its end. */
    private static long declaredLength(HttpServerRequest request) {
        String length = request.getHeader("Content-Length");
        if (request.getHeader("Transfer-Encoding") != null) {
            return -1;
        }
        if (length == null) {
            return request.version() == HttpVersion.HTTP_2 ? -1 : 0;
        }
        // Vert.x lets nothing but one number pass on HTTP/1
        return length.length() < 19 && length.chars().allMatch(c -> c >= '0' && c <= '9') && !length.isEmpty() ? Long.parseLong(length) : Long.MAX_VALUE;
    }

    /** After an early answer: gives the client a moment to read it, for closing at once would take the answer from it. On the event loop. */
    private void discardRest(HttpServerRequest request) {
        request.resume();
        if (request.isEnded()) {
            return;
        }
        vertx.setTimer(LINGER.toMillis(), timer -> {
            if (request.isEnded()) {
                return;
            }
            if (request.version() == HttpVersion.HTTP_2) {
                request.response().reset(0);
            } else {
                request.connection().close();
            }
        });
    }

    private void run(HttpServerRequest request, VertxResponse response, Runnable work) {
        Connections.Use use = Connections.use(request.connection());
        use.begin();
        requests.execute(() -> {
            try {
                work.run();
            } catch (ApiException e) {
                Responder.failure(response, e);
            } catch (RuntimeException | Error e) {
                LOG.log(System.Logger.Level.ERROR, request.method() + " " + request.path() + " failed", e);
                if (response.started()) {
                    response.abort();
                } else {
                    Responder.failure(response, ApiException.internal(e.toString()));
                }
            } finally {
                use.end();
            }
        });
    }

    private User authenticate(HttpServerRequest request) {
        ConnectionInfo client = new ConnectionInfo(peerCertificates(request.connection().sslSession()), headers(request)::get, remote(request));
        try {
            User user = authenticator.apply(client);
            if (!user.isAnonymous()) {
                connections.authenticated(request.connection());
            }
            return user;
        } catch (ApiException e) {
            handler.refused(apiRequest(request, User.UNKNOWN, ApiRequest.NO_BODY), client.attempted(request.query()));
            throw e;
        }
    }

    private static ApiRequest apiRequest(HttpServerRequest request, User user, byte[] body) {
        return new ApiRequest(UpgradeByPost.method(request.connection(), request.method().name()), request.path(), request.query(), headers(request), body, user, remote(request));
    }

    private static Headers headers(HttpServerRequest request) {
        return new Headers() {
            @Override
            public String get(String name) {
                List<String> values = request.headers().getAll(name);
                return values.isEmpty() ? null : values.size() == 1 ? values.getFirst() : String.join(", ", values);
            }

            @Override
            public List<Map.Entry<String, String>> all() {
                return request.headers().entries();
            }
        };
    }

    private static List<X509Certificate> peerCertificates(SSLSession session) {
        if (session == null) {
            return List.of();
        }
        try {
            Certificate[] chain = session.getPeerCertificates();
            return Arrays.stream(chain).filter(X509Certificate.class::isInstance).map(X509Certificate.class::cast).toList();
        } catch (SSLPeerUnverifiedException e) {
            return List.of();
        }
    }

    private static String remote(HttpServerRequest request) {
        SocketAddress address = request.remoteAddress();
        return address == null ? "" : address.hostAddress();
    }

    /** Stops listening, closes the connections and waits for handlers to notice. */
    @Override
    public void close() {
        String id = deployment;
        if (id == null) {
            return;
        }
        deployment = null;
        Blocking.await(vertx.undeploy(id));
        requests.shutdown();
        try {
            if (!requests.awaitTermination(DRAIN.toMillis(), TimeUnit.MILLISECONDS)) {
                requests.shutdownNow();
            }
        } catch (InterruptedException e) {
            requests.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
