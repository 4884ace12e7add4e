package io.skerry.apiserver.http;

import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.status.ApiException;
import java.util.Arrays;

/** Takes over requests that want another protocol (WebSocket, SPDY). */
public interface UpgradeHandler {

    /** Whether requests of this path may be upgraded; others are answered as if the header were not there. */
    boolean accepts(String path);

    /**
     * Upgrades the request and returns when the connection is over. Called on a virtual thread.
     *
     * @throws ApiException before the upgrade, for a request that is to be answered with a Status instead
     */
    void upgrade(ApiRequest request, Upgrade upgrade);

    /** Leaves each request to the first of these that accepts it. */
    static UpgradeHandler firstOf(UpgradeHandler... handlers) {
        return new UpgradeHandler() {
            @Override
            public boolean accepts(String path) {
                return Arrays.stream(handlers).anyMatch(handler -> handler.accepts(path));
            }

            @Override
            public void upgrade(ApiRequest request, Upgrade upgrade) {
                Arrays.stream(handlers).filter(handler -> handler.accepts(request.path())).findFirst().orElseThrow(ApiException::noSuchResource).upgrade(request, upgrade);
            }
        };
    }
}
