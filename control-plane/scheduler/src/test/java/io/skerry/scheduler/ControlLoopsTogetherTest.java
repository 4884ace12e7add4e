package io.skerry.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.skerry.apiserver.ApiServer;
import io.skerry.apiserver.ApiServerConfig;
import io.skerry.apiserver.User;
import io.skerry.apiserver.inprocess.InProcessClient;
import io.skerry.controllers.BuiltinControllers;
import io.skerry.controllers.autoscaling.AutoscalerOptions;
import io.skerry.controllers.runtime.ControllerManager;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.Patch;
import io.skerry.controllers.workload.Pods;
import io.skerry.datastore.SqliteDatastore;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.TypeTable;
import io.skerry.machinery.yaml.Yaml;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All controllers and the scheduler at once, with the test acting as the node: what each does is every other's event. */
class ControlLoopsTogetherTest {
    private static final String TEMPLATE = "selector: {matchLabels: {app: NAME}}, template: {metadata: {labels: {app: NAME}}, spec: {containers: [{name: c, image: i, ports: [{containerPort: 80}]}]}}";

    @TempDir Path folder;
    private SqliteDatastore datastore;
    private ApiServer server;
    private KubernetesClient client;
    private Informers informers;
    private ControllerManager controllers;
    private Scheduler scheduler;
    private final AtomicInteger address = new AtomicInteger();

    @BeforeEach void start() throws Exception {
        Files.createDirectories(folder.resolve("manifests"));
        Files.writeString(folder.resolve("manifests/team.yaml"), "{apiVersion: v1, kind: Namespace, metadata: {name: team}}");
        datastore = SqliteDatastore.open(folder.resolve("state.db"));
        server = new ApiServer(ApiServerConfig.defaults(), datastore, TypeTable.builtin());
        client = InProcessClient.create(server, User.master("test"));
        startLoops();
        apply("{apiVersion: v1, kind: Node, metadata: {name: n1, labels: {kubernetes.io/hostname: n1}}}");
        String now = Instant.now().toString();
        Patch.STRATEGIC.send(client, "/api/v1/nodes/n1/status",
            Json.parse("{\"status\":{\"allocatable\":{\"cpu\":\"4\",\"memory\":\"8Gi\",\"pods\":\"110\"},\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\",\"lastHeartbeatTime\":\""
            + now + "\",\"lastTransitionTime\":\"" + now + "\"}]}}"));
    }

    private void startLoops() {
        informers = new Informers(client);
        controllers = new ControllerManager(informers, BuiltinControllers.all(informers,
            new BuiltinControllers.Options("CA", server.tokens()::issueForSecret, folder.resolve("manifests"), null, AutoscalerOptions.DEFAULTS, Set.of())));
        controllers.start();
        scheduler = new Scheduler(informers);
        scheduler.start();
        informers.subscribe(Pod.class, (before, after) -> { if (after != null) Thread.ofVirtual().start(() -> act(after)); });
    }

    private void stopLoops() {
        scheduler.close();
        controllers.close();
        informers.close();
    }

    @AfterEach void stop() {
        stopLoops();
        client.close();
        server.close();
        datastore.close();
    }

