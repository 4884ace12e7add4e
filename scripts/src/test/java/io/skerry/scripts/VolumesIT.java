package io.skerry.scripts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.skerry.machinery.json.Json;
import io.skerry.scripts.conformance.Scene;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Claims and the volumes that they are bound to, from kubectl down to the files that pods leave behind. */
@ExtendWith(RunningStack.class)
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class VolumesIT {
    private static final String NAMESPACE = "volumes";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static Scene scene;

    @TempDir
    Path disk;

    @BeforeAll
    static void prepare(DemoStack stack) throws Exception {
        scene = new Scene(stack, NAMESPACE);
    }

    @AfterAll
    static void clean() throws Exception {
        scene.close();
        scene.out("delete", "persistentvolumes,storageclasses", "-l", "made-by=volumes-it", "--wait=false");
    }

    @Test
    void whatAPodWroteOutlivesItAndItsClaim() throws Exception {
        Path folder = Files.createDirectory(disk.resolve("kept"));
        volume("volumes-kept", "50Mi", "storageClassName: '', hostPath: {path: " + folder + "}");
        claim("letters", "");
        awaitPhase("pvc/letters", "Bound");
        assertThat(scene.out("get", "pvc", "letters", "--no-headers")).matches("letters +Bound +volumes-kept +50Mi +RWO .*\n");
        assertThat(scene.out("get", "pv", "volumes-kept", "--no-headers")).matches("volumes-kept +50Mi +RWO +Retain +Bound +volumes/letters .*\n");

        pod("writer", "persistentVolumeClaim: {claimName: letters}", "echo Dear friend > /data/letter");
        awaitPhase("pod/writer", "Succeeded");
        assertThat(folder.resolve("letter")).hasContent("Dear friend");
        scene.out("delete", "pod", "writer");
        pod("reader", "persistentVolumeClaim: {claimName: letters, readOnly: true}", "cat /data/letter; rm /data/letter");
        awaitPhase("pod/reader", "Failed");
        assertThat(scene.out("logs", "reader")).contains("Dear friend\n", "Read-only file system"); // of two streams, which come in any order
        scene.out("delete", "pod", "reader");

        scene.out("delete", "pvc", "letters");
        awaitPhase("pv/volumes-kept", "Released");
        claim("letters", "");
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(scene.out("describe", "pvc", "letters"))
                .contains("FailedBinding").contains("no persistent volumes available for this claim and no storage class is set"));
        assertThat(phase("pvc/letters")).as("somebody else's letters").isEqualTo("Pending");
        scene.out("patch", "pv", "volumes-kept", "--type=json", "-p", "[{\"op\":\"remove\",\"path\":\"/spec/claimRef\"}]");
        awaitPhase("pvc/letters", "Bound");
        assertThat(folder.resolve("letter")).hasContent("Dear friend");
    }

    @Test
    void aClaimWaitsForThePodThatNeedsIt() throws Exception {
        storageClass("volumes-disks");
        local("volumes-elsewhere", "10Mi", "volumes-disks", "another-node");
        Path small = local("volumes-small", "20Mi", "volumes-disks", "test-node");
        Path large = local("volumes-large", "30Mi", "volumes-disks", "test-node");
        claim("later", "volumes-disks");
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(scene.out("describe", "pvc", "later"))
                .contains("WaitForFirstConsumer").contains("waiting for first consumer to be created before binding"));

        scene.apply("""
                apiVersion: apps/v1
                kind: StatefulSet
                metadata: {name: db}
                spec:
                  serviceName: db
                  selector: {matchLabels: {app: db}}
                  template:
                    metadata: {labels: {app: db}}
                    spec:
                      terminationGracePeriodSeconds: 1
                      containers:
                      - name: main
                        image: %s
                        command: [sh, -c, "echo started >> /data/log; cat /data/log; exec sleep 100000"]
                        volumeMounts: [{name: data, mountPath: /data}]
                  volumeClaimTemplates: [{metadata: {name: data}, spec: %s}]
                """.formatted(Scene.IMAGE, claimSpec("volumes-disks")));
        scene.out("rollout", "status", "statefulset/db", "--timeout=60s");
        assertThat(scene.get("pvc/data-db-0").at("/spec/volumeName").asText()).as("the smallest that the node reaches").isEqualTo("volumes-small");
        awaitContent(small.resolve("log"), "started");
        scene.out("delete", "pod", "db-0");
        await().atMost(PATIENCE).until(() -> scene.run("logs", "db-0").out().equals("started\nstarted\n"));
        assertThat(phase("pvc/later")).as("nobody needs it yet").isEqualTo("Pending");

        pod("consumer", "persistentVolumeClaim: {claimName: later}", "echo here > /data/file");
        awaitPhase("pod/consumer", "Succeeded");
        assertThat(scene.get("pvc/later").at("/spec/volumeName").asText()).isEqualTo("volumes-large");
        assertThat(large.resolve("file")).hasContent("here");
        assertThat(phase("pv/volumes-elsewhere")).isEqualTo("Available");
        scene.out("delete", "statefulset/db", "pod/consumer", "--cascade=foreground");
        assertThat(phase("pvc/data-db-0")).as("a StatefulSet's claims stay").isEqualTo("Bound");
    }

    @Test
    void anEphemeralVolumeGoesWithItsPod() throws Exception {
        storageClass("volumes-scratch");
        Path folder = local("volumes-scratch", "10Mi", "volumes-scratch", "test-node");
        claim("foreign-data", "volumes-scratch");
        String volume = "ephemeral: {volumeClaimTemplate: {metadata: {labels: {kind: scratch}}, spec: " + claimSpec("volumes-scratch") + "}}";
        pod("foreign", volume, "true");
        pod("short", volume, "echo mine > /data/file; exec sleep 100000");
        scene.out("wait", "pod/short", "--for=condition=Ready", "--timeout=60s");
        JsonNode claim = scene.get("pvc/short-data");
        assertThat(claim.at("/status/phase").asText()).isEqualTo("Bound");
        assertThat(claim.at("/metadata/labels")).isEqualTo(Json.parse("{\"kind\":\"scratch\"}"));
        JsonNode owner = claim.at("/metadata/ownerReferences/0");
        assertThat(owner.path("kind").asText() + "/" + owner.path("uid").asText()).isEqualTo("Pod/" + scene.get("pod/short").at("/metadata/uid").asText());
        awaitContent(folder.resolve("file"), "mine");
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(scene.out("describe", "pod", "foreign"))
                .contains("was not created for pod").contains("(pod is not owner)"));

        scene.out("delete", "pod", "short", "foreign");
        scene.out("wait", "pvc/short-data", "--for=delete", "--timeout=60s");
        awaitPhase("pv/volumes-scratch", "Released");
        assertThat(phase("pvc/foreign-data")).isEqualTo("Pending");
    }

    private static void awaitPhase(String what, String phase) throws Exception {
        scene.out("wait", what, "--for=jsonpath={.status.phase}=" + phase, "--timeout=60s");
    }

    /** What a container writes first, and may not have written yet when its pod is ready. */
    private static void awaitContent(Path file, String content) {
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(file).hasContent(content));
    }

    private static String phase(String what) throws Exception {
        return scene.get(what).at("/status/phase").asText();
    }

    private static void storageClass(String name) throws Exception {
        scene.apply("{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: " + name
                + ", labels: {made-by: volumes-it}}, provisioner: kubernetes.io/no-provisioner, volumeBindingMode: WaitForFirstConsumer}");
    }

    private static void volume(String name, String capacity, String more) throws Exception {
        scene.apply("{apiVersion: v1, kind: PersistentVolume, metadata: {name: " + name + ", labels: {made-by: volumes-it}}, spec: {capacity: {storage: " + capacity
                + "}, accessModes: [ReadWriteOnce], persistentVolumeReclaimPolicy: Retain, " + more + "}}");
    }

    /** A volume that only one node reaches. @return its folder */
    private Path local(String name, String capacity, String storageClass, String node) throws Exception {
        Path folder = Files.createDirectory(disk.resolve(name));
        volume(name, capacity, "storageClassName: " + storageClass + ", local: {path: " + folder
                + "}, nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [" + node + "]}]}]}}");
        return folder;
    }

    private static void claim(String name, String storageClass) throws Exception {
        scene.apply("{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: " + name + "}, spec: " + claimSpec(storageClass) + "}");
    }

    private static String claimSpec(String storageClass) {
        return "{accessModes: [ReadWriteOnce], storageClassName: '" + storageClass + "', resources: {requests: {storage: 5Mi}}}";
    }

    /** A pod that runs a script once, with a volume in {@code /data}. */
    private static void pod(String name, String volume, String script) throws Exception {
        scene.apply("""
                apiVersion: v1
                kind: Pod
                metadata: {name: %s}
                spec:
                  restartPolicy: Never
                  terminationGracePeriodSeconds: 1
                  containers:
                  - {name: main, image: "%s", command: [sh, -c, %s], volumeMounts: [{name: data, mountPath: /data}]}
                  volumes: [{name: data, %s}]
                """.formatted(name, Scene.IMAGE, TextNode.valueOf(script), volume));
    }
}
