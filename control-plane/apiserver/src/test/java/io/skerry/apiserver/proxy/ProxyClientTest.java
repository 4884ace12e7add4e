package io.skerry.apiserver.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.apiserver.User;
import io.skerry.apiserver.http.Blocking;
import io.skerry.apiserver.http.HttpFrontend;
import io.skerry.apiserver.http.HttpFrontendConfig;
import io.skerry.apiserver.pki.ClusterPki;
import io.skerry.apiserver.response.Responder;
import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProxyClientTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    @TempDir
    Path folder;

    private static String serial(ProxyClient client, Endpoint server) throws Exception {
        List<Map.Entry<String, String>> alone = List.of(Map.entry("Connection", "close"));
        try (Exchange exchange = client.send(server, "GET", "/", alone, new byte[0], TIMEOUT)) {
            return new String(exchange.body(1000, TIMEOUT), StandardCharsets.US_ASCII);
        }
    }

    @Test
    void showsARenewedCertificate() throws Exception {
        ClusterPki pki = ClusterPki.ensure(folder, List.of("127.0.0.1"), Clock.offset(Clock.systemUTC(), Duration.ofDays(-300)));
        pki.ensureServerClient();
        Vertx vertx = Vertx.vertx();
        try (HttpFrontend frontend = new HttpFrontend(vertx, new HttpFrontendConfig("127.0.0.1", 0, pki.servingCertificate(), pki.servingKey(), pki.clientCaCertificate()),
                shown -> new User(shown.peerCertificates().getFirst().getSerialNumber().toString(), User.AUTHENTICATED),
                (request, response) -> Responder.text(response, 200, request.user().name()), null);
                ProxyClient client = new ProxyClient()) {
            frontend.start();
            Endpoint server = new Endpoint(SocketAddress.inetSocketAddress(frontend.port(), "127.0.0.1"), "127.0.0.1", frontend.port(),
                    new Endpoint.Trust(true, Base64.getEncoder().encodeToString(Files.readAllBytes(pki.serverCaCertificate())), false, pki.serverClientCertificate(),
                            pki.serverClientKey()));
            String first = serial(client, server);
            client.renewCertificates();
            assertThat(serial(client, server)).as("nothing was renewed").isEqualTo(first);
            ClusterPki.ensure(folder, List.of("127.0.0.1"), Clock.systemUTC()).ensureServerClient();
            assertThat(serial(client, server)).as("before it is told").isEqualTo(first);
            client.renewCertificates();
            assertThat(serial(client, server)).isNotEqualTo(first);
        } finally {
            Blocking.await(vertx.close());
        }
    }
}
