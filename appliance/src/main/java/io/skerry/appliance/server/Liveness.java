package io.skerry.appliance.server;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** Asks the API server {@code /livez} the way a client does: over its socket, with TLS. */
final class Liveness {
    private static final int TIMEOUT_MILLIS = 15_000;

    private final InetSocketAddress address;
    private final Path authority;

    /** @param bindAddress what the API server listens on; @param authority PEM certificate that its own leads to */
    Liveness(String bindAddress, int port, Path authority) {
        address = new InetSocketAddress(ApiAddress.local(bindAddress), port);
        this.authority = authority;
    }

    /** Whether it answered 200 in time. */
    boolean answers() {
        try (Socket plain = new Socket()) {
            plain.connect(address, TIMEOUT_MILLIS);
            plain.setSoTimeout(TIMEOUT_MILLIS);
            try (SSLSocket socket = (SSLSocket) context().getSocketFactory().createSocket(plain, address.getHostString(), address.getPort(), true)) {
                socket.getOutputStream().write("GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                String status = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII)).readLine();
                return status != null && status.startsWith("HTTP/1.1 200");
            }
        } catch (IOException | GeneralSecurityException e) {
            return false;
        }
    }

    /** Anew each time: the authority may be renewed while the server runs. */
    private SSLContext context() throws IOException, GeneralSecurityException {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        try (var in = Files.newInputStream(authority)) {
            trusted.setCertificateEntry("server-ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }
}
