package io.skerry.apiserver.stream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.node.NodeStreamException;
import io.skerry.apiserver.node.NodeStreams;
import io.skerry.apiserver.node.StreamListener;
import io.skerry.apiserver.node.StreamSession;
import io.skerry.machinery.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Port-forward over WebSocket channels, as fabric8's and the Python client do it: the n-th of the asked ports
 * has channel 2n for data and 2n+1 for errors, and the first message of each channel is the port, two bytes, low byte first.
 */
final class WebSocketPortForward {

    private final Wire wire;
    private final List<StreamSession> sessions = new ArrayList<>();

    WebSocketPortForward(Wire wire) {
        this.wire = wire;
    }

    void run(NodeStreams node, StreamRequest request) {
        try {
            for (int i = 0; i < request.ports().size(); i++) {
                int port = request.ports().get(i);
                byte[] head = {(byte) port, (byte) (port >> 8)};
                send(2 * i, head);
                send(2 * i + 1, head);
                sessions.add(connect(node, request, i, port));
            }
            for (byte[] message = wire.read(); message != null; message = wire.read()) {
                int channel = message.length == 0 ? 1 : message[0] & 0xff;
                if (channel % 2 == 0 && channel / 2 < sessions.size() && message.length > 1) {
                    sessions.get(channel / 2).stdin(Arrays.copyOfRange(message, 1, message.length));
                }
            }
        } finally {
            sessions.forEach(StreamSession::close);
        }
    }

    private StreamSession connect(NodeStreams node, StreamRequest request, int index, int port) {
        try {
            return node.portForward(request.namespace(), request.pod(), port, new StreamListener() {
                @Override
                public void stdout(byte[] bytes) {
                    send(2 * index, bytes);
                }

                @Override
                public void stderr(byte[] bytes) {
                    send(2 * index + 1, bytes);
                }

                @Override
                public void closed(ObjectNode status) {
                    if (Json.text(status, "status").equals("Failure")) {
                        stderr(Json.text(status, "message").getBytes(StandardCharsets.UTF_8));
                    }
                    if (request.ports().size() == 1) {
                        wire.close();
                    }
                }
            });
        } catch (NodeStreamException e) {
            send(2 * index + 1, e.getMessage().getBytes(StandardCharsets.UTF_8));
            return Unconnected.SESSION;
        }
    }

    private void send(int channel, byte[] bytes) {
        byte[] message = new byte[bytes.length + 1];
        message[0] = (byte) channel;
        System.arraycopy(bytes, 0, message, 1, bytes.length);
        wire.write(message);
    }
}
