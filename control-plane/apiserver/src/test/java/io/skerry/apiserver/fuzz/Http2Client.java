package io.skerry.apiserver.fuzz;

import io.skerry.apiserver.fuzz.FuzzRequest.Header;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** HTTP/2 with prior knowledge; many requests share a connection. */
final class Http2Client implements AutoCloseable {
    private final Vertx vertx = Vertx.vertx();
    private final HttpClient client = vertx.createHttpClient(new HttpClientOptions().setProtocolVersion(HttpVersion.HTTP_2).setHttp2ClearTextUpgrade(false)
            .setHttp2MaxPoolSize(4));
    private final int port;

    Http2Client(int port) {
        this.port = port;
    }

    /** As {@link Http1Client#send}. */
    Answer send(FuzzRequest request, int patienceMillis, int listenMillis) throws TimeoutException {
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        RequestOptions options = new RequestOptions().setHost("127.0.0.1").setPort(port).setURI(request.target()).setMethod(HttpMethod.valueOf(request.method()));
        try {
            for (Header header : request.headers()) {
                options.addHeader(header.name(), header.value());
            }
        } catch (IllegalArgumentException e) {
            // the client library does not send such a header
            return Answer.NONE;
        }
        CompletableFuture<HttpClientRequest> opened = new CompletableFuture<>();
        client.request(options, result -> {
            if (result.failed()) {
                answer.complete(Answer.NONE);
                opened.completeExceptionally(result.cause());
                return;
            }
            HttpClientRequest stream = result.result();
            opened.complete(stream);
            stream.exceptionHandler(e -> answer.complete(Answer.NONE));
            stream.response(response -> {
                if (response.failed()) {
                    answer.complete(Answer.NONE);
                } else {
                    read(request, stream, response.result(), listenMillis, answer);
                }
            });
            if (request.cutAt() < 100) {
                stream.setChunked(true);
                stream.write(Buffer.buffer(Arrays.copyOf(request.body(), request.body().length * request.cutAt() / 100)));
                stream.reset(8);
                answer.complete(Answer.NONE);
            } else {
                stream.end(Buffer.buffer(request.body()));
            }
        });
        try {
            return answer.get(patienceMillis, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            opened.thenAccept(stream -> stream.reset(8));
            throw new TimeoutException("no answer within " + patienceMillis + " ms");
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private void read(FuzzRequest request, HttpClientRequest stream, HttpClientResponse response, int listenMillis, CompletableFuture<Answer> answer) {
        String contentType = response.getHeader("Content-Type") == null ? "" : response.getHeader("Content-Type");
        Buffer body = Buffer.buffer();
        response.exceptionHandler(e -> answer.complete(Answer.NONE));
        response.handler(body::appendBuffer);
        response.endHandler(end -> answer.complete(new Answer(response.statusCode(), contentType, body.getBytes(), true)));
        if (request.streams() && response.getHeader("Content-Length") == null) {
            vertx.setTimer(listenMillis, timer -> {
                if (answer.complete(new Answer(response.statusCode(), contentType, body.getBytes(), false))) {
                    stream.reset(8);
                }
            });
        }
    }

    @Override
    public void close() {
        client.close().toCompletionStage().toCompletableFuture().join();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
