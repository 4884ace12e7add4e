package io.skerry.apiserver.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.TestServer;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What of autoscalers is on disk when the answer is there. */
class AutoscalerStrategyTest {
    private static final String ALL = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers";

    @TempDir
    Path folder;
    private PowerCut cut;

    private JsonNode afterPowerCut() throws IOException {
        return cut.leaves("/registry/autoscaling/horizontalpodautoscalers/default/web").path("status");
    }

    private static void measured(TestServer api, int replicas, int percent) {
        var put = api.send("PUT", ALL + "/web/status", "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web}, status: {currentReplicas: " + replicas
                + ", desiredReplicas: 3, currentMetrics: [{type: Resource, resource: {name: cpu, current: {averageUtilization: " + percent + ", averageValue: 5m}}}]}}");
        assertThat(put.code()).as(put.body().toString()).isEqualTo(200);
        assertThat(Json.at(api.send("GET", ALL + "/web", null).body(), "status", "currentMetrics").get(0).at("/resource/current/averageUtilization").asInt()).isEqualTo(percent);
    }

    @Test
    void onlyMeasurementsMayBeForgotten() throws IOException {
        try (TestServer api = new TestServer(folder)) {
            cut = new PowerCut(folder);
            assertThat(api.send("POST", ALL, "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web}, spec: {scaleTargetRef: {kind: Deployment, name: web}, maxReplicas: 3}}")
                    .code()).isEqualTo(201);
            measured(api, 1, 10);
            assertThat(afterPowerCut().path("currentReplicas").asInt()).isEqualTo(1);
            measured(api, 1, 20);
            assertThat(afterPowerCut().at("/currentMetrics/0/resource/current/averageUtilization").asInt()).as("a measurement does not wear the card").isEqualTo(10);
            measured(api, 2, 30);
            assertThat(afterPowerCut().path("currentReplicas").asInt()).isEqualTo(2);
            assertThat(afterPowerCut().at("/currentMetrics/0/resource/current/averageUtilization").asInt()).isEqualTo(30);
        }
    }
}
