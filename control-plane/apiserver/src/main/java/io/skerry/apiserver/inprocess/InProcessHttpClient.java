package io.skerry.apiserver.inprocess;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.http.StandardHttpClient;
import io.fabric8.kubernetes.client.http.StandardHttpClientBuilder;
import io.fabric8.kubernetes.client.http.StandardHttpRequest;
import io.fabric8.kubernetes.client.http.StandardWebSocketBuilder;
import io.fabric8.kubernetes.client.http.WebSocket;
import io.fabric8.kubernetes.client.http.WebSocketResponse;
import io.skerry.apiserver.ApiHandler;
import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.User;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/** fabric8's HTTP transport as a call of an {@link ApiHandler}: one virtual thread a request. */
final class InProcessHttpClient extends StandardHttpClient<InProcessHttpClient, InProcessHttpClient.Factory, InProcessHttpClient.Builder> {

    private final Set<InProcessResponse> open = ConcurrentHashMap.newKeySet();

    private InProcessHttpClient(Builder builder, AtomicBoolean closed) {
        super(builder, closed);
    }

    @Override
    public CompletableFuture<HttpResponse<AsyncBody>> consumeBytesDirect(StandardHttpRequest request, AsyncBody.Consumer<List<ByteBuffer>> consumer) {
        Factory target = builder.getClientFactory();
        InProcessResponse response = new InProcessResponse(request, consumer);
        byte[] body;
        try {
            body = body(request.body());
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
        // fabric8 keeps the content type beside the headers
        String contentType = request.getContentType();
        ApiRequest call = new ApiRequest(request.method().toUpperCase(Locale.ROOT), request.uri().getRawPath(), request.uri().getRawQuery(),
                name -> name.equalsIgnoreCase("Content-Type") && contentType != null ? contentType
                        : name.equalsIgnoreCase("User-Agent") ? target.agent : header(request, name), body, target.user);
        open.add(response);
        Thread.ofVirtual().name("api " + request.method() + " " + request.uri().getRawPath()).start(() -> {
            try {
                target.handler.handle(call, response);
                response.end();
            } catch (Throwable e) {
                response.fail(e);
            } finally {
                open.remove(response);
            }
        });
        return response.started();
    }

    private static String header(StandardHttpRequest request, String name) {
        List<String> values = request.headers(name);
        return values == null || values.isEmpty() ? null : String.join(", ", values);
    }

    private static byte[] body(StandardHttpRequest.BodyContent content) throws IOException {
        return switch (content) {
            case null -> ApiRequest.NO_BODY;
            case StandardHttpRequest.StringBodyContent text -> text.getContent().getBytes(StandardCharsets.UTF_8);
            case StandardHttpRequest.ByteArrayBodyContent bytes -> bytes.getContent();
            case StandardHttpRequest.InputStreamBodyContent stream -> {
                try (var in = stream.getContent()) {
                    yield in.readAllBytes();
                }
            }
            default -> throw new IOException("a body of " + content.getClass().getName() + " is not known to the in-process client");
        };
    }

    @Override
    public CompletableFuture<WebSocketResponse> buildWebSocketDirect(StandardWebSocketBuilder builder, WebSocket.Listener listener) {
        return CompletableFuture.failedFuture(new UncheckedIOException(new IOException("the in-process client has no WebSockets (exec, attach,"
                + " port-forward); call NodeStreams, or use a client that connects to the server's port")));
    }

    @Override
    protected void doClose() {
        open.forEach(AsyncBody::cancel);
    }

    static final class Builder extends StandardHttpClientBuilder<InProcessHttpClient, Factory, Builder> {
        Builder(Factory factory) {
            super(factory);
        }

        @Override
        public InProcessHttpClient build() {
            // a derived client shares the life of its parent
            AtomicBoolean closed = client == null ? new AtomicBoolean() : client.getClosed();
            return new InProcessHttpClient(this, closed);
        }

        @Override
        protected Builder newInstance(Factory factory) {
            return new Builder(factory);
        }
    }

    static final class Factory implements HttpClient.Factory {
        final ApiHandler handler;
        final User user;
        /** What managedFields names a client that gives no field manager: system:serviceaccount:kube-system:x is x. */
        final String agent;

        Factory(ApiHandler handler, User user) {
            this.handler = handler;
            this.user = user;
            this.agent = user.name().substring(user.name().lastIndexOf(':') + 1);
        }

        /** Neither TLS nor the interceptors for tokens and impersonation: the user is known. */
        @Override
        public Builder newBuilder(Config config) {
            Builder builder = newBuilder();
            builder.tag(config.getRequestConfig());
            return builder;
        }

        @Override
        public Builder newBuilder() {
            return new Builder(this);
        }
    }
}
