package io.skerry.node.pods;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.skerry.node.Rig;
import io.skerry.node.cri.v1.ExecSyncRequest;
import io.skerry.node.cri.v1.ListPodSandboxRequest;
import io.skerry.node.host.Cgroups;
import io.skerry.node.host.Mounts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Pods on a real containerd, with the API server's part in memory. */
class PodWorkerTest {
    private static Rig rig;
    private static MemoryApi api;
    private static PodWorkers workers;

    @BeforeAll
    static void startRuntime() throws Exception {
        rig = new Rig().start();
        startWorkers();
    }

    private static void startWorkers() {
        api = api == null ? new MemoryApi() : api;
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
    void runsReportsAndDeletes() throws Exception {
        Pod pod = create("web", """
                containers:
                - name: web
                  image: skerry.test/busybox:1
                  command: [sh, -c, "mkdir -p /w && echo hello > /w/index.html && exec httpd -f -p 8080 -h /w"]
                  readinessProbe: {httpGet: {path: /index.html, port: 8080}, periodSeconds: 1}
                  resources: {requests: {cpu: 100m, memory: 16Mi}, limits: {memory: 64Mi}}
                """);
        Pod running = until("web", p -> condition(p, "Ready"));
        assertThat(running.getStatus().getPhase()).isEqualTo("Running");
        assertThat(running.getStatus().getQosClass()).isEqualTo("Burstable");
        assertThat(running.getStatus().getPodIP()).startsWith("10.99.");
        assertThat(running.getStatus().getStartTime()).isNotNull();
        ContainerStatus status = running.getStatus().getContainerStatuses().getFirst();
        assertThat(status.getRestartCount()).isZero();
        assertThat(status.getStarted()).isTrue();
        assertThat(status.getContainerID()).startsWith("containerd://");
        assertThat(status.getImage()).isEqualTo("skerry.test/busybox:1");
        assertThat(exec(running, "cat", "/etc/hosts")).contains(running.getStatus().getPodIP() + "\tweb");
        assertThat(exec(running, "cat", "/etc/resolv.conf")).contains("nameserver 10.43.0.10").contains("search default.svc.cluster.local svc.cluster.local cluster.local");

        api.delete("web", 1);
        await().atMost(Duration.ofSeconds(15)).until(() -> api.pod("web") == null);
        await().atMost(Duration.ofSeconds(10)).until(() -> workers.find("default", "web").isEmpty());
        assertThat(rig.cri.runtime().listPodSandbox(ListPodSandboxRequest.getDefaultInstance()).getItemsList()).noneMatch(s -> s.getMetadata().getName().equals("web"));
        assertThat(rig.config.podsDir().resolve(pod.getMetadata().getUid())).doesNotExist();
        assertThat(new Cgroups(rig.config.cgroupRoot(), rig.host).pods()).doesNotContain(pod.getMetadata().getUid());
    }

    @Test
    void completesAndFails() throws Exception {
        create("good", "{restartPolicy: Never, containers: [{name: c, image: 'skerry.test/busybox:1', command: [sh, -c, 'echo all done > /dev/termination-log']}]}");
        create("bad", "{restartPolicy: Never, containers: [{name: c, image: 'skerry.test/busybox:1', command: [sh, -c, 'echo trouble; exit 3'], terminationMessagePolicy: FallbackToLogsOnError}]}");
        Pod good = until("good", p -> phase(p, "Succeeded")), bad = until("bad", p -> phase(p, "Failed"));
        assertThat(terminated(good).getReason()).isEqualTo("Completed");
        assertThat(terminated(good).getMessage()).isEqualTo("all done\n");
        assertThat(terminated(bad).getExitCode()).isEqualTo(3);
        assertThat(terminated(bad).getReason()).isEqualTo("Error");
        assertThat(terminated(bad).getMessage()).isEqualTo("trouble\n");
        assertThat(condition(good, "Ready")).isFalse();
        api.delete("good", 0);
        api.delete("bad", 0);
        await().atMost(Duration.ofSeconds(10)).until(() -> api.pod("good") == null && api.pod("bad") == null);
    }

    @Test
    void asksForTheRuntimeThatItsClassNames() {
        api.runtimeClasses.putAll(Map.of("plain", "runc", "vm", "no-such-handler"));
        create("classed", "{runtimeClassName: plain, containers: [{name: c, image: 'skerry.test/busybox:1', command: [sleep, '600']}]}");
        create("unknown", "{runtimeClassName: vm, containers: [{name: c, image: 'skerry.test/busybox:1'}]}");
        create("classless", "{runtimeClassName: none, containers: [{name: c, image: 'skerry.test/busybox:1'}]}");
        until("classed", p -> phase(p, "Running"));
        await().atMost(Duration.ofSeconds(15)).until(() -> failedSandbox("runtimeclass.node.k8s.io \"none\" not found") && failedSandbox("no runtime for \"no-such-handler\" is configured"));
        for (String name : List.of("classed", "unknown", "classless")) {
            api.delete(name, 0);
        }
        await().atMost(Duration.ofSeconds(10)).until(() -> api.pod("classed") == null && api.pod("unknown") == null && api.pod("classless") == null);
    }

    @Test
    void refusesUsersOfItsOwn() {
        create("users", "{hostUsers: false, containers: [{name: c, image: 'skerry.test/busybox:1', securityContext: {procMount: Unmasked}}]}");
        await().atMost(Duration.ofSeconds(15)).until(() -> failedSandbox("can't set `spec.hostUsers: false`, runtime does not support user namespaces"));
        until("users", p -> phase(p, "Pending"));
        assertThat(rig.cri.runtime().listPodSandbox(ListPodSandboxRequest.getDefaultInstance()).getItemsList()).noneMatch(s -> s.getMetadata().getName().equals("users"));
        api.delete("users", 0);
        await().atMost(Duration.ofSeconds(10)).until(() -> api.pod("users") == null);
    }

    private static boolean failedSandbox(String why) {
        return api.events.stream().anyMatch(e -> e.startsWith("Warning FailedCreatePodSandBox Failed to create pod sandbox: ") && e.endsWith(why));
    }

    @Test
    void restartsWithBackoff() throws Exception {
        create("crash", "{containers: [{name: c, image: 'skerry.test/busybox:1', command: [sh, -c, 'exit 1']}]}");
        Pod waiting = until("crash", p -> container(p).getState().getWaiting() != null && "CrashLoopBackOff".equals(container(p).getState().getWaiting().getReason()));
        assertThat(container(waiting).getRestartCount()).isEqualTo(1);
        assertThat(container(waiting).getState().getWaiting().getMessage()).startsWith("back-off 10s restarting failed container=c pod=crash_default(");
        assertThat(container(waiting).getLastState().getTerminated().getExitCode()).isEqualTo(1);
        assertThat(waiting.getStatus().getPhase()).isEqualTo("Running");
        assertThat(api.events).anyMatch(e -> e.startsWith("Warning BackOff Back-off restarting failed container c"));
        api.delete("crash", 0);
        await().atMost(Duration.ofSeconds(10)).until(() -> api.pod("crash") == null);
    }

    @Test
    void runsInitContainersAndSidecarsInOrder() throws Exception {
        create("init", """
                restartPolicy: Never
                initContainers:
                - {name: first, image: 'skerry.test/busybox:1', command: [sh, -c, 'echo 1 >> /d/order'], volumeMounts: [{name: d, mountPath: /d}]}
                - {name: side, restartPolicy: Always, image: 'skerry.test/busybox:1', command: [sh, -c, 'echo 2 >> /d/order; trap "exit 0" TERM; while :; do sleep 0.1; done'], volumeMounts: [{name: d, mountPath: /d}]}
                - {name: second, image: 'skerry.test/busybox:1', command: [sh, -c, 'echo 3 >> /d/order'], volumeMounts: [{name: d, mountPath: /d}]}
                containers:
                - {name: main, image: 'skerry.test/busybox:1', command: [sh, -c, 'cat /d/order > /dev/termination-log'], volumeMounts: [{name: d, mountPath: /d}]}
                volumes: [{name: d, emptyDir: {}}]
                """);
        Pod pod = until("init", p -> phase(p, "Succeeded"));
        assertThat(terminated(pod).getMessage()).isEqualTo("1\n2\n3\n");
        assertThat(pod.getStatus().getInitContainerStatuses()).extracting(s -> s.getState().getTerminated().getExitCode()).containsExactly(0, 0, 0);
        api.delete("init", 0);
        await().atMost(Duration.ofSeconds(10)).until(() -> api.pod("init") == null);
    }

    @Test
    void givesEnvironmentAndVolumes() throws Exception {
        api.configMaps.put("conf", new ConfigMapBuilder().withNewMetadata().withName("conf").endMetadata().addToData("colour", "blue").addToData("SIZE", "9").build());
        api.secrets.put("sec", new SecretBuilder().withNewMetadata().withName("sec").endMetadata().addToData("key", Base64.getEncoder().encodeToString("s3cret".getBytes())).build());
        Pod pod = create("env", """
                serviceAccountName: robot
                securityContext: {runAsUser: 1000, runAsGroup: 1000, fsGroup: 2000}
                containers:
                - name: c
                  image: skerry.test/busybox:1
                  command: [sh, -c, 'sleep 1000']
                  env:
                  - {name: A, value: one}
                  - {name: B, value: 'two $(A) $(NONE) $$(A)'}
                  - {name: COLOUR, valueFrom: {configMapKeyRef: {name: conf, key: colour}}}
                  - {name: KEY, valueFrom: {secretKeyRef: {name: sec, key: key}}}
                  - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
                  - {name: CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 1m}}}
                  envFrom: [{prefix: X_, configMapRef: {name: conf}}]
                  resources: {limits: {cpu: 200m, memory: 64Mi}}
                  volumeMounts:
                  - {name: conf, mountPath: /conf}
                  - {name: conf, mountPath: /one, subPath: colour}
                  - {name: sec, mountPath: /sec}
                  - {name: tok, mountPath: /tok}
                  - {name: mem, mountPath: /mem}
                volumes:
                - {name: conf, configMap: {name: conf}}
                - {name: sec, secret: {secretName: sec, defaultMode: 256}}
                - name: tok
                  projected: {sources: [{serviceAccountToken: {path: token, expirationSeconds: 3600, audience: me}}, {downwardAPI: {items: [{path: who/name, fieldRef: {fieldPath: metadata.name}}]}}]}
                - {name: mem, emptyDir: {medium: Memory, sizeLimit: 8Mi}}
                """);
        Pod running = until("env", p -> condition(p, "Ready"));
        assertThat(exec(running, "env")).contains("A=one\n", "B=two one $(NONE) $(A)\n", "COLOUR=blue\n", "KEY=s3cret\n", "IP=" + running.getStatus().getPodIP() + "\n", "CPU=200\n", "X_SIZE=9\n");
        assertThat(exec(running, "id")).contains("uid=1000(web) gid=1000(web)").contains("2000");
        assertThat(exec(running, "cat", "/conf/colour", "/one", "/sec/key", "/tok/who/name")).isEqualTo("bluebluesecretenv".replace("secret", "s3cret"));
        assertThat(exec(running, "sh", "-c", "stat -c '%a %g' $(readlink -f /sec/key); touch /mem/x && stat -c %g /mem/x")).isEqualTo("440 2000\n2000\n");
        assertThat(exec(running, "sh", "-c", "head -c 5 /tok/token")).isEqualTo("e30.e");
        assertThat(api.tokens.getFirst().getSpec().getAudiences()).containsExactly("me");
        assertThat(api.tokens.getFirst().getSpec().getBoundObjectRef().getUid()).isEqualTo(pod.getMetadata().getUid());

        api.configMaps.put("conf", new ConfigMapBuilder().withNewMetadata().withName("conf").endMetadata().addToData("colour", "green").addToData("more", "!").build());
        workers.wakeAll();
        await().atMost(Duration.ofSeconds(5)).untilAsserted(() -> assertThat(exec(running, "sh", "-c", "cat /conf/colour /conf/more /one; ls /conf")).isEqualTo("green!bluecolour\nmore\n"));
        assertThat(api.tokens).hasSize(1);
        assertThat(Mounts.below(rig.config.podsDir())).isNotEmpty();
        api.delete("env", 0);
        await().atMost(Duration.ofSeconds(10)).until(() -> api.pod("env") == null);
        assertThat(Mounts.below(rig.config.podsDir().resolve(pod.getMetadata().getUid()))).isEmpty();
    }

    @Test
    void survivesARestartOfTheNode() throws Exception {
        create("stay", "{containers: [{name: c, image: 'skerry.test/busybox:1', command: [sleep, '1000'], readinessProbe: {exec: {command: ['true']}, periodSeconds: 1}}]}");
        create("orphan", "{terminationGracePeriodSeconds: 1, containers: [{name: c, image: 'skerry.test/busybox:1', command: [sleep, '1000']}]}");
        Pod before = until("stay", p -> condition(p, "Ready"));
        until("orphan", p -> condition(p, "Ready"));
        workers.close();
        api.pods.values().removeIf(p -> p.getMetadata().getName().equals("orphan"));
        startWorkers();
        await().atMost(Duration.ofSeconds(15)).until(() -> rig.cri.runtime().listPodSandbox(ListPodSandboxRequest.getDefaultInstance()).getItemsList().stream().noneMatch(s -> s.getMetadata().getName().equals("orphan")));
        Pod after = api.pod("stay");
        assertThat(container(after).getContainerID()).isEqualTo(container(before).getContainerID());
        assertThat(condition(after, "Ready")).isTrue();

        kill(container(before));
        Pod restarted = until("stay", p -> container(p).getRestartCount() == 1 && condition(p, "Ready"));
        assertThat(container(restarted).getLastState().getTerminated().getExitCode()).isEqualTo(137);
        api.delete("stay", 0);
        await().atMost(Duration.ofSeconds(10)).until(() -> api.pod("stay") == null);
    }

    @Test
    void killsWhatFailsItsLivenessProbe() throws Exception {
        create("sick", """
                terminationGracePeriodSeconds: 1
                containers:
                - name: c
                  image: skerry.test/busybox:1
                  command: [sh, -c, 'touch /tmp/alive; exec sleep 1000']
                  startupProbe: {exec: {command: [test, -e, /tmp/alive]}, periodSeconds: 1}
                  livenessProbe: {exec: {command: [test, -e, /tmp/alive]}, periodSeconds: 1, failureThreshold: 1}
                  readinessProbe: {tcpSocket: {port: 9}, periodSeconds: 1}
                """);
        Pod up = until("sick", p -> Boolean.TRUE.equals(container(p).getStarted()));
        assertThat(condition(up, "Ready")).isFalse();
        assertThat(up.getStatus().getPhase()).isEqualTo("Running");
        exec(up, "rm", "/tmp/alive");
        Pod again = until("sick", p -> container(p).getRestartCount() == 1 && container(p).getState().getRunning() != null);
        assertThat(container(again).getLastState().getTerminated().getExitCode()).isEqualTo(137);
        assertThat(api.events).anyMatch(e -> e.startsWith("Warning Unhealthy Liveness probe failed")).anyMatch(e -> e.startsWith("Warning Unhealthy Readiness probe failed: dial tcp"))
                .contains("Normal Killing Container c failed liveness probe");
        api.delete("sick", 0);
        await().atMost(Duration.ofSeconds(10)).until(() -> api.pod("sick") == null);
    }

    @Test
    void runsHooksAndAsksBeforeItKills() throws Exception {
        Path shared = Files.createDirectory(rig.config.dataDir().resolve("hooks"));
        create("polite", """
                containers:
                - name: c
                  image: skerry.test/busybox:1
                  command: [sh, -c, 'trap "echo term >> /h/order; exit 7" TERM; echo main >> /h/order; while :; do sleep 0.05; done']
                  lifecycle:
                    postStart: {exec: {command: [sh, -c, 'sleep 0.3; echo post >> /h/order']}}
                    preStop: {exec: {command: [sh, -c, 'echo pre >> /h/order']}}
                  volumeMounts: [{name: h, mountPath: /h}]
                volumes: [{name: h, hostPath: {path: %s, type: Directory}}]
                """.formatted(shared));
        until("polite", p -> condition(p, "Ready"));
        api.delete("polite", 20);
        await().atMost(Duration.ofSeconds(10)).until(() -> api.pod("polite") == null);
        assertThat(shared.resolve("order")).hasContent("main\npost\npre\nterm");
    }

    @Test
    void holdsContainersToTheirLimitsAndRights() throws Exception {
        create("limits", """
                restartPolicy: Never
                hostNetwork: true
                containers:
                - name: hungry
                  image: skerry.test/busybox:1
                  command: [sh, -c, 'x=a; while :; do x=$x$x; done']
                  resources: {limits: {memory: 20Mi, cpu: 500m}}
                - name: bound
                  image: skerry.test/busybox:1
                  command: [sh, -c, 'touch /x 2>/dev/null || echo read-only; id -u; head -c 1 /proc/self/attr/x 2>/dev/null; grep CapEff /proc/self/status; grep NoNewPrivs /proc/self/status; cat /proc/1/cgroup | head -1; hostname']
                  terminationMessagePolicy: FallbackToLogsOnError
                  securityContext: {readOnlyRootFilesystem: true, runAsUser: 1000, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
                - {name: nonroot, image: 'skerry.test/busybox:1', command: ['true'], securityContext: {runAsNonRoot: true}}
                """);
        Pod pod = until("limits", p -> p.getStatus().getContainerStatuses().size() == 3 && p.getStatus().getContainerStatuses().get(0).getState().getTerminated() != null
                && p.getStatus().getContainerStatuses().get(1).getState().getTerminated() != null);
        var hungry = pod.getStatus().getContainerStatuses().get(0).getState().getTerminated();
        assertThat(hungry.getExitCode()).isEqualTo(137);
        await().atMost(Duration.ofSeconds(5)).until(() -> api.pod("limits").getStatus().getContainerStatuses().get(0).getState().getTerminated().getReason().equals("OOMKilled"));
        String bound = Files.readString(Names.logFolder(rig.config.podLogsDir(), pod).resolve("bound/0.log"));
        assertThat(bound).contains("read-only").contains(" 1000\n").contains("CapEff:\t0000000000000000").contains("NoNewPrivs:\t1");
        assertThat(bound).contains("stdout F " + Files.readString(Path.of("/proc/sys/kernel/hostname")));
        assertThat(pod.getStatus().getPodIP()).isEqualTo("127.0.0.1");
        assertThat(pod.getStatus().getContainerStatuses().get(2).getState().getWaiting().getReason()).isEqualTo("CreateContainerConfigError");
        assertThat(pod.getStatus().getContainerStatuses().get(2).getState().getWaiting().getMessage()).startsWith("container has runAsNonRoot and image will run as root");
        api.delete("limits", 0);
        await().atMost(Duration.ofSeconds(10)).until(() -> api.pod("limits") == null);
    }

    @Test
    void keepsSubPathsInsideTheirVolume() throws Exception {
        Path outside = Files.createDirectory(rig.config.dataDir().resolve("outside")), volume = Files.createDirectory(rig.config.dataDir().resolve("volume"));
        Files.createSymbolicLink(volume.resolve("link"), outside);
        for (String sub : new String[] {"link", "link/deeper", "fresh/deep"}) {
            create("sub", """
                    containers: [{name: c, image: 'skerry.test/busybox:1', command: [sh, -c, 'touch /m/here; sleep 1000'], volumeMounts: [{name: v, mountPath: /m, subPath: %s}]}]
                    volumes: [{name: v, hostPath: {path: %s}}]
                    """.formatted(sub, volume));
            if (sub.startsWith("link")) {
                assertThat(waitingReason("sub", "CreateContainerConfigError")).isEqualTo("subPath \"" + sub + "\" of volume v leads out of the volume");
            } else {
                until("sub", p -> condition(p, "Ready"));
                await().atMost(Duration.ofSeconds(5)).until(() -> Files.exists(volume.resolve("fresh/deep/here")));
            }
            api.delete("sub", 0);
            await().atMost(Duration.ofSeconds(10)).until(() -> api.pod("sub") == null);
        }
        assertThat(outside).isEmptyDirectory();
        assertThat(volume.resolve("fresh/deep/here")).exists();
    }

    @Test
    void podsServeWhileContainerdIsDown() throws Exception {
        create("steady", "{containers: [{name: c, image: 'skerry.test/busybox:1', command: [sh, -c, 'mkdir /w; echo up > /w/i; exec httpd -f -p 8080 -h /w'], readinessProbe: {httpGet: {port: 8080, path: /i}, periodSeconds: 1}}]}");
        Pod before = until("steady", p -> condition(p, "Ready"));
        ProcessHandle.of(rig.containerd.pid()).orElseThrow().destroyForcibly();
        try (var socket = new java.net.Socket(before.getStatus().getPodIP(), 8080)) {
            socket.getOutputStream().write("GET /i HTTP/1.0\r\n\r\n".getBytes());
            assertThat(new String(socket.getInputStream().readAllBytes())).endsWith("up\n");
        }
        await().atMost(Duration.ofSeconds(10)).until(() -> rig.cri.answers());
        api.delete("steady", 1);
        await().atMost(Duration.ofSeconds(15)).until(() -> api.pod("steady") == null);
        assertThat(container(before).getRestartCount()).isZero();
    }

    @Test
    void startsOverWhenTheSandboxIsLost() throws Exception {
        create("lost", "{containers: [{name: c, image: 'skerry.test/busybox:1', command: [sleep, '1000']}]}");
        Pod before = until("lost", p -> condition(p, "Ready"));
        String sandbox = rig.cri.runtime().listPodSandbox(ListPodSandboxRequest.getDefaultInstance()).getItemsList().stream().filter(s -> s.getMetadata().getName().equals("lost")).findFirst().orElseThrow().getId();
        rig.cri.runtime().stopPodSandbox(io.skerry.node.cri.v1.StopPodSandboxRequest.newBuilder().setPodSandboxId(sandbox).build());
        Pod after = until("lost", p -> container(p).getRestartCount() >= 1 && condition(p, "Ready"));
        assertThat(after.getStatus().getPodIP()).isNotEqualTo(before.getStatus().getPodIP());
        api.delete("lost", 0);
        await().atMost(Duration.ofSeconds(10)).until(() -> api.pod("lost") == null);
    }

    @Test
    void endsWhatRunsTooLong() throws Exception {
        create("late", "{activeDeadlineSeconds: 2, terminationGracePeriodSeconds: 1, containers: [{name: c, image: 'skerry.test/busybox:1', command: [sleep, '1000']}]}");
        Pod late = until("late", p -> phase(p, "Failed"));
        assertThat(late.getStatus().getReason()).isEqualTo("DeadlineExceeded");
        assertThat(terminated(late).getExitCode()).isEqualTo(137);
        api.delete("late", 0);
        await().atMost(Duration.ofSeconds(10)).until(() -> api.pod("late") == null);
    }

    @Test
    void restartsContainersWhileTheApiServerIsAway() throws Exception {
        create("alone", "{containers: [{name: c, image: 'skerry.test/busybox:1', command: [sleep, '1000']}]}");
        Pod before = until("alone", p -> condition(p, "Ready"));
        api.away = true;
        try {
            kill(container(before));
            await().atMost(Duration.ofSeconds(10)).until(() -> PodView.read(rig.cri, before.getMetadata().getUid()).newest("c").filter(i -> i.running() && i.attempt() == 1).isPresent());
            assertThat(container(api.pod("alone")).getRestartCount()).isZero();
        } finally {
            api.away = false;
        }
        until("alone", p -> container(p).getRestartCount() == 1 && condition(p, "Ready"));
        api.delete("alone", 0);
        await().atMost(Duration.ofSeconds(10)).until(() -> api.pod("alone") == null);
    }

    @Test
    void saysWhatIsMissing() throws Exception {
        create("noimage", "{containers: [{name: c, image: 'skerry.test/none:1', imagePullPolicy: Never}]}");
        create("nopull", "{containers: [{name: c, image: '127.0.0.1:1/none:1'}]}");
        create("nomap", "{containers: [{name: c, image: 'skerry.test/busybox:1', envFrom: [{configMapRef: {name: absent}}]}]}");
        create("novolume", "{containers: [{name: c, image: 'skerry.test/busybox:1'}], volumes: [{name: v, configMap: {name: absent}}]}");
        assertThat(waitingReason("noimage", "ErrImageNeverPull")).contains("not present with pull policy of Never");
        assertThat(waitingReason("nopull", "ImagePullBackOff")).contains("Back-off pulling image \"127.0.0.1:1/none:1\"").contains("connection refused");
        assertThat(waitingReason("nomap", "CreateContainerConfigError")).isEqualTo("configmap \"absent\" not found");
        await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> assertThat(api.events).contains("Warning FailedMount MountVolume.SetUp failed for volume \"v\" : configmap \"absent\" not found"));
        for (String name : new String[] {"noimage", "nopull", "nomap", "novolume"}) api.delete(name, 0);
        await().atMost(Duration.ofSeconds(10)).until(() -> api.pods.values().stream().noneMatch(p -> p.getMetadata().getName().startsWith("no")));
    }

