package io.skerry.helm.release;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.skerry.helm.Helm;
import io.skerry.helm.HelmOracle;
import io.skerry.helm.UpgradeRequest;
import io.skerry.helm.chart.Chart;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.TypeTable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real Helm and we work on the same releases in turn. As much of the API as Helm needs for Secrets and ConfigMaps is served from memory. */
class RealHelmTest {
    private static final Map<String, String> KINDS = Map.of("secrets", "Secret", "configmaps", "ConfigMap");

    @TempDir
    Path dir;
    private final MemoryCluster cluster = new MemoryCluster();
    private HttpServer server;
    private String kubeConfig;

    @BeforeEach
    void serve() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::handle);
        server.start();
        kubeConfig = "{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}], users: [{name: u, user: {}}], "
            + "clusters: [{name: c, cluster: {server: 'http://127.0.0.1:" + server.getAddress().getPort() + "'}}]}";
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void handle(HttpExchange x) throws IOException {
        String path = x.getRequestURI().getPath();
        int status = 200;
        String body;
        try {
            body = switch (path) {
                case "/version" -> "{\"major\":\"1\",\"minor\":\"33\",\"gitVersion\":\"v1.33.0\"}";
                case "/api" -> "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"]}";
                case "/apis" -> "{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":[]}";
                case "/api/v1" -> "{\"kind\":\"APIResourceList\",\"groupVersion\":\"v1\",\"resources\":["
                    + "{\"name\":\"configmaps\",\"singularName\":\"\",\"namespaced\":true,\"kind\":\"ConfigMap\",\"verbs\":[\"create\",\"delete\",\"get\",\"list\",\"patch\",\"update\"]},"
                    + "{\"name\":\"secrets\",\"singularName\":\"\",\"namespaced\":true,\"kind\":\"Secret\",\"verbs\":[\"create\",\"delete\",\"get\",\"list\",\"patch\",\"update\"]}]}";
                default -> object(x, path);
            };
        } catch (io.skerry.helm.ClusterAccess.AlreadyExistsException e) {
            status = 409;
            body = status(409, "AlreadyExists");
        }
        if (body == null) {
            status = 404;
            body = status(404, "NotFound");
        }
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        x.getResponseHeaders().add("Content-Type", "application/json");
        x.sendResponseHeaders(status, bytes.length);
        x.getResponseBody().write(bytes);
        x.close();
    }


    private static String status(int code, String reason) {
        return "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"reason\":\"" + reason + "\",\"code\":" + code + ",\"message\":\"" + reason + "\"}";
    }

    private static ObjectNode body(byte[] in) {
        return ProtobufSecret.is(in) ? ProtobufSecret.decode(in) : (ObjectNode) Json.parse(in);
    }

    private synchronized String object(HttpExchange x, String path) throws IOException {
        // /api/v1/namespaces/NS/PLURAL[/NAME]
        String[] p = path.split("/");
        if (p.length < 6 || !KINDS.containsKey(p[5])) {
            return null;
        }
        String kind = KINDS.get(p[5]);
        String name = p.length > 6 ? p[6] : null;
        byte[] in = x.getRequestBody().readAllBytes();
        switch (x.getRequestMethod()) {
            case "GET" -> {
                if (name != null) {
                    JsonNode o = cluster.get("v1", kind, p[4], name);
                    return o == null ? null : o.toString();
                }
                String selector = "";
                for (String q : (x.getRequestURI().getRawQuery() == null ? "" : x.getRequestURI().getRawQuery()).split("&")) {
                    selector = q.startsWith("labelSelector=") ? URLDecoder.decode(q.substring(14), StandardCharsets.UTF_8) : selector;
                }
                ObjectNode list = Json.object().put("kind", kind + "List").put("apiVersion", "v1");
                list.putObject("metadata");
                list.putArray("items").addAll(cluster.list("v1", kind, p[4], selector));
                return list.toString();
            }
            case "POST" -> {
                ObjectNode o = body(in);
                o.put("apiVersion", "v1").put("kind", kind);
                Json.ensureObject(o, "metadata").put("namespace", p[4]);
                return cluster.create(o).toString();
            }
            case "PUT" -> {
                cluster.delete("v1", kind, p[4], name);
                ObjectNode o = body(in);
                o.put("apiVersion", "v1").put("kind", kind);
                Json.ensureObject(o, "metadata").put("namespace", p[4]);
                return cluster.create(o).toString();
            }
            case "PATCH" -> {
                return cluster.get("v1", kind, p[4], name) == null ? null : cluster.patch("v1", kind, p[4], name, Json.parse(in)).toString();
            }
            case "DELETE" -> {
                JsonNode o = cluster.get("v1", kind, p[4], name);
                cluster.delete("v1", kind, p[4], name);
                return o == null ? null : o.toString();
            }
            default -> {
                return null;
            }
        }
    }

    private Path chart(String version, String text) {
        return HelmOracle.write(dir.resolve("web-" + version), Map.of("Chart.yaml", "apiVersion: v2\nname: web\nversion: " + version + "\nappVersion: \"7\"\n", "values.yaml", "who: all\n",
            "templates/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {text: \"" + text + " {{ .Values.who }}\"}\n",
            "templates/" + version + ".yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: only-" + version + "}\n", "README.md", "read me"));
    }

    private Helm ours() {
        return new Helm(cluster, TypeTable.builtin(), Clock.systemUTC());
    }

    @Test
    void takeTurnsOnARelease() throws Exception {
        ours().upgradeInstall(UpgradeRequest.of("web", "ns1", Chart.ofFolder(chart("1.0.0", "hello")), Map.of("who", "me")));

        var listed = com.marcnuri.helm.Helm.list().withNamespace("ns1").withKubeConfigContents(kubeConfig).call();
        assertThat(listed).hasSize(1);
        assertThat(listed.getFirst().getName()).isEqualTo("web");
        assertThat(listed.getFirst().getStatus()).isEqualTo("deployed");
        assertThat(listed.getFirst().getChart()).isEqualTo("web-1.0.0");
        assertThat(listed.getFirst().getAppVersion()).isEqualTo("7");
        assertThat(com.marcnuri.helm.Helm.get("web").values().withNamespace("ns1").withKubeConfigContents(kubeConfig).call().strip()).isEqualTo("who: me");

        new com.marcnuri.helm.Helm(chart("2.0.0", "bye")).upgrade().withName("web").withNamespace("ns1").disableOpenApiValidation().withKubeConfigContents(kubeConfig).set("who", "you").call();
        assertThat(Json.text(cluster.get("v1", "ConfigMap", "ns1", "a"), "data", "text")).isEqualTo("bye you");
        assertThat(cluster.get("v1", "ConfigMap", "ns1", "only-1.0.0")).isNull();
        var history = ours().history("ns1", "web");
        assertThat(history).extracting(r -> r.version() + " " + r.status()).containsExactly("1 superseded", "2 deployed");
        assertThat(history.getLast().values()).isEqualTo(Map.of("who", "you"));
        assertThat(history.getLast().chartVersion()).isEqualTo("2.0.0");
        assertThat(history.getLast().lastDeployed()).isNotNull();

        ours().rollback("ns1", "web", 1, false, Duration.ofSeconds(5));
        assertThat(Json.text(cluster.get("v1", "ConfigMap", "ns1", "a"), "data", "text")).isEqualTo("hello me");
        assertThat(cluster.get("v1", "ConfigMap", "ns1", "only-2.0.0")).isNull();
        assertThat(com.marcnuri.helm.Helm.history("web").withNamespace("ns1").withKubeConfigContents(kubeConfig).call()).extracting(h -> h.getRevision() + " " + h.getStatus() + " " + h.getDescription())
            .containsExactly("1 superseded Install complete", "2 superseded Upgrade complete", "3 deployed Rollback to 1");

        com.marcnuri.helm.Helm.uninstall("web").withNamespace("ns1").withKubeConfigContents(kubeConfig).call();
        assertThat(cluster.objects).isEmpty();
        assertThat(ours().history("ns1", "web")).isEmpty();
    }

    @Test
    void upgradeWhatHelmInstalled() throws Exception {
        new com.marcnuri.helm.Helm(chart("1.0.0", "first")).install().withName("web").withNamespace("ns1").disableOpenApiValidation().withKubeConfigContents(kubeConfig).call();
        ours().upgradeInstall(UpgradeRequest.of("web", "ns1", Chart.ofFolder(chart("2.0.0", "second")), Map.of()));
        assertThat(Json.text(cluster.get("v1", "ConfigMap", "ns1", "a"), "data", "text")).isEqualTo("second all");
        assertThat(cluster.get("v1", "ConfigMap", "ns1", "only-1.0.0")).isNull();
        assertThat(com.marcnuri.helm.Helm.status("web").withNamespace("ns1").withKubeConfigContents(kubeConfig).call().getRevision()).isEqualTo("2");
        ours().uninstall("ns1", "web", false, Duration.ofSeconds(5));
        assertThat(cluster.objects).isEmpty();
    }
}
