package io.skerry.controllers.autoscaling;

import io.fabric8.kubernetes.api.model.Pod;
import io.skerry.apiserver.node.NodeStreams;
import io.skerry.apiserver.node.NodeUsage;
import io.skerry.apiserver.node.NodeUsage.ContainerUsage;
import io.skerry.apiserver.node.NodeUsage.Usage;
import io.skerry.controllers.TestCluster;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** The node n1 of a cluster: runs every pod that is bound to it, long since ready, and measures what it is told to. */
final class MeasuredNode {
    static final String NAME = "n1";

    private final TestCluster cluster;
    /** How often somebody asked. */
    final AtomicInteger asked = new AtomicInteger();
    /** Of each pod's first container, in thousandths of a core; negative for none of them measured. */
    volatile int milliCores;

    MeasuredNode(TestCluster cluster) {
        this.cluster = cluster;
        NodeStreams node = (NodeStreams) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {NodeStreams.class}, (proxy, method, args) -> {
            if (method.getName().equals("usage")) return usage();
            throw new UnsupportedOperationException(method.getName());
        });
        cluster.nodes = name -> name.equals(NAME) ? Optional.of(node) : Optional.empty();
        cluster.informers.subscribe(Pod.class, (before, after) -> {
            if (after != null && after.getMetadata().getDeletionTimestamp() == null && NAME.equals(after.getSpec().getNodeName()) && after.getStatus().getStartTime() == null) {
                Thread.ofVirtual().start(() -> run(after));
            }
        });
    }

    private void run(Pod pod) {
        String longSince = Instant.now().minusSeconds(3600).toString();
        cluster.status(pod, "{\"status\":{\"phase\":\"Running\",\"startTime\":\"" + longSince + "\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\",\"lastTransitionTime\":\"" + longSince + "\"}]}}");
    }

    private NodeUsage usage() {
        asked.incrementAndGet();
        List<ContainerUsage> containers = milliCores < 0 ? List.of() : cluster.pods().stream().filter(p -> NAME.equals(p.getSpec().getNodeName()))
            .map(p -> new ContainerUsage(p.getMetadata().getUid(), p.getSpec().getContainers().getFirst().getName(), of(milliCores))).toList();
        return new NodeUsage(of(milliCores), containers);
    }

    private static Usage of(long milliCores) {
        return new Usage(Instant.now(), Duration.ofSeconds(15), milliCores * 1_000_000, 64 << 20);
    }
}
