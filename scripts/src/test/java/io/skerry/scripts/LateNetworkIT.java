package io.skerry.scripts;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.machinery.json.Json;
import io.skerry.scripts.RunningDevice.Made;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The cable is plugged in long after the power: the device has started without, and serves at its address all the same. */
@Tag("image")
@Tag("full")
@ExtendWith(RunningDevice.class)
class LateNetworkIT {
    private static final Duration PATIENCE = Duration.ofMinutes(25);
    /** What QEMU's network gives to its first guest. */
    private static final String ADDRESS = "10.0.2.15";

    @TempDir
    Path folder;

    @Test
    void theNodeGetsTheAddressThatComesLate(DemoStack stack, Made made) throws Exception {
        try (ImageDevice device = made.another(stack, folder, "late")) {
            device.guest.start();
            device.guest.qmp().run("set_link", Json.object().put("name", "net").put("up", false));
            device.console().await(Pattern.compile(" login: "), 0, PATIENCE);
            // skerry.service does not wait longer than 20 s for it.
            Thread.sleep(Duration.ofSeconds(90));
            device.guest.qmp().run("set_link", Json.object().put("name", "net").put("up", true));
            device.awaitSsh(PATIENCE);
            device.awaitReadyz(PATIENCE);
            Kubectl kubectl = device.kubectl();
            device.await("the node's address", PATIENCE,
                    () -> kubectl.run("get", "nodes", "-o", "jsonpath={.items[*].status.addresses[?(@.type=='InternalIP')].address}").out().equals(ADDRESS));
            device.awaitNodeReady(kubectl, PATIENCE);
            assertThat(device.ssh.out("systemctl show -p NRestarts,SubState skerry.service")).contains("SubState=running");
        }
    }
}
