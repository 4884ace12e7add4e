package io.skerry.apiserver.aggregation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.ApiHandler;
import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.ApiResponse;
import io.skerry.apiserver.User;
import io.skerry.apiserver.cache.ResourceCache;
import io.skerry.apiserver.discovery.RemoteOpenApi;
import io.skerry.apiserver.discovery.RemoteVersions;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.apiserver.metrics.ResourceMetrics;
import io.skerry.apiserver.pki.ClusterPki;
import io.skerry.apiserver.proxy.Exchange;
import io.skerry.apiserver.proxy.ProxyClient;
import io.skerry.apiserver.proxy.RemoteHeaders;
import io.skerry.apiserver.proxy.SwitchedConnection;
import io.skerry.apiserver.registry.ServedTypes;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.request.RequestInfo;
import io.skerry.apiserver.status.ApiException;
import io.skerry.apiserver.webhook.ServiceEndpoints;
import io.skerry.apiserver.webhook.WebhookException;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;

/**
 * Passes requests for the groups of APIServices on to their servers, once this server knows who asks and that they may (k8s.io/kube-aggregator). The
 * other server is told who in headers, which it believes as they come with the front proxy's certificate.
 */
public final class Aggregator implements RemoteVersions, AutoCloseable {
    private static final User USER = User.master("system:apiserver");
    private static final String GROUP = "apiregistration.k8s.io";
    private static final String PLURAL = "apiservices";
    private static final Duration HEAD_TIMEOUT = Duration.ofSeconds(60);
    private static final String CONFIG = "/api/v1/namespaces/kube-system/configmaps";
    private static final String CONFIG_NAME = "extension-apiserver-authentication";

    private final RemoteApis apis;
    private final RemoteClient client;
    private final Availability availability;
    private final LocalApis local;
    private final ServedTypes types;
    private final RemoteDocuments documents;

    /**
     * Starts to look after APIServices, keeps those of what this server serves itself, and publishes what their servers need to know of this one.
     *
     * @throws IOException when a certificate cannot be read
     */
    public Aggregator(ApiHandler server, Store store, ServedTypes types, ProxyClient client, ClusterPki pki) throws IOException {
        ResourceCache cache = store.cache().resource(GROUP, PLURAL);
        apis = new RemoteApis(() -> cache);
        this.client = new RemoteClient(new ServiceEndpoints(store), client, pki.proxyCertificate(), pki.proxyKey());
        publish(server, pki);
        this.types = types;
        availability = new Availability(server, cache, apis, this.client);
        documents = new RemoteDocuments(() -> apis.all().stream().filter(api -> isTheirs(api) && availability.isAvailable(api)).toList(), this.client);
        local = new LocalApis(server, types, cache, store.cache().resource("apiextensions.k8s.io", "customresourcedefinitions"));
    }

    /** ConfigMap kube-system/extension-apiserver-authentication, which a default Role may read. */
    private static void publish(ApiHandler server, ClusterPki pki) throws IOException {
        ObjectNode config = Json.object().put("apiVersion", "v1").put("kind", "ConfigMap");
        config.putObject("metadata").put("name", CONFIG_NAME);
        config.putObject("data").put("client-ca-file", Files.readString(pki.clientCaCertificate()))
                .put("requestheader-client-ca-file", Files.readString(pki.requestHeaderCaCertificate()))
                .put("requestheader-allowed-names", "[\"" + ClusterPki.PROXY_USER + "\"]")
                .put("requestheader-username-headers", "[\"X-Remote-User\"]").put("requestheader-uid-headers", "[\"X-Remote-Uid\"]")
                .put("requestheader-group-headers", "[\"X-Remote-Group\"]").put("requestheader-extra-headers-prefix", "[\"X-Remote-Extra-\"]");
        DirectCall.Answer present = DirectCall.send(server, USER, "GET", CONFIG + "/" + CONFIG_NAME, null);
        if (present.code() == 404) {
            DirectCall.send(server, USER, "POST", CONFIG, config);
        } else if (!present.body().path("data").equals(config.get("data"))) {
            DirectCall.send(server, USER, "PUT", CONFIG + "/" + CONFIG_NAME, config);
        }
    }

    /** Preferred ones first. */
    @Override
    public List<RemoteVersions.Version> versions() {
        return apis.all().stream().map(api -> new RemoteVersions.Version(api.group(), api.version(), availability.resources(api), availability.isAvailable(api))).toList();
    }

    @Override
    public long changes() {
        return apis.revision() + availability.changes();
    }

    /** What this server serves itself is not given away, but for what was made to be: metrics. */
    private boolean isTheirs(RemoteApi api) {
        return api.group().equals(ResourceMetrics.GROUP) || !types.hasGroupVersion(api.group(), api.version());
    }

    /** Documents of their types. */
    public RemoteOpenApi openApi() {
        return documents;
    }

    /** Whether requests of a path (percent-encoded) go to another server. */
    public boolean isRemote(String path) {
        RemoteApi api = find(path);
        return api != null && isTheirs(api);
    }

    private RemoteApi find(String path) {
        String[] parts = path.split("/", 5);
        return parts.length > 3 && parts[1].equals("apis") ? apis.find(parts[2], parts[3]) : null;
    }

    /**
     * Has another server switch protocols as a request asks.
     *
     * @param request as the user that it is decided for, of a path that {@link #isRemote}
     * @throws ApiException when the server cannot be reached, or refuses
     */
    public SwitchedConnection switchProtocols(ApiRequest request) {
        RemoteApi api = find(request.path());
        if (api == null) {
            throw ApiException.noSuchResource();
        }
        return told(api, () -> client.switchProtocols(api, request, HEAD_TIMEOUT));
    }

    /**
     * Answers a request below {@code /apis/GROUP/VERSION} of an APIService.
     *
     * @param request as the user that it is decided for: impersonated or not
     * @return false when it is none of theirs
     */
    public boolean serve(ApiRequest request, RequestInfo info, ApiResponse response) {
        RemoteApi api = find(info.path());
        if (api == null) {
            return false;
        }
        return told(api, () -> {
            try (Exchange exchange = client.send(api, request.method(), uri(request), RemoteHeaders.of(request), request.body(), HEAD_TIMEOUT)) {
                exchange.passTo(response);
            }
            return true;
        });
    }

    /** Path and query, as they came. */
    static String uri(ApiRequest request) {
        return request.path() + (request.query() == null ? "" : "?" + request.query());
    }

    private interface Asking<T> {
        T ask() throws WebhookException, IOException, InterruptedException;
    }

    private static <T> T told(RemoteApi api, Asking<T> asking) {
        return ProxyClient.reach(() -> {
            try {
                return asking.ask();
            } catch (WebhookException e) {
                throw ApiException.serviceUnavailable("the server of APIService " + api.name() + " cannot be reached: " + e.getMessage());
            }
        });
    }

    @Override
    public void close() {
        local.close();
        availability.close();
    }
}
