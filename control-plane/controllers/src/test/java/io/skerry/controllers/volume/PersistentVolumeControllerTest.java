package io.skerry.controllers.volume;

import static io.skerry.controllers.TestCluster.eventually;
import static io.skerry.controllers.TestCluster.stays;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.skerry.controllers.TestCluster;
import io.skerry.controllers.runtime.Patch;
import io.skerry.machinery.json.Json;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PersistentVolumeControllerTest {
    private static final String SEARCHED = "no persistent volumes available for this claim and no storage class is set";

    @TempDir Path folder;
    private TestCluster cluster;

    @BeforeEach void start() {
        cluster = new TestCluster(folder, i -> List.of(new PersistentVolumeController(i)));
    }

    @AfterEach void stop() {
        cluster.close();
    }

    private void restart(boolean withBinder) {
        cluster.close();
        cluster = new TestCluster(folder, i -> withBinder ? List.of(new PersistentVolumeController(i)) : List.of());
    }

    /** @param more further fields of the spec, each after a comma */
    private void volume(String name, String size, String more) {
        cluster.apply("{apiVersion: v1, kind: PersistentVolume, metadata: {name: " + name + ", labels: {disk: " + name + "}}, spec: {capacity: {storage: " + size
            + "}, hostPath: {path: /srv/" + name + "}" + (more.contains("accessModes") ? "" : ", accessModes: [ReadWriteOnce]") + more + "}}");
    }

    private void claim(String name, String size, String more) {
        cluster.apply("{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: " + name
            + ", namespace: default}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: " + size + "}}" + more + "}}");
    }

    private PersistentVolume volume(String name) {
        return cluster.client.persistentVolumes().withName(name).get();
    }

    private PersistentVolumeClaim claim(String name) {
        return cluster.client.persistentVolumeClaims().inNamespace("default").withName(name).get();
    }

    private void phases(String claim, String wanted, String volume, String volumes) {
        eventually(() -> {
            if (claim != null) assertThat(claim(claim).getStatus().getPhase()).isEqualTo(wanted);
            assertThat(volume(volume).getStatus().getPhase()).isEqualTo(volumes);
        });
    }

    private void bound(String claim, String volume) {
        phases(claim, "Bound", volume, "Bound");
        PersistentVolumeClaim c = claim(claim);
        PersistentVolume v = volume(volume);
        assertThat(c.getSpec().getVolumeName()).isEqualTo(volume);
        assertThat(v.getSpec().getClaimRef().getUid()).isEqualTo(c.getMetadata().getUid());
        assertThat(c.getMetadata().getAnnotations()).containsEntry("pv.kubernetes.io/bind-completed", "yes");
        assertThat(c.getStatus().getAccessModes()).isEqualTo(v.getSpec().getAccessModes());
        assertThat(c.getStatus().getCapacity().get("storage")).isEqualTo(v.getSpec().getCapacity().get("storage"));
    }

    private static String annotation(HasMetadata o) {
        return o.getMetadata().getAnnotations() == null ? null : o.getMetadata().getAnnotations().get("pv.kubernetes.io/bound-by-controller");
    }

    private void deleteClaim(String name) {
        cluster.client.persistentVolumeClaims().inNamespace("default").withName(name).delete();
    }

    @Test void takesTheSmallestVolumeThatSuits() {
        String disk = ", storageClassName: disk";
        volume("small", "1Gi", disk);
        volume("five", "5Gi", disk);
        volume("three", "3Gi", disk);
        volume("shared", "2Gi", disk + ", accessModes: [ReadWriteOnce, ReadOnlyMany]");
        volume("readonly", "2Gi", disk + ", accessModes: [ReadOnlyMany]");
        volume("block", "2Gi", disk + ", volumeMode: Block");
        volume("classless", "2Gi", "");
        volume("taken", "2Gi", disk + ", claimRef: {namespace: default, name: another}");
        for (String v : List.of("small", "five", "three", "shared", "readonly", "block", "classless", "taken")) phases(null, null, v, "Available");
        claim("data", "2Gi", disk);
        bound("data", "three");
        assertThat(annotation(claim("data"))).isEqualTo("yes");
        assertThat(annotation(volume("three"))).isEqualTo("yes");
        assertThat(volume("three").getSpec().getClaimRef().getKind()).isEqualTo("PersistentVolumeClaim");
        claim("more", "2Gi", disk);
        bound("more", "five");
        claim("rest", "2Gi", disk); // the volume that can do more than asked for comes last
        bound("rest", "shared");
        for (String v : List.of("small", "readonly", "block", "classless", "taken")) assertThat(volume(v).getStatus().getPhase()).isEqualTo("Available");
    }

    @Test void waitsForAVolumeWithItsLabels() {
        claim("data", "1Gi", ", selector: {matchLabels: {disk: right}}");
        eventually(() -> assertThat(cluster.events("FailedBinding")).contains(SEARCHED));
        volume("wrong", "1Gi", "");
        phases("data", "Pending", "wrong", "Available");
        volume("right", "1Gi", "");
        bound("data", "right");
        assertThat(volume("wrong").getSpec().getClaimRef()).isNull();
    }

    @Test void takesTheVolumeThatItNamesIfThatSuits() {
        claim("data", "2Gi", ", volumeName: mine, storageClassName: ''");
        volume("mine", "1Gi", "");
        eventually(() -> assertThat(cluster.events("VolumeMismatch")).contains("Cannot bind to requested volume \"mine\": requested PV is too small"));
        phases("data", "Pending", "mine", "Available");
        Patch.MERGE.send(cluster.client, "/api/v1/persistentvolumes/mine", Json.parse("{\"spec\":{\"capacity\":{\"storage\":\"2Gi\"}}}"));
        bound("data", "mine");
        assertThat(annotation(claim("data"))).isNull(); // the user chose the volume, the binder the claim
        assertThat(annotation(volume("mine"))).isEqualTo("yes");

        claim("late", "1Gi", ", volumeName: mine, storageClassName: ''");
        eventually(() -> assertThat(cluster.events("FailedBinding")).contains("volume \"mine\" already bound to a different claim."));
        assertThat(claim("late").getStatus().getPhase()).isEqualTo("Pending");
    }

    @Test void aVolumeIsKeptForTheClaimThatItNames() {
        volume("kept", "9Gi", ", storageClassName: odd, claimRef: {namespace: default, name: data}");
        volume("free", "2Gi", "");
        phases(null, null, "kept", "Available");
        phases(null, null, "free", "Available");
        claim("other", "1Gi", "");
        bound("other", "free");
        claim("data", "1Gi", "");
        bound("data", "kept");
        assertThat(annotation(volume("kept"))).isNull();
        assertThat(annotation(claim("data"))).isEqualTo("yes");
    }

    @Test void whatIsReleasedIsNotHandedOnByItself() {
        volume("disk", "1Gi", "");
        claim("data", "1Gi", "");
        bound("data", "disk");
        deleteClaim("data");
        phases(null, null, "disk", "Released");
        claim("data", "1Gi", ""); // another one by that name
        eventually(() -> assertThat(cluster.events("FailedBinding")).contains(SEARCHED));
        stays(() -> volume("disk").getStatus().getPhase().equals("Released") && claim("data").getStatus().getPhase().equals("Pending"), Duration.ofMillis(300));
        Patch.MERGE.send(cluster.client, "/api/v1/persistentvolumes/disk", Json.parse("{\"spec\":{\"claimRef\":null}}"));
        bound("data", "disk");
    }

    @Test void whatCannotBeDeletedOrRecycledFails() {
        String provisioned = "{\"metadata\":{\"annotations\":{\"pv.kubernetes.io/provisioned-by\":\"example.com/disks\"}}}";
        for (String policy : List.of("Delete", "Recycle", "Provisioned")) {
            String name = policy.toLowerCase(Locale.ROOT);
            volume(name, "1Gi", ", persistentVolumeReclaimPolicy: " + policy.replace("Provisioned", "Delete"));
            if (policy.equals("Provisioned")) Patch.MERGE.send(cluster.client, "/api/v1/persistentvolumes/" + name, Json.parse(provisioned));
            claim(name, "1Gi", ", volumeName: " + name);
            bound(name, name);
            deleteClaim(name);
        }
        phases(null, null, "delete", "Failed");
        phases(null, null, "recycle", "Failed");
        phases(null, null, "provisioned", "Released"); // its provisioner sees to it
        String problem = "error getting deleter volume plugin for volume \"delete\": no deletable volume plugin matched";
        assertThat(volume("delete").getStatus().getMessage()).isEqualTo(problem);
        eventually(() -> {
            assertThat(cluster.events("VolumeFailedDelete")).containsExactly(problem);
            assertThat(cluster.events("VolumeFailedRecycle")).containsExactly("No recycler plugin found for the volume!");
        });
    }

    @Test void aClaimWhoseVolumeIsGoneIsLostUntilItIsBack() {
        volume("disk", "1Gi", "");
        claim("data", "1Gi", "");
        bound("data", "disk");
        cluster.client.persistentVolumes().withName("disk").delete();
        eventually(() -> {
            assertThat(claim("data").getStatus().getPhase()).isEqualTo("Lost");
            assertThat(claim("data").getStatus().getCapacity()).isNullOrEmpty();
            assertThat(cluster.events("ClaimLost")).containsExactly("Bound claim has lost its PersistentVolume. Data on the volume is lost!");
        });
        volume("disk", "1Gi", "");
        bound("data", "disk");
    }

    @Test void twoClaimsNeverShareAVolume() {
        for (int i = 0; i < 12; i++) claim("c" + i, "1Gi", "");
        for (int i = 0; i < 10; i++) volume("v" + i, "1Gi", "");
        eventually(() -> assertThat(cluster.client.persistentVolumeClaims().inNamespace("default").list().getItems().stream()
            .filter(c -> c.getStatus().getPhase().equals("Bound"))).hasSize(10));
        Set<String> used = new HashSet<>();
        for (PersistentVolumeClaim c : cluster.client.persistentVolumeClaims().inNamespace("default").list().getItems()) {
            if (!c.getStatus().getPhase().equals("Bound")) continue;
            assertThat(used.add(c.getSpec().getVolumeName())).isTrue();
            bound(c.getMetadata().getName(), c.getSpec().getVolumeName());
        }
    }

    @Test void finishesABindingThatWasCutShort() {
        restart(false);
        claim("data", "1Gi", "");
        volume("a", "1Gi", "");
        volume("b", "1Gi", ", claimRef: {namespace: default, name: data, uid: " + claim("data").getMetadata().getUid() + "}");
        Patch.MERGE.send(cluster.client, "/api/v1/persistentvolumes/b", Json.parse("{\"metadata\":{\"annotations\":{\"pv.kubernetes.io/bound-by-controller\":\"yes\"}}}"));
        volume("gone", "1Gi", ", claimRef: {namespace: default, name: data, uid: 00000000-0000-4000-8000-000000000000}");
        restart(true);
        bound("data", "b");
        phases(null, null, "a", "Available");
        phases(null, null, "gone", "Released");
    }

    @Test void aVolumeComesFreeWhenItsClaimGotAnother() {
        restart(false);
        claim("data", "1Gi", ", volumeName: a");
        String ref = ", claimRef: {namespace: default, name: data, uid: " + claim("data").getMetadata().getUid() + "}";
        volume("a", "1Gi", ref);
        volume("b", "1Gi", ref);
        volume("c", "1Gi", ref);
        Patch.MERGE.send(cluster.client, "/api/v1/persistentvolumes/b", Json.parse("{\"metadata\":{\"annotations\":{\"pv.kubernetes.io/bound-by-controller\":\"yes\"}}}"));
        restart(true);
        bound("data", "a");
        phases(null, null, "b", "Available");
        phases(null, null, "c", "Available");
        assertThat(volume("b").getSpec().getClaimRef()).isNull();
        assertThat(annotation(volume("b"))).isNull();
        assertThat(volume("c").getSpec().getClaimRef().getName()).isEqualTo("data"); // kept for it by whoever made it
        assertThat(volume("c").getSpec().getClaimRef().getUid()).isNull();
    }

    @Test void classesSayWhoMakesVolumesAndWhen() {
        claim("unknown", "1Gi", ", storageClassName: none");
        eventually(() -> assertThat(cluster.events("ProvisioningFailed")).contains("storageclass.storage.k8s.io \"none\" not found"));
        cluster.apply("{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: late}, provisioner: kubernetes.io/no-provisioner, "
            + "volumeBindingMode: WaitForFirstConsumer}");
        claim("first", "1Gi", ", storageClassName: late");
        eventually(() -> assertThat(cluster.events("WaitForFirstConsumer")).contains("waiting for first consumer to be created before binding"));
        volume("disk", "1Gi", ", storageClassName: late");
        phases("first", "Pending", "disk", "Available");
        stays(() -> claim("first").getStatus().getPhase().equals("Pending"), Duration.ofMillis(300));
        Patch.MERGE.send(cluster.client, "/api/v1/persistentvolumes/disk", Json.parse("{\"spec\":{\"claimRef\":{\"namespace\":\"default\",\"name\":\"first\"}}}"));
        bound("first", "disk"); // that is how the scheduler says which one

        claim("default", "1Gi", "");
        eventually(() -> assertThat(cluster.events("FailedBinding")).contains(SEARCHED));
        cluster.apply("{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: disks, annotations: {storageclass.kubernetes.io/is-default-class: 'true'}}, "
            + "provisioner: example.com/disks}");
        eventually(() -> {
            assertThat(claim("default").getSpec().getStorageClassName()).isEqualTo("disks");
            assertThat(claim("default").getMetadata().getAnnotations()).containsEntry("volume.kubernetes.io/storage-provisioner", "example.com/disks")
                .containsEntry("volume.beta.kubernetes.io/storage-provisioner", "example.com/disks");
            assertThat(cluster.events("ExternalProvisioning")).anySatisfy(m ->
                assertThat(m).startsWith("Waiting for a volume to be created either by the external provisioner 'example.com/disks'"));
        });
        // what a provisioner makes
        volume("made", "1Gi", ", storageClassName: disks, claimRef: {namespace: default, name: default, uid: " + claim("default").getMetadata().getUid() + "}");
        bound("default", "made");
        assertThat(claim("unknown").getStatus().getPhase()).isEqualTo("Pending");
    }
}
