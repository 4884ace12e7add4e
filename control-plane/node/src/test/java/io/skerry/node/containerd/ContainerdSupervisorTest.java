package io.skerry.node.containerd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.StatusRuntimeException;
import io.skerry.node.NodeConfig;
import io.skerry.node.Rig;
import io.skerry.node.cri.v1.ImageSpec;
import io.skerry.node.cri.v1.PullImageRequest;
import io.skerry.node.host.Host;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContainerdSupervisorTest {
    @Test
    void startsRestartsAndAdopts(@TempDir Path temp) throws Exception {
        try (var rig = new Rig()) {
            rig.start();
            assertThat(rig.cri.version().getRuntimeName()).isEqualTo("containerd");
            assertThat(rig.images.find(Rig.BUSYBOX)).isPresent();

            long first = rig.containerd.pid();
            ProcessHandle.of(first).orElseThrow().destroyForcibly();
            await().atMost(Duration.ofSeconds(10)).until(() -> rig.containerd.pid() != first && rig.cri.answers());

            var second = new ContainerdSupervisor(rig.config, rig.host); // as after kill -9 of skerry
            second.start();
            assertThat(second.pid()).isEqualTo(rig.containerd.pid());

            rig.containerd.close();
            await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> assertThat(second.pid()).isNotEqualTo(first));
            second.close();
            assertThat(ContainerdSupervisor.running(rig.config)).isEmpty();
        }
    }

    @Test
    void boundsTheLogOfARunningContainerd() throws Exception {
        try (var rig = new Rig()) {
            rig.start();
            Path log = rig.config.containerdDir().resolve("containerd.log");
            Files.writeString(log, "much to say\n".repeat(500_000), StandardOpenOption.APPEND);
            rig.containerd.trimLog();
            assertThat(log).isEmptyFile();
            assertThat(log.resolveSibling("containerd.log.1")).hasSize(4 << 20);
            var nowhere = PullImageRequest.newBuilder().setImage(ImageSpec.newBuilder().setImage("127.0.0.1:1/none:1")).build();
            assertThatThrownBy(() -> rig.cri.images().pullImage(nowhere)).isInstanceOf(StatusRuntimeException.class);
            assertThat(Files.readString(log)).as("containerd goes on at the file's start").contains("127.0.0.1:1/none:1").doesNotContain("\0");
        }
    }

    @Test
    void pullsFromARegistryOnItsOwnMachineWithoutTheProxy() {
        Map<String, String> environment = new HashMap<>(Map.of("PATH", "/opt", "NOTIFY_SOCKET", "/run/n", "HTTPS_PROXY", "http://proxy:3128", "NO_PROXY", ".svc"));
        ContainerdSupervisor.adapt(environment, "192.0.2.7");
        assertThat(environment).containsEntry("NO_PROXY", ".svc,192.0.2.7").doesNotContainKeys("NOTIFY_SOCKET", "no_proxy");
        assertThat(environment.get("PATH")).startsWith("/opt:");
    }

    @Test
    void saysWhichPackageIsMissing(@TempDir Path temp) {
        var config = NodeConfig.of("n", temp.resolve("d"), temp.resolve("r"), "127.0.0.1").withCni(temp, List.of(temp.resolve("none")));
        assertThatThrownBy(() -> new ContainerdSupervisor(config, Host.detect()).start()).hasMessageContaining("containernetworking-plugins").hasMessageContaining("none");
    }
}
