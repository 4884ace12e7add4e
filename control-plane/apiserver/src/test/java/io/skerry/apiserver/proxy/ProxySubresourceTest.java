package io.skerry.apiserver.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.skerry.apiserver.HttpHead;
import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.User;
import io.skerry.apiserver.http.Blocking;
import io.skerry.apiserver.http.HttpFrontend;
import io.skerry.apiserver.http.HttpFrontendConfig;
import io.skerry.apiserver.http.UpgradeHandler;
import io.skerry.apiserver.stream.PodStreams;
import io.skerry.machinery.json.Json;
import io.vertx.core.Vertx;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Requests through the API server, over sockets, to a real HTTP server at the address of a pod. */
@Timeout(60)
class ProxySubresourceTest {
    private static final String PODS = "/api/v1/namespaces/default/pods/";
    private static final String SERVICES = "/api/v1/namespaces/default/services/";
    private static final User ANN = new User("ann", "", List.of(User.AUTHENTICATED), Map.of());
    private static final BlockingQueue<Seen> SEEN = new LinkedBlockingQueue<>();

    static BridgeAddress bridge;
    static HttpServer backend;
    static TestServer api;
    static HttpFrontend frontend;
    static HttpClient client;
    static final Vertx vertx = Vertx.vertx();
    static CountDownLatch goOn;

    /** A request as the server behind the proxy got it. */
    private record Seen(String method, String uri, Map<String, List<String>> headers, String body) {
        String header(String name) {
            List<String> values = headers.getOrDefault(name, List.of());
            return values.isEmpty() ? null : String.join("|", values);
        }
    }

    @BeforeAll
    static void start() throws Exception {
        bridge = new BridgeAddress();
        backend = HttpServer.create(new InetSocketAddress(bridge.address, 0), 0);
        backend.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        backend.createContext("/", ProxySubresourceTest::serve);
        backend.start();
        api = new TestServer();
        frontend = new HttpFrontend(vertx, new HttpFrontendConfig("127.0.0.1", 0, null, null, null), info -> info.headers().apply("Authorization") == null ? TestServer.ADMIN : ANN,
                api.server, UpgradeHandler.firstOf(new PodStreams(api.server, name -> Optional.empty()), api.server.remoteStreams()));
        frontend.start();
        client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        pod("web", bridge.address, "ports: [{containerPort: " + port() + "}]");
        pod("portless", bridge.address, "env: []");
        pod("inward", "127.0.0.1", "ports: [{containerPort: " + port() + "}]");
        pod("waiting", "", "ports: [{containerPort: 80}]");
        service("web", "web", bridge.address, true);
        service("unready", "web", bridge.address, false);
        service("strange", "inward", bridge.address, true);
        api.make("/api/v1/namespaces/default/services", "{metadata: {name: empty}, spec: {ports: [{port: 80}]}}");
        api.make("/api/v1/nodes", "{metadata: {name: n1}}");
        status("/api/v1/nodes/n1", "{\"addresses\":[{\"type\":\"Hostname\",\"address\":\"localhost\"},{\"type\":\"InternalIP\",\"address\":\"" + bridge.address + "\"}]}");
    }

    @AfterAll
    static void stop() throws Exception {
        client.close();
        frontend.close();
        api.close();
        backend.stop(0);
        bridge.close();
        Blocking.await(vertx.close());
    }

    @BeforeEach
    void forget() {
        SEEN.clear();
        goOn = new CountDownLatch(1);
    }

    private static int port() {
        return backend.getAddress().getPort();
    }

    private static void status(String path, String status) {
        assertThat(api.patch(path + "/status", "application/merge-patch+json", "{\"status\":" + status + "}").code()).isEqualTo(200);
    }

    private static void pod(String name, String ip, String container) {
        api.make(PODS.substring(0, PODS.length() - 1), "{metadata: {name: " + name + "}, spec: {containers: [{name: c, image: i, " + container + "}]}}");
        if (!ip.isEmpty()) {
            status(PODS + name, "{\"podIP\":\"" + ip + "\",\"podIPs\":[{\"ip\":\"" + ip + "\"}]}");
        }
    }

    private static void service(String name, String pod, String ip, boolean ready) {
        api.make("/api/v1/namespaces/default/services", "{metadata: {name: " + name + "}, spec: {ports: [{name: http, port: 80}]}}");
        api.make("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", "{metadata: {name: " + name + "-1, labels: {kubernetes.io/service-name: " + name + "}}, addressType: IPv4,"
                + " ports: [{name: http, port: " + port() + "}], endpoints: [{addresses: ['" + ip + "'], conditions: {ready: " + ready + "},"
                + " targetRef: {kind: Pod, namespace: default, name: " + pod + "}}]}");
    }

