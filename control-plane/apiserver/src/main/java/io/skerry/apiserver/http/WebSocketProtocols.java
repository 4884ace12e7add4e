package io.skerry.apiserver.http;

import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.status.ApiException;
import java.util.Arrays;
import java.util.List;

/** The subprotocols of WebSockets: KEP-4006's, and the older ones (apiserver's wsstream) that terminals in browsers speak. */
public final class WebSocketProtocols {

    /** Channels 0 to 4 as the first byte of each message, and 255 to close one. */
    public static final String CHANNEL_V5 = "v5.channel.k8s.io";
    /** As v5, without a way to close stdin. */
    public static final String CHANNEL_V4 = "v4.channel.k8s.io";
    /** The bytes of a SPDY/3.1 connection in binary messages: kubectl port-forward. */
    public static final String SPDY_PORT_FORWARD = "SPDY/3.1+portforward.k8s.io";

    /** Of exec and attach. Before v4 the error channel tells an error as plain text, and success not at all. */
    public static final List<String> COMMAND = List.of(CHANNEL_V5, CHANNEL_V4, "v4.base64.channel.k8s.io", "channel.k8s.io", "base64.channel.k8s.io", "");
    public static final List<String> PORT_FORWARD = List.of(SPDY_PORT_FORWARD, CHANNEL_V4, "v4.base64.channel.k8s.io", "");
    /** One stream, without channels. */
    static final List<String> LOG = List.of("binary.k8s.io", "base64.binary.k8s.io", "");

    static final String HEADER = "Sec-WebSocket-Protocol";

    private WebSocketProtocols() {}

    /** The protocol for a WebSocket that a request asks for, see {@link #choose(ApiRequest, String, List)}. */
    public static String choose(ApiRequest request, List<String> known) {
        return choose(request, HEADER, known);
    }

    /**
     * The protocol that both speak: the client's first choice that is known here; "" where it names none.
     *
     * @param header that names those of the client
     * @throws ApiException 403 when there is none
     */
    public static String choose(ApiRequest request, String header, List<String> known) {
        String offered = request.header(header);
        return Arrays.stream(offered == null ? new String[] {""} : offered.split(",")).map(String::strip).filter(known::contains).findFirst()
                .orElseThrow(() -> ApiException.ofCode(403, "unable to upgrade: no protocol in common: the client offers " + (offered == null ? "none" : "[" + offered + "]")
                        + " in " + header + ", the server knows " + known.stream().filter(name -> !name.isEmpty()).toList()));
    }

    /** Whether messages are text, with base64 in it. */
    public static boolean isBase64(String protocol) {
        return protocol.contains("base64.");
    }
}
