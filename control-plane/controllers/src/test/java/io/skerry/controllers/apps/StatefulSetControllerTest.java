package io.skerry.controllers.apps;

import static io.skerry.controllers.TestCluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.skerry.controllers.TestCluster;
import io.skerry.controllers.gc.GarbageCollector;
import io.skerry.controllers.workload.Pods;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.ArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StatefulSetControllerTest {
    private static final String DB = """
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: db, namespace: default}
        spec:
          replicas: 3
          serviceName: db
          selector: {matchLabels: {app: db}}
          template:
            metadata: {labels: {app: db}}
            spec: {containers: [{name: db, image: "db:1", volumeMounts: [{name: data, mountPath: /data}]}]}
          volumeClaimTemplates:
          - metadata: {name: data}
            spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        """;

    @TempDir Path folder;
    private TestCluster cluster;

    @BeforeEach void start() {
        cluster = new TestCluster(folder, i -> List.of(new StatefulSetController(i), new GarbageCollector(i)));
    }

    @AfterEach void stop() {
        cluster.close();
    }

    private StatefulSet get() {
        return cluster.client.apps().statefulSets().inNamespace("default").withName("db").get();
    }

    private Pod pod(int ordinal) {
        return cluster.client.pods().inNamespace("default").withName("db-" + ordinal).get();
    }

    private List<String> names() {
        return cluster.pods().stream().map(p -> p.getMetadata().getName()).toList();
    }

    private void image(String image) {
        eventually(() -> cluster.client.apps().statefulSets().inNamespace("default").withName("db")
            .edit(s -> s.edit().editSpec().editTemplate().editSpec().editContainer(0).withImage(image).endContainer().endSpec().endTemplate()
            .endSpec().build()));
    }

    private void complete(String image) {
        eventually(() -> {
            assertThat(get().getStatus().getReadyReplicas()).isEqualTo(3);
            assertThat(get().getStatus().getUpdatedReplicas()).isEqualTo(3);
            assertThat(get().getStatus().getCurrentRevision()).isEqualTo(get().getStatus().getUpdateRevision());
            assertThat(get().getStatus().getObservedGeneration()).isEqualTo(get().getMetadata().getGeneration());
            assertThat(cluster.pods()).hasSize(3).allSatisfy(p -> assertThat(p.getSpec().getContainers().getFirst().getImage()).isEqualTo(image));
        });
    }

    @Test void comesUpInOrderWithIdentityAndStorage() {
        cluster.apply(DB);
        eventually(() -> assertThat(names()).containsExactly("db-0"));
        TestCluster.stays(() -> names().size() == 1, Duration.ofMillis(300));
        cluster.ready(pod(0), true);
        eventually(() -> assertThat(names()).containsExactlyInAnyOrder("db-0", "db-1"));
        cluster.ready(pod(1), true);
        eventually(() -> assertThat(names()).hasSize(3));
        cluster.ready(pod(2), true);
        complete("db:1");
        Pod p = pod(1);
        assertThat(p.getSpec().getHostname()).isEqualTo("db-1");
        assertThat(p.getSpec().getSubdomain()).isEqualTo("db");
        assertThat(p.getMetadata().getLabels()).containsEntry("statefulset.kubernetes.io/pod-name", "db-1").containsEntry("apps.kubernetes.io/pod-index", "1")
            .containsEntry("controller-revision-hash", get().getStatus().getUpdateRevision());
        assertThat(p.getSpec().getVolumes()).anySatisfy(v -> assertThat(v.getPersistentVolumeClaim().getClaimName()).isEqualTo("data-db-1"));
        assertThat(cluster.client.persistentVolumeClaims().inNamespace("default").withName("data-db-2").get().getMetadata().getLabels())
            .containsEntry("app", "db");
    }

    @Test void goesHighestFirstAndKeepsItsStorage() {
        cluster.actAsNode();
        cluster.apply(DB);
        complete("db:1");
        List<String> gone = Collections.synchronizedList(new ArrayList<>());
        cluster.informers.subscribe(Pod.class, (before, after) -> { if (after == null) gone.add(before.getMetadata().getName()); });
        cluster.client.apps().statefulSets().inNamespace("default").withName("db").scale(1);
        eventually(() -> assertThat(names()).containsExactly("db-0"));
        assertThat(gone).containsExactly("db-2", "db-1");
        assertThat(cluster.client.persistentVolumeClaims().inNamespace("default").list().getItems()).hasSize(3);
    }

    @Test void updatesFromTheTopAndStopsAtABrokenPod() {
        cluster.actAsNode();
        cluster.apply(DB);
        complete("db:1");
        List<String> gone = Collections.synchronizedList(new ArrayList<>());
        cluster.informers.subscribe(Pod.class, (before, after) -> { if (after == null) gone.add(before.getMetadata().getName()); });
        image("db:2");
        complete("db:2");
        assertThat(gone).containsExactly("db-2", "db-1", "db-0");

        cluster.comesUp = p -> !p.getSpec().getContainers().getFirst().getImage().equals("db:broken");
        image("db:broken");
        eventually(() -> assertThat(pod(2).getSpec().getContainers().getFirst().getImage()).isEqualTo("db:broken"));
        TestCluster.stays(() -> cluster.pods().stream().filter(Pods::isReady).count() == 2, Duration.ofMillis(500));
        assertThat(pod(1).getSpec().getContainers().getFirst().getImage()).isEqualTo("db:2");
    }

    @Test void thePartitionKeepsOldPodsOld() {
        cluster.actAsNode();
        cluster.apply(DB.replace("  serviceName: db", "  serviceName: db\n  updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 2}}"));
        complete("db:1");
        image("db:2");
        eventually(() -> assertThat(pod(2).getSpec().getContainers().getFirst().getImage()).isEqualTo("db:2"));
        cluster.client.pods().inNamespace("default").withName("db-0").withGracePeriod(0).delete();
        eventually(() -> assertThat(cluster.pods().stream().filter(Pods::isReady)).hasSize(3));
        assertThat(pod(0).getSpec().getContainers().getFirst().getImage()).isEqualTo("db:1");
        assertThat(get().getStatus().getUpdatedReplicas()).isEqualTo(1);
        assertThat(get().getStatus().getCurrentRevision()).isNotEqualTo(get().getStatus().getUpdateRevision());
    }

    @Test void parallelDoesNotWait() {
        cluster.apply(DB.replace("  serviceName: db", "  serviceName: db\n  podManagementPolicy: Parallel"));
        eventually(() -> assertThat(names()).containsExactlyInAnyOrder("db-0", "db-1", "db-2"));
    }

    @Test void replacesFailedPods() {
        cluster.actAsNode();
        cluster.apply(DB);
        complete("db:1");
        String uid = pod(1).getMetadata().getUid();
        cluster.phase(pod(1), "Failed");
        eventually(() -> assertThat(pod(1).getMetadata().getUid()).isNotEqualTo(uid));
        complete("db:1");
    }

    @Test void claimsGoWithTheirPodOrSetWhereTheSetSaysSo() {
        cluster.actAsNode();
        cluster.apply(DB.replace("  serviceName: db", "  serviceName: db\n  persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete, whenScaled: Delete}"));
        complete("db:1");
        cluster.client.apps().statefulSets().inNamespace("default").withName("db").scale(1);
        eventually(() -> {
            assertThat(names()).containsExactly("db-0");
            assertThat(claims()).containsExactly("data-db-0");
        });
        // A pod that is merely replaced keeps its volume.
        cluster.client.pods().inNamespace("default").withName("db-0").delete();
        eventually(() -> assertThat(get().getStatus().getReadyReplicas()).isEqualTo(1));
        assertThat(claims()).containsExactly("data-db-0");
        cluster.client.apps().statefulSets().inNamespace("default").withName("db").delete();
        eventually(() -> assertThat(claims()).isEmpty());
    }

    private List<String> claims() {
        return cluster.client.persistentVolumeClaims().inNamespace("default").list().getItems().stream()
            .filter(c -> c.getMetadata().getDeletionTimestamp() == null)
            .map(c -> c.getMetadata().getName()).toList();
    }
}
