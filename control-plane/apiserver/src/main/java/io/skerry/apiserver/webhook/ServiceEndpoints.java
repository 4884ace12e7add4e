package io.skerry.apiserver.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.registry.Store;
import io.skerry.machinery.json.Json;
import io.vertx.core.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Where a Service of the cluster can be reached: at one of its ready endpoints, as upstream with {@code --enable-aggregator-routing}, so that
 * nothing depends on this machine's service proxy.
 */
public final class ServiceEndpoints {
    private static final String SERVICE_NAME = "kubernetes.io/service-name";

    private final Store store;

    public ServiceEndpoints(Store store) {
        this.store = store;
    }

    /** @throws WebhookException when there is no such service or port, or no ready endpoint */
    public SocketAddress resolve(String namespace, String name, int port) throws WebhookException {
        ObjectNode service = store.tree("", "services", namespace + "/" + name);
        if (service == null) {
            throw new WebhookException("service \"" + name + "\" not found");
        }
        if (Json.text(service, "spec", "type").equals("ExternalName")) {
            return SocketAddress.inetSocketAddress(port, Json.text(service, "spec", "externalName"));
        }
        JsonNode wanted = null;
        for (JsonNode candidate : Json.at(service, "spec", "ports")) {
            wanted = wanted == null && candidate.path("port").asInt() == port ? candidate : wanted;
        }
        if (wanted == null) {
            throw new WebhookException("no service port " + port + " found for service \"" + name + "\"");
        }
        List<Ready> ready = ready(namespace, name, Json.text(wanted, "name"));
        if (ready.isEmpty()) {
            throw new WebhookException("no endpoints available for service \"" + name + "\"");
        }
        Ready chosen = ready.get(ThreadLocalRandom.current().nextInt(ready.size()));
        return SocketAddress.inetSocketAddress(chosen.port(), chosen.address());
    }

    /**
     * An address of a ready endpoint.
     *
     * @param target the object that the endpoint says to be (core/v1 ObjectReference); missing for one that was made by hand
     */
    public record Ready(String address, int port, JsonNode target) {
    }

    /** @param portName "" for the port of a Service that has but one and does not name it */
    public List<Ready> ready(String namespace, String name, String portName) {
        List<Ready> ready = new ArrayList<>();
        for (Entry entry : store.cache().resource("discovery.k8s.io", "endpointslices").snapshot(namespace + "/").entries()) {
            ObjectNode slice = entry.tree();
            if (Json.text(slice, "metadata", "labels", SERVICE_NAME).equals(name)) {
                collect(slice, portName, ready);
            }
        }
        return ready;
    }

    private static void collect(ObjectNode slice, String portName, List<Ready> ready) {
        for (JsonNode port : slice.path("ports")) {
            if (!Json.text(port, "name").equals(portName)) {
                continue;
            }
            for (JsonNode endpoint : slice.path("endpoints")) {
                if (Json.at(endpoint, "conditions", "ready").asBoolean(true)) {
                    endpoint.path("addresses").forEach(address -> ready.add(new Ready(address.asText(), port.path("port").asInt(), endpoint.path("targetRef"))));
                }
            }
        }
    }
}
