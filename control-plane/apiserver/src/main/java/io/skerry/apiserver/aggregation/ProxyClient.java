package io.skerry.apiserver.aggregation;

import io.skerry.apiserver.stream.VertxWire;
import io.skerry.apiserver.stream.Wire;
import io.skerry.apiserver.webhook.ServiceEndpoints;
import io.skerry.apiserver.webhook.WebhookException;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.ClientOptionsBase;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Sends requests to the servers of APIServices over HTTPS, to an endpoint of their Service, showing the front proxy's certificate. Connections are kept.
 * Nothing runs before the first call.
 */
final class ProxyClient implements AutoCloseable {
    private static final int CONNECTIONS = 64;
    private static final int CONNECT_MILLIS = 10_000;

    private final ServiceEndpoints services;
    private final Path certificate;
    private final Path key;
    private final Map<Trust, HttpClient> clients = new ConcurrentHashMap<>();
    private final Map<Trust, NetClient> bareClients = new ConcurrentHashMap<>();
    private Vertx vertx;

    private record Trust(String caBundle, boolean insecure) {
    }

    /** @param certificate PEM of the front proxy's client certificate, with its key */
    ProxyClient(ServiceEndpoints services, Path certificate, Path key) {
        this.services = services;
        this.certificate = certificate;
        this.key = key;
    }

    /**
     * Waits for the answer's head.
     *
     * @param uri path and query, percent-encoded
     * @throws WebhookException when the Service has no endpoint
     * @throws IOException      when no answer comes
     */
    Exchange send(RemoteApi api, String method, String uri, List<Map.Entry<String, String>> headers, byte[] body, Duration timeout)
            throws WebhookException, IOException, InterruptedException {
        RequestOptions options = new RequestOptions().setMethod(HttpMethod.valueOf(method)).setSsl(true).setFollowRedirects(false).setConnectTimeout(CONNECT_MILLIS)
                .setServer(services.resolve(api.namespace(), api.service(), api.port())).setHost(api.host()).setPort(api.port()).setURI(uri);
        headers.forEach(header -> options.addHeader(header.getKey(), header.getValue()));
        HttpClient client = client(new Trust(api.caBundle(), api.insecure()));
        CompletableFuture<Exchange> answer = new CompletableFuture<>();
        boolean repeatable = method.equals("GET") || method.equals("HEAD");
        begin(client, options, body, repeatable ? 1 : 0, answer);
        try {
            return answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new IOException(e.getCause().getMessage(), e.getCause());
        } catch (TimeoutException e) {
            answer.thenAccept(Exchange::close);
            throw new IOException("no answer within " + timeout.toSeconds() + " s", e);
        }
    }

    /** @param again how often a kept connection that the other end has closed meanwhile is replaced */
    private void begin(HttpClient client, RequestOptions options, byte[] body, int again, CompletableFuture<Exchange> answer) {
        Context context = vertx.getOrCreateContext();
        context.runOnContext(v -> client.request(options).compose(request -> body.length == 0 ? request.send() : request.send(Buffer.buffer(body)))
                .onSuccess(response -> {
                    Exchange exchange = new Exchange(context, response);
                    if (!answer.complete(exchange)) {
                        exchange.close();
                    }
                })
                .onFailure(e -> {
                    if (again > 0 && e instanceof HttpClosedException) {
                        begin(client, options, body, again - 1, answer);
                    } else {
                        answer.completeExceptionally(e);
                    }
                }));
    }

    /**
     * Opens a connection of its own, on which nothing is said yet.
     *
     * @throws WebhookException when the Service has no endpoint
     * @throws IOException      when there is no connection, or the other end cannot be trusted
     */
    Wire connect(RemoteApi api) throws WebhookException, IOException, InterruptedException {
        SocketAddress address = services.resolve(api.namespace(), api.service(), api.port());
        NetClient client = bareClient(new Trust(api.caBundle(), api.insecure()));
        CompletableFuture<Wire> opened = new CompletableFuture<>();
        vertx.getOrCreateContext().runOnContext(v -> client.connect(address, api.host()).map(socket -> VertxWire.of(socket)).onSuccess(wire -> {
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

    private synchronized Vertx vertx() {
        if (vertx == null) {
            vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1).setInternalBlockingPoolSize(2).setWorkerPoolSize(1));
        }
        return vertx;
    }

    private synchronized HttpClient client(Trust trust) {
        return clients.computeIfAbsent(trust, asked -> vertx().createHttpClient(
                trusting(new HttpClientOptions().setVerifyHost(!asked.insecure()).setKeepAliveTimeout(30), asked), new PoolOptions().setHttp1MaxSize(CONNECTIONS)));
    }

    private synchronized NetClient bareClient(Trust trust) {
        return bareClients.computeIfAbsent(trust, asked -> vertx().createNetClient(
                trusting(new NetClientOptions().setHostnameVerificationAlgorithm(asked.insecure() ? "" : "HTTPS").setConnectTimeout(CONNECT_MILLIS), asked)));
    }

    private <O extends ClientOptionsBase> O trusting(O options, Trust trust) {
        options.setSsl(true).setTrustAll(trust.insecure()).setTcpKeepAlive(true)
                .setKeyCertOptions(new PemKeyCertOptions().setCertPath(certificate.toString()).setKeyPath(key.toString()));
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
