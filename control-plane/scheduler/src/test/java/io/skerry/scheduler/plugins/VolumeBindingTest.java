package io.skerry.scheduler.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.skerry.apiserver.ApiServer;
import io.skerry.apiserver.ApiServerConfig;
import io.skerry.apiserver.User;
import io.skerry.apiserver.inprocess.InProcessClient;
import io.skerry.controllers.runtime.ControllerManager;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.Patch;
import io.skerry.controllers.volume.PersistentVolumeController;
import io.skerry.controllers.workload.Pods;
import io.skerry.datastore.SqliteDatastore;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.TypeTable;
import io.skerry.machinery.yaml.Yaml;
import io.skerry.scheduler.Scheduler;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pods with claims, with the scheduler and the binder on a real API server, and two nodes n1 and n2. */
class VolumeBindingTest {
    @TempDir Path folder;
    private SqliteDatastore datastore;
    private ApiServer server;
    private KubernetesClient client;
    private Informers informers;
    private ControllerManager binder;
    private Scheduler scheduler;

    @BeforeEach void start() {
        datastore = SqliteDatastore.open(folder.resolve("state.db"));
        server = new ApiServer(ApiServerConfig.defaults(), datastore, TypeTable.builtin());
        client = InProcessClient.create(server, User.master("test"));
        informers = new Informers(client);
        binder = new ControllerManager(informers, List.of(new PersistentVolumeController(informers)));
        binder.start();
        scheduler = new Scheduler(informers);
        scheduler.start();
        for (String n : List.of("n1", "n2")) {
            apply("{apiVersion: v1, kind: Node, metadata: {name: " + n + ", labels: {kubernetes.io/hostname: " + n + "}}}");
            Patch.MERGE.send(client, "/api/v1/nodes/" + n + "/status", Json.parse("{\"status\":{\"allocatable\":{\"cpu\":\"2\",\"memory\":\"1Gi\",\"pods\":\"10\"}}}"));
        }
        apply("{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: late}, provisioner: kubernetes.io/no-provisioner, volumeBindingMode: WaitForFirstConsumer}");
        apply("{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: made}, provisioner: example.com/disks, volumeBindingMode: WaitForFirstConsumer}");
    }

    @AfterEach void stop() {
        scheduler.close();
        binder.close();
        informers.close();
        client.close();
        server.close();
        datastore.close();
    }

    private void apply(String yaml) {
        client.resource(Serialization.unmarshal(Yaml.parseAll(yaml, "test").getFirst().root().toString(), HasMetadata.class)).create();
    }

    /** A disk in one node. */
    private void volume(String name, String node, String storageClass, String size, String more) {
        apply("{apiVersion: v1, kind: PersistentVolume, metadata: {name: " + name + "}, spec: {capacity: {storage: " + size + "}, accessModes: [ReadWriteOnce], storageClassName: "
            + storageClass + ", local: {path: /srv}, nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: ["
            + node + "]}]}]}}" + more + "}}");
    }

    private void claim(String name, String storageClass, String size) {
        apply("{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: " + name + ", namespace: default}, spec: {accessModes: [ReadWriteOnce], storageClassName: "
            + storageClass + ", resources: {requests: {storage: " + size + "}}}}");
    }

    private void pod(String name, String... claims) {
        StringBuilder volumes = new StringBuilder();
        for (String c : claims) volumes.append("{name: ").append(c).append(", persistentVolumeClaim: {claimName: ").append(c).append("}}, ");
        apply("{apiVersion: v1, kind: Pod, metadata: {name: " + name + ", namespace: default}, spec: {volumes: [" + volumes + "], containers: [{name: c, image: i}]}}");
    }

    private Pod pod(String name) {
        return client.pods().inNamespace("default").withName(name).get();
    }

    private PersistentVolumeClaim claim(String name) {
        return client.persistentVolumeClaims().inNamespace("default").withName(name).get();
    }

    private void pending(String pod, String why) {
        eventually(() -> assertThat(Pods.condition(pod(pod), "PodScheduled").getMessage()).contains(why));
        assertThat(pod(pod).getSpec().getNodeName()).isNull();
    }

