package io.skerry.controllers.apps;

import static io.skerry.controllers.TestCluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.skerry.controllers.TestCluster;
import io.skerry.controllers.workload.Pods;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DaemonSetControllerTest {
    private static final String AGENT = """
        apiVersion: apps/v1
        kind: DaemonSet
        metadata: {name: agent, namespace: default}
        spec:
          selector: {matchLabels: {app: agent}}
          template:
            metadata: {labels: {app: agent}}
            spec:
              nodeSelector: {role: edge}
              containers: [{name: agent, image: "agent:1"}]
        """;

    @TempDir Path folder;
    private TestCluster cluster;

    @BeforeEach void start() {
        cluster = new TestCluster(folder, i -> List.of(new DaemonSetController(i)));
        for (String n : List.of("n1", "n2", "n3")) cluster.apply("{apiVersion: v1, kind: Node, metadata: {name: " + n + ", labels: {role: edge}}}");
        cluster.apply("{apiVersion: v1, kind: Node, metadata: {name: other}}");
        cluster.apply("{apiVersion: v1, kind: Node, metadata: {name: tainted, labels: {role: edge}}, spec: {taints: [{key: gpu, effect: NoSchedule}]}}");
        cluster.actAsNode();
    }

    @AfterEach void stop() {
        cluster.close();
    }

    private DaemonSet get() {
        return cluster.client.apps().daemonSets().inNamespace("default").withName("agent").get();
    }

    private List<String> targets() {
        return cluster.pods().stream().filter(p -> !Pods.isTerminating(p)).map(p -> DaemonSetNodes.target(p.getSpec())).toList();
    }

    private void complete(int nodes, String image) {
        eventually(() -> {
            assertThat(get().getStatus().getDesiredNumberScheduled()).isEqualTo(nodes);
            assertThat(get().getStatus().getNumberAvailable()).isEqualTo(nodes);
            assertThat(get().getStatus().getUpdatedNumberScheduled()).isEqualTo(nodes);
            assertThat(get().getStatus().getObservedGeneration()).isEqualTo(get().getMetadata().getGeneration());
            assertThat(cluster.pods()).hasSize(nodes).allSatisfy(p -> assertThat(p.getSpec().getContainers().getFirst().getImage()).isEqualTo(image));
        });
    }

    @Test void runsOnceOnEveryNodeItIsMeantFor() {
        cluster.apply(AGENT);
        complete(3, "agent:1");
        assertThat(targets()).containsExactlyInAnyOrder("n1", "n2", "n3");
        assertThat(cluster.pods().getFirst().getSpec().getTolerations()).extracting("key")
            .contains("node.kubernetes.io/not-ready", "node.kubernetes.io/disk-pressure");
        cluster.apply("{apiVersion: v1, kind: Node, metadata: {name: n4, labels: {role: edge}}}");
        complete(4, "agent:1");
        eventually(() -> cluster.client.nodes().withName("n1").edit(n -> n.edit().editMetadata().removeFromLabels("role").endMetadata().build()));
        complete(3, "agent:1");
        assertThat(targets()).containsExactlyInAnyOrder("n2", "n3", "n4");
        // NoSchedule keeps new pods away and lets the old ones be; NoExecute does not.
        eventually(() -> cluster.client.nodes().withName("n2")
            .edit(n -> n.edit().editOrNewSpec().addNewTaint().withKey("x").withEffect("NoSchedule").endTaint().endSpec().build()));
        TestCluster.stays(() -> targets().contains("n2"), Duration.ofMillis(400));
        eventually(() -> cluster.client.nodes().withName("n2")
            .edit(n -> n.edit().editSpec().editTaint(0).withEffect("NoExecute").endTaint().endSpec().build()));
        eventually(() -> assertThat(targets()).containsExactlyInAnyOrder("n3", "n4"));
    }

    @Test void rollsOneNodeAtATimeAndBack() {
        cluster.apply(AGENT);
        complete(3, "agent:1");
        AtomicInteger least = new AtomicInteger(3);
        cluster.informers.subscribe(Pod.class, (b, a) -> least.accumulateAndGet((int) cluster.informers.list(Pod.class).stream()
            .filter(p -> Pods.isReady(p) && !Pods.isTerminating(p)).count(), Math::min));
        image("agent:2");
        complete(3, "agent:2");
        assertThat(least.get()).isEqualTo(2);
        image("agent:1");
        complete(3, "agent:1");
        assertThat(cluster.client.apps().controllerRevisions().inNamespace("default").list().getItems()).extracting(r -> r.getRevision())
            .containsExactlyInAnyOrder(2L, 3L);
    }

    @Test void surgesWithoutGap() {
        cluster.apply(AGENT.replace("  selector:", "  updateStrategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}\n  selector:"));
        complete(3, "agent:1");
        AtomicInteger least = new AtomicInteger(3);
        cluster.informers.subscribe(Pod.class, (b, a) -> least.accumulateAndGet((int) cluster.informers.list(Pod.class).stream()
            .filter(p -> Pods.isReady(p) && !Pods.isTerminating(p)).map(p -> DaemonSetNodes.target(p.getSpec())).distinct().count(), Math::min));
        image("agent:2");
        complete(3, "agent:2");
        assertThat(least.get()).isEqualTo(3);
    }

    private void image(String image) {
        eventually(() -> cluster.client.apps().daemonSets().inNamespace("default").withName("agent")
            .edit(s -> s.edit().editSpec().editTemplate().editSpec().editContainer(0).withImage(image).endContainer().endSpec().endTemplate()
            .endSpec().build()));
    }
}
