package io.skerry.apiserver.bootstrap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.ApiHandler;
import io.skerry.apiserver.User;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.json.Json;
import java.util.List;

/** Endpoints and EndpointSlice of the service default/kubernetes, written when they are not as they should be. */
final class KubernetesEndpoints {
    private static final User USER = User.master("system:apiserver");
    private static final String NAME = "default/kubernetes";
    private static final String DISCOVERY = "discovery.k8s.io";

    private final ApiHandler server;
    private final Store store;
    private final int port;

    /** @param port of every server, the own one */
    KubernetesEndpoints(ApiHandler server, Store store, int port) {
        this.server = server;
        this.store = store;
        this.port = port;
    }

    /**
     * Leads the service to these servers.
     *
     * @param addresses sorted, so that all servers write the same
     * @return whether anything had to be written
     * @throws IllegalStateException with the server's message when it refuses; it also does when another server was faster
     * @throws ApiException when this server is behind the others
     */
    boolean show(List<String> addresses) {
        boolean endpoints = write("/api/v1/namespaces/default/endpoints", store.tree("", "endpoints", NAME), endpoints(addresses), "subsets");
        return write("/apis/" + DISCOVERY + "/v1/namespaces/default/endpointslices", store.tree(DISCOVERY, "endpointslices", NAME), slice(addresses), "endpoints", "ports")
                || endpoints;
    }

    private ObjectNode endpoints(List<String> addresses) {
        ObjectNode endpoints = Bootstrap.object("v1", "Endpoints", "kubernetes");
        Json.ensureObject(endpoints, "metadata", "labels").put("endpointslice.kubernetes.io/skip-mirror", "true");
        ObjectNode subset = endpoints.putArray("subsets").addObject();
        var list = subset.putArray("addresses");
        addresses.forEach(address -> list.addObject().put("ip", address));
        subset.putArray("ports").addObject().put("name", "https").put("port", port).put("protocol", "TCP");
        return endpoints;
    }

    private ObjectNode slice(List<String> addresses) {
        ObjectNode slice = Bootstrap.object(DISCOVERY + "/v1", "EndpointSlice", "kubernetes").put("addressType", "IPv4");
        Json.ensureObject(slice, "metadata", "labels").put("kubernetes.io/service-name", "kubernetes");
        var list = slice.putArray("endpoints");
        for (String address : addresses) {
            ObjectNode endpoint = list.addObject();
            endpoint.putArray("addresses").add(address);
            endpoint.putObject("conditions").put("ready", true);
        }
        slice.putArray("ports").addObject().put("name", "https").put("port", port).put("protocol", "TCP");
        return slice;
    }

    private boolean write(String collection, ObjectNode present, ObjectNode wanted, String... fields) {
        if (present == null) {
            check(DirectCall.send(server, USER, "POST", collection, wanted));
            return true;
        }
        boolean right = true;
        ObjectNode changed = present.deepCopy();
        for (String field : fields) {
            right &= present.path(field).equals(wanted.get(field));
            changed.set(field, wanted.get(field));
        }
        for (var label : wanted.path("metadata").path("labels").properties()) {
            right &= Json.text(present, "metadata", "labels", label.getKey()).equals(label.getValue().asText());
            Json.ensureObject(changed, "metadata", "labels").set(label.getKey(), label.getValue());
        }
        if (!right) {
            check(DirectCall.send(server, USER, "PUT", collection + "/kubernetes", changed));
        }
        return !right;
    }

    private static void check(DirectCall.Answer answer) {
        if (answer.code() >= 300) {
            JsonNode status = answer.body();
            throw new IllegalStateException("cannot set up the endpoints of service kubernetes: " + Json.text(status, "message"));
        }
    }
}
