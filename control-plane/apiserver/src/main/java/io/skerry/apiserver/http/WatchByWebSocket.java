package io.skerry.apiserver.http;

import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.ApiResponse;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** A watch, one event a text message (apiserver's {@code WatchServer.HandleWS}): fabric8's asks for it. Whichever subprotocol the client names is its name for that. */
final class WatchByWebSocket extends WebSocketAnswer {
    private final ByteArrayOutputStream event = new ByteArrayOutputStream();

    WatchByWebSocket(Upgrade upgrade, ApiRequest request, ApiResponse plain) {
        super(upgrade, first(request.header(WebSocketProtocols.HEADER)), plain);
    }

    private static String first(String offered) {
        return offered == null ? "" : offered.split(",", 2)[0].strip();
    }

    @Override
    void opened() {
        // the first event is the first message
    }

    @Override
    void more(byte[] bytes) {
        event.writeBytes(bytes);
        if (bytes.length > 0 && bytes[bytes.length - 1] == '\n') {
            String text = event.toString(StandardCharsets.UTF_8).stripTrailing();
            event.reset();
            send(socket -> socket.writeTextMessage(text));
        }
    }
}
