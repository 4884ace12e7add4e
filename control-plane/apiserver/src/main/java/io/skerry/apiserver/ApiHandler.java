package io.skerry.apiserver;

import java.util.List;

/**
 * Answers one API request. Called on a virtual thread and blocking: a watch or a followed log returns when it is over.
 * Transports (sockets, in-process) sit in front of it; it knows nothing of connections.
 */
@FunctionalInterface
public interface ApiHandler {
    void handle(ApiRequest request, ApiResponse response);

    /**
     * Told of a request that the transport answers with 401: its sender gave credentials that are not good.
     *
     * @param request   of {@link User#UNKNOWN}, without its body
     * @param attempted the kinds of credentials: bearer, basic, access_token, x509
     */
    default void refused(ApiRequest request, List<String> attempted) {
    }
}
