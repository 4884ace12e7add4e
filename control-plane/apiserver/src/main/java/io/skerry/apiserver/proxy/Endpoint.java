package io.skerry.apiserver.proxy;

import io.vertx.core.net.SocketAddress;
import java.nio.file.Path;

/**
 * Where another server listens.
 *
 * @param host what it is called: in the Host header of a request that has none, and in the certificate that it must show
 */
public record Endpoint(SocketAddress address, String host, int port, Trust trust) {

    /**
     * How both ends know each other.
     *
     * @param tls         false for plain HTTP
     * @param caBundle    base64 of PEM: who signed the other server's certificate; "" for the system's authorities
     * @param insecure    any certificate will do
     * @param certificate PEM of the certificate to show, with its key; null for none
     */
    public record Trust(boolean tls, String caBundle, boolean insecure, Path certificate, Path key) {
        /** HTTP without TLS. */
        public static final Trust NONE = new Trust(false, "", true, null, null);
        /** TLS with whoever answers: pods, services and nodes are found by address, which no certificate names. */
        public static final Trust ANYONE = new Trust(true, "", true, null, null);
    }

    /** As in a URL. */
    public String authority() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