    private void act(Pod pod) {
        String path = "/api/v1/namespaces/" + pod.getMetadata().getNamespace() + "/pods/" + pod.getMetadata().getName();
        try {
            if (pod.getSpec().getNodeName() == null) return;
            if (Pods.isTerminating(pod)) {
                client.raw(path + "?gracePeriodSeconds=0", "DELETE", null);
            } else if (pod.getMetadata().getName().startsWith("once-") && !Pods.isTerminal(pod)) {
                Patch.STRATEGIC.send(client, path + "/status", Json.parse("{\"status\":{\"phase\":\"Succeeded\"}}"));
            } else if (!Pods.isTerminal(pod) && !Pods.isReady(pod)) {
                Patch.STRATEGIC.send(client, path + "/status", Json.parse("{\"status\":{\"phase\":\"Running\",\"podIP\":\"10.42.0." + address.incrementAndGet()
                    + "\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\",\"lastTransitionTime\":\"" + Instant.now() + "\"}]}}"));
            }
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404 && e.getCode() != 409) throw e;
        }
    }

    private void apply(String yaml) {
        eventually(() -> client.resource(Serialization.unmarshal(Yaml.parseAll(yaml, "test").getFirst().root().toString(), HasMetadata.class)).createOr(r -> r.update()));
    }

    private static void eventually(ThrowingRunnable assertion) {
        Awaitility.await().atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(20)).ignoreExceptions().untilAsserted(assertion);
    }

    private static String named(String yaml, String name) {
        return yaml.replace("TEMPLATE", TEMPLATE).replace("NAME", name);
    }

    @Test void convergeThenRestAndGoWithTheirNamespace() throws Exception {
        eventually(() -> assertThat(client.namespaces().withName("team").get()).isNotNull());
        apply(named("{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: team}, spec: {replicas: 3, TEMPLATE}}", "web"));
        apply(named("{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db, namespace: team}, spec: {replicas: 2, serviceName: db, TEMPLATE}}", "db"));
        apply(named("{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: agent, namespace: team}, spec: {TEMPLATE}}", "agent"));
        apply("{apiVersion: batch/v1, kind: Job, metadata: {name: once, namespace: team}, spec: {completions: 2, template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}}");
        apply("{apiVersion: batch/v1, kind: CronJob, metadata: {name: yearly, namespace: team}, spec: {schedule: '@yearly', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}}}}");
        apply("{apiVersion: v1, kind: Service, metadata: {name: web, namespace: team}, spec: {selector: {app: web}, ports: [{port: 80}]}}");
        apply("{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: web, namespace: team}, spec: {minAvailable: 2, selector: {matchLabels: {app: web}}}}");
        apply("{apiVersion: helm.cattle.io/v1, kind: HelmChart, metadata: {name: broken, namespace: team}, spec: {chartContent: AAAA}}");
        eventually(() -> {
            assertThat(client.apps().deployments().inNamespace("team").withName("web").get().getStatus().getAvailableReplicas()).isEqualTo(3);
            assertThat(client.apps().statefulSets().inNamespace("team").withName("db").get().getStatus().getAvailableReplicas()).isEqualTo(2);
            assertThat(client.apps().daemonSets().inNamespace("team").withName("agent").get().getStatus().getNumberAvailable()).isEqualTo(1);
            assertThat(client.batch().v1().jobs().inNamespace("team").withName("once").get().getStatus().getSucceeded()).isEqualTo(2);
            assertThat(client.batch().v1().jobs().inNamespace("team").withName("once").get().getStatus().getCompletionTime()).isNotNull();
            assertThat(client.endpoints().inNamespace("team").withName("web").get().getSubsets().getFirst().getAddresses()).hasSize(3);
            assertThat(client.policy().v1().podDisruptionBudget().inNamespace("team").withName("web").get().getStatus().getDisruptionsAllowed()).isEqualTo(1);
            assertThat(client.serviceAccounts().inNamespace("team").withName("default").get()).isNotNull();
        });
        rests();

        client.namespaces().withName("team").delete();
        eventually(() -> assertThat(client.namespaces().withName("team").get()).isNull());
        assertThat(client.pods().inNamespace("team").list().getItems()).isEmpty();
        rests();
    }

    @Test void theClaimsOfAStatefulSetGetVolumesThatOutliveThem() throws Exception {
        eventually(() -> assertThat(client.namespaces().withName("team").get()).isNotNull());
        for (String disk : List.of("disk-0", "disk-1")) {
            apply("{apiVersion: v1, kind: PersistentVolume, metadata: {name: " + disk + "}, spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /srv}}}");
        }
        apply(named("{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db, namespace: team}, spec: {replicas: 2, serviceName: db, "
            + "volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}], TEMPLATE}}", "db"));
        eventually(() -> assertThat(client.apps().statefulSets().inNamespace("team").withName("db").get().getStatus().getAvailableReplicas()).isEqualTo(2));
        assertThat(client.persistentVolumeClaims().inNamespace("team").list().getItems()).hasSize(2)
            .allSatisfy(c -> assertThat(c.getStatus().getPhase()).isEqualTo("Bound"));
        rests();

        client.namespaces().withName("team").delete();
        eventually(() -> assertThat(client.namespaces().withName("team").get()).isNull());
        eventually(() -> assertThat(client.persistentVolumes().list().getItems()).hasSize(2)
            .allSatisfy(v -> assertThat(v.getStatus().getPhase()).isEqualTo("Released")));
    }

    @Test void aRolloutGoesOnWhereItWasHoweverOftenTheLoopsAreCutOff() throws Exception {
        String web = named("{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: default}, spec: {replicas: 6, strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}, TEMPLATE}}", "web");
        apply(web);
        eventually(() -> assertThat(client.apps().deployments().inNamespace("default").withName("web").get().getStatus().getAvailableReplicas()).isEqualTo(6));
        int most = 0, least = 6;
        for (int round = 0; round < 5; round++) {
            if (round == 0) apply(web.replace("image: i", "image: j"));
            Thread.sleep(20 + 30 * round);
            stopLoops(); // in the middle of whatever they were at; nothing they remembered is left
            List<Pod> pods = client.pods().inNamespace("default").list().getItems();
            most = Math.max(most, (int) pods.stream().filter(Pods::isActive).count());
            least = Math.min(least, (int) pods.stream().filter(p -> Pods.isReady(p) && !Pods.isTerminating(p)).count());
            startLoops();
        }
        eventually(() -> {
            var s = client.apps().deployments().inNamespace("default").withName("web").get().getStatus();
            assertThat(s.getUpdatedReplicas()).isEqualTo(6);
            assertThat(s.getAvailableReplicas()).isEqualTo(6);
            assertThat(client.pods().inNamespace("default").list().getItems()).hasSize(6)
                .allSatisfy(p -> assertThat(p.getSpec().getContainers().getFirst().getImage()).isEqualTo("j"));
        });
        assertThat(most).isLessThanOrEqualTo(7);
        assertThat(least).isGreaterThanOrEqualTo(6);
    }

    /** Nobody answers his own write with another one. */
    private void rests() throws InterruptedException {
        long end = System.nanoTime() + Duration.ofSeconds(15).toNanos();
        long before;
        do {
            before = datastore.revision();
            Thread.sleep(2500);
        } while (datastore.revision() != before && System.nanoTime() < end);
        assertThat(datastore.revision()).isEqualTo(before);
    }
}
