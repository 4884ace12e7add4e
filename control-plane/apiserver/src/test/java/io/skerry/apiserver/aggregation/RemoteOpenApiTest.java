package io.skerry.apiserver.aggregation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsServer;
import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.http.HttpFrontend;
import io.skerry.apiserver.http.HttpFrontendConfig;
import io.skerry.machinery.json.Json;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** OpenAPI of other servers, and the real kubectl explaining their kinds. */
@Timeout(120)
class RemoteOpenApiTest {
    private static final String GROUP_VERSION = "apis/metrics.example.com/v1beta1";
    private static final String KIND = "{\"group\": \"metrics.example.com\", \"version\": \"v1beta1\", \"kind\": \"Load\"}";
    private static final String LOAD = "{\"type\": \"object\", \"description\": \"Load is what a machine carries.\", \"properties\": {\"level\": {\"type\": \"integer\","
            + " \"description\": \"Level in percent.\"}, \"metadata\": {\"$ref\": \"#/%s/Meta\"}}, \"x-kubernetes-group-version-kind\": [" + KIND + "]}";
    private static final String META = "{\"type\": \"object\", \"description\": \"Meta is theirs.\"}";
    private static final String V3 = "{\"openapi\": \"3.0.0\", \"info\": {\"title\": \"x\", \"version\": \"1\"}, \"paths\": {\"/" + GROUP_VERSION + "/namespaces/{namespace}/loads\": {\"get\": {"
            + "\"responses\": {\"200\": {\"description\": \"OK\", \"content\": {\"application/json\": {\"schema\": {\"$ref\": \"#/components/schemas/Load\"}}}}},"
            + " \"x-kubernetes-action\": \"list\", \"x-kubernetes-group-version-kind\": " + KIND + "}}}, \"components\": {\"schemas\": {\"Load\": "
            + LOAD.formatted("components/schemas") + ", \"Meta\": " + META + "}}}";
    private static final String V2 = "{\"swagger\": \"2.0\", \"info\": {\"title\": \"x\", \"version\": \"1\"}, \"paths\": {\"/" + GROUP_VERSION + "/namespaces/{namespace}/loads\": {\"get\": {"
            + "\"responses\": {\"200\": {\"description\": \"OK\", \"schema\": {\"$ref\": \"#/definitions/Load\"}}},"
            + " \"x-kubernetes-action\": \"list\", \"x-kubernetes-group-version-kind\": " + KIND + "}}, \"/apis/apps/v1/deployments\": {\"get\": {\"description\": \"stolen\"}}},"
            + " \"definitions\": {\"Load\": " + LOAD.formatted("definitions") + ", \"Meta\": " + META + "}}";

    @TempDir
    Path folder;
    Extension registered;
    TestServer api;
    HttpsServer other;
    private volatile boolean hasV3 = true;
    private volatile String hash = "AB12";
    /** What is answered to all of /openapi instead; "" for nothing at all */
    private volatile String instead;
    private final AtomicInteger sent = new AtomicInteger();
    private final AtomicInteger unchanged = new AtomicInteger();

    @BeforeEach
    void start() throws Exception {
        registered = new Extension(folder);
        api = registered.api;
        other = registered.https(this::answer);
        registered.register(other.getAddress().getPort(), registered.trusted());
        registered.available("True");
    }

    @AfterEach
    void stop() {
        registered.close();
        other.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        if (path.startsWith("/openapi") && instead != null) {
            if (!instead.isEmpty()) {
                send(exchange, 200, instead, null);
            } // else the exchange stays open, and nothing comes
        } else if (path.equals("/" + GROUP_VERSION)) {
            send(exchange, 200, "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":\"metrics.example.com/v1beta1\",\"resources\":[{\"name\":\"loads\","
                    + "\"singularName\":\"load\",\"namespaced\":true,\"kind\":\"Load\",\"verbs\":[\"get\",\"list\"]}]}", null);
        } else if (path.equals("/openapi/v2")) {
            send(exchange, 200, V2, "\"two\"");
        } else if (path.equals("/openapi/v3") && hasV3) {
            send(exchange, 200, "{\"paths\": {\"" + GROUP_VERSION + "\": {\"serverRelativeURL\": \"/openapi/v3/" + GROUP_VERSION + "?hash=" + hash + "\"},"
                    + " \"apis/apps/v1\": {\"serverRelativeURL\": \"/openapi/v3/apis/apps/v1?hash=STOLEN\"}}}", null);
        } else if (path.equals("/openapi/v3/" + GROUP_VERSION) && hasV3) {
            send(exchange, 200, V3.replace("Level in percent.", "Level in percent, " + hash), "\"" + hash + "\"");
        } else {
            send(exchange, 404, "404 page not found", null);
        }
    }

