package io.skerry.controllers.volume;

import static io.skerry.controllers.TestCluster.eventually;
import static io.skerry.controllers.TestCluster.stays;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.skerry.controllers.TestCluster;
import io.skerry.controllers.gc.GarbageCollector;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EphemeralVolumeControllerTest {
    private static final String POD = """
        apiVersion: v1
        kind: Pod
        metadata: {name: web, namespace: default}
        spec:
          containers: [{name: c, image: i}]
          volumes:
          - name: scratch
            ephemeral:
              volumeClaimTemplate:
                metadata: {labels: {app: web}, annotations: {note: mine}}
                spec: {accessModes: [ReadWriteOnce], storageClassName: disks, resources: {requests: {storage: 1Gi}}}
          - {name: plain, emptyDir: {}}
        """;

    @TempDir Path folder;

    private static PersistentVolumeClaim claim(TestCluster cluster) {
        return cluster.client.persistentVolumeClaims().inNamespace("default").withName("web-scratch").get();
    }

    @Test void aPodsClaimComesAndGoesWithIt() {
        try (TestCluster cluster = new TestCluster(folder, i -> List.of(new EphemeralVolumeController(i), new GarbageCollector(i)))) {
            cluster.apply(POD);
            eventually(() -> {
                PersistentVolumeClaim c = claim(cluster);
                assertThat(c.getMetadata().getLabels()).containsEntry("app", "web");
                assertThat(c.getMetadata().getAnnotations()).containsEntry("note", "mine");
                assertThat(c.getSpec().getStorageClassName()).isEqualTo("disks");
                assertThat(c.getMetadata().getOwnerReferences()).singleElement().satisfies(o -> {
                    assertThat(o.getUid()).isEqualTo(cluster.pods().getFirst().getMetadata().getUid());
                    assertThat(o.getController()).isTrue();
                });
            });
            String uid = claim(cluster).getMetadata().getUid();
            cluster.client.persistentVolumeClaims().inNamespace("default").withName("web-scratch").delete();
            eventually(() -> assertThat(claim(cluster).getMetadata().getUid()).isNotEqualTo(uid));
            cluster.client.pods().inNamespace("default").withName("web").withGracePeriod(0).delete();
            eventually(() -> {
                assertThat(cluster.pods()).isEmpty();
                assertThat(claim(cluster)).isNull();
            });
        }
    }

    @Test void someoneElsesClaimIsLeftAlone() {
        try (TestCluster cluster = new TestCluster(folder, i -> List.of(new EphemeralVolumeController(i)))) {
            cluster.apply("{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: web-scratch, namespace: default}, "
                + "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 5Gi}}}}");
            cluster.apply(POD);
            stays(() -> claim(cluster).getMetadata().getOwnerReferences().isEmpty(), Duration.ofMillis(300));
        }
    }
}
