package io.skerry.controllers.apps;

import static io.skerry.controllers.TestCluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ReplicationController;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetStatus;
import io.skerry.controllers.TestCluster;
import io.skerry.controllers.gc.GarbageCollector;
import io.skerry.controllers.policy.DisruptionController;
import io.skerry.controllers.runtime.OwnerReferences;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplicationManagerTest {
    /** Its selector is the template's labels, by default. */
    private static final String CONTROLLER = """
        apiVersion: v1
        kind: ReplicationController
        metadata: {name: web, namespace: default}
        spec:
          replicas: 3
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: web, image: "web:1"}]}
        """;

    @TempDir Path folder;
    private TestCluster cluster;

    @BeforeEach void start() {
        cluster = new TestCluster(folder, i ->
            List.of(new ReplicationManager(i), new ReplicaSetController(i), new GarbageCollector(i), new DisruptionController(i)));
    }

    @AfterEach void stop() {
        cluster.close();
    }

    private ReplicationController get() {
        return cluster.client.replicationControllers().inNamespace("default").withName("web").get();
    }

    private void has(int replicas) {
        eventually(() -> {
            assertThat(cluster.pods()).hasSize(replicas);
            assertThat(get().getStatus().getReplicas()).isEqualTo(replicas);
        });
    }

    private void delete(DeletionPropagation policy) {
        cluster.client.replicationControllers().inNamespace("default").withName("web").withPropagationPolicy(policy).delete();
    }

    @Test void keepsItsReplicas() {
        cluster.actAsNode();
        cluster.apply(CONTROLLER);
        has(3);
        eventually(() -> {
            assertThat(get().getStatus().getReadyReplicas()).isEqualTo(3);
            assertThat(get().getStatus().getAvailableReplicas()).isEqualTo(3);
            assertThat(get().getStatus().getFullyLabeledReplicas()).isEqualTo(3);
            assertThat(get().getStatus().getObservedGeneration()).isEqualTo(get().getMetadata().getGeneration());
        });
        assertThat(cluster.pods()).allSatisfy(p -> {
            assertThat(p.getMetadata().getName()).startsWith("web-");
            assertThat(p.getMetadata().getLabels()).isEqualTo(Map.of("app", "web")); // no pod-template-hash
            assertThat(p.getMetadata().getOwnerReferences()).singleElement().satisfies(o -> {
                assertThat(o.getApiVersion()).isEqualTo("v1");
                assertThat(o.getKind()).isEqualTo("ReplicationController");
                assertThat(o.getUid()).isEqualTo(get().getMetadata().getUid());
            });
        });
        eventually(() -> assertThat(cluster.client.v1().events().inNamespace("default").list().getItems().stream()
            .filter(e -> e.getReason().equals("SuccessfulCreate"))).isNotEmpty().allSatisfy(e -> {
                assertThat(e.getInvolvedObject().getKind()).isEqualTo("ReplicationController");
                assertThat(e.getSource().getComponent()).isEqualTo("replication-controller");
            }));
        String gone = cluster.pods().getFirst().getMetadata().getName();
        cluster.client.pods().inNamespace("default").withName(gone).delete();
        eventually(() -> assertThat(cluster.pods()).hasSize(3).noneSatisfy(p -> assertThat(p.getMetadata().getName()).isEqualTo(gone)));
        eventually(() -> cluster.client.replicationControllers().inNamespace("default").withName("web").scale(1));
        has(1);
        String revision = settled();
        TestCluster.stays(() -> get().getMetadata().getResourceVersion().equals(revision), Duration.ofMillis(500));
    }

    private String settled() {
        eventually(() -> {
            assertThat(get().getStatus().getReadyReplicas()).isEqualTo(1);
            assertThat(get().getStatus().getObservedGeneration()).isEqualTo(get().getMetadata().getGeneration());
        });
        return get().getMetadata().getResourceVersion();
    }

    @Test void leavesPodsToAReplicaSetOfTheSameName() {
        cluster.apply(CONTROLLER);
        has(3);
        cluster.apply(CONTROLLER.replace("v1\n", "apps/v1\n").replace("ReplicationController", "ReplicaSet")
            .replace("replicas: 3\n", "replicas: 2\n  selector: {matchLabels: {app: web}}\n"));
        eventually(() -> assertThat(cluster.pods()).hasSize(5));
        assertThat(cluster.pods().stream().filter(p -> OwnerReferences.isControlledBy(p, get()))).hasSize(3);
    }

    @Test void orphansAreAdopted() {
        cluster.apply(CONTROLLER);
        has(3);
        List<String> uids = uids();
        delete(DeletionPropagation.ORPHAN);
        eventually(() -> {
            assertThat(get()).isNull();
            assertThat(cluster.pods()).hasSize(3).allSatisfy(p -> assertThat(p.getMetadata().getOwnerReferences()).isEmpty());
        });
        cluster.apply(CONTROLLER);
        eventually(() -> assertThat(cluster.pods()).hasSize(3).allSatisfy(p -> assertThat(OwnerReferences.isControlledBy(p, get())).isTrue()));
        assertThat(uids()).containsExactlyInAnyOrderElementsOf(uids);
    }

    private List<String> uids() {
        return cluster.pods().stream().map(p -> p.getMetadata().getUid()).toList();
    }

    @Test void podsGoWithIt() {
        cluster.actAsNode();
        cluster.apply(CONTROLLER);
        has(3);
        delete(DeletionPropagation.BACKGROUND);
        eventually(() -> assertThat(cluster.pods()).isEmpty());
    }

    @Test void budgetsKnowItsSize() {
        cluster.apply("{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: web, namespace: default}, spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}}");
        cluster.apply(CONTROLLER);
        has(3);
        for (Pod p : cluster.pods()) cluster.ready(p, true);
        eventually(() -> {
            PodDisruptionBudgetStatus status = cluster.client.policy().v1().podDisruptionBudget().inNamespace("default").withName("web").get().getStatus();
            assertThat(status.getExpectedPods()).isEqualTo(3);
            assertThat(status.getDisruptionsAllowed()).isEqualTo(1);
        });
    }

    @Test void saysWhyItCannotMakePods() {
        cluster.apply(CONTROLLER.replace("spec: {containers", "spec: {serviceAccountName: missing, containers"));
        eventually(() -> assertThat(get().getStatus().getConditions()).singleElement().satisfies(c -> {
            assertThat(c.getType()).isEqualTo("ReplicaFailure");
            assertThat(c.getStatus()).isEqualTo("True");
            assertThat(c.getReason()).isEqualTo("FailedCreate");
            assertThat(c.getMessage()).contains("missing");
        }));
    }
}