    /** SIGKILL from outside, as the kernel or an operator would. */
    private static void kill(ContainerStatus container) throws Exception {
        String tasks = new String(new ProcessBuilder("ctr", "--address", rig.config.containerdSocket().toString(), "-n", "k8s.io", "tasks", "ls").start().getInputStream().readAllBytes());
        String row = tasks.lines().filter(l -> l.contains(container.getContainerID().substring("containerd://".length()))).findFirst().orElseThrow();
        ProcessHandle.of(Long.parseLong(row.split("\\s+")[1])).orElseThrow().destroyForcibly();
    }

    private static String waitingReason(String pod, String reason) {
        Pod waiting = until(pod, p -> p.getStatus() != null && !p.getStatus().getContainerStatuses().isEmpty() && container(p).getState().getWaiting() != null
                && reason.equals(container(p).getState().getWaiting().getReason()));
        return container(waiting).getState().getWaiting().getMessage();
    }

    private static Pod create(String name, String spec) {
        Pod pod = new PodBuilder(Serialization.unmarshal("spec:\n" + spec.indent(2), Pod.class)).withNewMetadata().withName(name).withNamespace("default").withUid(UUID.randomUUID().toString())
                .withResourceVersion("0").withLabels(Map.of("app", name)).endMetadata().editSpec().withNodeName("node-1").endSpec().build();
        api.create(pod);
        return pod;
    }

