package io.skerry.apiserver.proxy;

import io.skerry.apiserver.status.ApiException;

/**
 * What the name in a path to a proxy subresource says: {@code NAME}, {@code NAME:PORT} or {@code SCHEME:NAME:PORT}, where the port may be left out
 * (k8s.io/apimachinery, util/net, SplitSchemeNamePort).
 *
 * @param tls  scheme https
 * @param port number or name; "" when it is not said
 */
record ProxyName(boolean tls, String name, String port) {
    private static final String KUBELET_PORT = "10250";

    /** @param kind for the message: node, pod, service */
    static ProxyName parse(String kind, String id) {
        String[] parts = id.split(":", -1);
        String scheme = parts.length == 3 ? parts[0] : "";
        String name = parts.length == 3 ? parts[1] : parts[0];
        if (parts.length > 3 || name.isEmpty() || !scheme.isEmpty() && !scheme.equals("http") && !scheme.equals("https")) {
            throw ApiException.badRequest("invalid " + kind + " request \"" + id + "\"");
        }
        return new ProxyName(scheme.equals("https"), name, parts.length == 1 ? "" : parts[parts.length - 1]);
    }

    /** Of a node: whether it is the node agent that is asked for. It has no port here, but clients name the one that they know of kubelet. */
    boolean isNodeAgent() {
        return port.isEmpty() || port.equals(KUBELET_PORT);
    }

    /** Of the scheme, for a target that does not say its port. */
    int defaultPort() {
        return tls ? 443 : 80;
    }
}
