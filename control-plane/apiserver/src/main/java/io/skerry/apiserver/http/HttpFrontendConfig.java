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
 * @param maxBodyBytes largest request body in bytes; a longer one is answered with 413
 */
public record HttpFrontendConfig(String address, int port, Path certificate, Path key, Path clientCa, int maxBodyBytes) {

    /** As kube-apiserver's limit on request bodies: 3 MiB. */
    public static final int MAX_BODY_BYTES = 3 * 1024 * 1024;

    public HttpFrontendConfig(String address, int port, Path certificate, Path key, Path clientCa) {
        this(address, port, certificate, key, clientCa, MAX_BODY_BYTES);
    }

    boolean tls() {
        return certificate != null;
    }
}
