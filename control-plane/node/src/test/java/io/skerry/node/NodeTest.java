package io.skerry.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimStatusBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.skerry.apiserver.ApiServer;
import io.skerry.apiserver.ApiServerConfig;
import io.skerry.apiserver.User;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.apiserver.inprocess.InProcessClient;
import io.skerry.apiserver.node.LogOptions;
import io.skerry.apiserver.node.LogSink;
import io.skerry.apiserver.node.NodeStreamException;
import io.skerry.apiserver.node.NodeStreams.ExecOptions;
import io.skerry.apiserver.node.NodeUsage;
import io.skerry.apiserver.node.NodeUsage.Usage;
import io.skerry.apiserver.node.StreamListener;
import io.skerry.apiserver.node.StreamSession;
import io.skerry.controllers.runtime.Informers;
import io.skerry.datastore.Datastore;
import io.skerry.datastore.SqliteDatastore;
import io.skerry.machinery.schema.TypeTable;
import io.skerry.node.host.Machine;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole node against a real API server and a real containerd. */
class NodeTest {
    @TempDir static Path temp;
    private static Rig rig;
    private static Datastore datastore;
    private static ApiServer server;
    private static KubernetesClient client;
    private static Informers informers;
    private static Node node;

    @BeforeAll
    static void start() throws Exception {
        rig = new Rig();
        Rig.busybox(Rig.BUSYBOX).write(rig.config.imagesDir().resolve("busybox.tar"));
        datastore = SqliteDatastore.open(temp.resolve("state.db"));
        server = new ApiServer(ApiServerConfig.defaults(), datastore, TypeTable.builtin(), name -> Optional.of(node.streams()));
        client = InProcessClient.create(server, User.master("node-test"));
        if (client.serviceAccounts().inNamespace("default").withName("default").get() == null)
            client.serviceAccounts().inNamespace("default").resource(new ServiceAccountBuilder().withNewMetadata().withName("default").endMetadata().build()).create();
        client.configMaps().inNamespace("default").resource(new ConfigMapBuilder().withNewMetadata().withName("kube-root-ca.crt").endMetadata().addToData("ca.crt", "none").build()).create();
        startNode();
    }

    private static void startNode() throws Exception {
        informers = new Informers(client);
        node = new Node(rig.config, informers);
        node.start();
    }

    @AfterAll
    static void stop() throws Exception {
        node.close();
        informers.close();
        client.close();
        server.close();
        datastore.close();
        rig.close();
    }

    @Test
    void registersAndBeats() {
        await().atMost(Duration.ofSeconds(15)).until(() -> client.nodes().withName("node-1").get().getStatus().getConditions().stream().filter(c -> c.getType().equals("Ready"))
                .map(NodeCondition::getStatus).anyMatch("True"::equals));
        var registered = client.nodes().withName("node-1").get();
        assertThat(registered.getMetadata().getLabels()).containsEntry("kubernetes.io/hostname", "node-1").containsEntry("kubernetes.io/os", "linux").containsEntry("node-role.kubernetes.io/control-plane", "true");
        assertThat(registered.getSpec().getPodCIDR()).isEqualTo(rig.config.podCidr());
        assertThat(registered.getStatus().getCapacity()).containsKeys("cpu", "memory", "pods", "ephemeral-storage");
        assertThat(registered.getStatus().getNodeInfo().getContainerRuntimeVersion()).startsWith("containerd://1.");
        assertThat(registered.getStatus().getImages()).anyMatch(i -> i.getNames().contains(Rig.BUSYBOX));
        await().atMost(Duration.ofSeconds(5)).until(() -> client.leases().inNamespace("kube-node-lease").withName("node-1").get() != null);
    }

