package io.skerry.scripts;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.scripts.qemu.Board;
import io.skerry.scripts.qemu.Qemu;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A board for whose processor there is no native skerry: the image brings a Java for it. All of it is interpreted here, so it takes its time. */
@Tag("full")
@Tag("arm64")
class Arm64BootIT {
    private static final Duration PATIENCE = Duration.ofMinutes(45);

    @TempDir
    Path folder;

    @Test
    void theNodeIsReadyAndTheNextStartHasACache() throws Exception {
        Layout layout = RunningStack.newLayout(folder);
        Ssh ssh = Ssh.withKeyIn(folder.resolve("ssh"), Ports.free());
        ImageFile image = ImageFile.buildForJvm(Board.GENERIC_ARM64.id(), "0.1.0", folder.resolve("image"), ImageFile.key(folder.resolve("keys")), "");
        Path card = image.flash("hostname: arm\nssh:\n  keys: ['" + ssh.publicKey() + "']\n", folder.resolve("card.img"));
        try (ImageDevice device = new ImageDevice(layout, Qemu.find(), Board.GENERIC_ARM64, folder.resolve("device"), card, ssh)) {
            device.guest.start();
            device.awaitSsh(PATIENCE);
            assertThat(ssh.out("uname -m").strip()).isEqualTo("aarch64");
            device.awaitReadyz(PATIENCE);
            Kubectl kubectl = device.kubectl();
            device.awaitNodeReady(kubectl, PATIENCE);
            assertThat(kubectl.out("get", "nodes", "-o", "jsonpath={.items[0].metadata.labels.kubernetes\\.io/arch}")).isEqualTo("arm64");
            assertThat(ssh.run("systemctl start skerry-jvm-cache.service", PATIENCE).exitCode()).as(device.diagnosis()).isZero();
            assertThat(ssh.out("ls /var/lib/skerry/jvm").strip()).isEqualTo(ssh.out("cat /usr/lib/skerry/app/id").strip() + ".aot");
            ssh.run("systemctl restart skerry.service", PATIENCE).orFail();
            assertThat(ssh.out("tr '\\0' ' ' </proc/$(systemctl show -p MainPID --value skerry.service)/cmdline")).contains("-XX:AOTCache=/var/lib/skerry/jvm/");
            device.awaitReadyz(PATIENCE);
            assertThat(ssh.out("systemctl --failed --no-legend --plain")).isEmpty();
        }
    }
}
