package io.skerry.apiserver.proxy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.ApiResponse;
import io.skerry.apiserver.node.NodeLocator;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.request.Query;
import io.skerry.apiserver.request.RequestInfo;
import io.skerry.apiserver.status.ApiException;
import io.skerry.apiserver.stream.PodStreams;
import io.skerry.machinery.json.Json;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The other API servers on a shared datastore. Each alone reaches the containers of its own node, so requests for their logs and streams are passed on to
 * it: by this server's own client certificate, as the user that they are decided for (header Impersonate-User), so that it decides once more.
 */
public final class PeerServers {
    private static final Duration SWITCH_TIMEOUT = Duration.ofSeconds(60);
    /** A node measures for a second at most. */
    private static final Duration SUMMARY_TIMEOUT = Duration.ofSeconds(10);
    private static final int MOST_SUMMARY_BYTES = 16 << 20;

    private final Store store;
    private final NodeLocator nodes;
    private final ProxyClient client;
    private final Endpoint.Trust trust;
    private final Predicate<String> alive;
    private final int port;

    /**
     * @param trust the servers' authority, and the certificate that this one shows
     * @param alive whether another server, which is not this one, is at an IP address
     * @param port  of every server
     */
    public PeerServers(Store store, NodeLocator nodes, ProxyClient client, Endpoint.Trust trust, Predicate<String> alive, int port) {
        this.store = store;
        this.nodes = nodes;
        this.client = client;
        this.trust = trust;
        this.alive = alive;
        this.port = port;
    }

    /** Whether exec, attach or port-forward of a path (percent-encoded) is another server's. */
    public boolean isTheirs(String path) {
        return PodStreams.isStream(path) && ofPod(path) != null;
    }

    /**
     * Has the server that runs the pod switch protocols as a request asks.
     *
     * @param request as the user that it is decided for, of a path that {@link #isTheirs}
     * @throws ApiException when the server cannot be reached, or refuses
     */
    public SwitchedConnection switchProtocols(ApiRequest request) {
        Endpoint server = ofPod(request.path());
        if (server == null) {
            throw ApiException.serviceUnavailable("the pod's node is not connected to this server, nor to another that is alive");
        }
        return ProxyClient.reach(() -> client.switchProtocols(server, request, uri(request), RemoteHeaders.impersonating(request), SWITCH_TIMEOUT));
    }

    /** Passes a request for a pod's log, or for a node's own endpoints, on to the server that runs it. @return false when it is none of another's */
    public boolean serve(Call call, ApiResponse response) {
        RequestInfo info = call.info();
        Endpoint server = null;
        if (call.type().is("", "pods") && info.subresource().equals("log")) {
            server = ofPod(info.namespace(), info.name());
        } else if (call.type().is("", "nodes") && info.subresource().equals(ProxySubresource.NAME)) {
            ProxyName name = ProxyName.parse("node", info.name());
            server = name.isNodeAgent() ? ofNode(name.name()) : null;
        }
        if (server == null) {
            return false;
        }
        Endpoint to = server;
        ApiRequest request = call.request();
        ProxyClient.reach(() -> {
            passOn(to, request, response);
            return null;
        });
        return true;
    }

    /**
     * What the server of a node tells of it at {@code /stats/summary} (kubelet's Summary API). It is asked by this server itself: whether a user may know is decided here.
     *
     * @return nothing for a node of this server, and for one without a living server
     * @throws IOException when the server cannot be reached, or does not tell
     */
    public Optional<JsonNode> summary(String node) throws IOException, InterruptedException {
        Endpoint server = ofNode(node);
        if (server == null) {
            return Optional.empty();
        }
        List<Map.Entry<String, String>> headers = List.of(Map.entry("Accept", "application/json"));
        try (Exchange exchange = client.send(server, "GET", "/api/v1/nodes/" + node + "/proxy/stats/summary", headers, new byte[0], SUMMARY_TIMEOUT)) {
            byte[] body = exchange.body(MOST_SUMMARY_BYTES, SUMMARY_TIMEOUT);
            if (exchange.status() != 200) {
                throw new IOException("the server at " + server.authority() + " answers " + exchange.status());
            }
            return Optional.of(Json.parse(body));
        } catch (IllegalArgumentException e) {
            throw new IOException("the server at " + server.authority() + " answers no JSON: " + e.getMessage(), e);
        }
    }

    private void passOn(Endpoint to, ApiRequest request, ApiResponse response) throws IOException, InterruptedException {
        List<Map.Entry<String, String>> headers = RemoteHeaders.impersonating(request);
        try (Exchange exchange = client.sendFor(response, to, request.method(), uri(request), headers, request.body())) {
            exchange.passTo(response);
        }
    }

    private static String uri(ApiRequest request) {
        return request.path() + (request.query() == null ? "" : "?" + request.query());
    }

    private Endpoint ofPod(String path) {
        String[] parts = path.split("/");
        return ofPod(Query.decode(parts[4].replace("+", "%2B")), Query.decode(parts[6].replace("+", "%2B")));
    }

    private Endpoint ofPod(String namespace, String name) {
        ObjectNode pod = store.tree("", "pods", namespace + "/" + name);
        return pod == null ? null : ofNode(Json.text(pod, "spec", "nodeName"));
    }

    /** Null for a node of this server, and for one without a living server. */
    private Endpoint ofNode(String name) {
        ObjectNode node = name.isEmpty() || nodes.node(name).isPresent() ? null : store.tree("", "nodes", name);
        for (JsonNode each : Json.at(node, "status", "addresses")) {
            String address = Json.text(each, "address");
            if (Json.text(each, "type").equals("InternalIP") && alive.test(address)) {
                return new Endpoint(SocketAddress.inetSocketAddress(port, address), address, port, trust);
            }
        }
        return null;
    }
}
