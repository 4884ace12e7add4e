package io.skerry.node.probes;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.HTTPGetActionBuilder;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class HttpProbeTest {
    @Test
    void theStatusDecides() throws Exception {
        var seen = new AtomicReference<String>();
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/", exchange -> {
            seen.set(exchange.getRequestHeaders().getFirst("Host") + " " + exchange.getRequestHeaders().getFirst("User-agent") + " " + exchange.getRequestURI());
            exchange.sendResponseHeaders(Integer.parseInt(exchange.getRequestURI().getPath().substring(1)), -1);
            exchange.close();
        });
        server.start();
        try {
            int port = server.getAddress().getPort();
            for (int code : new int[] {200, 204, 302, 399}) assertThat(get("/" + code, port).success()).as("%d", code).isTrue();
            for (int code : new int[] {400, 404, 500}) assertThat(get("/" + code, port)).isEqualTo(new ProbeResult(false, "HTTP probe failed with statuscode: " + code));
            HttpProbe.get(new HTTPGetActionBuilder().withPath("200?x=1").addNewHttpHeader("Host", "app.example").build(), "127.0.0.1", port, Duration.ofSeconds(1));
            assertThat(seen.get()).isEqualTo("app.example kube-probe/1.33 /200?x=1");
        } finally {
            server.stop(0);
        }
        assertThat(get("/", server.getAddress().getPort()).output()).contains("refused");
    }

    @Test
    void asksNoLongerThanItsTimeout() throws Exception {
        try (var silent = new ServerSocket(0)) {
            assertThat(HttpProbe.get(new HTTPGetActionBuilder().build(), "127.0.0.1", silent.getLocalPort(), Duration.ofMillis(200)).output()).contains("Client.Timeout exceeded");
        }
    }

    private static ProbeResult get(String path, int port) throws Exception {
        return HttpProbe.get(new HTTPGetActionBuilder().withPath(path).build(), "127.0.0.1", port, Duration.ofSeconds(2));
    }
}