    @Test
    void runsAPodAndServesItsStreams() throws Exception {
        create("talk", """
                containers:
                - name: c
                  image: skerry.test/busybox:1
                  command: [sh, -c, "echo one; echo two; mkdir /tmp/w; echo page > /tmp/w/index.html; httpd -p 8080 -h /tmp/w; read x; echo got $x >&2; exec sleep 1000"]
                  stdin: true
                """);
        String version = ready("talk").getMetadata().getResourceVersion();
        Thread.sleep(1500);
        assertThat(client.pods().inNamespace("default").withName("talk").get().getMetadata().getResourceVersion()).as("an idle pod's status is not written again").isEqualTo(version);
        assertThat(log("talk", new LogOptions(false, false, null, false, null, null))).isEqualTo("one\ntwo\n");
        assertThat(log("talk", new LogOptions(false, false, null, false, 1L, null))).isEqualTo("two\n");
        assertThat(log("talk", new LogOptions(false, false, null, true, 1L, null))).matches("20\\d\\d-.*Z two\n");
        assertThat(log("talk", new LogOptions(false, false, null, false, null, 2L))).isEqualTo("on");
        assertThatThrownBy(() -> log("talk", new LogOptions(false, true, null, false, null, null))).isInstanceOf(NodeStreamException.class).hasMessageContaining("previous terminated container \"c\" in pod \"talk\" not found");

        var echo = new Collector();
        StreamSession session = node.streams().exec(new ExecOptions("default", "talk", "c", List.of("sh", "-c", "cat; echo oops >&2; exit 3"), true, true, true, false), echo);
        session.stdin("hello ".repeat(20_000).getBytes());
        session.closeStdin();
        ObjectNode status = echo.closed.get(10, TimeUnit.SECONDS);
        assertThat(echo.out.toString()).isEqualTo("hello ".repeat(20_000));
        assertThat(echo.err.toString()).isEqualTo("oops\n");
        assertThat(status.path("status").asText()).isEqualTo("Failure");
        assertThat(status.path("reason").asText()).isEqualTo("NonZeroExitCode");
        assertThat(status.at("/details/causes/0/message").asText()).isEqualTo("3");

        var left = new Collector();
        session = node.streams().exec(new ExecOptions("default", "talk", "c", List.of("sh", "-c", "sleep 1; cat > /tmp/left; mv /tmp/left /tmp/whole"), true, true, true, false), left);
        session.stdin("hello ".repeat(50_000).getBytes());
        session.close();
        left.closed.get(10, TimeUnit.SECONDS);
        assertThat(exec("talk", "sh", "-c", "wc -c < /tmp/whole")).as("what a client had sent before it left").isEqualTo("300000\n");

        var terminal = new Collector();
        session = node.streams().exec(new ExecOptions("default", "talk", "c", List.of("sh"), true, true, false, true), terminal);
        session.resize(91, 33);
        Thread.sleep(200);
        session.stdin("stty size; exit\n".getBytes());
        assertThat(terminal.closed.get(10, TimeUnit.SECONDS).path("status").asText()).isEqualTo("Success");
        assertThat(terminal.out.toString()).contains("33 91");

        var web = new Collector();
        session = node.streams().portForward("default", "talk", 8080, web);
        session.stdin("GET /index.html HTTP/1.0\r\n\r\n".getBytes());
        web.closed.get(10, TimeUnit.SECONDS);
        assertThat(web.out.toString()).contains("200 OK").endsWith("page\n");
        var closedPort = new Collector();
        node.streams().portForward("default", "talk", 9, closedPort);
        assertThat(closedPort.closed.get(10, TimeUnit.SECONDS).path("message").asText()).contains("refused");

        var follower = new Collector();
        var following = CompletableFuture.supplyAsync(() -> log(follower, "talk", new LogOptions(true, false, null, false, 1L, null)));
        await().atMost(Duration.ofSeconds(5)).until(() -> follower.out.toString().equals("two\n"));
        var attached = new Collector();
        session = node.streams().attach(new ExecOptions("default", "talk", "c", List.of(), true, true, true, false), attached);
        session.stdin("word\n".getBytes());
        await().atMost(Duration.ofSeconds(5)).until(() -> attached.err.toString().equals("got word\n") && follower.out.toString().equals("two\ngot word\n"));
        session.close();

        client.pods().inNamespace("default").withName("talk").withGracePeriod(1).delete();
        assertThat(following.get(10, TimeUnit.SECONDS)).isTrue();
        await().atMost(Duration.ofSeconds(20)).until(() -> client.pods().inNamespace("default").withName("talk").get() == null);
        await().atMost(Duration.ofSeconds(5)).untilAsserted(() -> assertThat(client.v1().events().inNamespace("default").list().getItems().stream()
                .filter(e -> e.getInvolvedObject().getName().equals("talk")).map(e -> e.getReason()).toList()).contains("Pulled", "Created", "Started", "Killing"));
    }

