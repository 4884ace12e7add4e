package io.skerry.scripts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.scripts.RunningDevice.Made;
import io.skerry.scripts.qemu.Guest;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** An operator updates a device over ssh, without the fleet repository: the device must come back to where ssh reaches it. */
@Tag("image")
@ExtendWith(RunningDevice.class)
class OsByHandIT {
    private static final Duration PATIENCE = Duration.ofMinutes(45);

    @TempDir
    Path folder;

    @Test
    @Tag("full")
    void aVersionWithoutTheDriverOfTheNetworkFallsBack(ImageDevice device, DemoStack stack, Made made) throws Exception {
        String before = version(device);
        Path file = folder.resolve("no-driver.os.tar");
        String sha256 = OsUpdateVariant.make(made.image().osUpdate(), made.key(), "0.5.0-no-driver",
                "rm /sysroot/usr/lib/modules/*/kernel/drivers/net/virtio_net.ko*\n", file);
        try (FileServer files = new FileServer(folder); StatusTopic status = new StatusTopic(stack.layout)) {
            device.ssh.run("skerry os update --no-reboot http://" + Guest.HOST + ":" + files.port() + "/no-driver.os.tar --sha256 " + sha256, PATIENCE).orFail();
            // The connection may end before the command's exit code comes.
            device.ssh.run("skerry os reboot");
            JsonNode os = status.await(PATIENCE, device, each -> each.at("/os/message").asText().startsWith("0.5.0-no-driver: ")).path("os");
            assertThat(os.path("lastUpdate").asText()).isEqualTo("FellBack");
            assertThat(os.path("message").asText()).contains("there is no default route, and there was one by", "is gone");
        }
        device.awaitSsh(PATIENCE);
        assertThat(version(device)).isEqualTo(before);
    }

    private static String version(ImageDevice device) throws Exception {
        return device.ssh.out("sed 's/.*skerry.version=\\([^ ]*\\).*/\\1/' /proc/cmdline").strip();
    }
}
