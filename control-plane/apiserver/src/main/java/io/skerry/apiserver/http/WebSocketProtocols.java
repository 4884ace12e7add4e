package io.skerry.apiserver.http;

import java.util.List;

/** The subprotocols that streams of pods speak over WebSocket (KEP-4006). */
public final class WebSocketProtocols {

    /** Channels 0 to 4 as the first byte of each message, and 255 to close one. */
    public static final String CHANNEL_V5 = "v5.channel.k8s.io";
    /** As v5, without a way to close stdin. */
    public static final String CHANNEL_V4 = "v4.channel.k8s.io";
    /** The bytes of a SPDY/3.1 connection in binary messages: kubectl port-forward. */
    public static final String SPDY_PORT_FORWARD = "SPDY/3.1+portforward.k8s.io";

    public static final List<String> ALL = List.of(CHANNEL_V5, CHANNEL_V4, SPDY_PORT_FORWARD);

    private WebSocketProtocols() {}
}