    @Test
    void mountsATokenAndFollowsConfigMaps() throws Exception {
        client.configMaps().inNamespace("default").resource(new ConfigMapBuilder().withNewMetadata().withName("live").endMetadata().addToData("k", "old").build()).create();
        create("conf", """
                containers:
                - {name: c, image: 'skerry.test/busybox:1', command: [sleep, '1000'], volumeMounts: [{name: v, mountPath: /v}]}
                volumes: [{name: v, configMap: {name: live}}]
                """);
        ready("conf");
        assertThat(exec("conf", "cat", "/v/k")).isEqualTo("old");
        assertThat(exec("conf", "sh", "-c", "cat /var/run/secrets/kubernetes.io/serviceaccount/namespace; head -c 3 /var/run/secrets/kubernetes.io/serviceaccount/token")).isEqualTo("defaulteyJ");
        assertThat(exec("conf", "env")).contains("KUBERNETES_SERVICE_HOST=10.43.0.1\n");
        client.configMaps().inNamespace("default").withName("live").edit(m -> new ConfigMapBuilder(m).addToData("k", "new").build());
        await().atMost(Duration.ofSeconds(5)).until(() -> exec("conf", "cat", "/v/k").equals("new"));
    }

    @Test
    void makesTheFolderOfAClaimedHostPath() throws Exception {
        Path folder = temp.resolve("claimed/data");
        client.persistentVolumes().resource(Serialization.unmarshal("metadata: {name: disk}\nspec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: " + folder
                + ", type: DirectoryOrCreate}}", PersistentVolume.class)).create();
        PersistentVolumeClaim claim = client.persistentVolumeClaims().inNamespace("default").resource(Serialization.unmarshal(
                "metadata: {name: mine}\nspec: {volumeName: disk, storageClassName: '', accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}", PersistentVolumeClaim.class)).create();
        claim.setStatus(new PersistentVolumeClaimStatusBuilder().withPhase("Bound").build());
        client.persistentVolumeClaims().inNamespace("default").resource(claim).updateStatus();
        create("claims", """
                containers:
                - {name: c, image: 'skerry.test/busybox:1', command: [sh, -c, 'echo kept > /data/f; exec sleep 1000'], volumeMounts: [{name: d, mountPath: /data}]}
                volumes: [{name: d, persistentVolumeClaim: {claimName: mine}}]
                """);
        ready("claims");
        await().atMost(Duration.ofSeconds(5)).untilAsserted(() -> assertThat(folder.resolve("f")).hasContent("kept"));
        client.pods().inNamespace("default").withName("claims").withGracePeriod(0).delete();
    }

    @Test
    void adoptsPodsAfterARestart() throws Exception {
        create("keep", "{containers: [{name: c, image: 'skerry.test/busybox:1', command: [sleep, '1000']}]}");
        String id = ready("keep").getStatus().getContainerStatuses().getFirst().getContainerID();
        create("gone", "{terminationGracePeriodSeconds: 1, containers: [{name: c, image: 'skerry.test/busybox:1', command: [sleep, '1000']}]}");
        ready("gone");
        node.close();
        informers.close();
        client.pods().inNamespace("default").withName("gone").withGracePeriod(0).delete();
        startNode();
        assertThat(exec("keep", "echo", "still here")).isEqualTo("still here\n");
        assertThat(client.pods().inNamespace("default").withName("keep").get().getStatus().getContainerStatuses().getFirst().getContainerID()).isEqualTo(id);
        await().atMost(Duration.ofSeconds(10)).until(() -> {
            try (var logs = Files.list(rig.config.podLogsDir())) {
                return logs.noneMatch(f -> f.getFileName().toString().startsWith("default_gone_"));
            }
        });
    }

