package io.skerry.apiserver.http;

import io.skerry.apiserver.ApiRequest;
import io.vertx.core.http.HttpServerRequest;

/**
 * Takes over requests that want another protocol (WebSocket, SPDY). Called on a virtual thread for requests with an Upgrade header,
 * whose body is paused.
 */
public interface UpgradeHandler {

    /** Whether requests of this path may be upgraded; others are answered as if the header were not there. */
    boolean accepts(String path);

    /**
     * Answers the request or upgrades it, and returns when the connection is over.
     *
     * @throws io.skerry.apiserver.status.ApiException for a request that is to be answered with a Status instead
     */
    void upgrade(ApiRequest request, HttpServerRequest raw);
}
