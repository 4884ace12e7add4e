package io.skerry.apiserver.proxy;

import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.ApiResponse;
import io.skerry.apiserver.node.NodeDocument;
import io.skerry.apiserver.node.NodeLocator;
import io.skerry.apiserver.node.NodeStreamException;
import io.skerry.apiserver.node.NodeStreams;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.Pipeline;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.request.Query;
import io.skerry.apiserver.status.ApiException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;

/**
 * {@code nodes/proxy}, {@code pods/proxy} and {@code services/proxy}: passes a request of any method on to the server of a pod, of a service's pod or on a
 * node, without the client's credentials, and its answer back; links of HTML pages are led back here (core/v1 PodProxyOptions; k8s.io/apimachinery,
 * util/proxy, UpgradeAwareHandler). A node's own endpoints are asked within the process.
 */
public final class ProxySubresource {
    public static final String NAME = "proxy";
    private static final Duration SWITCH_TIMEOUT = Duration.ofSeconds(60);
    private static final List<String> CORS = List.of("Access-Control-Allow-Credentials", "Access-Control-Allow-Headers", "Access-Control-Allow-Methods", "Access-Control-Allow-Origin");

    private final Pipeline pipeline;
    private final NodeLocator nodes;
    private final ProxyTargets targets;
    private final ProxyClient client;

    public ProxySubresource(Store store, Pipeline pipeline, NodeLocator nodes, ProxyClient client) {
        this.pipeline = pipeline;
        this.nodes = nodes;
        this.client = client;
        targets = new ProxyTargets(store);
    }

    /** Whether a path (percent-encoded) leads through one of these. */
    public static boolean isProxied(String path) {
        String[] parts = path.split("/", 10);
        if (parts.length < 6 || !parts[1].equals("api") || !parts[2].equals("v1")) {
            return false;
        }
        return parts[3].equals("nodes") && parts[5].equals(NAME)
                || parts.length > 7 && parts[3].equals("namespaces") && (parts[5].equals("pods") || parts[5].equals("services")) && parts[7].equals(NAME);
    }

    /** What of the path, percent-encoded, is the other server's: "", or what begins with a slash. */
    public static String rest(Call call) {
        String path = call.request().path();
        int at = 0;
        for (int segments = call.type().namespaced() ? 7 : 5; segments > 0; segments--) {
            while (path.startsWith("/", at)) {
                at++;
            }
            at = path.indexOf('/', at);
            if (at < 0) {
                return "";
            }
        }
        return path.substring(at);
    }

    /** Passes a request on, and its answer back as it comes. */
    public void stream(Call call, ApiResponse response) {
        pipeline.admitConnect(call);
        Endpoint endpoint = target(call);
        ApiRequest request = call.request();
        String rest = rest(call);
        boolean read = request.method().equals("GET") || request.method().equals("HEAD");
        if (rest.isEmpty() && read) {
            // relative links of the page would else lead out of it
            response.start(301, Map.of("Location", request.path() + "/" + query(request), "Content-Length", "0"));
            response.end();
        } else if (endpoint == null) {
            if (!read) {
                throw ApiException.methodNotAllowed();
            }
            document(call, rest, response);
        } else {
            ProxyClient.reach(() -> {
                String prefix = request.path().substring(0, request.path().length() - rest.length());
                try (Exchange exchange = client.sendFor(response, endpoint, request.method(), uri(call, rest), RemoteHeaders.forwarded(request, request.path()), request.body())) {
                    pass(exchange, new ProxyLinks(prefix, endpoint.authority(), RemoteHeaders.host(request)), !request.method().equals("HEAD"), response);
                }
                return null;
            });
        }
    }

    /**
     * Has the other server switch protocols as the request asks.
     *
     * @throws ApiException when it cannot be reached, or refuses
     */
    public SwitchedConnection switchProtocols(Call call) {
        pipeline.admitConnect(call);
        Endpoint endpoint = target(call);
        if (endpoint == null) {
            throw ApiException.badRequest("unable to upgrade: a node's own endpoints speak plain HTTP alone");
        }
        ApiRequest request = call.request();
        return ProxyClient.reach(() -> client.switchProtocols(endpoint, request, uri(call, rest(call)), RemoteHeaders.forwarded(request, request.path()), SWITCH_TIMEOUT));
    }

    private Endpoint target(Call call) {
        String namespace = call.info().namespace();
        String id = call.info().name();
        return switch (call.type().plural()) {
            case "pods" -> targets.pod(namespace, id);
            case "services" -> targets.service(namespace, id);
            default -> targets.node(ProxyName.parse("node", id));
        };
    }

    private static String query(ApiRequest request) {
        return request.query() == null ? "" : "?" + request.query();
    }

    private static String uri(Call call, String rest) {
        return (rest.isEmpty() ? "/" : rest) + query(call.request());
    }

    private void document(Call call, String rest, ApiResponse response) {
        String name = ProxyName.parse("node", call.info().name()).name();
        NodeStreams node = nodes.node(name).orElseThrow(() -> ApiException.serviceUnavailable("node \"" + name + "\" is not connected to this server"));
        try {
            NodeDocument document = node.document(Query.decode(rest.replace("+", "%2B")));
            response.start(200, Map.of("Content-Type", document.contentType(), "Content-Length", Integer.toString(document.body().length)));
            response.write(document.body());
            response.end();
        } catch (NodeStreamException e) {
            throw ApiException.ofCode(e.code(), e.getMessage());
        }
    }

    private static void pass(Exchange exchange, ProxyLinks links, boolean hasBody, ApiResponse response) throws IOException, InterruptedException {
        Map<String, String> headers = new LinkedHashMap<>(exchange.headers(response));
        CORS.forEach(headers::remove);
        headers.computeIfPresent("Location", (name, url) -> links.through(url));
        String type = headers.getOrDefault("Content-Type", "").split(";", 2)[0].strip();
        String encoding = headers.getOrDefault("Content-Encoding", "");
        boolean page = type.equalsIgnoreCase("text/html") && !headers.containsKey("Location") && List.of("", "gzip", "deflate").contains(encoding);
        if (page) {
            headers.remove("Content-Length");
            headers.remove("Content-Encoding");
        }
        response.start(exchange.status(), headers);
        if (page && hasBody && exchange.status() != 204 && exchange.status() != 304) {
            passPage(exchange, encoding, new HtmlLinks(links::through), response);
        } else {
            exchange.passBodyTo(response);
        }
    }

    private static void passPage(Exchange exchange, String encoding, HtmlLinks html, ApiResponse response) throws IOException {
        response.closed().thenRun(exchange::close);
        try (InputStream body = decoded(exchange.stream(), encoding)) {
            byte[] part = new byte[16 << 10];
            for (int length = body.read(part); length >= 0; length = body.read(part)) {
                response.write(html.next(new String(part, 0, length, StandardCharsets.ISO_8859_1)).getBytes(StandardCharsets.ISO_8859_1));
                response.flush();
            }
        }
        response.write(html.end().getBytes(StandardCharsets.ISO_8859_1));
        response.end();
    }

    private static InputStream decoded(InputStream body, String encoding) throws IOException {
        return switch (encoding) {
            case "gzip" -> new GZIPInputStream(body);
            case "deflate" -> new InflaterInputStream(body, new Inflater(true));
            default -> body;
        };
    }
}
