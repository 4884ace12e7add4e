package io.skerry.apiserver.stream;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.ApiServer;
import io.skerry.apiserver.ApiServerConfig;
import io.skerry.apiserver.User;
import io.skerry.apiserver.audit.AuditLog;
import io.skerry.apiserver.audit.AuditPolicy;
import io.skerry.apiserver.audit.Auditor;
import io.skerry.apiserver.bootstrap.ServerLeases;
import io.skerry.apiserver.http.Blocking;
import io.skerry.apiserver.http.HttpFrontend;
import io.skerry.apiserver.http.HttpFrontendConfig;
import io.skerry.apiserver.http.UpgradeHandler;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.apiserver.node.NodeLocator;
import io.skerry.apiserver.pki.ClusterPki;
import io.skerry.datastore.Datastore;
import io.skerry.datastore.DatastoreOptions;
import io.skerry.datastore.PostgresDatastore;
import io.skerry.datastore.PostgresServer;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.TypeTable;
import io.skerry.machinery.yaml.Yaml;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two API servers on one real PostgreSQL, each with a node: the real kubectl asks the one for what runs on the node of the other. */
@Timeout(180)
class OtherServersNodeTest {
    private static final String CORE = "/api/v1/namespaces/default/";

    @TempDir
    Path home;
    private final List<AutoCloseable> open = new ArrayList<>();
    private final LocalProcesses far = new LocalProcesses();
    private PostgresServer postgres;
    private ClusterPki pki;
    private int port;
    private Path kubeconfig;
    private ApiServer near;
    private ApiServer other;
    private AutoCloseable otherLives;

