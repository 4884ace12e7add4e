package io.skerry.node.pods;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.skerry.node.Rig;
import io.skerry.node.cri.v1.UpdateContainerResourcesRequest;
import io.skerry.node.host.Cgroups;
import io.skerry.node.host.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Pods that get other resources while they run, on a real containerd; what they have is read from their cgroups. */
class PodResizeTest {
    private static final long MEBI = 1 << 20;
    private static final String SLEEP = "image: 'skerry.test/busybox:1', command: [sleep, '1000'], ";
    private static Rig rig;
    private static MemoryApi api;
    private static PodWorkers workers;

    @BeforeAll
    static void startRuntime() throws Exception {
        rig = new Rig().start();
        api = new MemoryApi();
        startWorkers();
    }

    private static void startWorkers() {
        workers = new PodWorkers(PodParts.of(rig.config, rig.cri, rig.images, api, new Cgroups(rig.config.cgroupRoot(), rig.host)));
        api.workers = workers;
        api.pods.values().forEach(workers::apply);
        workers.removeOrphans();
    }

    @AfterAll
    static void stopRuntime() throws Exception {
        workers.close();
        rig.close();
    }

    @Test
    void getsOtherLimitsWithoutARestart() throws Exception {
        create("grow", "{terminationGracePeriodSeconds: 1, containers: [{name: c, " + SLEEP + "resources: {requests: {cpu: 100m, memory: 16Mi}, limits: {cpu: 200m, memory: 64Mi}}}]}");
        Pod pod = until("grow", p -> condition(p, "Ready") != null);
        assertThat(amounts(pod)).isEqualTo("cpu=100m memory=16Mi | cpu=200m memory=64Mi");
        assertThat(container(pod).getAllocatedResources()).hasToString("{cpu=100m, memory=16Mi}");
        assertThat(quota(pod)).isEqualTo(20_000);
        assertThat(memory(pod)).isEqualTo(64 * MEBI);

        resize("grow", "{requests: {cpu: 200m, memory: 32Mi}, limits: {cpu: 500m, memory: 96Mi}}");
        pod = until("grow", p -> amounts(p).equals("cpu=200m memory=32Mi | cpu=500m memory=96Mi"));
        assertThat(quota(pod)).isEqualTo(50_000);
        assertThat(memory(pod)).isEqualTo(96 * MEBI);
        assertThat(podMemory(pod)).isEqualTo(96 * MEBI);
        assertThat(container(pod).getAllocatedResources()).hasToString("{cpu=200m, memory=32Mi}");
        assertThat(container(pod).getRestartCount()).isZero();
        assertThat(condition(pod, "PodResizeInProgress")).isNull();

        resize("grow", "{requests: {cpu: 50m, memory: 32Mi}, limits: {cpu: 100m, memory: 96Mi}}");
        pod = until("grow", p -> amounts(p).equals("cpu=50m memory=32Mi | cpu=100m memory=96Mi"));
        assertThat(quota(pod)).isEqualTo(10_000);
        assertThat(container(pod).getRestartCount()).isZero();
        delete("grow");
    }

