package io.skerry.apiserver.http;

import io.vertx.core.MultiMap;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * The bearer token of a WebSocket out of a browser, which can set no header but the names of subprotocols: one of them is
 * {@code base64url.bearer.authorization.k8s.io.} and the token, in base64url without padding (k8s.io/apiserver/pkg/authentication/request/websocket).
 */
final class BearerProtocol {
    private static final String PREFIX = "base64url.bearer.authorization.k8s.io.";
    private static final String AUTHORIZATION = "Authorization";
    /** A header that no authenticator takes. */
    private static final String REFUSED = "Bearer";

    private BearerProtocol() {}

    /**
     * Puts the token into the header for it, unless the request has that, and takes it out of the subprotocols in any case: it is nobody else's to
     * see. One that cannot be read, is not the only one, or leaves no subprotocol to speak is refused, as a bad token is.
     */
    static void move(MultiMap headers) {
        List<String> others = new ArrayList<>();
        List<String> tokens = new ArrayList<>();
        for (String offered : headers.getAll(WebSocketProtocols.HEADER)) {
            for (String protocol : offered.split(",")) {
                String name = protocol.strip();
                (name.startsWith(PREFIX) ? tokens : others).add(name);
            }
        }
        if (tokens.isEmpty()) {
            return;
        }
        headers.remove(WebSocketProtocols.HEADER);
        if (!others.isEmpty()) {
            headers.set(WebSocketProtocols.HEADER, String.join(", ", others));
        }
        if (!headers.contains(AUTHORIZATION)) {
            headers.set(AUTHORIZATION, tokens.size() > 1 || others.isEmpty() ? REFUSED : bearer(tokens.getFirst().substring(PREFIX.length())));
        }
    }

    private static String bearer(String encoded) {
        try {
            String token = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(Base64.getUrlDecoder().decode(encoded))).toString();
            // what is no token must not become another header
            return token.chars().allMatch(c -> c > ' ' && c < 0x7f) ? "Bearer " + token : REFUSED;
        } catch (IllegalArgumentException | CharacterCodingException e) {
            return REFUSED;
        }
    }
}