    private void send(HttpExchange exchange, int code, String body, String tag) throws IOException {
        if (tag != null && tag.equals(exchange.getRequestHeaders().getFirst("If-None-Match"))) {
            unchanged.incrementAndGet();
            exchange.sendResponseHeaders(304, -1);
        } else {
            if (tag != null) {
                sent.incrementAndGet();
                exchange.getResponseHeaders().set("ETag", tag);
            }
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(code, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
        exchange.close();
    }

    private JsonNode get(String path) {
        return api.get(path, Map.of("Accept", "application/json")).body();
    }

    private String url() {
        return Json.text(get("/openapi/v3"), "paths", GROUP_VERSION, "serverRelativeURL");
    }

    private String level() {
        return Json.text(get("/openapi/v3/" + GROUP_VERSION), "components", "schemas", "Load", "properties", "level", "description");
    }

    @Test
    void kubectlExplainsTheirKinds() throws Exception {
        Vertx vertx = Vertx.vertx();
        HttpFrontend frontend = new HttpFrontend(vertx, new HttpFrontendConfig("127.0.0.1", 0, null, null, null), client -> TestServer.ADMIN, api.server, null);
        try {
            frontend.start();
            assertThat(kubectl(frontend.port(), "explain", "loads")).contains("KIND:       Load").contains("Load is what a machine carries.");
            assertThat(kubectl(frontend.port(), "explain", "load.level")).contains("Level in percent, AB12");
            assertThat(kubectl(frontend.port(), "explain", "deployment.spec.strategy")).contains("rollingUpdate");
            // version 2, in protobuf
            assertThat(kubectl(frontend.port(), "explain", "load.level", "--output", "plaintext-openapiv2")).contains("Level in percent.");
            // one that does not speak version 3
            hasV3 = false;
            api.patch(Extension.SERVICES + "/" + Extension.NAME, "application/merge-patch+json", "{\"spec\":{\"versionPriority\":99}}");
            assertThat(url()).startsWith("/openapi/v3/" + GROUP_VERSION + "?hash=").doesNotContain("AB12");
            assertThat(kubectl(frontend.port(), "explain", "load.level")).contains("Level in percent.");
        } finally {
            frontend.close();
            vertx.close().toCompletionStage().toCompletableFuture().join();
        }
    }

    private String kubectl(int port, String... args) throws Exception {
        List<String> command = new ArrayList<>(List.of("kubectl", "--server", "http://127.0.0.1:" + port, "--cache-dir", folder.resolve("cache-" + System.nanoTime()).toString()));
        command.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(Map.of("HOME", folder.toString(), "KUBECONFIG", "/dev/null"));
        Process process = builder.start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(out).isZero();
        return out;
    }

    @Test
    void whatHasNotChangedIsNotSentAgain() {
        assertThat(url()).isEqualTo("/openapi/v3/" + GROUP_VERSION + "?hash=AB12");
        assertThat(Json.text(get("/openapi/v3"), "paths", "apis/apps/v1", "serverRelativeURL")).as("ours stays ours").doesNotContain("STOLEN");
        assertThat(level()).isEqualTo("Level in percent, AB12");
        assertThat(level()).isEqualTo("Level in percent, AB12");
        assertThat(sent).hasValue(1);
        var known = api.get("/openapi/v3/" + GROUP_VERSION, Map.of("Accept", "application/json", "If-None-Match", "\"AB12\""));
        assertThat(known.code()).isEqualTo(304);
        Awaitility.await().atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(500)).until(() -> level().endsWith("AB12") && unchanged.get() > 0);
        assertThat(sent).hasValue(1);
        // a new one shows, with the index that names it
        hash = "CD34";
        Awaitility.await().atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(500)).until(() -> url().endsWith("?hash=CD34"));
        assertThat(level()).isEqualTo("Level in percent, CD34");
        // and at once when the APIService changes
        hash = "EF56";
        api.patch(Extension.SERVICES + "/" + Extension.NAME, "application/merge-patch+json", "{\"spec\":{\"versionPriority\":99}}");
        assertThat(url()).endsWith("?hash=EF56");
        api.send("DELETE", Extension.SERVICES + "/" + Extension.NAME, null);
        assertThat(url()).isEmpty();
        assertThat(api.send("GET", "/openapi/v3/" + GROUP_VERSION, null).code()).isEqualTo(404);
    }

    @Test
    void version2HoldsTheirsToo() {
        JsonNode all = get("/openapi/v2");
        assertThat(all.path("paths").has("/" + GROUP_VERSION + "/namespaces/{namespace}/loads")).isTrue();
        assertThat(all.path("definitions").path("Load").path("properties").path("level").path("description").asText()).isEqualTo("Level in percent.");
        assertThat(all.path("definitions").path("Meta")).isEqualTo(Json.parse(META));
        assertThat(all.path("paths").path("/apis/apps/v1/deployments").toString()).isNotEmpty().doesNotContain("stolen");
        api.send("DELETE", Extension.SERVICES + "/" + Extension.NAME, null);
        assertThat(get("/openapi/v2").toString()).doesNotContain("metrics.example.com").contains("io.k8s.api.apps.v1.Deployment");
    }

    /** A server that is silent, or talks nonsense, costs its own group only. */
    @Test
    void theRestIsServedWhateverTheyDo() {
        for (String nonsense : new String[] {"", "<html>", "[1]", "{\"paths\":{\"" + GROUP_VERSION + "\":[]},\"swagger\":\"2.0\",\"openapi\":{}}"}) {
            instead = nonsense;
            // what was kept from the round before is forgotten
            api.patch(Extension.SERVICES + "/" + Extension.NAME, "application/merge-patch+json", "{\"spec\":{\"versionPriority\":" + (50 + nonsense.length()) + "}}");
            long begun = System.nanoTime();
            JsonNode index = get("/openapi/v3");
            assertThat(index.path("paths").has("apis/apps/v1")).as(nonsense).isTrue();
            assertThat(index.path("paths").has(GROUP_VERSION)).as(nonsense).isFalse();
            assertThat(get("/openapi/v2").path("definitions").has("io.k8s.api.apps.v1.Deployment")).as(nonsense).isTrue();
            assertThat(get("/openapi/v3/apis/apps/v1").path("openapi").asText()).as(nonsense).isEqualTo("3.0.0");
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).as("'" + nonsense + "' does not hold up").isLessThan(Duration.ofSeconds(15));
        }
    }
}
