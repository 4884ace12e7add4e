package io.skerry.apiserver.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.TestServer;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What of a Node's status is on disk when the answer is there. */
class NodeStrategyTest {
    private static final String NODES = "/api/v1/nodes";
    private static final String STATUS = """
            {"status": {"conditions": [{"type": "Ready", "status": "%s", "lastHeartbeatTime": "2030-01-01T00:%s:00Z"}]}}""";

    @TempDir
    Path folder;
    private PowerCut cut;

    private String afterPowerCut(String field) throws IOException {
        ObjectNode node = cut.leaves("/registry/core/nodes/node");
        return Json.text(Json.at(node, "status", "conditions").get(0), field);
    }

    private static int patch(TestServer api, String ready, String minute) {
        return api.patch(NODES + "/node/status", "application/strategic-merge-patch+json", STATUS.formatted(ready, minute)).code();
    }

    @Test
    void onlyHeartbeatsMayBeForgotten() throws IOException {
        try (TestServer api = new TestServer(folder)) {
            cut = new PowerCut(folder);
            assertThat(api.send("POST", NODES, "{apiVersion: v1, kind: Node, metadata: {name: node}}").code()).isEqualTo(201);
            assertThat(patch(api, "True", "00")).isEqualTo(200);
            assertThat(afterPowerCut("lastHeartbeatTime")).isEqualTo("2030-01-01T00:00:00Z");
            assertThat(patch(api, "True", "05")).isEqualTo(200);
            assertThat(afterPowerCut("lastHeartbeatTime")).as("a heartbeat does not wear the card").isEqualTo("2030-01-01T00:00:00Z");
            assertThat(patch(api, "False", "10")).isEqualTo(200);
            assertThat(afterPowerCut("status")).isEqualTo("False");
            assertThat(afterPowerCut("lastHeartbeatTime")).isEqualTo("2030-01-01T00:10:00Z");
        }
    }
}
