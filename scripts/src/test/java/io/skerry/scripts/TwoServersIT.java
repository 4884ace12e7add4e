package io.skerry.scripts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.skerry.datastore.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two whole servers, two processes on two machines, on one real PostgreSQL: set up as docs/datastore.md says, and one after the other taken away. */
@Tag("once")
@Timeout(value = 900, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TwoServersIT {
    /** Of leases and endpoints, which upstream gives 15 seconds; the rest is for a busy machine. */
    private static final Duration TAKEN_OVER = Duration.ofMinutes(1);

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private MachineState before;
    private Path folder;
    private SharedServer first;
    private SharedServer second;

    @BeforeEach
    void prepare() throws Exception {
        before = MachineState.now();
        folder = Files.createTempDirectory("skerry-two-");
        Lan lan = keep(new Lan());
        PostgresServer postgres = keep(PostgresServer.start(Lan.HOST));
        first = keep(new SharedServer(lan, "a", 11, folder, postgres.endpoint()));
        second = keep(new SharedServer(lan, "b", 12, folder, postgres.endpoint()));
    }

    @AfterEach
    void cleanUp() throws Exception {
        Exception failure = null;
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (Exception e) {
                if (failure != null) {
                    e.addSuppressed(failure);
                }
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
        MachineState.now().requireNothingBeyond(before, each -> each.contains(folder.toString()) || each.contains(Lan.NAME));
        Down.delete(folder);
    }

    private <T extends AutoCloseable> T keep(T part) {
        open.push(part);
        return part;
    }

    @Test
    void shareEverythingAndReplaceEachOther() throws Exception {
        try {
            join();
            seeEachOthersWrites();
            actAsOne();
            surviveALeader();
        } catch (Throwable e) {
            throw new AssertionError(e.getMessage() + logOf(first) + logOf(second), e);
        }
    }

    private void join() throws Exception {
        first.start();
        Run refused = second.refusal();
        assertThat(refused.exitCode()).isNotZero();
        assertThat(refused.err().strip()).as("one line").doesNotContain("\n")
                .contains("copy " + second.serverDir() + "/cred/encryption-config.json from another server of this datastore");
        Run.of("cp", "-pr", first.serverDir().resolve("tls").toString(), first.serverDir().resolve("cred").toString(), second.serverDir().toString()).orFail();
        second.start();
        for (SharedServer each : List.of(first, second)) {
            each.out("wait", "node", "--all", "--for=condition=Ready", "--timeout=60s");
            assertThat(each.out("get", "nodes", "-o", "jsonpath={.items[*].metadata.name}")).isEqualTo("server-a server-b");
        }
        awaitEndpoints(first, second);
        // the first was alone when it started
        awaitLeader(first, first, second);
    }

    private void seeEachOthersWrites() throws Exception {
        watched(first, second);
        watched(second, first);
        first.out("create", "secret", "generic", "shared", "--from-literal=k=opened with the same keys");
        assertThat(second.out("get", "secret", "shared", "-o", "go-template={{.data.k | base64decode}}")).isEqualTo("opened with the same keys");
        String token = first.out("create", "token", "default").strip();
        Run asked = Run.of("curl", "-sS", "--noproxy", "*", "--cacert", second.serverDir().resolve("tls/server-ca.crt").toString(), "-H", "Authorization: Bearer " + token,
                "https://" + second.address + ":6443/api/v1/nodes").orFail();
        assertThat(asked.out()).as("a token of the other's").contains("\"Forbidden\"").contains("system:serviceaccount:default:default");
    }

    /** Changes an object on one server and waits for each change at a watch of the other; how fast it comes is told, and nothing is made of it. */
    private static void watched(SharedServer writer, SharedServer reader) throws Exception {
        BlockingQueue<Map.Entry<String, Long>> seen = new LinkedBlockingQueue<>();
        List<Long> micros = new ArrayList<>();
        String name = "written-on-" + writer.name;
        try (KubernetesClient from = writer.client(); KubernetesClient to = reader.client();
             Watch _ = to.configMaps().inNamespace("default").withName(name).watch(new Watcher<ConfigMap>() {
                 @Override
                 public void eventReceived(Action action, ConfigMap map) {
                     seen.add(Map.entry(action + " " + map.getData().get("round"), System.nanoTime()));
                 }

                 @Override
                 public void onClose(WatcherException cause) {
                     seen.add(Map.entry("CLOSED " + cause.getMessage(), System.nanoTime()));
                 }
             })) {
            for (int round = 0; round < 20; round++) {
                ConfigMap map = new ConfigMapBuilder().withNewMetadata().withNamespace("default").withName(name).endMetadata().withData(Map.of("round", "" + round)).build();
                if (round == 0) {
                    from.resource(map).create();
                } else {
                    from.resource(map).update();
                }
                long answered = System.nanoTime();
                Map.Entry<String, Long> event = seen.poll(5, TimeUnit.SECONDS);
                assertThat(event).as("round " + round + " on " + writer.name + ", at a watch of " + reader.name).isNotNull();
                assertThat(event.getKey()).isEqualTo((round == 0 ? "ADDED " : "MODIFIED ") + round);
                micros.add(Math.max(0, event.getValue() - answered) / 1000);
            }
        }
        micros.sort(null);
        System.out.printf("A write on %s is seen on %s %.1f ms after its answer (median of %d), %.1f ms at most%n",
                writer.name, reader.name, micros.get(micros.size() / 2) / 1000.0, micros.size(), micros.getLast() / 1000.0);
    }

    /** What one is asked for, the other's controllers make and both nodes run; each tells what runs on the other. */
    private void actAsOne() throws Exception {
        second.apply(deployment("web", 2, "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, "
                + "labelSelector: {matchLabels: {app: web}}}]}}"));
        second.out("rollout", "status", "deployment/web", "--timeout=180s");
        assertThat(first.out("get", "replicasets", "-l", "app=web", "-o", "jsonpath={.items[*].status.readyReplicas}")).isEqualTo("2");
        for (SharedServer node : List.of(first, second)) {
            String pod = podOn(node, "web");
            for (SharedServer asked : List.of(first, second)) {
                assertThat(asked.out("logs", pod)).isEqualTo("started on " + node.name + "\n");
                assertThat(asked.out("exec", pod, "--", "hostname")).isEqualTo(pod + "\n");
            }
        }
    }

    private void surviveALeader() throws Exception {
        String uid = first.out("get", "pod", podOn(first, "web"), "-o", "jsonpath={.metadata.uid}");
        first.process().kill();
        long killed = System.nanoTime();
        awaitLeader(second, second);
        System.out.printf("%s leads %.1f s after %s was killed%n", second.name, (System.nanoTime() - killed) / 1e9, first.name);
        awaitEndpoints(second);
        second.apply(deployment("after", 2, "nodeSelector: {kubernetes.io/hostname: " + second.name + "}"));
        second.out("rollout", "status", "deployment/after", "--timeout=180s");

        first.start();
        awaitEndpoints(first, second);
        awaitLeader(second, first, second);
        first.out("rollout", "status", "deployment/web", "--timeout=180s");
        String pod = podOn(first, "web");
        assertThat(first.out("get", "pod", pod, "-o", "jsonpath={.metadata.uid} {.status.containerStatuses[0].restartCount}"))
                .as("ran on while its server was dead").isEqualTo(uid + " 0");
        assertThat(second.out("logs", pod)).isEqualTo("started on " + first.name + "\n");

        // one that is asked to stop gives up its part by itself
        long stopping = System.nanoTime();
        second.process().stop(Duration.ofSeconds(30));
        awaitLeader(first, first);
        System.out.printf("%s leads %.1f s after %s was asked to stop%n", first.name, (System.nanoTime() - stopping) / 1e9, second.name);
        awaitEndpoints(first);
        first.apply(deployment("last", 1, "nodeSelector: {kubernetes.io/hostname: " + first.name + "}"));
        first.out("rollout", "status", "deployment/last", "--timeout=180s");
    }

    /** Waits until those alive, and nobody else, are what the service kubernetes leads to, and all of them say so. */
    private static void awaitEndpoints(SharedServer... alive) {
        String addresses = String.join(" ", List.of(alive).stream().map(each -> each.address).toList());
        for (SharedServer asked : alive) {
            await().atMost(TAKEN_OVER).pollInterval(Duration.ofMillis(500)).untilAsserted(() -> {
                assertThat(asked.run("get", "endpoints", "kubernetes", "-o", "jsonpath={.subsets[*].addresses[*].ip}").out()).isEqualTo(addresses);
                assertThat(asked.run("get", "endpointslice", "kubernetes", "-o", "jsonpath={.endpoints[*].addresses[*]}").out()).isEqualTo(addresses);
            });
        }
    }

    /** Waits until one server runs controllers and scheduler, and those asked know. */
    private static void awaitLeader(SharedServer leader, SharedServer... asked) {
        for (SharedServer each : asked) {
            for (String lease : List.of("kube-controller-manager", "kube-scheduler")) {
                await().atMost(TAKEN_OVER).pollInterval(Duration.ofMillis(500)).untilAsserted(() ->
                        assertThat(each.run("get", "lease", lease, "-n", "kube-system", "-o", "jsonpath={.spec.holderIdentity}").out()).as(lease).startsWith(leader.name + "_"));
            }
        }
    }

    private static String podOn(SharedServer node, String app) throws Exception {
        return node.out("get", "pods", "-l", "app=" + app, "--field-selector", "spec.nodeName=" + node.name, "-o", "jsonpath={.items[*].metadata.name}");
    }

    /** @param where a field of the pods' spec */
    private static String deployment(String name, int replicas, String where) {
        return """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: %1$s}
                spec:
                  replicas: %2$d
                  selector: {matchLabels: {app: %1$s}}
                  template:
                    metadata: {labels: {app: %1$s}}
                    spec:
                      terminationGracePeriodSeconds: 1
                      %3$s
                      containers:
                      - name: main
                        image: docker.io/skerry/demo-web:1
                        env: [{name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]
                        command: [sh, -c, "echo started on $NODE; exec sleep 100000"]
                """.formatted(name, replicas, where);
    }

    private static String logOf(SharedServer server) throws IOException {
        return Files.exists(server.process().log()) ? "\nthe log of " + server.name + " ends:\n" + Up.tail(server.process().log()) : "";
    }
}
