package io.skerry.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.skerry.apiserver.ApiServer;
import io.skerry.apiserver.ApiServerConfig;
import io.skerry.apiserver.User;
import io.skerry.apiserver.inprocess.InProcessClient;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.workload.Pods;
import io.skerry.datastore.SqliteDatastore;
import io.skerry.machinery.schema.TypeTable;
import io.skerry.machinery.yaml.Yaml;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The scheduler on a real API server. */
class SchedulerTest {
    @TempDir Path folder;
    private SqliteDatastore datastore;
    private ApiServer server;
    private KubernetesClient client;
    private Informers informers;
    private Scheduler scheduler;

    @BeforeEach void start() {
        datastore = SqliteDatastore.open(folder.resolve("state.db"));
        server = new ApiServer(ApiServerConfig.defaults(), datastore, TypeTable.builtin());
        client = InProcessClient.create(server, User.master("test"));
        informers = new Informers(client);
        scheduler = new Scheduler(informers);
        scheduler.start();
    }

    @AfterEach void stop() {
        scheduler.close();
        informers.close();
        client.close();
        server.close();
        datastore.close();
    }

    private void apply(String yaml) {
        client.resource(Serialization.unmarshal(Yaml.parseAll(yaml, "test").getFirst().root().toString(), HasMetadata.class)).create();
    }

    private void node(String name, String cpu, String extra) {
        apply("{apiVersion: v1, kind: Node, metadata: {name: " + name + ", labels: {kubernetes.io/hostname: " + name + "}}" + extra + "}");
        client.nodes().withName(name).subresource("status").patch(PatchContext.of(PatchType.STRATEGIC_MERGE),
            "{\"status\":{\"allocatable\":{\"cpu\":\"" + cpu + "\",\"memory\":\"1Gi\",\"pods\":\"10\"}}}");
    }

    private void pod(String name, String cpu, String more) {
        apply("{apiVersion: v1, kind: Pod, metadata: {name: " + name + ", namespace: default, labels: {app: web}}, spec: {" + more
            + "containers: [{name: c, image: i, resources: {requests: {cpu: " + cpu + "}}}]}}");
    }

    private Pod get(String name) {
        return client.pods().inNamespace("default").withName(name).get();
    }

    private String nodeOf(String name) {
        return get(name).getSpec().getNodeName();
    }

