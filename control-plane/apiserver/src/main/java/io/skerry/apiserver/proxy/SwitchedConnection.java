package io.skerry.apiserver.proxy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpVersion;
import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.status.ApiException;
import io.skerry.apiserver.stream.Wire;
import io.skerry.machinery.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * A connection to another server that has switched protocols (RFC 9110, section 7.8): what comes from now on is no HTTP. The request is
 * written by hand, for Vert.x' client knows how to switch with GET only, and SPDY begins with POST.
 *
 * @param headers of its answer 101
 * @param first   what came right behind that answer
 */
public record SwitchedConnection(Wire wire, Map<String, String> headers, byte[] first) implements AutoCloseable {
    private static final byte[] HEAD_END = {'\r', '\n', '\r', '\n'};
    private static final int MAX_LINE = 8192;
    private static final int MAX_HEAD = 64 << 10;
    private static final int MAX_REFUSAL = 256 << 10;

    /**
     * Asks for the switch.
     *
     * @param wire    a connection on which nothing was said; closed unless this returns
     * @param host    of a request whose headers name none
     * @param uri     path and query, percent-encoded
     * @param timeout for the answer
     * @throws IOException  when none comes
     * @throws ApiException when the other server refuses, with its own words
     */
    static SwitchedConnection open(Wire wire, String host, ApiRequest request, String uri, List<Map.Entry<String, String>> headers, Duration timeout) throws IOException {
        CompletableFuture<Void> answered = new CompletableFuture<>();
        // on a thread of its own, for a close may have to wait
        Executor late = CompletableFuture.delayedExecutor(timeout.toMillis(), TimeUnit.MILLISECONDS, work -> Thread.ofVirtual().start(work));
        late.execute(() -> {
            if (answered.complete(null)) {
                wire.close();
            }
        });
        boolean switched = false;
        try {
            wire.write(head(host, request, uri, headers));
            SwitchedConnection connection = answer(wire);
            if (!answered.complete(null)) {
                throw new IOException("no answer within " + timeout.toSeconds() + " s");
            }
            switched = true;
            return connection;
        } finally {
            answered.complete(null);
            if (!switched) {
                wire.close();
            }
        }
    }

    private static byte[] head(String host, ApiRequest request, String uri, List<Map.Entry<String, String>> headers) {
        DefaultFullHttpRequest head = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.valueOf(request.method()), uri);
        try {
            head.headers().set(HttpHeaderNames.CONNECTION, "Upgrade").set(HttpHeaderNames.UPGRADE, request.header("Upgrade"));
            headers.forEach(header -> head.headers().add(header.getKey(), header.getValue()));
            if (!head.headers().contains(HttpHeaderNames.HOST)) {
                head.headers().set(HttpHeaderNames.HOST, host);
            }
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest("the request cannot be passed on: " + e.getMessage());
        }
        if (!request.method().equals("GET")) {
            head.headers().set(HttpHeaderNames.CONTENT_LENGTH, 0);
        }
        EmbeddedChannel encoder = new EmbeddedChannel(new HttpRequestEncoder());
        encoder.writeOutbound(head);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (ByteBuf part = encoder.readOutbound(); part != null; part = encoder.readOutbound()) {
            bytes.writeBytes(ByteBufUtil.getBytes(part));
            part.release();
        }
        encoder.finishAndReleaseAll();
        return bytes.toByteArray();
    }

    private static SwitchedConnection answer(Wire wire) throws IOException {
        byte[] come = new byte[0];
        int end = -1;
        while (end < 0) {
            byte[] part = wire.read();
            if (part == null) {
                throw new IOException("the connection ended before an answer came");
            }
            int from = Math.max(0, come.length - HEAD_END.length);
            come = joined(come, part);
            end = endOfHead(come, from);
            if (end < 0 && come.length > MAX_HEAD) {
                throw new IOException("the head of the answer is larger than " + (MAX_HEAD >> 10) + " KiB");
            }
        }
        EmbeddedChannel decoder = new EmbeddedChannel(new HttpResponseDecoder(MAX_LINE, MAX_HEAD, MAX_LINE));
        try {
            decoder.writeInbound(Unpooled.wrappedBuffer(come, 0, end));
            if (!(decoder.readInbound() instanceof HttpResponse response) || response.decoderResult().isFailure()) {
                throw new IOException("the answer is no HTTP");
            }
            if (response.status().code() != 101) {
                throw refusal(wire, come);
            }
            return new SwitchedConnection(wire, headers(response), Arrays.copyOfRange(come, end, come.length));
        } finally {
            decoder.finishAndReleaseAll();
        }
    }

    private static Map<String, String> headers(HttpResponse response) {
        Map<String, String> headers = new LinkedHashMap<>();
        response.headers().forEach(header -> {
            if (!RemoteHeaders.isDropped(header.getKey()) && !header.getKey().equalsIgnoreCase("Content-Length")) {
                headers.merge(RemoteHeaders.canonical(header.getKey()), header.getValue(), (a, b) -> a + ", " + b);
            }
        });
        headers.put("Connection", "Upgrade");
        String protocol = response.headers().get(HttpHeaderNames.UPGRADE);
        if (protocol != null) {
            headers.put("Upgrade", protocol);
        }
        return headers;
    }

    /** Reads the rest of an answer that is not 101, and tells what it says. */
    private static ApiException refusal(Wire wire, byte[] come) throws IOException {
        EmbeddedChannel decoder = new EmbeddedChannel(new HttpResponseDecoder(MAX_LINE, MAX_HEAD, MAX_LINE), new HttpObjectAggregator(MAX_REFUSAL));
        try {
            byte[] part = come;
            FullHttpResponse response = null;
            while (response == null && part != null) {
                decoder.writeInbound(Unpooled.wrappedBuffer(part));
                response = decoder.readInbound();
                part = response == null ? wire.read() : null;
            }
            if (response == null) {
                decoder.finish();
                response = decoder.readInbound();
            }
            if (response == null) {
                throw new IOException("the connection ended within the answer");
            }
            try {
                return refused(response.status().code(), response.content().toString(StandardCharsets.UTF_8));
            } finally {
                response.release();
            }
        } catch (RuntimeException e) {
            throw new IOException("the answer cannot be read: " + e.getMessage(), e);
        } finally {
            decoder.finishAndReleaseAll();
        }
    }

    private static ApiException refused(int code, String body) {
        if (code < 400) {
            return ApiException.serviceUnavailable("error trying to reach service: invalid upgrade response: status code " + code);
        }
        ApiException refused = ApiException.ofCode(code, body.isBlank() ? "the server refused to switch protocols" : body.strip());
        JsonNode told = parsed(body);
        if (Json.text(told, "kind").equals("Status")) {
            refused.status().setAll((ObjectNode) told);
            refused.status().put("code", code);
        }
        return refused;
    }

    private static JsonNode parsed(String body) {
        try {
            return Json.parse(body);
        } catch (IllegalArgumentException e) {
            return Json.object();
        }
    }

    private static byte[] joined(byte[] a, byte[] b) {
        byte[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }

    /** Index behind the empty line, or -1. */
    private static int endOfHead(byte[] bytes, int from) {
        for (int i = from; i + HEAD_END.length <= bytes.length; i++) {
            if (Arrays.equals(bytes, i, i + HEAD_END.length, HEAD_END, 0, HEAD_END.length)) {
                return i + HEAD_END.length;
            }
        }
        return -1;
    }

    @Override
    public void close() {
        wire.close();
    }
}
