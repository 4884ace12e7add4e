package io.skerry.apiserver.aggregation;

import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.proxy.Endpoint;
import io.skerry.apiserver.proxy.Exchange;
import io.skerry.apiserver.proxy.ProxyClient;
import io.skerry.apiserver.proxy.RemoteHeaders;
import io.skerry.apiserver.proxy.SwitchedConnection;
import io.skerry.apiserver.webhook.ServiceEndpoints;
import io.skerry.apiserver.webhook.WebhookException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Sends requests to the servers of APIServices over HTTPS, to an endpoint of their Service, showing the front proxy's certificate.
 *
 * @param certificate PEM of the front proxy's client certificate, with its key
 */
record RemoteClient(ServiceEndpoints services, ProxyClient client, Path certificate, Path key) {

    /**
     * Waits for the answer's head.
     *
     * @param uri path and query, percent-encoded
     * @throws WebhookException when the Service has no endpoint
     * @throws IOException      when no answer comes
     */
    Exchange send(RemoteApi api, String method, String uri, List<Map.Entry<String, String>> headers, byte[] body, Duration timeout)
            throws WebhookException, IOException, InterruptedException {
        return client.send(endpoint(api), method, uri, headers, body, timeout);
    }

    /**
     * Has a connection switch protocols as a request asks.
     *
     * @throws WebhookException when the Service has no endpoint
     * @throws IOException      when no answer comes
     */
    SwitchedConnection switchProtocols(RemoteApi api, ApiRequest request, Duration timeout) throws WebhookException, IOException, InterruptedException {
        return client.switchProtocols(endpoint(api), request, Aggregator.uri(request), RemoteHeaders.of(request), timeout);
    }

    private Endpoint endpoint(RemoteApi api) throws WebhookException {
        return new Endpoint(services.resolve(api.namespace(), api.service(), api.port()), api.host(), api.port(),
                new Endpoint.Trust(true, api.caBundle(), api.insecure(), certificate, key));
    }
}
