package io.skerry.apiserver.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.ApiServerConfig;
import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.User;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.apiserver.node.LogOptions;
import io.skerry.apiserver.node.LogSink;
import io.skerry.apiserver.node.NodeStreamException;
import io.skerry.apiserver.node.NodeStreams;
import io.skerry.apiserver.node.NodeUsage;
import io.skerry.apiserver.node.NodeUsage.ContainerUsage;
import io.skerry.apiserver.node.NodeUsage.Usage;
import io.skerry.apiserver.node.StreamListener;
import io.skerry.apiserver.node.StreamSession;
import io.skerry.apiserver.pki.ClusterPki;
import io.skerry.machinery.json.Json;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The metrics API over nodes that tell what they are made to tell; that a real one measures is shown by its own tests. */
class ResourceMetricsTest {
    private static final String API = "/apis/metrics.k8s.io/v1beta1";
    private static final Instant TIME = Instant.parse("2026-01-02T03:04:05.678Z");
    private static final User VIEWER = new User("vera", "", List.of(User.AUTHENTICATED), Map.of());

    /** @param told null for a node whose runtime is down */
    private record Node(NodeUsage told) implements NodeStreams {
        @Override
        public void logs(String namespace, String pod, String container, LogOptions options, LogSink out) {
            throw new UnsupportedOperationException();
        }

        @Override
        public StreamSession exec(ExecOptions options, StreamListener listener) {
            throw new UnsupportedOperationException();
        }

        @Override
        public StreamSession attach(ExecOptions options, StreamListener listener) {
            throw new UnsupportedOperationException();
        }

        @Override
        public StreamSession portForward(String namespace, String pod, int port, StreamListener listener) {
            throw new UnsupportedOperationException();
        }

        @Override
        public NodeUsage usage() throws NodeStreamException {
            if (told == null) {
                throw new NodeStreamException(500, "container runtime: down");
            }
            return told;
        }
    }

    @TempDir
    Path folder;
    TestServer api;
    final List<ContainerUsage> containers = new ArrayList<>();

    @BeforeEach
    void start() {
        Node n1 = new Node(new NodeUsage(new Usage(TIME, Duration.ofMillis(15_020), 1_234_567_890, 3L << 30), containers));
        api = new TestServer(folder, ApiServerConfig.defaults(), name -> switch (name) {
            case "n1" -> Optional.of(n1);
            case "n2" -> Optional.of(new Node(null));
            default -> Optional.empty();
        });
        node("n1", "edge");
        node("n2", "edge");
        node("n3", "core");
        pod("web", "n1", "Running", "a", "b");
        pod("job", "n1", "Succeeded", "a");
        pod("far", "n3", "Running", "a");
        pod("new", "", "Pending", "a");
        containers.add(new ContainerUsage("another", "a", usage(9, 9)));
    }

    @AfterEach
    void stop() {
        api.close();
    }

    private static Usage usage(long cpu, long memory) {
        return new Usage(TIME, Duration.ofSeconds(15), cpu, memory);
    }

    private void node(String name, String zone) {
        assertThat(api.send("POST", "/api/v1/nodes", "{metadata: {name: %s, labels: {zone: %s}}}".formatted(name, zone)).code()).isEqualTo(201);
    }

    private void pod(String name, String node, String phase, String... names) {
        String list = String.join(", ", List.of(names).stream().map(n -> "{name: " + n + ", image: i}").toList());
        String pods = "/api/v1/namespaces/default/pods";
        var made = api.send("POST", pods, "{metadata: {name: %s, labels: {app: %s}}, spec: {%s containers: [%s]}}".formatted(name, name, node.isEmpty() ? "" : "nodeName: " + node + ",", list));
        assertThat(made.code()).as(made.body().toString()).isEqualTo(201);
        assertThat(api.patch(pods + "/" + name + "/status", "application/merge-patch+json", "{\"status\":{\"phase\":\"" + phase + "\"}}").code()).isEqualTo(200);
        String uid = Json.text(made.body(), "metadata", "uid");
        for (int i = 0; i < names.length && node.equals("n1"); i++) {
            containers.add(new ContainerUsage(uid, names[i], usage(2_500_000L * (i + 1), (1536L << 10) * (i + 1))));
        }
    }

