package io.skerry.node.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.skerry.node.Rig;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogRotationTest {
    @Test
    void keepsThreeFilesOfARunningContainer() throws Exception {
        try (var rig = new Rig().start()) {
            Path folder = rig.config.podLogsDir().resolve("n_p_u/c");
            var sandbox = PodSandboxConfig.newBuilder().setMetadata(PodSandboxMetadata.newBuilder().setName("p").setNamespace("n").setUid("u")).setLogDirectory(folder.getParent().toString())
                    .setLinux(LinuxPodSandboxConfig.newBuilder().setCgroupParent("/" + rig.config.cgroupRoot())).build();
            String id = rig.cri.runtime().runPodSandbox(RunPodSandboxRequest.newBuilder().setConfig(sandbox).build()).getPodSandboxId();
            var config = ContainerConfig.newBuilder().setMetadata(ContainerMetadata.newBuilder().setName("c")).setImage(ImageSpec.newBuilder().setImage(Rig.BUSYBOX))
                    .addAllCommand(List.of("sh", "-c", "i=0; while :; do i=$((i+1)); echo line $i; sleep 0.01; done")).setLogPath("c/0.log").putLabels("io.kubernetes.pod.uid", "u")
                    .putLabels("io.kubernetes.container.name", "c").setLinux(LinuxContainerConfig.getDefaultInstance()).build();
            String container = rig.cri.runtime().createContainer(CreateContainerRequest.newBuilder().setPodSandboxId(id).setConfig(config).setSandboxConfig(sandbox).build()).getContainerId();
            rig.cri.runtime().startContainer(StartContainerRequest.newBuilder().setContainerId(container).build());
            var rotation = new LogRotation(rig.config, rig.cri, 500);
            for (int i = 0; i < 4; i++) {
                await().atMost(Duration.ofSeconds(10)).until(() -> Files.exists(folder.resolve("0.log")) && Files.size(folder.resolve("0.log")) > 500);
                rotation.rotate();
                Thread.sleep(1000); // names are by the second
            }
            List<String> names;
            try (var files = Files.list(folder)) {
                names = files.map(f -> f.getFileName().toString()).sorted().toList();
            }
            assertThat(names).hasSize(3).first().isEqualTo("0.log");
            assertThat(names.get(1)).matches("0\\.log\\.\\d{8}-\\d{6}\\.gz");
            assertThat(names.get(2)).matches("0\\.log\\.\\d{8}-\\d{6}");
            await().atMost(Duration.ofSeconds(5)).until(() -> Files.readString(folder.resolve("0.log")).contains("stdout F line"));
        }
    }
}
