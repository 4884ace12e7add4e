package io.skerry.apiserver.stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.http.WebSocketProtocols;
import io.skerry.apiserver.node.StreamSession;
import io.skerry.machinery.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Exec and attach over WebSocket, by one of {@link WebSocketProtocols#COMMAND}: the first byte of a message is its channel. In v5 a message on
 * channel 255 closes the channel that its second byte names.
 */
final class WebSocketCommand implements Outlet {

    private static final int STDIN = 0;
    private static final int STDOUT = 1;
    private static final int STDERR = 2;
    private static final int ERROR = 3;
    private static final int RESIZE = 4;
    private static final int CLOSE = 255;

    private final Wire wire;
    private final boolean mayCloseStdin;
    private final boolean tellsStatus;

    WebSocketCommand(Wire wire, String protocol) {
        this.wire = wire;
        this.mayCloseStdin = protocol.equals(WebSocketProtocols.CHANNEL_V5);
        this.tellsStatus = protocol.startsWith("v");
    }

    /** Passes the client's messages on until it leaves or the command has ended. */
    void run(StreamSession session) {
        for (byte[] message = wire.read(); message != null; message = wire.read()) {
            if (message.length == 0) {
                continue;
            }
            byte[] rest = Arrays.copyOfRange(message, 1, message.length);
            switch (message[0] & 0xff) {
                case STDIN -> {
                    if (rest.length > 0) {
                        session.stdin(rest);
                    }
                }
                case RESIZE -> resize(session, rest);
                case CLOSE -> {
                    if (mayCloseStdin && rest.length == 1 && rest[0] == STDIN) {
                        session.closeStdin();
                    }
                }
                default -> { }
            }
        }
    }

    /** A TerminalSize: {"Width":80,"Height":24}. */
    static void resize(StreamSession session, byte[] json) {
        JsonNode size;
        try {
            size = Json.parse(json);
        } catch (IllegalArgumentException e) {
            return;
        }
        int width = size.path("Width").asInt();
        int height = size.path("Height").asInt();
        if (width > 0 && height > 0) {
            session.resize(width, height);
        }
    }

    /** An empty message tells the client that it is connected, before there is output. */
    void greet(StreamRequest request) {
        send(request.stdout() ? STDOUT : request.stderr() ? STDERR : ERROR, new byte[0]);
    }

    private void send(int channel, byte[] bytes) {
        byte[] message = new byte[bytes.length + 1];
        message[0] = (byte) channel;
        System.arraycopy(bytes, 0, message, 1, bytes.length);
        wire.write(message);
    }

    @Override
    public void stdout(byte[] bytes) {
        send(STDOUT, bytes);
    }

    @Override
    public void stderr(byte[] bytes) {
        send(STDERR, bytes);
    }

    @Override
    public void finish(ObjectNode status) {
        if (tellsStatus) {
            send(ERROR, Json.bytes(status));
        } else if (!Json.text(status, "status").equals("Success")) {
            send(ERROR, Json.text(status, "message").getBytes(StandardCharsets.UTF_8));
        }
        wire.close();
    }
}