    private JsonNode get(String path) {
        DirectCall.Answer answer = api.send("GET", API + path, null);
        assertThat(answer.code()).as(answer.body().toString()).isEqualTo(200);
        return answer.body();
    }

    private List<String> names(String path) {
        List<String> names = new ArrayList<>();
        get(path).path("items").forEach(item -> names.add(Json.text(item, "metadata", "name")));
        return names;
    }

    @Test
    void tellsOfNodesThatAnswer() {
        JsonNode list = get("/nodes");
        assertThat(Json.text(list, "kind")).isEqualTo("NodeMetricsList");
        assertThat(list.path("items")).hasSize(1);
        JsonNode n1 = get("/nodes/n1");
        assertThat(Json.text(n1, "metadata", "creationTimestamp")).isNotEmpty();
        ((com.fasterxml.jackson.databind.node.ObjectNode) n1.get("metadata")).remove("creationTimestamp");
        assertThat(n1).isEqualTo(Json.parse("{\"kind\":\"NodeMetrics\",\"apiVersion\":\"metrics.k8s.io/v1beta1\",\"metadata\":{\"name\":\"n1\",\"labels\":{\"zone\":\"edge\"}},"
                + "\"timestamp\":\"2026-01-02T03:04:05Z\",\"window\":\"15.02s\",\"usage\":{\"cpu\":\"1234567890n\",\"memory\":\"3Gi\"}}"));
        DirectCall.Answer absent = api.send("GET", API + "/nodes/n2", null);
        assertThat(absent.code()).isEqualTo(404);
        assertThat(Json.text(absent.body(), "message")).isEqualTo("nodemetrics.metrics.k8s.io \"n2\" not found");
        assertThat(api.send("GET", API + "/nodes/none", null).code()).isEqualTo(404);
        assertThat(names("/nodes?labelSelector=zone%3Dedge")).containsExactly("n1");
        assertThat(names("/nodes?labelSelector=zone%3Dcore")).isEmpty();
        assertThat(names("/nodes?fieldSelector=metadata.name%3Dn1")).containsExactly("n1");
    }

    @Test
    void tellsOfRunningPods() {
        assertThat(names("/pods")).containsExactly("web");
        assertThat(names("/namespaces/default/pods?labelSelector=app%21%3Dx")).containsExactly("web");
        assertThat(names("/namespaces/default/pods?labelSelector=app%3Djob")).isEmpty();
        assertThat(names("/namespaces/kube-system/pods")).isEmpty();
        JsonNode web = get("/namespaces/default/pods/web");
        assertThat(Json.text(web, "metadata", "namespace")).isEqualTo("default");
        assertThat(web.get("containers")).isEqualTo(Json.parse("[{\"name\":\"a\",\"usage\":{\"cpu\":\"2500u\",\"memory\":\"1536Ki\"}},{\"name\":\"b\",\"usage\":{\"cpu\":\"5m\",\"memory\":\"3Mi\"}}]"));
        for (String without : List.of("job", "far", "new", "none")) {
            DirectCall.Answer answer = api.send("GET", API + "/namespaces/default/pods/" + without, null);
            assertThat(answer.code()).as(without).isEqualTo(404);
            assertThat(Json.text(answer.body(), "message")).isEqualTo("podmetrics.metrics.k8s.io \"" + without + "\" not found");
        }
        // what selectors of pods look at is remembered with them, and must be theirs
        assertThat(api.send("GET", "/api/v1/pods?fieldSelector=status.phase%3DRunning", null).body().path("items")).hasSize(2);
        assertThat(api.send("GET", API + "/pods?fieldSelector=status.phase%3DRunning", null).code()).isEqualTo(400);
    }

