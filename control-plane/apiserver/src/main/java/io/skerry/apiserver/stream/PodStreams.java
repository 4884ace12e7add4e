package io.skerry.apiserver.stream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.http.Upgrade;
import io.skerry.apiserver.http.UpgradeHandler;
import io.skerry.apiserver.http.WebSocketProtocols;
import io.skerry.apiserver.node.NodeLocator;
import io.skerry.apiserver.node.NodeStreamException;
import io.skerry.apiserver.node.NodeStreams;
import io.skerry.apiserver.node.StreamSession;
import io.skerry.apiserver.request.Query;
import io.skerry.apiserver.request.RequestInfo;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.json.Json;
import java.util.List;
import java.util.Map;

/**
 * Exec, attach and port-forward: finds the pod and its node, upgrades the connection to WebSocket or SPDY/3.1 and passes the
 * bytes both ways (API reference: connect operations of Pod; KEP-4006). GET and POST mean the same.
 */
public final class PodStreams implements UpgradeHandler {

    private final StreamAccess access;
    private final NodeLocator nodes;

    public PodStreams(StreamAccess access, NodeLocator nodes) {
        this.access = access;
        this.nodes = nodes;
    }

    @Override
    public boolean accepts(String path) {
        return isStream(path);
    }

    /** Whether a path (percent-encoded) is that of one of these. */
    public static boolean isStream(String path) {
        String[] parts = path.split("/");
        return path.startsWith("/api/v1/namespaces/") && parts.length == 8 && parts[5].equals("pods") && StreamRequest.KINDS.contains(parts[7]);
    }

    @Override
    public void upgrade(ApiRequest request, Upgrade upgrade) {
        Query query = Query.parse(request.query());
        RequestInfo info = RequestInfo.of(request.method(), request.path(), query);
        if (!info.isResource() || !info.resource().equals("pods") || !StreamRequest.KINDS.contains(info.subresource())) {
            throw ApiException.noSuchResource();
        }
        if (!request.method().equals("GET") && !request.method().equals("POST")) {
            throw ApiException.methodNotAllowed();
        }
        StreamRequest stream = StreamRequest.of(info, query);
        String protocol = protocol(request, stream.kind().equals("portforward"));
        boolean webSocket = request.header("Upgrade").equalsIgnoreCase("websocket");
        ObjectNode pod = access.pod(request, info);
        NodeStreams node = node(pod);
        if (!stream.kind().equals("portforward")) {
            command(stream, pod, node, protocol, webSocket, upgrade);
        } else if (webSocket && protocol.equals(WebSocketProtocols.SPDY_PORT_FORWARD)) {
            new SpdyPortForward(new SpdyConnection(wire(upgrade, protocol)), node, stream).run();
        } else if (webSocket) {
            if (stream.ports().isEmpty()) {
                throw ApiException.badRequest("the query parameter \"ports\" is required");
            }
            new WebSocketPortForward(wire(upgrade, protocol)).run(node, stream);
        } else {
            new SpdyPortForward(new SpdyConnection(upgrade.socket(spdyHeaders(protocol), VertxWire::of)), node, stream).run();
        }
    }

    private void command(StreamRequest stream, ObjectNode pod, NodeStreams node, String protocol, boolean webSocket, Upgrade upgrade) {
        Outlet.Gate gate = new Outlet.Gate();
        // started before the upgrade: what can't be started is answered with a code
        StreamSession session = start(stream, pod, node, gate);
        try {
            if (webSocket) {
                WebSocketCommand command = new WebSocketCommand(wire(upgrade, protocol), protocol);
                command.greet(stream);
                gate.open(command);
                command.run(session);
            } else {
                new SpdyCommand(new SpdyConnection(upgrade.socket(spdyHeaders(protocol), VertxWire::of)), stream).run(session, gate);
            }
        } finally {
            gate.open(Outlet.NOWHERE);
            session.close();
        }
    }

    private static Wire wire(Upgrade upgrade, String protocol) {
        return upgrade.webSocket(protocol, WebSocketProtocols.isBase64(protocol) ? VertxWire::ofText : VertxWire::of);
    }

    private static StreamSession start(StreamRequest stream, ObjectNode pod, NodeStreams node, Outlet.Gate gate) {
        try {
            NodeStreams.ExecOptions options = stream.execOptions(pod);
            return stream.kind().equals("exec") ? node.exec(options, gate) : node.attach(options, gate);
        } catch (NodeStreamException e) {
            throw ApiException.ofCode(e.code(), e.getMessage());
        }
    }

    private NodeStreams node(ObjectNode pod) {
        String nodeName = Json.text(pod, "spec", "nodeName");
        String name = Json.text(pod, "metadata", "name");
        if (nodeName.isEmpty()) {
            throw ApiException.badRequest("pod " + name + " does not have a host assigned");
        }
        return nodes.node(nodeName).orElseThrow(() -> ApiException.serviceUnavailable("node \"" + nodeName + "\" of pod \"" + name + "\" is not connected to this server"));
    }

    private static String protocol(ApiRequest request, boolean portForward) {
        boolean webSocket = request.header("Upgrade").equalsIgnoreCase("websocket");
        if (!webSocket && !request.header("Upgrade").equalsIgnoreCase("SPDY/3.1")) {
            throw ApiException.badRequest("unable to upgrade: unknown protocol \"" + request.header("Upgrade") + "\", known are websocket and SPDY/3.1");
        }
        return webSocket ? WebSocketProtocols.choose(request, portForward ? WebSocketProtocols.PORT_FORWARD : WebSocketProtocols.COMMAND)
                : WebSocketProtocols.choose(request, "X-Stream-Protocol-Version", List.of(portForward ? SpdyPortForward.PROTOCOL : SpdyCommand.PROTOCOL));
    }

    private static Map<String, String> spdyHeaders(String protocol) {
        return Map.of("Connection", "Upgrade", "Upgrade", "SPDY/3.1", "X-Stream-Protocol-Version", protocol);
    }
}
