package io.skerry.apiserver.aggregation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsServer;
import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.User;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** APIServices, with a real HTTPS server that lets in only who shows a certificate of the front proxy's authority. */
class AggregatorTest {
    private static final String APISERVICE = Extension.SERVICES + "/" + Extension.NAME;
    private static final User ANN = new User("ann", "4711", List.of("crew", User.AUTHENTICATED), Map.of("example.com/team", List.of("blue")));

    @TempDir
    Path folder;
    Extension registered;
    TestServer api;
    HttpsServer extension;

    @BeforeEach
    void start() throws Exception {
        registered = new Extension(folder);
        api = registered.api;
        extension = registered.https(AggregatorTest::answer);
    }

    @AfterEach
    void stop() {
        registered.close();
        extension.stop(0);
    }

    /** Discovery; a resource that tells what it was asked; one that streams; one that fails. */
    private static void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        if (path.endsWith("/v1beta1")) {
            send(exchange, 200, "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":\"metrics.example.com/v1beta1\",\"resources\":[{\"name\":\"loads\",\"singularName\":\"load\","
                    + "\"namespaced\":true,\"kind\":\"Load\",\"verbs\":[\"get\",\"list\"],\"shortNames\":[\"ld\"]},{\"name\":\"loads/status\",\"namespaced\":true,\"kind\":\"Load\",\"verbs\":[\"get\"]}]}");
        } else if (path.endsWith("/slow")) {
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, 0);
            for (int i = 0; i < 20; i++) {
                exchange.getResponseBody().write(("\"" + "x".repeat(100_000) + (i == 19 ? "\"" : "")).substring(i == 0 ? 0 : 1).getBytes(StandardCharsets.UTF_8));
            }
            exchange.close();
        } else if (path.endsWith("/teapot")) {
            send(exchange, 418, "{\"kind\":\"Status\",\"message\":\"short and stout\"}");
        } else {
            ObjectNode told = Json.object().put("method", exchange.getRequestMethod()).put("uri", exchange.getRequestURI().toString())
                    .put("body", new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8))
                    .put("proxy", ((X509Certificate) ((HttpsExchange) exchange).getSSLSession().getPeerCertificates()[0]).getSubjectX500Principal().getName());
            ObjectNode headers = told.putObject("headers");
            exchange.getRequestHeaders().forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), String.join("|", values)));
            send(exchange, 200, told.toString());
        }
    }

    private static void send(HttpExchange exchange, int code, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(code, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    @Test
    void requestsArePassedOnWithWhoAsks() throws Exception {
        registered.register(extension.getAddress().getPort(), registered.trusted());
        registered.available("True");
        String path = "/apis/metrics.example.com/v1beta1/namespaces/default/loads/a%2Fb";
        assertThat(api.sendAs(ANN, "GET", path, null).code()).as("her roles are asked first").isEqualTo(403);
        String rbac = "/apis/rbac.authorization.k8s.io/v1/";
        api.send("POST", rbac + "clusterroles", "{metadata: {name: m}, rules: [{apiGroups: [metrics.example.com], resources: ['*'], verbs: ['*']}]}");
        api.send("POST", rbac + "clusterrolebindings", "{metadata: {name: m}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: m},"
                + " subjects: [{kind: User, name: ann, apiGroup: rbac.authorization.k8s.io}]}");
        Map<String, String> headers = Map.of("Content-Type", "application/json", "X-Remote-User", "root", "X-Remote-Group", "system:masters", "Authorization", "Bearer secret", "X-Other", "kept");
        JsonNode told = DirectCall.send(api.server, ANN, "PUT", path + "?x=%20y", headers, "{\"a\":1}".getBytes(StandardCharsets.UTF_8)).body();
        assertThat(Json.text(told, "method")).isEqualTo("PUT");
        assertThat(Json.text(told, "uri")).isEqualTo(path + "?x=%20y");
        assertThat(Json.text(told, "body")).isEqualTo("{\"a\":1}");
        assertThat(Json.text(told, "proxy")).isEqualTo("CN=system:auth-proxy");
        assertThat(Json.text(told, "headers", "x-remote-user")).isEqualTo("ann");
        assertThat(Json.text(told, "headers", "x-remote-uid")).isEqualTo("4711");
        assertThat(Json.text(told, "headers", "x-remote-group")).isEqualTo("crew|system:authenticated");
        assertThat(Json.text(told, "headers", "x-remote-extra-example.com%2fteam")).isEqualTo("blue");
        assertThat(Json.text(told, "headers", "authorization")).isEmpty();
        assertThat(Json.text(told, "headers", "x-other")).isEqualTo("kept");
        JsonNode asked = DirectCall.send(api.server, TestServer.ADMIN, "GET", path, Map.of("Impersonate-User", "ann"), ApiRequest.NO_BODY).body();
        assertThat(Json.text(asked, "headers", "x-remote-user")).isEqualTo("ann");
        assertThat(Json.text(asked, "headers", "impersonate-user")).isEmpty();
        var teapot = api.send("GET", "/apis/metrics.example.com/v1beta1/teapot", null);
        assertThat(teapot.code()).isEqualTo(418);
        assertThat(api.send("GET", "/apis/metrics.example.com/v1beta1/slow", null).body().asText()).hasSize(2_000_000);
    }

    @Test
    void discoveryTellsOfThem() throws Exception {
        registered.register(extension.getAddress().getPort(), registered.trusted());
        registered.available("True");
        JsonNode groups = api.send("GET", "/apis", null).body().path("groups");
        JsonNode last = groups.get(groups.size() - 1);
        assertThat(last.toString()).isEqualTo("{\"name\":\"metrics.example.com\",\"versions\":[{\"groupVersion\":\"metrics.example.com/v1beta1\",\"version\":\"v1beta1\"}],"
                + "\"preferredVersion\":{\"groupVersion\":\"metrics.example.com/v1beta1\",\"version\":\"v1beta1\"}}");
        assertThat(Json.text(api.send("GET", "/apis/metrics.example.com", null).body(), "kind")).isEqualTo("APIGroup");
        assertThat(Json.text(api.send("GET", "/apis/metrics.example.com/v1beta1", null).body(), "resources", "0").isEmpty()).isTrue();
        assertThat(Json.at(api.send("GET", "/apis/metrics.example.com/v1beta1", null).body(), "resources").size()).isEqualTo(2);
        Map<String, String> aggregated = Map.of("Accept", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
        JsonNode items = api.get("/apis", aggregated).body().path("items");
        assertThat(items.get(items.size() - 1).path("versions").toString()).isEqualTo("[{\"version\":\"v1beta1\",\"resources\":[{\"resource\":\"loads\",\"responseKind\":{\"group\":\"metrics.example.com\","
                + "\"version\":\"v1beta1\",\"kind\":\"Load\"},\"scope\":\"Namespaced\",\"singularResource\":\"load\",\"verbs\":[\"get\",\"list\"],\"shortNames\":[\"ld\"],\"subresources\":"
                + "[{\"subresource\":\"status\",\"responseKind\":{\"group\":\"metrics.example.com\",\"version\":\"v1beta1\",\"kind\":\"Load\"},\"verbs\":[\"get\"]}]}],\"freshness\":\"Current\"}]");
        api.send("DELETE", APISERVICE, null);
        assertThat(api.send("GET", "/apis/metrics.example.com", null).code()).isEqualTo(404);
        assertThat(api.send("GET", "/apis/metrics.example.com/v1beta1/namespaces/default/loads", null).code()).isEqualTo(404);
        assertThat(api.get("/apis", aggregated).body().toString()).doesNotContain("metrics.example.com");
    }

    @Test
    void whatCannotBeReachedSaysWhy() throws Exception {
        registered.register(extension.getAddress().getPort(), "insecureSkipTLSVerify: false");
        JsonNode untrusted = registered.available("False");
        assertThat(Json.text(untrusted, "reason")).isEqualTo("FailedDiscoveryCheck");
        assertThat(Json.text(untrusted, "message")).startsWith("failing or missing response from https://metrics.kube-system.svc:");
        var refused = api.send("GET", "/apis/metrics.example.com/v1beta1/namespaces/default/loads", null);
        assertThat(refused.code()).isEqualTo(503);
        assertThat(Json.text(refused.body(), "message")).startsWith("error trying to reach service: ");
        api.patch(APISERVICE, "application/merge-patch+json", "{\"spec\":{\"insecureSkipTLSVerify\":true}}");
        registered.available("True");
        api.send("DELETE", "/api/v1/namespaces/kube-system/services/metrics", null);
        api.patch(APISERVICE, "application/merge-patch+json", "{\"spec\":{\"versionPriority\":99}}");
        assertThat(Json.text(registered.available("False"), "reason")).isEqualTo("ServiceNotFound");
        assertThat(api.send("GET", "/apis", null).body().toString()).as("known, but stale").contains("metrics.example.com");
        var builtin = api.patch(Extension.SERVICES + "/v1.apps", "application/merge-patch+json", "{\"spec\":{\"service\":{\"namespace\":\"kube-system\",\"name\":\"metrics\"}}}");
        assertThat(builtin.code()).isEqualTo(200);
        assertThat(api.send("GET", "/apis/apps/v1/deployments", null).code()).as("what is served here is not given away").isEqualTo(200);
    }
}
