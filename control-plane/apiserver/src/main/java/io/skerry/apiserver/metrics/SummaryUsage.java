package io.skerry.apiserver.metrics;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.node.NodeUsage;
import io.skerry.machinery.json.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Reads what a node uses from its Summary API (k8s.io/kubelet, pkg/apis/stats/v1alpha1), by which the server of another node tells it. */
final class SummaryUsage {
    /** That API does not tell what CPU is averaged over: the longest that a node does. */
    private static final Duration WINDOW = Duration.ofSeconds(60);

    private SummaryUsage() {
    }

    /** @throws java.time.format.DateTimeParseException when something in it does not say when it was measured */
    static NodeUsage of(JsonNode summary) {
        List<NodeUsage.ContainerUsage> containers = new ArrayList<>();
        for (JsonNode pod : summary.path("pods")) {
            for (JsonNode container : pod.path("containers")) {
                containers.add(new NodeUsage.ContainerUsage(Json.text(pod, "podRef", "uid"), Json.text(container, "name"), usage(container)));
            }
        }
        return new NodeUsage(usage(summary.path("node")), containers);
    }

    private static NodeUsage.Usage usage(JsonNode of) {
        return new NodeUsage.Usage(Instant.parse(Json.text(of, "cpu", "time")), WINDOW, Json.at(of, "cpu", "usageNanoCores").asLong(), Json.at(of, "memory", "workingSetBytes").asLong());
    }
}