    private static void eventually(ThrowingRunnable assertion) {
        Awaitility.await().atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(20)).ignoreExceptions().untilAsserted(assertion);
    }

    private void bound(String pod, String node) {
        eventually(() -> assertThat(nodeOf(pod)).isEqualTo(node));
    }

    private void pending(String pod, String message) {
        eventually(() -> {
            assertThat(Pods.condition(get(pod), "PodScheduled").getStatus()).isEqualTo("False");
            assertThat(Pods.condition(get(pod), "PodScheduled").getReason()).isEqualTo("Unschedulable");
            assertThat(Pods.condition(get(pod), "PodScheduled").getMessage()).isEqualTo(message);
        });
        assertThat(nodeOf(pod)).isNull();
    }

    private List<String> events(String reason) {
        return client.v1().events().inNamespace("default").list().getItems().stream().filter(e -> e.getReason().equals(reason))
            .map(e -> e.getMessage()).toList();
    }

    @Test void waitsForANodeThenBindsAndTellsOfIt() {
        pod("a", "100m", "");
        pending("a", "no nodes available to schedule pods");
        node("n1", "2", "");
        bound("a", "n1");
        eventually(() -> {
            assertThat(Pods.condition(get("a"), "PodScheduled").getStatus()).isEqualTo("True");
            assertThat(events("Scheduled")).containsExactly("Successfully assigned default/a to n1");
            assertThat(events("FailedScheduling")).contains("no nodes available to schedule pods");
        });
    }

    @Test void neverPromisesMoreThanThereIs() {
        node("n1", "1", "");
        node("n2", "1", "");
        for (int i = 0; i < 8; i++) pod("p" + i, "300m", "");
        // three fit on each node
        eventually(() -> assertThat(IntStream.range(0, 8).filter(i -> nodeOf("p" + i) != null).count()).isEqualTo(6));
        for (String n : List.of("n1", "n2")) assertThat(IntStream.range(0, 8).filter(i -> n.equals(nodeOf("p" + i))).count()).isEqualTo(3);
        String left = IntStream.range(0, 8).mapToObj(i -> "p" + i).filter(p -> nodeOf(p) == null).findFirst().orElseThrow();
        pending(left, "0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.");
        // Room made by others is used without waiting for a poll.
        long start = System.nanoTime();
        IntStream.range(0, 8).mapToObj(i -> "p" + i).filter(p -> nodeOf(p) != null).limit(2)
            .forEach(p -> client.pods().inNamespace("default").withName(p).withGracePeriod(0).delete());
        eventually(() -> assertThat(client.pods().inNamespace("default").list().getItems()).hasSize(6)
            .allSatisfy(p -> assertThat(p.getSpec().getNodeName()).isNotNull()));
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(12));
    }

    @Test void usesTheRoomOfAPodThatWasScaledDown() {
        node("n1", "1", "");
        pod("large", "800m", "");
        bound("large", "n1");
        pod("late", "500m", "");
        pending("late", "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.");
        client.pods().inNamespace("default").withName("large").subresource("resize").patch(PatchContext.of(PatchType.STRATEGIC_MERGE),
            "{\"spec\":{\"containers\":[{\"name\":\"c\",\"resources\":{\"requests\":{\"cpu\":\"300m\"}}}]}}");
        bound("late", "n1");
    }

    @Test void respectsTaintsCordonsSelectorsAndAffinity() {
        node("tainted", "2", ", spec: {taints: [{key: dedicated, value: db, effect: NoSchedule}]}");
        node("cordoned", "2", ", spec: {unschedulable: true}");
        pod("plain", "100m", "");
        pending("plain", "0/2 nodes are available: 1 node(s) had untolerated taint {dedicated: db}, 1 node(s) were unschedulable. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.");
        pod("db", "100m", "tolerations: [{key: dedicated, operator: Equal, value: db, effect: NoSchedule}], ");
        bound("db", "tainted");
        pod("picky", "100m", "nodeSelector: {disk: ssd}, ");
        pending("picky", "0/2 nodes are available: " + "1 node(s) had untolerated taint {dedicated: db}, 1 node(s) were unschedulable. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.");
        client.nodes().withName("cordoned").edit(n -> n.edit().editSpec().withUnschedulable(false).endSpec().build());
        bound("plain", "cordoned");
        pending("picky", "0/2 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint {dedicated: db}. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.");
        eventually(() -> client.nodes().withName("cordoned").edit(n -> n.edit().editMetadata().addToLabels("disk", "ssd").endMetadata().build()));
        bound("picky", "cordoned");
    }

    @Test void keepsHostPortsApartAndAntiAffinePodsAsWell() {
        node("n1", "2", "");
        node("n2", "2", "");
        String port = "{apiVersion: v1, kind: Pod, metadata: {name: NAME, namespace: default}, spec: {containers: [{name: c, image: i, ports: [{containerPort: 80, hostPort: 8080}]}]}}";
        for (String n : List.of("a", "b", "c")) apply(port.replace("NAME", n));
        eventually(() -> assertThat(List.of("a", "b", "c").stream().filter(n -> nodeOf(n) != null).map(this::nodeOf).toList())
            .containsExactlyInAnyOrder("n1", "n2"));
        String left = List.of("a", "b", "c").stream().filter(n -> nodeOf(n) == null).findFirst().orElseThrow();
        pending(left, "0/2 nodes are available: 2 node(s) didn't have free ports for the requested pod ports. preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.");
        String apart = "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{labelSelector: {matchLabels: {app: web}}, topologyKey: kubernetes.io/hostname}]}}, ";
        for (String n : List.of("ax", "ay", "az")) pod(n, "10m", apart);
        eventually(() -> assertThat(List.of("ax", "ay", "az").stream().filter(n -> nodeOf(n) != null).map(this::nodeOf).toList())
            .containsExactlyInAnyOrder("n1", "n2"));
    }

    @Test void leavesOthersPodsAlone() throws Exception {
        node("n1", "2", "");
        pod("theirs", "10m", "schedulerName: mine, ");
        pod("ours", "10m", "");
        bound("ours", "n1");
        Thread.sleep(200);
        assertThat(nodeOf("theirs")).isNull();
    }

    @Test void missingClaimsAreNamed() {
        node("n1", "2", "");
        pod("a", "10m", "volumes: [{name: data, persistentVolumeClaim: {claimName: data}}], ");
        pending("a", "0/1 nodes are available: 1 persistentvolumeclaim \"data\" not found. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.");
    }

    private void priorities() {
        apply("{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: high}, value: 1000}");
        apply("{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: low}, value: -5}");
        apply("{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: polite}, value: 1000, preemptionPolicy: Never}");
    }

    @Test void importantPodsMakeOthersGiveWay() {
        priorities();
        node("n1", "2", "");
        pod("dear", "1", "priorityClassName: high, ");
        pod("normal", "500m", "");
        pod("cheap", "500m", "priorityClassName: low, ");
        for (String p : List.of("dear", "normal", "cheap")) bound(p, "n1");
        pod("polite", "500m", "priorityClassName: polite, ");
        pending("polite", "0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never.");
        pod("urgent", "500m", "priorityClassName: high, ");
        // The least important one goes; the room is kept for the one it was made for, though the polite one has waited longer.
        eventually(() -> assertThat(get("cheap").getMetadata().getDeletionTimestamp()).isNotNull());
        eventually(() -> {
            assertThat(get("urgent").getStatus().getNominatedNodeName()).isEqualTo("n1");
            assertThat(Pods.condition(get("cheap"), "DisruptionTarget").getReason()).isEqualTo("PreemptionByScheduler");
            assertThat(events("Preempted")).containsExactly("Preempted by pod " + get("urgent").getMetadata().getUid() + " on node n1");
        });
        client.pods().inNamespace("default").withName("cheap").withGracePeriod(0).delete();
        bound("urgent", "n1");
        assertThat(nodeOf("normal")).isEqualTo("n1");
        assertThat(get("normal").getMetadata().getDeletionTimestamp()).isNull();
        assertThat(nodeOf("polite")).isNull();
    }

    @Test void budgetsAreSparedWhereAnotherNodeDoes() {
        priorities();
        node("n1", "1", "");
        pod("guarded", "1", "");
        bound("guarded", "n1");
        apply("{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: web, namespace: default}, spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}}");
        node("n2", "1", "");
        apply("{apiVersion: v1, kind: Pod, metadata: {name: free, namespace: default, labels: {app: other}}, spec: {containers: [{name: c, image: i, resources: {requests: {cpu: 1}}}]}}");
        bound("free", "n2");
        eventually(() -> assertThat(informers.list(PodDisruptionBudget.class)).hasSize(1));
        pod("urgent", "1", "priorityClassName: high, ");
        eventually(() -> assertThat(get("free").getMetadata().getDeletionTimestamp()).isNotNull());
        assertThat(get("guarded").getMetadata().getDeletionTimestamp()).isNull();
    }
}