    private static void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            SEEN.add(new Seen(exchange.getRequestMethod(), exchange.getRequestURI().toString(), Map.copyOf(exchange.getRequestHeaders()),
                    new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
            var headers = exchange.getResponseHeaders();
            switch (exchange.getRequestURI().getPath()) {
                case "/page" -> {
                    headers.add("Content-Type", "text/html; charset=utf-8");
                    headers.add("Set-Cookie", "a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT");
                    headers.add("Set-Cookie", "b=2");
                    headers.add("Access-Control-Allow-Origin", "*");
                    answer(exchange, 200, "<p>ä</p><a href=\"/next\">".getBytes(StandardCharsets.UTF_8));
                }
                case "/packed" -> {
                    headers.add("Content-Type", "text/html");
                    headers.add("Content-Encoding", "gzip");
                    ByteArrayOutputStream packed = new ByteArrayOutputStream();
                    try (OutputStream out = new GZIPOutputStream(packed)) {
                        out.write("<img src='/i'>".getBytes(StandardCharsets.US_ASCII));
                    }
                    answer(exchange, 200, packed.toByteArray());
                }
                case "/moved" -> {
                    headers.add("Location", "http://" + bridge.address + ":" + port() + "/new?x=1");
                    answer(exchange, 302, new byte[0]);
                }
                case "/failing" -> answer(exchange, 500, "broken".getBytes(StandardCharsets.US_ASCII));
                case "/slow" -> {
                    exchange.sendResponseHeaders(200, 0);
                    exchange.getResponseBody().write("first\n".getBytes(StandardCharsets.US_ASCII));
                    exchange.getResponseBody().flush();
                    await();
                    exchange.getResponseBody().write("second\n".getBytes(StandardCharsets.US_ASCII));
                }
                case "/endless" -> {
                    exchange.sendResponseHeaders(200, 0);
                    try {
                        while (goOn.getCount() > 0) {
                            exchange.getResponseBody().write(new byte[10_000]);
                            exchange.getResponseBody().flush();
                        }
                    } catch (IOException e) {
                        SEEN.add(new Seen("gone", "", Map.of(), ""));
                    }
                }
                case "/large" -> answer(exchange, 200, "0123456789abcdef".repeat(300_000).getBytes(StandardCharsets.US_ASCII));
                default -> {
                    headers.add("Content-Type", "text/plain");
                    headers.add("X-Own", "kept");
                    headers.add("Connection", "X-Hop");
                    headers.add("X-Hop", "dropped");
                    answer(exchange, 200, ("hello " + exchange.getRequestMethod()).getBytes(StandardCharsets.US_ASCII));
                }
            }
        }
    }

    private static void answer(HttpExchange exchange, int code, byte[] body) throws IOException {
        boolean none = exchange.getRequestMethod().equals("HEAD") || body.length == 0;
        if (none && body.length > 0) {
            exchange.getResponseHeaders().set("Content-Length", Integer.toString(body.length));
        }
        exchange.sendResponseHeaders(code, none ? -1 : body.length);
        if (!none) {
            exchange.getResponseBody().write(body);
        }
    }

