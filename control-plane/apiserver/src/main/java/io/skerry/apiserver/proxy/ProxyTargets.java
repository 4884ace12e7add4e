package io.skerry.apiserver.proxy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.util.NetUtil;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.status.ApiException;
import io.skerry.apiserver.webhook.ServiceEndpoints;
import io.skerry.machinery.json.Json;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Finds the servers behind {@code nodes/proxy}, {@code pods/proxy} and {@code services/proxy}, and refuses addresses at which no pod or node is: what a
 * status or an endpoint says must not lead a client to this machine's own loopback servers or its network's metadata service (ResourceLocation
 * of upstream's registries; k8s.io/kubernetes, pkg/proxy/util, IsProxyableIP).
 */
final class ProxyTargets {
    private final Store store;

    ProxyTargets(Store store) {
        this.store = store;
    }

    /** A pod, by its address; at the first port that one of its containers declares when none is named. */
    Endpoint pod(String namespace, String id) {
        ProxyName wanted = ProxyName.parse("pod", id);
        ObjectNode pod = object("pods", namespace + "/" + wanted.name(), wanted.name());
        String port = wanted.port();
        for (JsonNode container : Json.at(pod, "spec", "containers")) {
            JsonNode first = container.path("ports").path(0).path("containerPort");
            port = port.isEmpty() && first.isInt() ? first.asText() : port;
        }
        String address = Json.text(pod, "status", "podIP");
        return endpoint(wanted, address.isEmpty() ? Json.text(Json.at(pod, "status", "podIPs").path(0), "ip") : address, port);
    }

    /** One of the ready pods behind a Service, at a port that is named or numbered as the Service does. */
    Endpoint service(String namespace, String id) {
        ProxyName wanted = ProxyName.parse("service", id);
        ObjectNode service = object("services", namespace + "/" + wanted.name(), wanted.name());
        String port = wanted.port();
        if (port.matches("[0-9]+")) {
            port = null;
            for (JsonNode each : Json.at(service, "spec", "ports")) {
                port = port == null && each.path("port").asText().equals(wanted.port()) ? Json.text(each, "name") : port;
            }
            if (port == null) {
                throw ApiException.serviceUnavailable("no service port " + wanted.port() + " found for service \"" + wanted.name() + "\"");
            }
        }
        List<ServiceEndpoints.Ready> ready = new ArrayList<>(new ServiceEndpoints(store).ready(namespace, wanted.name(), port));
        Collections.shuffle(ready);
        for (ServiceEndpoints.Ready each : ready) {
            if (isOfPod(namespace, each)) {
                return endpoint(wanted, each.address(), Integer.toString(each.port()));
            }
        }
        throw ApiException.serviceUnavailable("no endpoints available for service \"" + (ready.isEmpty() ? wanted.name() : id) + "\"");
    }

    /** Who may write endpoints must not choose what this server calls: only pods of the service's own namespace are, as upstream. */
    private boolean isOfPod(String namespace, ServiceEndpoints.Ready endpoint) {
        if (!Json.text(endpoint.target(), "kind").equals("Pod") || !Json.text(endpoint.target(), "namespace").equals(namespace)) {
            return false;
        }
        ObjectNode pod = store.tree("", "pods", namespace + "/" + Json.text(endpoint.target(), "name"));
        if (pod == null) {
            return false;
        }
        for (JsonNode each : Json.at(pod, "status", "podIPs")) {
            if (Json.text(each, "ip").equals(endpoint.address())) {
                return true;
            }
        }
        return Json.text(pod, "status", "podIP").equals(endpoint.address());
    }

    /** A port of a node; null for the node agent's own endpoints, which have no port here. */
    Endpoint node(ProxyName wanted) {
        ObjectNode node = object("nodes", wanted.name(), wanted.name());
        if (wanted.isNodeAgent()) {
            return null;
        }
        String address = "";
        for (String type : List.of("InternalIP", "ExternalIP")) {
            for (JsonNode each : Json.at(node, "status", "addresses")) {
                address = address.isEmpty() && Json.text(each, "type").equals(type) ? Json.text(each, "address") : address;
            }
        }
        return endpoint(wanted, address, wanted.port());
    }

    private ObjectNode object(String plural, String key, String name) {
        ObjectNode object = store.tree("", plural, key);
        if (object == null) {
            throw ApiException.notFound("", plural, name);
        }
        return object;
    }

    private static Endpoint endpoint(ProxyName wanted, String address, String port) {
        int number = port.isEmpty() ? wanted.defaultPort() : port.matches("[0-9]{1,5}") ? Integer.parseInt(port) : 0;
        if (number < 1 || number > 65535) {
            throw ApiException.badRequest("invalid port \"" + port + "\": it takes a number from 1 to 65535");
        }
        if (!isProxyable(address)) {
            throw ApiException.badRequest("address not allowed");
        }
        return new Endpoint(SocketAddress.inetSocketAddress(number, address), address, number, wanted.tls() ? Endpoint.Trust.ANYONE : Endpoint.Trust.NONE);
    }

    /** Go's net.IP.IsGlobalUnicast, private networks included; false for what is no address, so that no name is looked up. */
    static boolean isProxyable(String address) {
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(address);
        if (bytes == null) {
            return false;
        }
        try {
            InetAddress ip = InetAddress.getByAddress(bytes);
            return !ip.isLoopbackAddress() && !ip.isLinkLocalAddress() && !ip.isMulticastAddress() && !ip.isAnyLocalAddress() && !address.equals("255.255.255.255");
        } catch (UnknownHostException e) {
            return false;
        }
    }
}
