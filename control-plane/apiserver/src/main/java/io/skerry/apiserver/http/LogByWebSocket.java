package io.skerry.apiserver.http;

import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.ApiResponse;
import io.vertx.core.buffer.Buffer;
import java.util.Base64;
import java.util.regex.Pattern;

/**
 * A container's log, its bytes in binary messages or, with {@code base64.binary.k8s.io}, in base64 in text messages (apiserver's
 * {@code wsstream.Reader}). An empty message tells the client that it is connected, before there is anything in the log.
 */
final class LogByWebSocket extends WebSocketAnswer {
    private static final Pattern PATH = Pattern.compile("/api/v1/namespaces/[^/]+/pods/[^/]+/log");

    private final boolean base64;

    /** @throws io.skerry.apiserver.status.ApiException when the client names subprotocols, and none that is known */
    static LogByWebSocket of(Upgrade upgrade, ApiRequest request, ApiResponse plain) {
        return new LogByWebSocket(upgrade, WebSocketProtocols.choose(request, WebSocketProtocols.LOG), plain);
    }

    private LogByWebSocket(Upgrade upgrade, String protocol, ApiResponse plain) {
        super(upgrade, protocol, plain);
        this.base64 = WebSocketProtocols.isBase64(protocol);
    }

    /** Whether a path (percent-encoded) is that of a log. */
    static boolean isLog(String path) {
        return PATH.matcher(path).matches();
    }

    @Override
    void opened() {
        more(new byte[0]);
    }

    @Override
    void more(byte[] bytes) {
        send(socket -> base64 ? socket.writeTextMessage(Base64.getEncoder().encodeToString(bytes)) : socket.writeBinaryMessage(Buffer.buffer(bytes)));
    }
}
