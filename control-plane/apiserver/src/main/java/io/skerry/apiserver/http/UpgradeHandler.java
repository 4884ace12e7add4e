package io.skerry.apiserver.http;

import io.skerry.apiserver.ApiRequest;

/** Takes over requests that want another protocol (WebSocket, SPDY). */
public interface UpgradeHandler {

    /** Whether requests of this path may be upgraded; others are answered as if the header were not there. */
    boolean accepts(String path);

    /**
     * Upgrades the request and returns when the connection is over. Called on a virtual thread.
     *
     * @throws io.skerry.apiserver.status.ApiException before the upgrade, for a request that is to be answered with a Status instead
     */
    void upgrade(ApiRequest request, Upgrade upgrade);
}