    private static void await() throws IOException {
        try {
            goOn.await(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private static HttpResponse<String> send(String method, String path, String body, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + frontend.port() + path))
                .method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static void refused(String path, int code, String message) throws Exception {
        HttpResponse<String> answer = send("GET", path, null);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(code);
        assertThat(Json.text(Json.parse(answer.body()), "message")).contains(message);
        assertThat(SEEN).isEmpty();
    }

    @Test
    void podsServicesAndNodesAnswer() throws Exception {
        for (String target : List.of(PODS + "web", PODS + "web:" + port(), PODS + "http:portless:" + port(), SERVICES + "web:http", SERVICES + "web:80", SERVICES + "http:web:http",
                "/api/v1/nodes/n1:" + port(), "/api/v1/nodes/http:n1:" + port())) {
            HttpResponse<String> answer = send("GET", target + "/proxy/a%20b/c%2Fd/../e+f?q=1&q=%202&dryRun=All&watch=true", null);
            assertThat(answer.statusCode()).as(target + " " + answer.body()).isEqualTo(200);
            assertThat(answer.body()).isEqualTo("hello GET");
            assertThat(answer.headers().map()).containsEntry("X-Own", List.of("kept")).doesNotContainKey("X-Hop");
            Seen seen = SEEN.take();
            assertThat(seen.uri()).isEqualTo("/a%20b/c%2Fd/../e+f?q=1&q=%202&dryRun=All&watch=true");
            assertThat(seen.header("Host")).as("as upstream, by the name that the client used").isEqualTo("127.0.0.1:" + frontend.port());
            assertThat(seen.header("X-forwarded-for")).isEqualTo("127.0.0.1");
            assertThat(seen.header("X-forwarded-uri")).isEqualTo(target + "/proxy/a%20b/c%2Fd/../e+f");
        }
    }

    @Test
    void everyMethodPassesWithItsBody() throws Exception {
        for (String method : List.of("POST", "PUT", "PATCH", "DELETE")) {
            assertThat(send(method, SERVICES + "web:http/proxy/x", "{not: json", "Content-Type", "application/json").body()).isEqualTo("hello " + method);
            Seen seen = SEEN.take();
            assertThat(seen.method() + " " + seen.body()).isEqualTo(method + " {not: json");
            assertThat(seen.header("Content-type")).isEqualTo("application/json");
        }
        assertThat(send("POST", SERVICES + "web:http/proxy/x", null).statusCode()).isEqualTo(200);
        assertThat(SEEN.take().header("Content-length")).isEqualTo("0");
        assertThat(send("OPTIONS", PODS + "web/proxy/x", null).body()).isEqualTo("hello OPTIONS");
        HttpResponse<String> head = send("HEAD", PODS + "web/proxy/x", null);
        assertThat(head.headers().firstValue("Content-Length")).contains("10");
        assertThat(head.body()).isEmpty();
    }

    @Test
    void credentialsStayHere() throws Exception {
        String rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/";
        assertThat(send("GET", PODS + "web/proxy/x", null, "Authorization", "Bearer ann").statusCode()).isEqualTo(403);
        api.make(rbac + "roles", "{metadata: {name: p}, rules: [{apiGroups: [''], resources: [pods/proxy], resourceNames: ['web', 'web:80'], verbs: [get]},"
                + " {apiGroups: [''], resources: [nodes/proxy], verbs: ['*']}, {apiGroups: [''], resources: [pods, services], verbs: ['*']}]}");
        api.make(rbac + "rolebindings", "{metadata: {name: p}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: p}, subjects: [{kind: User, name: ann, apiGroup: rbac.authorization.k8s.io}]}");
        HttpResponse<String> answer = send("GET", PODS + "web/proxy/x", null, "Authorization", "Bearer ann", "X-Remote-User", "root", "X-Forwarded-For", "192.0.2.1", "X-Forwarded-Uri", "/y",
                "Cookie", "s=1", "Proxy-Authorization", "Basic x");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        Seen seen = SEEN.take();
        assertThat(seen.headers().keySet()).doesNotContain("Authorization", "X-remote-user", "Proxy-authorization", "Impersonate-user");
        assertThat(seen.header("X-forwarded-for")).isEqualTo("192.0.2.1, 127.0.0.1");
        assertThat(seen.header("X-forwarded-uri")).isEqualTo(PODS + "web/proxy/x");
        assertThat(seen.header("Cookie")).isEqualTo("s=1");
        assertThat(send("POST", PODS + "web/proxy/x", "", "Authorization", "Bearer ann").body()).contains("cannot create resource \\\"pods/proxy\\\"");
        assertThat(send("OPTIONS", PODS + "web/proxy/x", null, "Authorization", "Bearer ann").statusCode()).as("no verb stands for it").isEqualTo(403);
        for (String other : List.of(PODS + "portless/proxy/x", PODS + "https:web:/proxy/x", SERVICES + "web/proxy/x", "/api/v1/nodes/n1:" + port() + "/proxy/x")) {
            assertThat(send("GET", other, null, "Authorization", "Bearer ann").statusCode()).as(other).isEqualTo(403);
        }
        HttpResponse<String> within = send("GET", "/api/v1/namespaces/default/nodes/n1:" + port() + "/proxy/x", null, "Authorization", "Bearer ann");
        assertThat(within.statusCode()).as("a role of a namespace gives no node").isEqualTo(404);
        assertThat(send("GET", PODS + "web/proxy/x", null, "Impersonate-User", "ann").statusCode()).isEqualTo(200);
        assertThat(SEEN.take().headers()).doesNotContainKey("Impersonate-user");
        assertThat(SEEN).isEmpty();
    }

    @Test
    void pagesLeadBackThroughTheProxy() throws Exception {
        HttpResponse<String> page = send("GET", SERVICES + "web:http/proxy/page", null);
        assertThat(page.body()).isEqualTo("<p>ä</p><a href=\"" + SERVICES + "web:http/proxy/next\">");
        assertThat(page.headers().allValues("Set-Cookie")).containsExactly("a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "b=2");
        assertThat(page.headers().firstValue("Access-Control-Allow-Origin")).isEmpty();
        HttpResponse<String> packed = send("GET", PODS + "web/proxy/packed", null, "Accept-Encoding", "gzip");
        assertThat(packed.body()).isEqualTo("<img src='" + PODS + "web/proxy/i'>");
        assertThat(packed.headers().firstValue("Content-Encoding")).isEmpty();
        HttpResponse<String> moved = send("GET", PODS + "web/proxy/moved", null);
        assertThat(moved.statusCode()).isEqualTo(302);
        assertThat(moved.headers().firstValue("Location")).contains(PODS + "web/proxy/new?x=1");
        SEEN.clear();
        HttpResponse<String> empty = send("GET", SERVICES + "web:http/proxy?a=b", null);
        assertThat(empty.statusCode()).isEqualTo(301);
        assertThat(empty.headers().firstValue("Location")).contains(SERVICES + "web:http/proxy/?a=b");
        assertThat(SEEN).isEmpty();
        send("GET", SERVICES + "web:http/proxy/?a=b", null);
        assertThat(SEEN.take().uri()).isEqualTo("/?a=b");
        send("POST", SERVICES + "web:http/proxy", "x");
        assertThat(SEEN.take().uri()).isEqualTo("/");
        HttpResponse<String> failing = send("GET", PODS + "web/proxy/failing", null);
        assertThat(failing.statusCode() + failing.body()).as("an error of the other server is its own").isEqualTo("500broken");
        assertThat(send("GET", PODS + "web/proxy/large", null).body()).hasSize(4_800_000).endsWith("abcdef");
    }

    @Test
    void answersPassAsTheyCome() throws Exception {
        HttpResponse<InputStream> slow = client.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + frontend.port() + PODS + "web/proxy/slow")).build(),
                HttpResponse.BodyHandlers.ofInputStream());
        assertThat(new String(slow.body().readNBytes(6))).isEqualTo("first\n");
        goOn.countDown();
        assertThat(new String(slow.body().readAllBytes())).isEqualTo("second\n");
        goOn = new CountDownLatch(1);
        HttpResponse<InputStream> endless = client.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + frontend.port() + PODS + "web/proxy/endless")).build(),
                HttpResponse.BodyHandlers.ofInputStream());
        assertThat(endless.body().readNBytes(100_000)).hasSize(100_000);
        SEEN.clear();
        endless.body().close();
        Seen gone = SEEN.poll(20, TimeUnit.SECONDS);
        goOn.countDown();
        assertThat(gone).as("a client that goes away ends what it asked for").isNotNull();
    }

    @Test
    void whatCannotBeReachedIsTold() throws Exception {
        refused(PODS + "absent/proxy/", 404, "pods \"absent\" not found");
        refused(SERVICES + "absent:http/proxy/", 404, "services \"absent\" not found");
        refused("/api/v1/nodes/absent:80/proxy/", 404, "nodes \"absent\" not found");
        refused(SERVICES + "empty/proxy/", 503, "no endpoints available for service \"empty\"");
        refused(SERVICES + "web/proxy/", 503, "no endpoints available for service \"web\"");
        refused(SERVICES + "unready:http/proxy/", 503, "no endpoints available for service \"unready\"");
        refused(SERVICES + "web:81/proxy/", 503, "no service port 81 found for service \"web\"");
        refused(PODS + "ftp:web:80/proxy/", 400, "invalid pod request \"ftp:web:80\"");
        refused(SERVICES + "a:b:c:d/proxy/", 400, "invalid service request \"a:b:c:d\"");
        refused(PODS + "web:http/proxy/", 400, "invalid port \"http\"");
        refused(PODS + "web:70000/proxy/", 400, "invalid port \"70000\"");
        refused("/api/v1/nodes/n1/proxy/stats/summary", 503, "node \"n1\" is not connected to this server");
        refused("/api/v1/pods/web/proxy/x", 405, "method");
        refused("/api/v1/watch/namespaces/default/pods/web/proxy/x", 405, "method");
        try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getByName(bridge.address))) {
            int free = closed.getLocalPort();
            closed.close();
            refused(PODS + "web:" + free + "/proxy/", 503, "error trying to reach service: ");
        }
    }

    @Test
    void addressesOfThisMachineAloneAreRefused() throws Exception {
        refused(PODS + "inward/proxy/x", 400, "address not allowed");
        refused(PODS + "waiting/proxy/x", 400, "address not allowed");
        refused(SERVICES + "strange:http/proxy/x", 503, "no endpoints available for service \"strange:http\"");
        for (String address : List.of("127.0.0.1", "127.1.2.3", "169.254.169.254", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "fe80::1", "::ffff:127.0.0.1", "ff02::1", "::", "localhost",
                "example.com", "", "1.2.3", "999.1.1.1", "2130706433")) {
            assertThat(ProxyTargets.isProxyable(address)).as(address).isFalse();
        }
        for (String address : List.of("10.42.0.7", "192.168.1.1", "8.8.8.8", "fd00::1", "2001:db8::1")) {
            assertThat(ProxyTargets.isProxyable(address)).as(address).isTrue();
        }
    }

    @Test
    void otherProtocolsPassByteByByte() throws Exception {
        try (ServerSocket other = new ServerSocket(0, 5, InetAddress.getByName(bridge.address))) {
            BlockingQueue<String> heads = new LinkedBlockingQueue<>();
            Thread.ofVirtual().start(() -> {
                while (!other.isClosed()) {
                    try (Socket socket = other.accept()) {
                        heads.add(HttpHead.read(socket.getInputStream()));
                        socket.getOutputStream().write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\nhi".getBytes());
                        socket.getInputStream().transferTo(socket.getOutputStream());
                    } catch (IOException e) {
                        // the test is over
                    }
                }
            });
            // a last segment that pods' own streams have, too
            String path = PODS + "web:" + other.getLocalPort() + "/proxy/a/exec?b=c%20d";
            try (Socket socket = upgrade(path, "X-Own: kept\r\n")) {
                assertThat(HttpHead.read(socket.getInputStream())).startsWith("HTTP/1.1 101 ").containsIgnoringCase("Sec-WebSocket-Accept: x");
                assertThat(new String(socket.getInputStream().readNBytes(2))).isEqualTo("hi");
                socket.getOutputStream().write("\0\1over there".getBytes());
                assertThat(new String(socket.getInputStream().readNBytes(12))).isEqualTo("\0\1over there");
                assertThat(heads.poll(10, TimeUnit.SECONDS)).startsWith("GET /a/exec?b=c%20d HTTP/1.1\r\n").containsIgnoringCase("\r\nHost: api\r\n").containsIgnoringCase("\r\nUpgrade: websocket\r\n")
                        .contains("\r\nX-Own: kept\r\n").contains("\r\nX-Forwarded-For: 127.0.0.1\r\n").doesNotContain("Authorization");
            }
            try (Socket socket = upgrade(SERVICES + "web:http/proxy/plain", "")) {
                assertThat(HttpHead.read(socket.getInputStream())).as("a server that does not switch").startsWith("HTTP/1.1 503 ");
            }
            String nodes = "/api/v1/nodes/n1:" + other.getLocalPort() + "/proxy/x";
            for (String denied : List.of(path.replace("web", "portless"), nodes)) {
                try (Socket socket = upgrade(denied, "Authorization: Bearer ann\r\n")) {
                    assertThat(HttpHead.read(socket.getInputStream())).as(denied).startsWith("HTTP/1.1 403 ");
                }
            }
            for (String nothing : List.of("/api/v1/namespaces/default/nodes/n1:" + other.getLocalPort() + "/proxy/x", "/api/v1/watch/namespaces/default/pods/web:" + other.getLocalPort() + "/proxy/x",
                    "/api/v1/pods/web:" + other.getLocalPort() + "/proxy/x", PODS + "inward:" + other.getLocalPort() + "/proxy/x")) {
                try (Socket socket = upgrade(nothing, "")) {
                    assertThat(HttpHead.read(socket.getInputStream())).as(nothing).startsWith("HTTP/1.1 4");
                }
            }
            assertThat(heads).as("who may not is not let through").isEmpty();
        }
    }

    private static Socket upgrade(String path, String headers) throws IOException {
        Socket socket = new Socket("127.0.0.1", frontend.port());
        socket.getOutputStream().write(("GET " + path + " HTTP/1.1\r\nHost: api\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n"
                + headers + "\r\n").getBytes(StandardCharsets.US_ASCII));
        return socket;
    }
}