    private static Pod until(String name, Predicate<Pod> holds) {
        try {
            await().atMost(Duration.ofSeconds(25)).pollInterval(Duration.ofMillis(50)).until(() -> api.pod(name).getStatus() != null && holds.test(api.pod(name)));
        } catch (org.awaitility.core.ConditionTimeoutException e) {
            throw new AssertionError(name + " is " + Serialization.asYaml(api.pod(name).getStatus()) + "\n" + String.join("\n", api.events), e);
        }
        return api.pod(name);
    }

    private static boolean condition(Pod pod, String type) {
        return pod.getStatus().getConditions().stream().filter(c -> c.getType().equals(type)).map(PodCondition::getStatus).anyMatch("True"::equals);
    }

    private static boolean phase(Pod pod, String phase) { return phase.equals(pod.getStatus().getPhase()); }

    private static ContainerStatus container(Pod pod) { return pod.getStatus().getContainerStatuses().getFirst(); }

    private static io.fabric8.kubernetes.api.model.ContainerStateTerminated terminated(Pod pod) { return container(pod).getState().getTerminated(); }

    private static String exec(Pod pod, String... command) {
        var answer = rig.cri.runtime().execSync(ExecSyncRequest.newBuilder().setContainerId(container(pod).getContainerID().substring("containerd://".length())).addAllCmd(java.util.List.of(command)).setTimeout(10).build());
        return answer.getStdout().concat(answer.getStderr()).toStringUtf8();
    }
}
