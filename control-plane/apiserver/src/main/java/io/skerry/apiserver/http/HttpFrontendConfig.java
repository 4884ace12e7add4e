package io.skerry.apiserver.http;

import java.nio.file.Path;

/**
 * Where and with which certificates a frontend listens. Certificates and keys are PEM files.
 *
 * @param address address to bind, such as "0.0.0.0"
 * @param port TCP port; 0 lets the system choose
 * @param certificate serving certificate (with intermediates), or null for plain HTTP
 * @param key its private key, or null for plain HTTP
 * @param clientCa CA of client certificates, or null when none is asked for
 * @param limits what clients may take
 */
public record HttpFrontendConfig(String address, int port, Path certificate, Path key, Path clientCa, HttpLimits limits) {

    public HttpFrontendConfig(String address, int port, Path certificate, Path key, Path clientCa) {
        this(address, port, certificate, key, clientCa, HttpLimits.DEFAULT);
    }

    boolean tls() {
        return certificate != null;
    }
}
