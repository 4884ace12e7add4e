package io.skerry.apiserver.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.TestServer;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What of Leases is on disk when the answer is there. */
class LeaseStrategyTest {
    private static final String LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";

    @TempDir
    Path folder;
    private PowerCut cut;

    private ObjectNode afterPowerCut() throws IOException {
        return cut.leaves("/registry/coordination.k8s.io/leases/kube-system/leader");
    }

    private static int put(TestServer api, String holder, String renewed) {
        var present = api.send("GET", LEASES + "/leader", null).body();
        return api.send("PUT", LEASES + "/leader", "{apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {name: leader, resourceVersion: '"
                + Json.text(present, "metadata", "resourceVersion") + "'}, spec: {holderIdentity: " + holder + ", renewTime: '" + renewed + "'}}").code();
    }

    @Test
    void onlyRenewalsMayBeForgotten() throws IOException {
        try (TestServer api = new TestServer(folder)) {
            cut = new PowerCut(folder);
            assertThat(api.send("POST", LEASES, "{apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {name: leader}, spec: {holderIdentity: one}}").code()).isEqualTo(201);
            assertThat(Json.text(afterPowerCut(), "spec", "holderIdentity")).isEqualTo("one");
            assertThat(put(api, "two", "2030-01-01T00:00:00.000000Z")).isEqualTo(200);
            assertThat(Json.text(afterPowerCut(), "spec", "holderIdentity")).isEqualTo("two");
            assertThat(put(api, "two", "2030-01-01T00:00:10.000000Z")).isEqualTo(200);
            assertThat(Json.text(afterPowerCut(), "spec", "renewTime")).as("a heartbeat does not wear the card").isEqualTo("2030-01-01T00:00:00.000000Z");
            assertThat(api.send("DELETE", LEASES + "/leader", null).code()).isEqualTo(200);
            assertThat(afterPowerCut()).isNull();
        }
    }
}
