package io.skerry.apiserver.proxy;

import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.ApiResponse;
import io.skerry.apiserver.http.HttpLimits;
import io.skerry.apiserver.status.ApiException;
import io.skerry.apiserver.stream.VertxWire;
import io.skerry.apiserver.stream.Wire;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.ClientOptionsBase;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Sends requests on to other servers. Connections are kept. Nothing runs before the first call. */
public final class ProxyClient implements AutoCloseable {
    /** To one server: as many as clients may have to this one, for a stream holds its own as long as it lasts. */
    private static final int CONNECTIONS = HttpLimits.DEFAULT.connections();
    private static final int CONNECT_MILLIS = 10_000;
    private static final int MAX_HEADER_BYTES = 64 << 10;

    private final Map<Endpoint.Trust, HttpClient> clients = new ConcurrentHashMap<>();
    private final Map<Endpoint.Trust, NetClient> bareClients = new ConcurrentHashMap<>();
    private Vertx vertx;

    /** What may fail on its way to another server. */
    public interface Reaching<T> {
        T ask() throws IOException, InterruptedException;
    }

    /** @throws ApiException 503 in place of what fails, in upstream's words */
    public static <T> T reach(Reaching<T> asking) {
        try {
            return asking.ask();
        } catch (IOException e) {
            throw ApiException.serviceUnavailable("error trying to reach service: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw ApiException.serviceUnavailable("error trying to reach service: interrupted while waiting for the answer");
        }
    }

    /**
     * Waits for the answer's head.
     *
     * @param uri path and query, percent-encoded
     * @throws IOException when no answer comes
     */
    public Exchange send(Endpoint endpoint, String method, String uri, List<Map.Entry<String, String>> headers, byte[] body, Duration timeout)
            throws IOException, InterruptedException {
        CompletableFuture<Exchange> answer = begin(endpoint, method, uri, headers, body);
        try {
            return answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new IOException(e.getCause().getMessage(), e.getCause());
        } catch (TimeoutException e) {
            throw new IOException("no answer within " + timeout.toSeconds() + " s", e);
        } finally {
            answer.cancel(false);
        }
    }

    /**
     * Waits for the answer's head as long as the client does.
     *
     * @param client whose request it is
     * @param uri    path and query, percent-encoded
     * @throws IOException when no answer comes, or the client goes away
     */
    Exchange sendFor(ApiResponse client, Endpoint endpoint, String method, String uri, List<Map.Entry<String, String>> headers, byte[] body)
            throws IOException, InterruptedException {
        CompletableFuture<Exchange> answer = begin(endpoint, method, uri, headers, body);
        client.closed().thenRun(() -> answer.cancel(false));
        try {
            return answer.get();
        } catch (ExecutionException e) {
            throw new IOException(e.getCause().getMessage(), e.getCause());
        } catch (CancellationException e) {
            throw new IOException("the client went away", e);
        } finally {
            answer.cancel(false);
        }
    }

    /** @return to be cancelled by who does not wait for it any longer: the request is broken off then */
    private CompletableFuture<Exchange> begin(Endpoint endpoint, String method, String uri, List<Map.Entry<String, String>> headers, byte[] body) {
        RequestOptions options = new RequestOptions().setMethod(HttpMethod.valueOf(method)).setSsl(endpoint.trust().tls()).setFollowRedirects(false)
                .setConnectTimeout(CONNECT_MILLIS).setServer(endpoint.address()).setHost(endpoint.host()).setPort(endpoint.port()).setURI(uri);
        headers.forEach(header -> options.addHeader(header.getKey(), header.getValue()));
        boolean repeatable = method.equals("GET") || method.equals("HEAD");
        if (body.length == 0 && !repeatable) {
            options.putHeader("Content-Length", "0");
        }
        CompletableFuture<Exchange> answer = new CompletableFuture<>();
        try {
            begin(client(endpoint.trust()), options, body, repeatable ? 1 : 0, answer);
        } catch (IOException e) {
            answer.completeExceptionally(e);
        }
        return answer;
    }

    /** @param again how often a kept connection that the other end has closed meanwhile is replaced */
    private void begin(HttpClient client, RequestOptions options, byte[] body, int again, CompletableFuture<Exchange> answer) {
        Context context = vertx().getOrCreateContext();
        context.runOnContext(v -> client.request(options).compose(request -> send(context, request, body, answer))
                .onSuccess(response -> {
                    Exchange exchange = new Exchange(context, response);
                    if (!answer.complete(exchange)) {
                        exchange.close();
                    }
                })
                .onFailure(e -> {
                    if (again > 0 && e instanceof HttpClosedException && !answer.isDone()) {
                        begin(client, options, body, again - 1, answer);
                    } else {
                        answer.completeExceptionally(e);
                    }
                }));
    }

    private static Future<HttpClientResponse> send(Context context, HttpClientRequest request, byte[] body, CompletableFuture<Exchange> answer) {
        answer.whenComplete((exchange, failure) -> {
            if (answer.isCancelled()) {
                context.runOnContext(v -> request.reset());
            }
        });
        return body.length == 0 ? request.send() : request.send(Buffer.buffer(body));
    }

    /**
     * Has another server switch protocols as a request asks.
     *
     * @param uri     path and query, percent-encoded
     * @param timeout for the answer
     * @throws IOException  when none comes, or the other end cannot be trusted
     * @throws ApiException when the other server refuses, with its own words
     */
    public SwitchedConnection switchProtocols(Endpoint endpoint, ApiRequest request, String uri, List<Map.Entry<String, String>> headers, Duration timeout)
            throws IOException, InterruptedException {
        return SwitchedConnection.open(connect(endpoint), endpoint.authority(), request, uri, headers, timeout);
    }

    /** Opens a connection of its own, on which nothing is said yet. */
    private Wire connect(Endpoint endpoint) throws IOException, InterruptedException {
        NetClient client = bareClient(endpoint.trust());
        CompletableFuture<Wire> opened = new CompletableFuture<>();
        vertx().getOrCreateContext().runOnContext(v -> socket(client, endpoint).map(socket -> VertxWire.of(socket)).onSuccess(wire -> {
            if (!opened.complete(wire)) {
                wire.close();
            }
        }).onFailure(opened::completeExceptionally));
        try {
            return opened.get(2L * CONNECT_MILLIS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new IOException(e.getCause().getMessage(), e.getCause());
        } catch (TimeoutException e) {
            opened.cancel(false);
            throw new IOException("no connection within " + 2 * CONNECT_MILLIS / 1000 + " s", e);
        }
    }

    private static Future<NetSocket> socket(NetClient client, Endpoint endpoint) {
        // SNI knows no addresses (RFC 6066, section 3)
        return endpoint.host().matches("[0-9.]+|.*:.*") ? client.connect(endpoint.address()) : client.connect(endpoint.address(), endpoint.host());
    }

    private synchronized Vertx vertx() {
        if (vertx == null) {
            vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1).setInternalBlockingPoolSize(2).setWorkerPoolSize(1));
        }
        return vertx;
    }

