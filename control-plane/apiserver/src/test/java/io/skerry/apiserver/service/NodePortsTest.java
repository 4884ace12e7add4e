package io.skerry.apiserver.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.skerry.apiserver.ApiServerConfig;
import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.machinery.json.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodePortsTest {
    private static final String PATH = "/api/v1/namespaces/default/services";

    @AutoClose
    TestServer api = new TestServer();
    @TempDir
    Path folder;

    private DirectCall.Answer merge(String path, String patch) {
        return api.patch(path, "application/merge-patch+json", patch);
    }

    private static String problem(DirectCall.Answer answer) {
        return answer.code() + " " + Json.text(answer.body(), "message");
    }

    @Test
    void aServiceCanBeChangedByManyAtOnce() throws Exception {
        api.make(PATH, """
                {metadata: {name: s}, spec: {type: LoadBalancer, externalTrafficPolicy: Local, ports: [{port: 80}]}}""");
        List<Future<List<DirectCall.Answer>>> running = new ArrayList<>();
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int client = 0; client < 8; client++) {
                String path = PATH + "/s" + (client % 2 == 0 ? "" : "/status");
                String annotation = "c" + client;
                running.add(clients.submit(() -> {
                    List<DirectCall.Answer> answers = new ArrayList<>();
                    for (int i = 0; i < 20; i++) {
                        answers.add(merge(path, "{\"metadata\":{\"annotations\":{\"" + annotation + "\":\"" + i + "\"}}}"));
                    }
                    return answers;
                }));
            }
        }
        for (Future<List<DirectCall.Answer>> client : running) {
            assertThat(client.get()).extracting(NodePortsTest::problem).containsOnly("200 ");
        }
    }

    @Test
    void aPortThatSaysNothingIsRefused() {
        for (String type : List.of("ClusterIP", "NodePort", "LoadBalancer")) {
            assertThat(problem(api.send("POST", PATH, "{metadata: {name: s}, spec: {type: " + type + ", ports: [null]}}")))
                    .startsWith("422 Service \"s\" is invalid: ").contains("spec.ports[0].port: ");
        }
    }

    @Test
    void aPortIsGivenOnceWithinAService() {
        JsonNode spec = api.make(PATH, """
                {metadata: {name: s}, spec: {type: LoadBalancer, externalTrafficPolicy: Local, ports: [{name: a, port: 80}]}}""").path("spec");
        int health = spec.path("healthCheckNodePort").asInt();
        int first = spec.path("ports").get(0).path("nodePort").asInt();
        assertThat(health).isBetween(30000, 32767).isNotEqualTo(first);
        var twice = merge(PATH + "/s", "{\"spec\":{\"ports\":[{\"name\":\"a\",\"port\":80,\"nodePort\":" + health + "}]}}");
        assertThat(problem(twice)).isEqualTo("422 Service \"s\" is invalid: spec.healthCheckNodePort: Invalid value: " + health + ": provided port is already allocated");
        var other = api.send("POST", PATH, "{metadata: {name: t}, spec: {type: NodePort, ports: [{port: 80, nodePort: " + health + "}]}}");
        assertThat(problem(other)).endsWith("spec.ports[0].nodePort: Invalid value: " + health + ": provided port is already allocated");
        var moved = merge(PATH + "/s", "{\"spec\":{\"ports\":[{\"name\":\"b\",\"port\":81,\"nodePort\":" + first + "}]}}");
        assertThat(problem(moved)).isEqualTo("200 ");
        var given = merge(PATH + "/s", "{\"spec\":{\"ports\":[{\"name\":\"b\",\"port\":81,\"nodePort\":" + (first == 30000 ? 30001 : 30000) + "}]}}");
        assertThat(problem(given)).isEqualTo("200 ");
        api.make(PATH, "{metadata: {name: u}, spec: {type: NodePort, ports: [{port: 80, nodePort: " + first + "}]}}");
    }

    @Test
    void aNewPortIsNoneThatTheServiceHas() {
        ApiServerConfig config = ApiServerConfig.defaults();
        ApiServerConfig few = new ApiServerConfig(config.serviceCidr(), config.dnsAddress(), 30000, 30009, null, 6443, config.issuer(), config.serviceAccountKey(), config.gitVersion());
        try (TestServer small = new TestServer(folder, few)) {
            ArrayNode ports = Json.array();
            ports.addObject().put("name", "p0").put("port", 80);
            small.make(PATH, "{metadata: {name: s}, spec: {type: NodePort, ports: " + ports + "}}");
            for (int i = 1; i < 10; i++) {
                ports.addObject().put("name", "p" + i).put("port", 80 + i);
                small.patch(PATH + "/s", "application/merge-patch+json", "{\"spec\":{\"ports\":" + ports + "}}");
            }
            assertThat(small.send("GET", PATH + "/s", null).body().findValuesAsText("nodePort")).doesNotHaveDuplicates().hasSize(10);
        }
    }
}