    @Test
    void restartsAContainerThatAsksForIt() throws Exception {
        create("again", "{restartPolicy: OnFailure, containers: [{name: c, image: 'skerry.test/busybox:1', command: [sh, -c, \"trap 'exit 0' TERM; while true; do sleep 0.1; done\"],"
                + " resizePolicy: [{resourceName: memory, restartPolicy: RestartContainer}], resources: {requests: {cpu: 100m, memory: 16Mi}, limits: {memory: 64Mi}}},"
                + " {name: d, " + SLEEP + "resources: {limits: {memory: 32Mi}}}]}");
        until("again", p -> condition(p, "Ready") != null);
        resize("again", "{requests: {cpu: 150m, memory: 16Mi}, limits: {memory: 64Mi}}");
        Pod pod = until("again", p -> amounts(p).startsWith("cpu=150m"));
        assertThat(container(pod).getRestartCount()).as("its policy for CPU is another").isZero();

        resize("again", "{requests: {cpu: 150m, memory: 16Mi}, limits: {memory: 48Mi}}");
        pod = until("again", p -> amounts(p).endsWith("| memory=48Mi") && container(p).getRestartCount() == 1 && condition(p, "Ready") != null);
        assertThat(memory(pod)).isEqualTo(48 * MEBI);
        Pod resized = pod;
        await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> assertThat(podMemory(resized)).isEqualTo(80 * MEBI));
        assertThat(api.events).contains("Normal Killing Container c resize requires restart");
        assertThat(pod.getStatus().getContainerStatuses().get(1).getRestartCount()).as("the other container stays").isZero();
        assertThat(container(pod).getLastState().getTerminated().getExitCode()).as("it ended well, and is started again all the same").isZero();
        delete("again");
    }

    @Test
    void doesNotHoldAPodToLessThanItUses() throws Exception {
        create("held", "{terminationGracePeriodSeconds: 1, volumes: [{name: v, emptyDir: {medium: Memory}}], containers: [{name: c, image: 'skerry.test/busybox:1', volumeMounts: [{name: v, mountPath: /v}],"
                + " command: [sh, -c, '[ -e /v/x ] || dd if=/dev/zero of=/v/x bs=1M count=40; touch /v/written; exec sleep 1000'],"
                + " resizePolicy: [{resourceName: memory, restartPolicy: RestartContainer}], resources: {limits: {memory: 64Mi}}}]}");
        Pod before = until("held", p -> condition(p, "Ready") != null);
        Path written = rig.config.podsDir().resolve(before.getMetadata().getUid());
        await().atMost(Duration.ofSeconds(20)).until(() -> files(written).anyMatch(f -> f.endsWith("written")));
        resize("held", "{limits: {memory: 24Mi}}");
        Pod held = until("held", p -> condition(p, "PodResizeInProgress") != null && "Error".equals(condition(p, "PodResizeInProgress").getReason()));
        assertThat(condition(held, "PodResizeInProgress").getMessage()).startsWith("attempting to set pod memory limit (" + 24 * MEBI + ") below current usage (");
        assertThat(memory(until("held", p -> container(p).getRestartCount() == 1 && container(p).getState().getRunning() != null))).isEqualTo(24 * MEBI);
        assertThat(podMemory(held)).isEqualTo(64 * MEBI);
        Files.delete(files(written).filter(f -> f.endsWith("x")).findFirst().orElseThrow());
        Pod done = until("held", p -> condition(p, "PodResizeInProgress") == null);
        assertThat(podMemory(done)).isEqualTo(24 * MEBI);
        delete("held");
    }

    private static Stream<Path> files(Path folder) throws IOException {
        try (Stream<Path> tree = Files.walk(folder)) {
            return tree.toList().stream();
        }
    }

    @Test
    void waitsForRoomAndSaysSo() throws Exception {
        long mebis = Machine.allocatableMemoryBytes() / MEBI;
        create("first", "{terminationGracePeriodSeconds: 1, containers: [{name: c, " + SLEEP + "resources: {requests: {memory: " + mebis * 6 / 10 + "Mi}}}]}");
        create("second", "{containers: [{name: c, " + SLEEP + "resources: {requests: {memory: 16Mi}}}]}");
        until("first", p -> condition(p, "Ready") != null);
        until("second", p -> condition(p, "Ready") != null);

        resize("second", "{requests: {memory: " + mebis * 2 + "Mi}}");
        Pod never = until("second", p -> condition(p, "PodResizePending") != null);
        assertThat(condition(never, "PodResizePending").getReason()).isEqualTo("Infeasible");
        assertThat(condition(never, "PodResizePending").getMessage())
                .isEqualTo("Node didn't have enough capacity: memory, requested: " + mebis * 2 * MEBI + ", capacity: " + Machine.allocatableMemoryBytes());
        assertThat(amounts(never)).isEqualTo("memory=16Mi | ");

        resize("second", "{requests: {memory: " + mebis * 6 / 10 + "Mi}}");
        Pod later = until("second", p -> condition(p, "PodResizePending") != null && condition(p, "PodResizePending").getReason().equals("Deferred"));
        assertThat(condition(later, "PodResizePending").getMessage()).startsWith("Node didn't have enough resource: memory, requested: " + mebis * 6 / 10 * MEBI + ", used: ");
        assertThat(container(later).getAllocatedResources()).hasToString("{memory=16Mi}");
        delete("first");
        Pod given = until("second", p -> condition(p, "PodResizePending") == null);
        assertThat(amounts(given)).isEqualTo("memory=" + mebis * 6 / 10 + "Mi | ");
        delete("second");
    }

    @Test
    void anotherNodeProcessGoesOnWhereTheLastEnded() throws Exception {
        create("kept", "{containers: [{name: c, " + SLEEP + "resources: {requests: {cpu: 10m}, limits: {cpu: 200m, memory: 64Mi}}}]}");
        Pod before = until("kept", p -> condition(p, "Ready") != null);
        workers.close();
        // it ended in the middle: the runtime was told, the status was not yet written
        rig.cri.runtime().updateContainerResources(UpdateContainerResourcesRequest.newBuilder().setContainerId(id(before))
                .setLinux(ContainerConfigs.resources(before, before.getSpec().getContainers().getFirst()).toBuilder().setCpuQuota(77_000)).build());
        assertThat(quota(before)).isEqualTo(77_000);
        api.pods.computeIfPresent(before.getMetadata().getUid(), (uid, p) -> withResources(p, "{requests: {cpu: 1000}, limits: {cpu: 1000, memory: 64Mi}}"));
        startWorkers();
        Pod refused = until("kept", p -> condition(p, "PodResizePending") != null);
        assertThat(amounts(refused)).isEqualTo("cpu=10m | cpu=200m memory=64Mi");
        await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> assertThat(quota(refused)).as("what it was promised").isEqualTo(20_000));
        assertThat(container(refused).getContainerID()).isEqualTo(container(before).getContainerID());

        workers.close();
        startWorkers();
        resize("kept", "{requests: {cpu: 10m}, limits: {cpu: 300m, memory: 64Mi}}");
        Pod done = until("kept", p -> amounts(p).equals("cpu=10m | cpu=300m memory=64Mi") && condition(p, "PodResizePending") == null);
        assertThat(quota(done)).isEqualTo(30_000);
        assertThat(container(done).getRestartCount()).isZero();
        delete("kept");
    }

    private static void create(String name, String spec) {
        api.create(new PodBuilder(Serialization.unmarshal("spec: " + spec, Pod.class)).withNewMetadata().withName(name).withNamespace("default").withUid(UUID.randomUUID().toString())
                .withResourceVersion("0").endMetadata().editSpec().withNodeName("node-1").endSpec().build());
    }

    private static void delete(String name) {
        api.delete(name, 1);
        await().atMost(Duration.ofSeconds(20)).until(() -> api.pod(name) == null);
    }

    /** Of the first container. */
    private static void resize(String name, String resources) {
        workers.apply(api.pods.computeIfPresent(api.pod(name).getMetadata().getUid(), (uid, p) -> withResources(p, resources)));
    }

    private static Pod withResources(Pod pod, String resources) {
        return new PodBuilder(pod).editSpec().editFirstContainer().withResources(Serialization.unmarshal("resources: " + resources, Container.class).getResources()).endContainer().endSpec().build();
    }

    private static Pod until(String name, Predicate<Pod> holds) {
        try {
            await().atMost(Duration.ofSeconds(40)).pollInterval(Duration.ofMillis(50)).until(() -> api.pod(name).getStatus() != null && !api.pod(name).getStatus().getContainerStatuses().isEmpty() && holds.test(api.pod(name)));
        } catch (org.awaitility.core.ConditionTimeoutException e) {
            throw new AssertionError(name + " is " + Serialization.asYaml(api.pod(name).getStatus()) + "\n" + String.join("\n", api.events), e);
        }
        return api.pod(name);
    }

    /** One that is True; null when there is none. */
    private static PodCondition condition(Pod pod, String type) {
        return pod.getStatus().getConditions().stream().filter(c -> c.getType().equals(type) && c.getStatus().equals("True")).findFirst().orElse(null);
    }

    private static ContainerStatus container(Pod pod) { return pod.getStatus().getContainerStatuses().getFirst(); }

    /** Requests | limits that the status of the first container tells. */
    private static String amounts(Pod pod) {
        var resources = container(pod).getResources();
        return resources == null ? "" : Stream.of(resources.getRequests(), resources.getLimits())
                .map(all -> String.join(" ", all.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).sorted().toList())).reduce((a, b) -> a + " | " + b).orElseThrow();
    }

    private static String id(Pod pod) { return container(pod).getContainerID().substring("containerd://".length()); }

    private static long quota(Pod pod) throws IOException {
        String text = read(id(pod), "cpu.cfs_quota_us", "cpu.max");
        return Long.parseLong(text.split(" ")[0]);
    }

    private static long memory(Pod pod) throws IOException { return Long.parseLong(read(id(pod), "memory.limit_in_bytes", "memory.max")); }

    private static long podMemory(Pod pod) throws IOException { return Long.parseLong(read("pod" + pod.getMetadata().getUid(), "memory.limit_in_bytes", "memory.max")); }

    /** The first of the files that the cgroup of this name has in any hierarchy. */
    private static String read(String cgroup, String... files) throws IOException {
        try (Stream<Path> hierarchies = Files.list(Path.of("/sys/fs/cgroup"))) {
            for (Path hierarchy : Stream.concat(Stream.of(Path.of("/sys/fs/cgroup")), hierarchies.filter(h -> !Files.isSymbolicLink(h))).map(h -> h.resolve(rig.config.cgroupRoot())).filter(Files::isDirectory).toList()) {
                try (Stream<Path> tree = Files.find(hierarchy, 4, (p, a) -> a.isDirectory() && p.getFileName().toString().equals(cgroup))) {
                    for (Path folder : tree.toList()) for (String file : files) if (Files.exists(folder.resolve(file))) return Files.readString(folder.resolve(file)).strip();
                }
            }
        }
        throw new IOException("no cgroup " + cgroup + " has " + List.of(files));
    }
}