    private synchronized HttpClient client(Endpoint.Trust trust) throws IOException {
        HttpClient client = clients.get(trust);
        if (client == null) {
            client = vertx().createHttpClient(trusting(new HttpClientOptions().setVerifyHost(!trust.insecure()).setKeepAliveTimeout(30).setMaxHeaderSize(MAX_HEADER_BYTES), trust),
                    new PoolOptions().setHttp1MaxSize(CONNECTIONS));
            clients.put(trust, client);
        }
        return client;
    }

    private synchronized NetClient bareClient(Endpoint.Trust trust) throws IOException {
        NetClient client = bareClients.get(trust);
        if (client == null) {
            client = vertx().createNetClient(
                    trusting(new NetClientOptions().setHostnameVerificationAlgorithm(trust.insecure() ? "" : "HTTPS").setConnectTimeout(CONNECT_MILLIS), trust));
            bareClients.put(trust, client);
        }
        return client;
    }

    /**
     * Shows what is in the files of certificates now to servers that are connected to from now on.
     *
     * @throws IOException when one cannot be read
     */
    public synchronized void renewCertificates() throws IOException {
        for (Map.Entry<Endpoint.Trust, HttpClient> each : clients.entrySet()) {
            if (each.getKey().certificate() != null) {
                each.getValue().updateSSLOptions(trusting(new HttpClientOptions(), each.getKey()).getSslOptions());
            }
        }
        for (Map.Entry<Endpoint.Trust, NetClient> each : bareClients.entrySet()) {
            if (each.getKey().certificate() != null) {
                each.getValue().updateSSLOptions(trusting(new NetClientOptions(), each.getKey()).getSslOptions());
            }
        }
    }

    private static <O extends ClientOptionsBase> O trusting(O options, Endpoint.Trust trust) throws IOException {
        options.setSsl(trust.tls()).setTrustAll(trust.insecure()).setTcpKeepAlive(true);
        if (trust.certificate() != null) {
            // by value, so that a renewed one differs
            options.setKeyCertOptions(new PemKeyCertOptions().setCertValue(Buffer.buffer(Files.readAllBytes(trust.certificate())))
                    .setKeyValue(Buffer.buffer(Files.readAllBytes(trust.key()))));
        }
        if (!trust.insecure() && !trust.caBundle().isEmpty()) {
            options.setTrustOptions(new PemTrustOptions().addCertValue(Buffer.buffer(Base64.getDecoder().decode(trust.caBundle()))));
        }
        return options;
    }

    @Override
    public synchronized void close() {
        if (vertx != null) {
            vertx.close();
        }
    }
}
