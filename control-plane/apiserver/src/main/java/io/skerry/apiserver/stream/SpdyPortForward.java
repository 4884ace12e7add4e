package io.skerry.apiserver.stream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.node.NodeStreamException;
import io.skerry.apiserver.node.NodeStreams;
import io.skerry.apiserver.node.StreamListener;
import io.skerry.apiserver.node.StreamSession;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Port-forward as kubectl does it ({@code portforward.k8s.io}): for each connection the client opens an error stream and a data stream
 * with the same request id, over a SPDY connection of its own or one inside a WebSocket (KEP-4006).
 */
final class SpdyPortForward {

    static final String PROTOCOL = "portforward.k8s.io";

    private final SpdyConnection connection;
    private final NodeStreams node;
    private final StreamRequest request;
    private final Map<String, Pair> waiting = new HashMap<>();

    SpdyPortForward(SpdyConnection connection, NodeStreams node, StreamRequest request) {
        this.connection = connection;
        this.node = node;
        this.request = request;
    }

    void run() {
        connection.run(this::opened);
    }

    private void opened(SpdyStream stream) {
        String id = stream.header("requestid");
        String key = id.isEmpty() ? stream.header("port") : id;
        Pair pair = waiting.computeIfAbsent(key, k -> new Pair());
        switch (stream.header("streamtype")) {
            case "error" -> pair.error = stream;
            case "data" -> {
                pair.data = stream;
                stream.listen(bytes -> pair.session.join().stdin(bytes), () -> pair.session.join().closeStdin(), () -> pair.session.join().close());
            }
            default -> {
                stream.reset();
                return;
            }
        }
        if (pair.error != null && pair.data != null) {
            waiting.remove(key);
            Thread.ofVirtual().name("portforward-" + request.pod()).start(pair::connect);
        }
    }

    private final class Pair implements StreamListener {
        private final CompletableFuture<StreamSession> session = new CompletableFuture<>();
        private SpdyStream error;
        private SpdyStream data;

        void connect() {
            try {
                int port = StreamRequest.port(data.header("port"));
                session.complete(node.portForward(request.namespace(), request.pod(), port, this));
            } catch (NodeStreamException | ApiException e) {
                session.complete(Unconnected.SESSION);
                fail(e.getMessage());
            } catch (RuntimeException e) {
                session.complete(Unconnected.SESSION);
                fail(e.toString());
            }
        }

        private void fail(String message) {
            error.write(("error forwarding port " + data.header("port") + " to pod " + request.pod() + ": " + message).getBytes(StandardCharsets.UTF_8));
            error.finish();
            data.finish();
        }

        @Override
        public void stdout(byte[] bytes) {
            data.write(bytes);
        }

        @Override
        public void stderr(byte[] bytes) {
            error.write(bytes);
        }

        @Override
        public void closed(ObjectNode status) {
            if (Json.text(status, "status").equals("Failure")) {
                fail(Json.text(status, "message"));
            } else {
                error.finish();
                data.finish();
            }
        }
    }
}
