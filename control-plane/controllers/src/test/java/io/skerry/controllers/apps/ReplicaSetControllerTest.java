package io.skerry.controllers.apps;

import static io.skerry.controllers.TestCluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.skerry.controllers.TestCluster;
import io.skerry.controllers.runtime.OwnerReferences;
import io.skerry.controllers.workload.PodDeletionOrder;
import io.skerry.controllers.workload.Pods;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplicaSetControllerTest {
    private static final String SET = """
        apiVersion: apps/v1
        kind: ReplicaSet
        metadata: {name: web, namespace: default}
        spec:
          replicas: 3
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: web, image: "web:1"}]}
        """;
    private static final String LOOSE = """
        apiVersion: v1
        kind: Pod
        metadata: {name: loose, namespace: default, labels: {app: web}}
        spec: {containers: [{name: web, image: "web:0"}]}
        """;

    @TempDir Path folder;
    private TestCluster cluster;

    @BeforeEach void start() {
        cluster = new TestCluster(folder, i -> List.of(new ReplicaSetController(i)));
    }

    @AfterEach void stop() {
        cluster.close();
    }

    private ReplicaSet get() {
        return cluster.client.apps().replicaSets().inNamespace("default").withName("web").get();
    }

    private void scale(int n) {
        eventually(() -> cluster.client.apps().replicaSets().inNamespace("default").withName("web").scale(n));
    }

    private void has(int replicas) {
        eventually(() -> {
            assertThat(cluster.pods()).hasSize(replicas);
            assertThat(get().getStatus().getReplicas()).isEqualTo(replicas);
        });
    }

    @Test void neverMakesMoreThanWanted() {
        Set<String> made = ConcurrentHashMap.newKeySet();
        cluster.actAsNode();
        cluster.informers.subscribe(Pod.class, (before, after) -> { if (before == null) made.add(after.getMetadata().getUid()); });
        cluster.apply(SET.replace("replicas: 3", "replicas: 40"));
        has(40);
        // Status changes of 40 pods woke the controller again and again while its cache was catching up.
        TestCluster.stays(() -> cluster.pods().size() == 40, Duration.ofMillis(500));
        assertThat(made).hasSize(40);
        cluster.client.pods().inNamespace("default").withName(cluster.pods().getFirst().getMetadata().getName()).delete();
        eventually(() -> assertThat(made).hasSize(41));
        has(40);
    }

    @Test void adoptsAndReleases() {
        cluster.apply(LOOSE);
        cluster.apply(SET);
        has(3);
        assertThat(cluster.pods()).allSatisfy(p -> assertThat(OwnerReferences.isControlledBy(p, get())).isTrue())
            .anySatisfy(p -> assertThat(p.getMetadata().getName()).isEqualTo("loose"));
        eventually(() -> cluster.client.pods().inNamespace("default").withName("loose")
            .edit(p -> p.edit().editMetadata().addToLabels("app", "debug").endMetadata().build()));
        eventually(() -> {
            assertThat(cluster.client.pods().inNamespace("default").withName("loose").get().getMetadata().getOwnerReferences()).isEmpty();
            assertThat(cluster.pods()).hasSize(4);
        });
        assertThat(get().getStatus().getReplicas()).isEqualTo(3);
    }

    @Test void takesTheCheapestPodsFirst() {
        cluster.apply(SET);
        has(3);
        List<Pod> pods = cluster.pods();
        Pod keep = pods.get(1), dear = pods.get(2);
        cluster.ready(keep, true);
        cluster.ready(dear, true);
        eventually(() -> cluster.client.pods().inNamespace("default").withName(keep.getMetadata().getName())
            .edit(p -> p.edit().editMetadata().addToAnnotations(PodDeletionOrder.DELETION_COST, "10").endMetadata().build()));
        eventually(() -> assertThat(cluster.informers.get(Pod.class, "default", keep.getMetadata().getName()).getMetadata().getAnnotations()).isNotEmpty());
        eventually(() -> assertThat(get().getStatus().getReadyReplicas()).isEqualTo(2));
        scale(2);
        has(2);
        assertThat(names()).doesNotContain(pods.get(0).getMetadata().getName());
        scale(1);
        has(1);
        assertThat(names()).containsExactly(keep.getMetadata().getName());
    }

    @Test void replacesFailedPods() {
        cluster.apply(SET);
        has(3);
        Pod failed = cluster.pods().getFirst();
        cluster.phase(failed, "Failed");
        eventually(() -> assertThat(cluster.pods().stream().filter(Pods::isActive)).hasSize(3));
        assertThat(names()).contains(failed.getMetadata().getName());
    }

    @Test void saysWhyItCannotMakePods() {
        cluster.apply(SET.replace("spec: {containers", "spec: {serviceAccountName: missing, containers"));
        eventually(() -> {
            assertThat(get().getStatus().getConditions()).anySatisfy(c -> {
                assertThat(c.getType()).isEqualTo("ReplicaFailure");
                assertThat(c.getReason()).isEqualTo("FailedCreate");
            });
            assertThat(cluster.events("FailedCreate")).isNotEmpty();
        });
    }

    private Set<String> names() {
        return cluster.pods().stream().map(p -> p.getMetadata().getName()).collect(Collectors.toSet());
    }
}