    @Test
    void printsTables() {
        JsonNode table = api.get(API + "/pods", Map.of("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io")).body();
        assertThat(Json.text(table, "kind")).isEqualTo("Table");
        assertThat(table.path("rows").path(0).path("cells")).isEqualTo(Json.parse("[\"web\",\"7500u\",\"4608Ki\",\"15s\"]"));
        JsonNode one = api.get(API + "/nodes/n1", Map.of("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io")).body();
        assertThat(one.path("rows").path(0).path("cells")).isEqualTo(Json.parse("[\"n1\",\"1234567890n\",\"3Gi\",\"15.02s\"]"));
        JsonNode partial = api.get(API + "/nodes", Map.of("Accept", "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io")).body();
        assertThat(Json.text(partial, "kind")).isEqualTo("PartialObjectMetadataList");
    }

    @Test
    void isReadOnlyAndDiscovered() {
        assertThat(api.send("GET", API + "/pods?watch=true&timeoutSeconds=1", null).code()).isEqualTo(405);
        assertThat(api.send("POST", API + "/nodes", "{metadata: {name: x}}").code()).isEqualTo(405);
        assertThat(api.send("DELETE", API + "/namespaces/default/pods/web", null).code()).isEqualTo(405);
        assertThat(api.send("DELETE", API + "/namespaces/default/pods", null).code()).isEqualTo(405);
        JsonNode resources = api.send("GET", API, null).body().path("resources");
        assertThat(resources.findValuesAsText("kind")).containsExactly("NodeMetrics", "PodMetrics");
        resources.forEach(resource -> assertThat(resource.path("verbs")).isEqualTo(Json.parse("[\"get\",\"list\"]")));
        assertThat(Json.text(api.send("GET", "/apis/metrics.k8s.io", null).body(), "preferredVersion", "groupVersion")).isEqualTo("metrics.k8s.io/v1beta1");
    }

    @Test
    void isForWhoMayRead() {
        assertThat(api.sendAs(VIEWER, "GET", API + "/nodes", null).code()).isEqualTo(403);
        JsonNode role = api.send("GET", "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:aggregated-metrics-reader", null).body();
        for (String wider : List.of("view", "edit", "admin")) {
            assertThat(Json.at(role, "metadata", "labels").path("rbac.authorization.k8s.io/aggregate-to-" + wider).asText()).isEqualTo("true");
        }
        assertThat(api.send("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", "{metadata: {name: v}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, "
                + "name: 'system:aggregated-metrics-reader'}, subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: vera}]}").code()).isEqualTo(201);
        assertThat(api.sendAs(VIEWER, "GET", API + "/nodes", null).code()).isEqualTo(200);
        assertThat(api.sendAs(VIEWER, "GET", "/api/v1/nodes", null).code()).isEqualTo(403);
    }

    @Test
    void anApiServicePutsAnotherInItsPlace() throws Exception {
        api.server.aggregate(ClusterPki.ensure(folder.resolve("pki"), List.of("127.0.0.1"), Clock.systemUTC()));
        assertThat(names("/nodes")).containsExactly("n1");
        String services = "/apis/apiregistration.k8s.io/v1/apiservices";
        String spec = "{spec: {group: metrics.k8s.io, version: v1beta1, groupPriorityMinimum: 100, versionPriority: 100, insecureSkipTLSVerify: true, service: {namespace: kube-system, name: absent}}";
        DirectCall.Answer made = api.send("POST", services, spec + ", metadata: {name: v1beta1.metrics.k8s.io}}");
        if (made.code() == 409) { // one that says that this server serves it
            made = api.patch(services + "/v1beta1.metrics.k8s.io", "application/merge-patch+json", Json.string(io.skerry.machinery.yaml.Yaml.parseAll(spec + "}", "test").getFirst().root()));
        }
        assertThat(made.code()).as(made.body().toString()).isBetween(200, 201);
        DirectCall.Answer passed = api.send("GET", API + "/nodes", null);
        assertThat(passed.code()).isEqualTo(503);
        assertThat(Json.text(passed.body(), "message")).contains("v1beta1.metrics.k8s.io");
        assertThat(api.send("DELETE", services + "/v1beta1.metrics.k8s.io", null).code()).isEqualTo(200);
        assertThat(names("/nodes")).containsExactly("n1");
    }
}
