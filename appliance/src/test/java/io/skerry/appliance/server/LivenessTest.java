package io.skerry.appliance.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.skerry.apiserver.pki.ClusterPki;
import io.skerry.apiserver.pki.Pem;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LivenessTest {
    @TempDir
    Path folder;

    @Test
    void onlyAnAnswerOfTheRightServerIsLife() throws Exception {
        ClusterPki pki = ClusterPki.ensure(folder.resolve("tls"), List.of("127.0.0.1"), Clock.systemUTC());
        AtomicInteger status = new AtomicInteger(200);
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(context(pki)));
        server.createContext("/livez", exchange -> {
            exchange.sendResponseHeaders(status.get(), -1);
            exchange.close();
        });
        server.start();
        int port = server.getAddress().getPort();
        try {
            // The name that Service relies on.
            Liveness liveness = new Liveness("0.0.0.0", port, folder.resolve("tls/server-ca.crt"));
            assertThat(liveness.answers()).isTrue();
            status.set(500);
            assertThat(liveness.answers()).isFalse();
            status.set(200);
            ClusterPki other = ClusterPki.ensure(folder.resolve("other"), List.of("127.0.0.1"), Clock.systemUTC());
            assertThat(new Liveness("127.0.0.1", port, other.serverCaCertificate()).answers()).as("somebody else on our port").isFalse();
        } finally {
            server.stop(0);
        }
        assertThat(new Liveness("127.0.0.1", port, pki.serverCaCertificate()).answers()).as("nobody").isFalse();
    }

    private static SSLContext context(ClusterPki pki) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("serving", Pem.ecKey(pki.servingKey()), new char[0], new Certificate[] {Pem.certificate(pki.servingCertificate())});
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, new char[0]);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        return context;
    }
}