    @BeforeEach
    void start() throws Exception {
        postgres = PostgresServer.start();
        open.add(postgres);
        pki = ClusterPki.ensure(home.resolve("pki"), List.of("127.0.0.1", "127.0.0.2"), Clock.systemUTC());
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.2"))) {
            port = free.getLocalPort(); // the same for both servers
        }
        near = server("127.0.0.1", name -> Optional.empty());
        other = server("127.0.0.2", name -> name.equals("n2") ? Optional.of(far) : Optional.empty());
        advertise(near);
        otherLives = advertise(other);
        kubeconfig = Files.writeString(home.resolve("kubeconfig"), pki.adminKubeconfig("https://127.0.0.1:" + port));
        make("/api/v1/nodes", "{metadata: {name: n2}, status: {addresses: [{type: InternalIP, address: 127.0.0.2}]}}");
        make(CORE + "pods", "{metadata: {name: web}, spec: {nodeName: n2, containers: [{name: app, image: x, stdin: true}]}}");
        JsonNode running = Json.parse("{\"status\":{\"phase\":\"Running\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}");
        assertThat(DirectCall.send(near, User.master("test"), "PATCH", CORE + "pods/web/status", Map.of("Content-Type", "application/merge-patch+json"), Json.bytes(running)).code())
                .isEqualTo(200);
        Awaitility.await().until(() -> DirectCall.send(near, User.master("test"), "GET", CORE + "pods/web/log", null).code() == 200);
    }

    private ApiServer server(String address, NodeLocator nodes) throws IOException {
        Datastore store = PostgresDatastore.open(postgres.endpoint(), DatastoreOptions.defaults());
        open.addFirst(store);
        ApiServer server = new ApiServer(ApiServerConfig.defaults().withAdvertise(address, port), store, TypeTable.builtin(), nodes);
        open.addFirst(server);
        server.reachOthers(pki);
        Vertx vertx = Vertx.vertx();
        open.addFirst(() -> Blocking.await(vertx.close()));
        HttpFrontend frontend = new HttpFrontend(vertx, new HttpFrontendConfig(address, port, pki.servingCertificate(), pki.servingKey(), pki.clientCaCertificate()),
                client -> server.authenticator().authenticate(client.peerCertificates().isEmpty() ? null : client.peerCertificates().getFirst(), client.headers().apply("Authorization")),
                server, UpgradeHandler.firstOf(server.remoteStreams(), new PodStreams(server, nodes)));
        frontend.start();
        open.addFirst(frontend);
        return server;
    }

    /** The endpoints of service kubernetes cannot be written with addresses of loopback, which is nothing to what is tried here. */
    private AutoCloseable advertise(ApiServer server) {
        AutoCloseable leases = server.advertise(new ServerLeases.Times(Duration.ofSeconds(30), Duration.ofSeconds(5), Duration.ofSeconds(1)));
        open.addFirst(leases);
        return leases;
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable part : open) {
            part.close();
        }
    }

    private void make(String path, String yaml) {
        var answer = DirectCall.send(near, User.master("test"), "POST", path, Yaml.parseAll(yaml, "test").getFirst().root());
        assertThat(answer.code()).as(answer.body().toString()).isEqualTo(201);
    }

    private record Outcome(int code, byte[] out, String err) {
        String text() {
            return new String(out, StandardCharsets.UTF_8);
        }
    }

    private Outcome kubectl(boolean spdy, byte[] stdin, String... args) throws Exception {
        List<String> command = new ArrayList<>(List.of("kubectl", "--cache-dir", home.resolve("cache").toString()));
        command.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(Map.of("HOME", home.toString(), "KUBECONFIG", kubeconfig.toString(), "KUBECTL_REMOTE_COMMAND_WEBSOCKETS", "" + !spdy));
        Process process = builder.start();
        CompletableFuture<String> err = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                err.complete(new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
            } catch (IOException e) {
                err.completeExceptionally(e);
            }
        });
        Thread.ofVirtual().start(() -> {
            try (var in = process.getOutputStream()) {
                in.write(stdin);
            } catch (IOException e) {
                // it did not want all
            }
        });
        byte[] out = process.getInputStream().readAllBytes();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Outcome(process.exitValue(), out, err.get());
    }

    @Test
    void logsAndCommandsReachTheNode() throws Exception {
        Outcome log = kubectl(false, new byte[0], "logs", "web");
        assertThat(log.text()).as(log.err()).isEqualTo("log of app in default/web\n");
        byte[] much = new byte[1_000_000];
        new Random(7).nextBytes(much);
        for (boolean spdy : new boolean[] {false, true}) {
            Outcome failed = kubectl(spdy, new byte[0], "exec", "web", "--", "sh", "-c", "echo out; exit 3");
            assertThat(failed.text()).as(failed.err()).isEqualTo("out\n");
            assertThat(failed.code()).isEqualTo(3);
            Outcome echoed = kubectl(spdy, much, "exec", "-i", "web", "--", "cat");
            assertThat(echoed.err()).isEmpty();
            assertThat(echoed.out()).isEqualTo(much);
        }
        assertThat(far.seen).contains("exec app [sh, -c, echo out; exit 3]", "exec app [cat]");
    }

    @Test
    void theOtherServerKnowsWhoAsksAndDecidesOnceMore() throws Exception {
        Path file = home.resolve("audit.log");
        Path policy = Files.writeString(home.resolve("policy.yaml"), "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: None, verbs: [watch]}, {level: Metadata, resources: [{group: ''}]}]\n");
        User ann = new User("ann", "u-1", List.of("team a", User.AUTHENTICATED), Map.of("example.org/Scope", List.of("x")));
        try (AuditLog log = new AuditLog(file.toString(), new AuditLog.Limits(0, 0, 0), Clock.systemUTC())) {
            other.audit(new Auditor(AuditPolicy.read(policy), log));
            var refused = DirectCall.send(near, ann, "GET", CORE + "pods/web/log", null);
            assertThat(refused.code()).isEqualTo(403);
            assertThat(Files.readString(file)).as("refused before it was passed on").doesNotContain("ann");
            make("/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings", "{metadata: {name: ann}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view},"
                    + " subjects: [{kind: Group, name: team a, apiGroup: rbac.authorization.k8s.io}]}");
            Awaitility.await().until(() -> DirectCall.send(near, ann, "GET", CORE + "pods/web/log", null).code() == 200);
            // written when the answer has been sent
            String told = Awaitility.await().until(() -> Files.readAllLines(file).stream().filter(line -> line.contains("impersonatedUser") && line.contains("ResponseComplete"))
                    .reduce((a, b) -> b), Optional::isPresent).orElseThrow();
            JsonNode event = Json.parse(told.getBytes(StandardCharsets.UTF_8));
            assertThat(Json.text(event, "user", "username")).isEqualTo("system:apiserver");
            assertThat(Json.at(event, "impersonatedUser")).isEqualTo(Json.parse("{\"username\":\"ann\",\"uid\":\"u-1\",\"groups\":[\"team a\",\"system:authenticated\"],"
                    + "\"extra\":{\"example.org/scope\":[\"x\"]}}"));
            other.audit(null);
        }
        // one group must not become two on the way
        for (String name : List.of("a,system:masters", "a\nb", "a ", "é")) {
            var unnameable = DirectCall.send(near, new User("ann", User.MASTERS, name), "GET", CORE + "pods/web/log", null);
            assertThat(unnameable.code()).as(name).isEqualTo(503);
            assertThat(Json.text(unnameable.body(), "message")).startsWith("the request cannot be passed on to the server that runs the node");
        }
        // nor does anybody else act as a user there by what they send
        assertThat(DirectCall.send(near, new User("bob", User.AUTHENTICATED), "GET", CORE + "pods/web/log", Map.of("Impersonate-User", "ann"), new byte[0]).code()).isEqualTo(403);
    }

    @Test
    void aNodesOwnEndpointsAreReachedWithAndWithoutTheKubeletsPort() throws Exception {
        for (String name : List.of("n2", "n2:10250", "https:n2:10250")) {
            Outcome health = kubectl(false, new byte[0], "get", "--raw", "/api/v1/nodes/" + name + "/proxy/healthz");
            assertThat(health.text()).as(name + ": " + health.err()).isEqualTo("ok");
        }
        // any other port is one of the node's, which this server reaches by itself
        Outcome other = kubectl(false, new byte[0], "get", "--raw", "/api/v1/nodes/n2:10251/proxy/healthz");
        assertThat(other.err()).contains("address not allowed");
    }

    @Test
    void whatTheOtherNodeUsesIsToldHere() throws Exception {
        String metrics = "/apis/metrics.k8s.io/v1beta1/nodes";
        assertThat(DirectCall.send(near, User.master("test"), "GET", metrics, null).body().path("items")).as("a node that does not tell").isEmpty();
        String uid = Json.text(DirectCall.send(near, User.master("test"), "GET", CORE + "pods/web", null).body(), "metadata", "uid");
        far.documents.put("/stats/summary", """
                {"node": {"nodeName": "n2", "cpu": {"time": "2026-01-02T03:04:05Z", "usageNanoCores": 1500000000}, "memory": {"time": "2026-01-02T03:04:05Z", "workingSetBytes": 3221225472}},
                 "pods": [{"podRef": {"name": "web", "namespace": "default", "uid": "%s"}, "containers": [
                  {"name": "app", "cpu": {"time": "2026-01-02T03:04:06Z", "usageNanoCores": 250000000}, "memory": {"time": "2026-01-02T03:04:06Z", "workingSetBytes": 67108864}}]}]}
                """.formatted(uid));
        Outcome top = kubectl(false, new byte[0], "top", "pod", "web", "--containers", "--no-headers");
        assertThat(top.text()).as(top.err()).matches("web +app +250m +64Mi *\n");
        JsonNode node = DirectCall.send(near, User.master("test"), "GET", metrics + "/n2", null).body();
        assertThat(node.path("usage")).isEqualTo(Json.parse("{\"cpu\":\"1500m\",\"memory\":\"3Gi\"}"));
        assertThat(Json.text(node, "timestamp")).isEqualTo("2026-01-02T03:04:05Z");
        otherLives.close();
        Awaitility.await().until(() -> DirectCall.send(near, User.master("test"), "GET", metrics + "/n2", null).code() == 404);
    }

    @Test
    void aServerThatHasLeftIsNotWaitedFor() throws Exception {
        otherLives.close();
        Awaitility.await().until(() -> DirectCall.send(near, User.master("test"), "GET", CORE + "pods/web/log", null).code() == 503);
        assertThat(Json.text(DirectCall.send(near, User.master("test"), "GET", CORE + "pods/web/log", null).body(), "message"))
                .isEqualTo("node \"n2\" of pod \"web\" is not connected to this server");
        Outcome exec = kubectl(false, new byte[0], "exec", "web", "--", "true");
        assertThat(exec.err()).contains("is not connected to this server");
    }
}
