package io.skerry.apiserver.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.registry.Store;
import io.skerry.machinery.json.Json;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.PemTrustOptions;
import java.net.URI;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Posts reviews to webhooks over HTTPS (WebhookClientConfig of admissionregistration.k8s.io/v1 and apiextensions.k8s.io/v1): by URL, or to a
 * Service under the name NAME.NAMESPACE.svc. Certificates are checked against the caBundle, or the system's authorities without one.
 * Connections are kept. Nothing runs before the first call.
 */
public final class WebhookClient implements AutoCloseable {
    private static final int MAX_ANSWER = 16 << 20;
    private static final int CONNECTIONS = 16;

    private final ServiceEndpoints services;
    private final Map<String, HttpClient> clients = new ConcurrentHashMap<>();
    private Vertx vertx;

    public WebhookClient(Store store) {
        services = new ServiceEndpoints(store);
    }

    /**
     * Waits for the answer.
     *
     * @param clientConfig with url or service, and caBundle
     * @return the JSON object of the answer
     */
    public ObjectNode post(JsonNode clientConfig, ObjectNode review, Duration timeout) throws WebhookException {
        RequestOptions request = new RequestOptions().setMethod(HttpMethod.POST).setSsl(true).setFollowRedirects(false);
        String shown = address(clientConfig, request, timeout);
        try {
            HttpClient client = client(Json.text(clientConfig, "caBundle"));
            request.setConnectTimeout(timeout.toMillis()).setIdleTimeout(timeout.toMillis());
            byte[] sent = Json.bytes(review);
            CompletableFuture<Buffer> answer = new CompletableFuture<>();
            // on the event loop: from another thread the answer could have come and gone before anyone listens to it
            vertx.runOnContext(v -> Future.succeededFuture().compose(now -> send(client, request, sent))
                    // a kept connection that the other end has closed meanwhile, as Go's transport: once more, on a new one
                    .recover(e -> e instanceof HttpClosedException ? send(client, request, sent) : Future.failedFuture(e))
                    .onSuccess(answer::complete).onFailure(answer::completeExceptionally));
            Buffer body = answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
            if (Json.parse(body.getBytes()) instanceof ObjectNode object) {
                return object;
            }
            throw new WebhookException("Post \"" + shown + "\": the answer is no JSON object");
        } catch (TimeoutException e) {
            throw new WebhookException("Post \"" + shown + "\": context deadline exceeded");
        } catch (ExecutionException e) {
            throw new WebhookException("Post \"" + shown + "\": " + e.getCause().getMessage());
        } catch (IllegalArgumentException e) {
            throw new WebhookException("Post \"" + shown + "\": " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new WebhookException("Post \"" + shown + "\": interrupted");
        }
    }

    private String address(JsonNode config, RequestOptions request, Duration timeout) throws WebhookException {
        String query = "timeout=" + timeout.toSeconds() + "s";
        String url = Json.text(config, "url");
        if (!url.isEmpty()) {
            URI uri;
            try {
                uri = URI.create(url);
            } catch (IllegalArgumentException e) {
                throw new WebhookException("the webhook's url \"" + url + "\" is no URL: " + e.getMessage());
            }
            if (!"https".equals(uri.getScheme()) || uri.getHost() == null) {
                throw new WebhookException("the webhook's url \"" + url + "\" must be https://HOST[:PORT]/PATH");
            }
            String path = (uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath()) + "?" + query;
            request.setHost(uri.getHost().replaceAll("^\\[|\\]$", "")).setPort(uri.getPort() < 0 ? 443 : uri.getPort()).setURI(path);
            return url + "?" + query;
        }
        JsonNode service = config.path("service");
        int port = service.path("port").asInt(443);
        String name = Json.text(service, "name");
        String namespace = Json.text(service, "namespace");
        String path = Json.text(service, "path");
        String uri = (path.startsWith("/") ? path : "/" + path) + "?" + query;
        String host = name + "." + namespace + ".svc";
        request.setServer(services.resolve(namespace, name, port)).setHost(host).setPort(port).setURI(uri);
        return "https://" + host + ":" + port + uri;
    }

    private static Future<Buffer> send(HttpClient client, RequestOptions request, byte[] body) {
        return client.request(request)
                .compose(r -> r.putHeader("Content-Type", "application/json").putHeader("Accept", "application/json").send(Buffer.buffer(body)))
                .compose(WebhookClient::body);
    }

    private static Future<Buffer> body(HttpClientResponse response) {
        Promise<Buffer> whole = Promise.promise();
        Buffer body = Buffer.buffer();
        response.handler(part -> {
            if (body.length() + part.length() > MAX_ANSWER) {
                whole.tryFail("the answer is larger than " + (MAX_ANSWER >> 20) + " MiB");
                response.request().reset();
            } else {
                body.appendBuffer(part);
            }
        });
        response.exceptionHandler(whole::tryFail);
        response.endHandler(end -> {
            if (response.statusCode() >= 200 && response.statusCode() < 300) {
                whole.tryComplete(body);
            } else {
                whole.tryFail("the server answered " + response.statusCode() + " " + response.statusMessage());
            }
        });
        return whole.future();
    }

    private synchronized HttpClient client(String caBundle) {
        if (vertx == null) {
            vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1).setInternalBlockingPoolSize(2).setWorkerPoolSize(1));
        }
        return clients.computeIfAbsent(caBundle, bundle -> {
            HttpClientOptions options = new HttpClientOptions().setSsl(true).setVerifyHost(true).setKeepAliveTimeout(30);
            if (!bundle.isEmpty()) {
                options.setTrustOptions(new PemTrustOptions().addCertValue(Buffer.buffer(Base64.getDecoder().decode(bundle))));
            }
            return vertx.createHttpClient(options, new PoolOptions().setHttp1MaxSize(CONNECTIONS));
        });
    }

    @Override
    public synchronized void close() {
        if (vertx != null) {
            vertx.close();
        }
    }
}
