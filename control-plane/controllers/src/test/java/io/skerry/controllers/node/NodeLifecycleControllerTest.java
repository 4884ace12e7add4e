package io.skerry.controllers.node;

import static io.skerry.controllers.TestCluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.skerry.controllers.TestCluster;
import io.skerry.controllers.workload.Pods;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of a node and its pods when its heartbeat stops. */
class NodeLifecycleControllerTest {
    @TempDir Path folder;
    private TestCluster cluster;

    @BeforeEach void start() {
        cluster = new TestCluster(folder, i -> List.of(new NodeLifecycleController(i, Duration.ofSeconds(2)), new TaintEvictionController(i),
            new PodGarbageCollector(i, 2)));
        cluster.apply("{apiVersion: v1, kind: Node, metadata: {name: n1}}");
        condition("Ready", "True");
    }

    @AfterEach void stop() {
        cluster.close();
    }

    private void condition(String type, String status) {
        String now = Instant.now().toString();
        cluster.client.nodes().withName("n1").subresource("status").patch(PatchContext.of(PatchType.STRATEGIC_MERGE),
            "{\"status\":{\"conditions\":[{\"type\":\"" + type + "\",\"status\":\"" + status + "\",\"lastHeartbeatTime\":\"" + now
            + "\",\"lastTransitionTime\":\"" + now + "\"}]}}");
    }

    private void renew() {
        var leases = cluster.client.leases().inNamespace("kube-node-lease");
        ZonedDateTime now = ZonedDateTime.now(ZoneOffset.UTC);
        if (leases.withName("n1").get() == null) leases.resource(new LeaseBuilder().withNewMetadata().withName("n1").withNamespace("kube-node-lease")
            .endMetadata().withNewSpec().withRenewTime(now).endSpec().build()).create();
        else leases.withName("n1").edit(l -> l.edit().editSpec().withRenewTime(now).endSpec().build());
    }

    private Node node() {
        return cluster.client.nodes().withName("n1").get();
    }

    private String ready() {
        return node().getStatus().getConditions().stream().filter(c -> c.getType().equals("Ready")).map(NodeCondition::getStatus).findFirst().orElse(null);
    }

    private List<String> taints() {
        return node().getSpec() == null ? List.of() : node().getSpec().getTaints().stream().map(t -> t.getKey() + ":" + t.getEffect()).toList();
    }

    private Pod pod(String name, String more) {
        Pod p = cluster.apply("{apiVersion: v1, kind: Pod, metadata: {name: " + name + ", namespace: default}, spec: {nodeName: n1, " + more
            + "containers: [{name: c, image: i}]}}");
        cluster.ready(p, true);
        return p;
    }

    private Pod get(String name) {
        return cluster.client.pods().inNamespace("default").withName(name).get();
    }

    @Test void aSilentNodeIsUnreachableUntilItSpeaksAgain() throws Exception {
        pod("patient", "tolerations: [{key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute}], ");
        pod("hasty", "tolerations: [{key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 1}], ");
        for (int i = 0; i < 6; i++) { // its lease alone keeps it alive
            renew();
            Thread.sleep(500);
        }
        assertThat(ready()).isEqualTo("True");
        assertThat(taints()).isEmpty();
        eventually(() -> {
            assertThat(ready()).isEqualTo("Unknown");
            assertThat(taints()).containsExactlyInAnyOrder("node.kubernetes.io/unreachable:NoSchedule", "node.kubernetes.io/unreachable:NoExecute");
            assertThat(node().getStatus().getConditions()).anySatisfy(c -> assertThat(c.getReason()).isEqualTo("NodeStatusUnknown"));
            assertThat(Pods.isReady(get("patient"))).isFalse();
        });
        eventually(() -> assertThat(get("hasty").getMetadata().getDeletionTimestamp()).isNotNull());
        assertThat(Pods.condition(get("hasty"), "DisruptionTarget").getReason()).isEqualTo("DeletionByTaintManager");
        assertThat(get("patient").getMetadata().getDeletionTimestamp()).isNull();
        condition("Ready", "True");
        eventually(() -> assertThat(taints()).isEmpty());
    }

    @Test void conditionsAndCordonsBecomeTaintsAndOthersStay() {
        eventually(() -> cluster.client.nodes().withName("n1")
            .edit(n -> n.edit().editOrNewSpec().withUnschedulable(true).addNewTaint().withKey("mine").withEffect("NoSchedule").endTaint().endSpec().build()));
        condition("DiskPressure", "True");
        condition("Ready", "False");
        eventually(() -> assertThat(taints()).containsExactlyInAnyOrder("mine:NoSchedule", "node.kubernetes.io/unschedulable:NoSchedule",
            "node.kubernetes.io/disk-pressure:NoSchedule",
            "node.kubernetes.io/not-ready:NoSchedule", "node.kubernetes.io/not-ready:NoExecute"));
        condition("DiskPressure", "False");
        condition("Ready", "True");
        eventually(() -> cluster.client.nodes().withName("n1").edit(n -> n.edit().editSpec().withUnschedulable(false).endSpec().build()));
        eventually(() -> assertThat(taints()).containsExactly("mine:NoSchedule"));
    }

    @Test void endedPodsBeyondTheLimitAndPodsWithoutANodeGo() {
        for (int i = 0; i < 4; i++) cluster.phase(pod("p" + i, ""), "Succeeded");
        eventually(() -> assertThat(cluster.pods()).hasSize(2));
        cluster.apply("{apiVersion: v1, kind: Pod, metadata: {name: homeless, namespace: default, finalizers: [test.skerry.io/hold]}, spec: {containers: [{name: c, image: i}]}}");
        cluster.client.pods().inNamespace("default").withName("homeless").delete();
        eventually(() -> assertThat(Pods.phase(get("homeless"))).isEqualTo("Failed"));
    }
}