    @Test
    void runsEphemeralContainersOnce() throws Exception {
        create("seen", "{containers: [{name: c, image: 'skerry.test/busybox:1', command: [sleep, '4321']}]}");
        String main = ready("seen").getStatus().getContainerStatuses().getFirst().getContainerID();
        debug("{name: dbg, image: 'skerry.test/busybox:1', stdin: true, targetContainerName: c, command: [sh, -c, 'grep -c 4321 /proc/1/cmdline; read x; echo got $x; exit 4']}");
        debug("{name: stays, image: 'skerry.test/busybox:1', securityContext: {privileged: true}, command: [sh, -c, 'grep CapEff /proc/self/status; exec sleep 1000']}");
        debug("{name: absent, image: 'skerry.test/absent:1', imagePullPolicy: Never}");
        await().atMost(Duration.ofSeconds(20)).until(() -> ephemeral("dbg").getState().getRunning() != null && ephemeral("stays").getState().getRunning() != null);
        await().atMost(Duration.ofSeconds(20)).until(() -> "ErrImageNeverPull".equals(ephemeral("absent").getState().getWaiting().getReason()));
        await().atMost(Duration.ofSeconds(5)).untilAsserted(() -> assertThat(log("seen", "dbg")).as("the first process of its target").isEqualTo("1\n"));
        await().atMost(Duration.ofSeconds(5)).untilAsserted(() -> assertThat(log("seen", "stays")).as("privileged, in a pod that is not").containsPattern("CapEff:\t[0-9a-f]*[1-9a-f][0-9a-f]{9}\n"));
        String dbg = ephemeral("dbg").getContainerID(), stays = ephemeral("stays").getContainerID();

        node.close();
        informers.close();
        startNode();
        var attached = new Collector();
        StreamSession session = node.streams().attach(new ExecOptions("default", "seen", "dbg", List.of(), true, true, true, false), attached);
        session.stdin("word\n".getBytes());
        await().atMost(Duration.ofSeconds(20)).until(() -> ephemeral("dbg").getState().getTerminated() != null);
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> assertThat(attached.out.toString()).isEqualTo("got word\n"));
        assertThat(log("seen", "dbg")).isEqualTo("1\ngot word\n");
        assertThat(ephemeral("dbg").getState().getTerminated().getExitCode()).isEqualTo(4);
        assertThat(exec("seen", "true")).isEmpty();
        node.close();
        informers.close();
        startNode();
        debug("{name: last, image: 'skerry.test/busybox:1', command: ['true']}");
        await().atMost(Duration.ofSeconds(20)).until(() -> ephemeral("last").getState().getTerminated() != null);
        assertThat(ephemeral("last").getState().getTerminated().getReason()).isEqualTo("Completed");
        assertThat(ephemeral("dbg").getContainerID()).as("never run again").isEqualTo(dbg);
        assertThat(ephemeral("dbg").getRestartCount()).isZero();
        assertThat(ephemeral("dbg").getReady()).isFalse();
        assertThat(ephemeral("stays").getContainerID()).as("adopted").isEqualTo(stays);
        assertThat(ephemeral("stays").getState().getRunning()).isNotNull();
        Pod pod = ready("seen");
        assertThat(pod.getStatus().getPhase()).isEqualTo("Running");
        assertThat(pod.getStatus().getContainerStatuses().getFirst().getContainerID()).isEqualTo(main);
        client.pods().inNamespace("default").withName("seen").withGracePeriod(1).delete();
        await().atMost(Duration.ofSeconds(20)).until(() -> client.pods().inNamespace("default").withName("seen").get() == null);
    }

    @Test
    void measuresWhatContainersUse() throws Exception {
        create("busy", "{containers: [{name: c, image: 'skerry.test/busybox:1', command: [sh, -c, 'yes > /dev/null'], resources: {limits: {cpu: 200m, memory: 64Mi}}},"
                + " {name: idle, image: 'skerry.test/busybox:1', command: [sleep, '1000']}, {name: done, image: 'skerry.test/busybox:1', command: ['true']}]}");
        await().atMost(Duration.ofSeconds(60)).until(() -> client.pods().inNamespace("default").withName("busy").get().getStatus().getContainerStatuses().stream()
                .filter(s -> s.getState().getRunning() != null || s.getState().getTerminated() != null || s.getLastState().getTerminated() != null).count() == 3);
        String uid = client.pods().inNamespace("default").withName("busy").get().getMetadata().getUid();
        // the runtime knows of no use of a container that has only just begun
        NodeUsage first = await().atMost(Duration.ofSeconds(30)).until(() -> node.streams().usage(), usage -> usage.containers().stream().filter(c -> c.podUid().equals(uid)).count() == 2);
        Usage busy = of(first, uid, "c");
        assertThat(busy.cpuNanoCores()).as("at its limit of 200 thousandths").isBetween(50_000_000L, 260_000_000L);
        assertThat(busy.memoryBytes()).isBetween(4096L, 64L << 20);
        assertThat(busy.window()).isBetween(Duration.ofMillis(900), Duration.ofSeconds(10));
        assertThat(of(first, uid, "idle").cpuNanoCores()).isLessThan(busy.cpuNanoCores() / 2);
        assertThat(first.containers()).noneMatch(c -> c.container().equals("done"));
        assertThat(first.node().cpuNanoCores()).isBetween(busy.cpuNanoCores() / 2, Machine.cpus() * 1_100_000_000L);
        assertThat(first.node().memoryBytes()).isBetween(busy.memoryBytes(), Machine.memoryBytes());
        assertThat(node.streams().usage()).as("asked again at once").isSameAs(first);
        Thread.sleep(2000);
        Instant asked = Instant.now();
        NodeUsage next = node.streams().usage();
        assertThat(of(next, uid, "c").cpuNanoCores()).isBetween(50_000_000L, 260_000_000L);
        assertThat(next.node().window()).as("since the last time somebody asked").isEqualTo(Duration.between(first.node().time(), next.node().time())).isGreaterThan(Duration.ofSeconds(2));
        assertThat(of(next, uid, "c").time()).isAfterOrEqualTo(asked);
        client.pods().inNamespace("default").withName("busy").withGracePeriod(0).delete();
        await().atMost(Duration.ofSeconds(10)).until(() -> node.streams().usage().containers().stream().noneMatch(c -> c.podUid().equals(uid)));
    }

    @Test
    void tellsThroughTheApiServerWhatKubeletTells() throws Exception {
        create("told", "{containers: [{name: c, image: 'skerry.test/busybox:1', command: [sh, -c, 'echo started; dd if=/dev/zero of=/tmp/a bs=1M count=3; yes > /dev/null'], resources: {limits: {cpu: 100m}}},"
                + " {name: idle, image: 'skerry.test/busybox:1', command: [sleep, '1000']}]}");
        Pod pod = ready("told");
        // the runtime looks at what containers write every 10 s
        await().atMost(Duration.ofSeconds(40)).pollInterval(Duration.ofSeconds(1)).until(() -> container(summaryOf("told"), "c").at("/rootfs/usedBytes").asLong() >= 3 << 20);
        JsonNode summary = asked("/stats/summary").body();
        assertThat(summary.at("/node/nodeName").asText()).isEqualTo("node-1");
        assertThat(summary.at("/node/cpu/usageCoreNanoSeconds").asLong()).isPositive();
        assertThat(summary.at("/node/cpu/usageNanoCores").asLong()).isBetween(10_000_000L, Machine.cpus() * 1_100_000_000L);
        assertThat(summary.at("/node/memory/workingSetBytes").asLong() + summary.at("/node/memory/availableBytes").asLong()).isEqualTo(Machine.memoryBytes());
        assertThat(summary.at("/node/fs/availableBytes").asLong()).isBetween(1L, summary.at("/node/fs/capacityBytes").asLong());
        assertThat(Instant.parse(summary.at("/node/startTime").asText())).isBefore(Instant.now().minusSeconds(60));
        JsonNode told = summaryOf("told");
        assertThat(told.at("/podRef/uid").asText()).isEqualTo(pod.getMetadata().getUid());
        JsonNode c = container(told, "c");
        assertThat(c.at("/cpu/usageCoreNanoSeconds").asLong()).isGreaterThan(100_000_000L);
        assertThat(c.at("/memory/workingSetBytes").asLong()).isBetween(4096L, c.at("/memory/usageBytes").asLong());
        assertThat(c.at("/logs/usedBytes").asLong()).isGreaterThan("started".length());
        assertThat(told.at("/cpu/usageCoreNanoSeconds").asLong()).isEqualTo(c.at("/cpu/usageCoreNanoSeconds").asLong() + container(told, "idle").at("/cpu/usageCoreNanoSeconds").asLong());
        assertThat(told.at("/network/name").asText()).isEqualTo("eth0");
        assertThat(told.at("/ephemeral-storage/usedBytes").asLong()).isGreaterThan(3 << 20);

        String resource = asked("/metrics/resource").body().asText();
        assertThat(resource).containsPattern("(?m)^container_cpu_usage_seconds_total\\{container=\"c\",namespace=\"default\",pod=\"told\"} [0-9.]+ [0-9]{13}$")
                .containsPattern("(?m)^pod_memory_working_set_bytes\\{namespace=\"default\",pod=\"told\"} [0-9]+ [0-9]{13}$").contains("\nnode_cpu_usage_seconds_total ").contains("\nresource_scrape_error 0\n");
        String cadvisor = asked("/metrics/cadvisor").body().asText();
        assertThat(cadvisor).containsPattern("(?m)^container_cpu_usage_seconds_total\\{container=\"c\",id=\".*\",image=\"[^\"]+\",name=\"[0-9a-f]{64}\",namespace=\"default\",pod=\"told\",cpu=\"total\"} ")
                .containsPattern("(?m)^container_network_receive_bytes_total\\{container=\"\",image=\"\",interface=\"eth0\",namespace=\"default\",pod=\"told\"} [0-9]+$").contains("\nmachine_cpu_cores " + Machine.cpus() + "\n");
        String agent = asked("/metrics").body().asText();
        assertThat(agent).contains("kubelet_node_name{node=\"node-1\"} 1\n").contains("\nprocess_resident_memory_bytes ");
        for (String text : List.of(resource, cadvisor, agent)) {
            assertThat(text.lines()).allMatch(l -> l.startsWith("# ") || l.matches("[a-z_]+(\\{[a-z_]+=\"[^\"]*\"(,[a-z_]+=\"[^\"]*\")*})? [0-9.]+( [0-9]+)?"));
            assertThat(text.lines().filter(l -> l.startsWith("# TYPE "))).doesNotHaveDuplicates();
        }
        assertThat(asked("/metrics").headers()).containsEntry("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
        assertThat(asked("/pods").body().path("items").findValuesAsText("name")).contains("told");
        assertThat(asked("/pods/").body().path("kind").asText()).isEqualTo("PodList");
        assertThat(asked("/healthz").body().asText()).isEqualTo("ok");
        assertThat(asked("/configz").body().at("/kubeletconfig/maxPods").asInt()).isEqualTo(110);
        for (String none : List.of("/logs/", "/run/default/told/c", "/exec/default/told/c", "/stats", "/")) assertThat(asked(none).code()).as(none).isEqualTo(404);
        assertThat(DirectCall.send(server, User.master("node-test"), "POST", "/api/v1/nodes/node-1/proxy/healthz", null).code()).isEqualTo(405);
        client.pods().inNamespace("default").withName("told").withGracePeriod(0).delete();
    }

    private static DirectCall.Answer asked(String path) { return DirectCall.send(server, User.master("node-test"), "GET", "/api/v1/nodes/node-1/proxy" + path, null); }

    private static JsonNode summaryOf(String pod) {
        for (JsonNode each : asked("/stats/summary").body().path("pods")) if (each.at("/podRef/name").asText().equals(pod)) return each;
        throw new AssertionError("no pod " + pod);
    }

    private static JsonNode container(JsonNode pod, String name) {
        for (JsonNode each : pod.path("containers")) if (each.path("name").asText().equals(name)) return each;
        throw new AssertionError("no container " + name);
    }

    private static Usage of(NodeUsage usage, String uid, String container) {
        return usage.containers().stream().filter(c -> c.podUid().equals(uid) && c.container().equals(container)).findFirst().orElseThrow().usage();
    }

    /** Adds an ephemeral container to the pod "seen". */
    private static void debug(String container) {
        client.pods().inNamespace("default").withName("seen").ephemeralContainers().edit(p -> new PodBuilder(p).editSpec()
                .addAllToEphemeralContainers(Serialization.unmarshal("spec: {ephemeralContainers: [" + container + "]}", Pod.class).getSpec().getEphemeralContainers()).endSpec().build());
    }

    private static ContainerStatus ephemeral(String name) {
        List<ContainerStatus> all = client.pods().inNamespace("default").withName("seen").get().getStatus().getEphemeralContainerStatuses();
        return all.stream().filter(s -> s.getName().equals(name)).findFirst().orElse(new ContainerStatusBuilder().withNewState().withNewWaiting().endWaiting().endState().build());
    }

    private static void create(String name, String spec) {
        Pod pod = Serialization.unmarshal("spec:\n" + spec.indent(2), Pod.class);
        pod.getSpec().setNodeName("node-1");
        pod.setMetadata(new io.fabric8.kubernetes.api.model.ObjectMetaBuilder().withName(name).withNamespace("default").build());
        client.pods().inNamespace("default").resource(pod).create();
    }

    private static Pod ready(String name) {
        try {
            await().atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(50)).until(() -> client.pods().inNamespace("default").withName(name).get().getStatus().getConditions().stream()
                    .filter(c -> c.getType().equals("Ready")).map(PodCondition::getStatus).anyMatch("True"::equals));
        } catch (org.awaitility.core.ConditionTimeoutException e) {
            throw new AssertionError(Serialization.asYaml(client.pods().inNamespace("default").withName(name).get().getStatus()) + client.v1().events().inNamespace("default").list().getItems().stream()
                    .map(v -> v.getInvolvedObject().getName() + " " + v.getReason() + " " + v.getMessage()).toList(), e);
        }
        return client.pods().inNamespace("default").withName(name).get();
    }

    private static String exec(String pod, String... command) throws Exception {
        var said = new Collector();
        node.streams().exec(new ExecOptions("default", pod, "c", List.of(command), false, true, true, false), said);
        said.closed.get(10, TimeUnit.SECONDS);
        return said.out.toString() + said.err;
    }

    private static String log(String pod, String container) throws Exception {
        var sink = new Collector();
        node.streams().logs("default", pod, container, new LogOptions(false, false, null, false, null, null), sink);
        return sink.out.toString();
    }

    private static String log(String pod, LogOptions options) throws Exception {
        var sink = new Collector();
        node.streams().logs("default", pod, "c", options, sink);
        return sink.out.toString();
    }

    private static boolean log(Collector sink, String pod, LogOptions options) {
        try {
            node.streams().logs("default", pod, "c", options, sink);
            return true;
        } catch (NodeStreamException e) {
            throw new IllegalStateException(e);
        }
    }

    private static final class Collector implements StreamListener, LogSink {
        final ByteArrayOutputStream out = new ByteArrayOutputStream(), err = new ByteArrayOutputStream();
        final CompletableFuture<ObjectNode> closed = new CompletableFuture<>();

        @Override public void stdout(byte[] bytes) { out.writeBytes(bytes); }
        @Override public void stderr(byte[] bytes) { err.writeBytes(bytes); }
        @Override public void closed(ObjectNode status) { closed.complete(status); }
        @Override public void write(byte[] bytes) { out.writeBytes(bytes); }
        @Override public boolean isClosed() { return false; }
        @Override public CompletionStage<Void> closed() { return new CompletableFuture<>(); }
    }
}
