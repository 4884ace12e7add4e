package io.skerry.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.skerry.node.cri.v1.ContainerConfig;
import io.skerry.node.cri.v1.ContainerMetadata;
import io.skerry.node.cri.v1.CreateContainerRequest;
import io.skerry.node.cri.v1.ImageSpec;
import io.skerry.node.cri.v1.LinuxContainerConfig;
import io.skerry.node.cri.v1.LinuxPodSandboxConfig;
import io.skerry.node.cri.v1.PodSandboxConfig;
import io.skerry.node.cri.v1.PodSandboxMetadata;
import io.skerry.node.cri.v1.RunPodSandboxRequest;
import io.skerry.node.cri.v1.StartContainerRequest;
import io.skerry.node.host.Cgroups;
import io.skerry.node.host.Mounts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class TeardownTest {
    @Test
    void leavesNothing() throws Exception {
        try (var rig = new Rig().start()) {
            runPod(rig);
            assertThat(processes(rig)).hasSizeGreaterThanOrEqualTo(2);
            assertThat(Mounts.below(rig.config.runDir())).isNotEmpty();
            rig.containerd.close();
            assertThat(processes(rig)).as("a stop leaves the pod's shim").hasSize(1);
            assertThat(Teardown.run(rig.config)).isEmpty();
            assertNothingLeft(rig);
            assertThat(Teardown.run(rig.config)).as("idempotent").isEmpty();
        }
    }

    @Test
    void aDataPartitionStaysMounted() throws Exception {
        try (var rig = new Rig()) {
            Path data = Files.createDirectories(rig.config.dataDir());
            Mounts.bind(data, data);
            try {
                rig.start();
                runPod(rig);
                rig.containerd.close();
                assertThat(Teardown.run(rig.config)).isEmpty();
                assertThat(Mounts.below(data)).containsExactly(data);
            } finally {
                Mounts.unmount(data);
            }
        }
    }

    @Test
    void findsWhatContainerdHasForgotten() throws Exception {
        try (var rig = new Rig().start()) {
            runPod(rig);
            rig.containerd.close();
            delete(rig.config.containerdDir()); // somebody wiped the data folder
            assertThat(Teardown.run(rig.config)).isEmpty();
            assertNothingLeft(rig);
        }
    }

    private static void assertNothingLeft(Rig rig) throws IOException {
        await().atMost(Duration.ofSeconds(5)).untilAsserted(() -> assertThat(processes(rig)).isEmpty());
        assertThat(Mounts.below(rig.config.dataDir())).isEmpty();
        assertThat(Mounts.below(rig.config.runDir())).isEmpty();
        assertThat(new Cgroups(rig.config.cgroupRoot(), rig.host).pods()).isEmpty();
        assertThat(Path.of("/sys/fs/cgroup/memory", rig.config.cgroupRoot())).doesNotExist();
    }

    private static void runPod(Rig rig) {
        var sandbox = PodSandboxConfig.newBuilder().setMetadata(PodSandboxMetadata.newBuilder().setName("p").setNamespace("n").setUid("u")).setLogDirectory(rig.config.podLogsDir().resolve("n_p_u").toString())
                .setLinux(LinuxPodSandboxConfig.newBuilder().setCgroupParent(new Cgroups(rig.config.cgroupRoot(), rig.host).parentOf("BestEffort", "u"))).build();
        String id = rig.cri.runtime().runPodSandbox(RunPodSandboxRequest.newBuilder().setConfig(sandbox).build()).getPodSandboxId();
        var config = ContainerConfig.newBuilder().setMetadata(ContainerMetadata.newBuilder().setName("c")).setImage(ImageSpec.newBuilder().setImage(Rig.BUSYBOX)).addAllCommand(List.of("sleep", "1000"))
                .setLogPath("c/0.log").setLinux(LinuxContainerConfig.getDefaultInstance()).build();
        String container = rig.cri.runtime().createContainer(CreateContainerRequest.newBuilder().setPodSandboxId(id).setConfig(config).setSandboxConfig(sandbox).build()).getContainerId();
        rig.cri.runtime().startContainer(StartContainerRequest.newBuilder().setContainerId(container).build());
    }

    /** containerd and its shims: those that know the socket or the configuration. */
    private static List<String> processes(Rig rig) {
        return ProcessHandle.allProcesses().map(p -> {
            try {
                return Files.readString(Path.of("/proc", Long.toString(p.pid()), "cmdline"), StandardCharsets.ISO_8859_1);
            } catch (IOException e) {
                return "";
            }
        }).filter(c -> c.contains("containerd") && (c.contains(rig.config.dataDir().toString()) || c.contains(rig.config.runDir().toString()))).toList();
    }

    private static void delete(Path tree) throws IOException {
        Mounts.unmountBelow(tree);
        try (var all = Files.walk(tree)) {
            for (Path each : all.sorted(java.util.Comparator.reverseOrder()).toList()) Files.delete(each);
        }
    }
}