    private void placed(String pod, String node) {
        eventually(() -> assertThat(pod(pod).getSpec().getNodeName()).isEqualTo(node));
    }

    private static void eventually(ThrowingRunnable assertion) {
        Awaitility.await().atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(20)).ignoreExceptions().untilAsserted(assertion);
    }

    @Test void aPodGoesWhereItsBoundVolumeIs() {
        claim("data", "disks", "1Gi");
        pod("a", "data");
        pending("a", "2 pod has unbound immediate PersistentVolumeClaims");
        volume("disk", "n2", "disks", "1Gi", "");
        placed("a", "n2");
        assertThat(claim("data").getStatus().getPhase()).isEqualTo("Bound");
    }

    @Test void theFirstConsumerHasAVolumeOfItsNodeBound() {
        claim("data", "late", "1Gi");
        pod("a", "data");
        pending("a", "2 node(s) didn't find available persistent volumes to bind");
        assertThat(claim("data").getStatus().getPhase()).isEqualTo("Pending");
        volume("disk", "n2", "late", "1Gi", "");
        placed("a", "n2");
        assertThat(claim("data").getStatus().getPhase()).isEqualTo("Bound");
        assertThat(claim("data").getSpec().getVolumeName()).isEqualTo("disk");
    }

    @Test void everyClaimOfAPodGetsAVolumeOfTheSameNode() {
        volume("one", "n1", "late", "9Gi", "");
        volume("small", "n2", "late", "1Gi", "");
        volume("big", "n2", "late", "5Gi", "");
        claim("much", "late", "2Gi");
        claim("little", "late", "1Gi");
        pod("a", "much", "little");
        placed("a", "n2");
        assertThat(claim("much").getSpec().getVolumeName()).isEqualTo("big");
        assertThat(claim("little").getSpec().getVolumeName()).isEqualTo("small");
        assertThat(client.persistentVolumes().withName("one").get().getSpec().getClaimRef()).isNull();
    }

    @Test void podsBesideEachOtherNeverGetTheSameVolume() {
        for (int i = 0; i < 4; i++) {
            claim("c" + i, "late", "1Gi");
            pod("p" + i, "c" + i);
        }
        for (int i = 0; i < 4; i++) volume("v" + i, i < 2 ? "n1" : "n2", "late", "1Gi", "");
        eventually(() -> assertThat(client.pods().inNamespace("default").list().getItems()).allSatisfy(p -> assertThat(p.getSpec().getNodeName()).isNotNull()));
        Set<String> volumes = client.persistentVolumeClaims().inNamespace("default").list().getItems().stream().map(c -> c.getSpec().getVolumeName()).collect(Collectors.toSet());
        assertThat(volumes).containsExactlyInAnyOrder("v0", "v1", "v2", "v3");
    }

    @Test void theClaimOfAnEphemeralVolumeHasToBeThePods() {
        apply("{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: default}, spec: {containers: [{name: c, image: i}], "
            + "volumes: [{name: data, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}}]}}");
        pending("a", "2 waiting for ephemeral volume controller to create the persistentvolumeclaim \"a-data\"");
        claim("a-data", "disks", "1Gi");
        pending("a", "2 PVC default/a-data was not created for pod default/a (pod is not owner)");
    }

    @Test void aProvisionerIsToldTheNodeAndThePodWaitsForIt() {
        Patch.MERGE.send(client, "/api/v1/nodes/n2", Json.parse("{\"spec\":{\"unschedulable\":true}}"));
        eventually(() -> assertThat(informers.get(Node.class, "", "n2").getSpec().getUnschedulable()).isTrue());
        claim("data", "made", "1Gi");
        pod("a", "data");
        eventually(() -> assertThat(claim("data").getMetadata().getAnnotations()).containsEntry("volume.kubernetes.io/selected-node", "n1")
            .containsEntry("volume.kubernetes.io/storage-provisioner", "example.com/disks"));
        assertThat(pod("a").getSpec().getNodeName()).isNull();
        volume("new", "n1", "made", "1Gi", ", claimRef: {namespace: default, name: data, uid: " + claim("data").getMetadata().getUid() + "}");
        placed("a", "n1");
        assertThat(claim("data").getSpec().getVolumeName()).isEqualTo("new");
    }
}
