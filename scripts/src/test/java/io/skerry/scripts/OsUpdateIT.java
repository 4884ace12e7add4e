package io.skerry.scripts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.scripts.RunningDevice.Made;
import java.time.Duration;
import java.util.regex.Pattern;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A commit updates the device's operating system, and nothing that is wrong with the new one leaves the device without one that works. Each
 * test starts where the one before left the device, as updates do in a device's life.
 */
@Tag("image")
@ExtendWith(RunningDevice.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class OsUpdateIT {
    /** Of three tries on a busy machine that interprets another machine's code: a boot may take five minutes. */
    private static final Duration PATIENCE = Duration.ofMinutes(45);
    private static final Pattern PANIC = Pattern.compile("Kernel panic - not syncing: sysrq triggered crash");
    private static final String NEVER_STARTED = "no try came as far as starting skerry (a kernel panic, a damaged root file system or program, a hang in early boot, or the power)";
    private static final String OVER_THE_ROOT = "mkdir -p /sysroot/etc/systemd/system/multi-user.target.wants\n";

    @Test
    @Order(1)
    void aGoodOneIsKeptThoughThePowerIsCutTwice(ImageDevice device, DemoStack stack, Made made) throws Exception {
        new PowerCuts("during an update", 2).whileUpdating(device, stack, made, "0.2.");
    }

    @Test
    @Order(2)
    @Tag("full")
    void aKernelThatPanicsFallsBackByItself(ImageDevice device, DemoStack stack, Made made) throws Exception {
        long panics = device.console().count(PANIC);
        JsonNode os = fallsBack(device, stack, made, "0.3.0-panic", "echo c > /proc/sysrq-trigger\nsleep 60\n");
        assertThat(device.console().count(PANIC) - panics).as("tries").isEqualTo(3);
        // An initrd has no driver for the machine's persistent storage, so nobody has kept the panic's own words.
        assertThat(os.path("message").asText()).startsWith("0.3.0-panic: " + NEVER_STARTED);
    }

    @Test
    @Order(3)
    @Tag("full")
    void noNetworkFallsBack(ImageDevice device, DemoStack stack, Made made) throws Exception {
        // Only the driver of its interface is missing: the node itself is as Ready as before.
        JsonNode os = fallsBack(device, stack, made, "0.3.1-no-network", "rm /sysroot/usr/lib/modules/*/kernel/drivers/net/virtio_net.ko*\n");
        assertThat(os.path("message").asText()).contains("is gone");
    }

    @Test
    @Order(4)
    @Tag("full")
    void anAgentThatCrashesOverAndOverFallsBack(ImageDevice device, DemoStack stack, Made made) throws Exception {
        // The server alone; "skerry os trial" and all else run.
        JsonNode os = fallsBack(device, stack, made, "0.3.2-crash-loop", "2m", "mkdir -p /sysroot/etc/systemd/system/skerry.service.d\n"
                + "printf '[Service]\\nExecStart=\\nExecStart=/bin/false\\n' > /sysroot/etc/systemd/system/skerry.service.d/crash.conf\n");
        assertThat(os.path("message").asText()).startsWith("0.3.2-crash-loop: no verdict within 7 min; skerry.service: ")
                .containsPattern("NRestarts=[1-9]");
    }

    @Test
    @Order(4)
    @Tag("full")
    void aProgramThatCannotRunFallsBack(ImageDevice device, DemoStack stack, Made made) throws Exception {
        JsonNode os = fallsBack(device, stack, made, "0.3.5-no-program", "printf '#!/bin/sh\\nexit 1\\n' > /sysroot/usr/bin/skerry\nchmod 755 /sysroot/usr/bin/skerry\n");
        assertThat(os.path("message").asText()).startsWith("0.3.5-no-program: " + NEVER_STARTED);
    }

    @Test
    @Order(5)
    @Tag("full")
    void aHangIsEndedByTheWatchdogAndFallsBack(ImageDevice device, DemoStack stack, Made made) throws Exception {
        JsonNode os = fallsBack(device, stack, made, "0.3.3-hang", OVER_THE_ROOT
                // systemd that has crashed freezes, and feeds the watchdog no more.
                + "printf '[Service]\\nExecStart=/bin/sh -c \"sleep 20; kill -SEGV 1\"\\n' > /sysroot/etc/systemd/system/broken.service\n"
                + "ln -s ../broken.service /sysroot/etc/systemd/system/multi-user.target.wants/broken.service\n");
        assertThat(os.path("message").asText()).matches("0\\.3\\.3-hang: it (booted (once|[23] times) and was reset before skerry server looked at its health"
                + "|was reset before its health gate was done) \\(a hang, a crash, or the power\\).*");
        // A TPM that saw so many resets has locked itself.
        assertThat(device.ssh.out("systemd-creds decrypt --name=identity.key /var/lib/skerry/device/identity.cred - 2>/dev/null")).startsWith("-----BEGIN PRIVATE KEY-----");
    }

    @Test
    @Order(6)
    @Tag("full")
    void aHangBeforeSystemdIsEndedByTheWatchdogToo(ImageDevice device, DemoStack stack, Made made) throws Exception {
        JsonNode os = fallsBack(device, stack, made, "0.3.4-early-hang", "while :; do sleep 60; done\n");
        assertThat(os.path("message").asText()).startsWith("0.3.4-early-hang: " + NEVER_STARTED);
    }

    @Test
    @Order(7)
    @Tag("full")
    void anOperatorGoesBackByHand(ImageDevice device, DemoStack stack, Made made) throws Exception {
        String before = version(device);
        try (PublishedOs os = new PublishedOs(stack, made); StatusTopic status = new StatusTopic(stack.layout)) {
            String commit = os.want("0.4.0", "");
            status.await(PATIENCE, device, each -> each.at("/os/version").asText().equals("0.4.0") && each.at("/os/lastUpdate").asText().equals("Kept"));
            device.awaitSynced(status, commit, PATIENCE);
            device.ssh.run("skerry os rollback");
            // What the fleet repository names is not brought back against the operator's will, and that is said.
            JsonNode back = status.await(PATIENCE, device, each -> each.at("/os/version").asText().equals(before) && each.at("/os/state").asText().equals("Idle")
                    && each.at("/os/message").asText().startsWith("0.4.0: "));
            assertThat(back.at("/os/message").asText()).contains("by hand");
            device.awaitSynced(status, os.wantNone(), PATIENCE);
        }
        assertThat(version(device)).isEqualTo(before);
    }

    /** @return what the device says of its operating system when it has come back */
    private static JsonNode fallsBack(ImageDevice device, DemoStack stack, Made made, String version, String init) throws Exception {
        return fallsBack(device, stack, made, version, "6m", init);
    }

    private static JsonNode fallsBack(ImageDevice device, DemoStack stack, Made made, String version, String healthTimeout, String init) throws Exception {
        String before = version(device);
        JsonNode os;
        try (PublishedOs published = new PublishedOs(stack, made); StatusTopic status = new StatusTopic(stack.layout)) {
            published.want(version, healthTimeout, init);
            os = status.await(PATIENCE, device, each -> each.at("/os/lastUpdate").asText().equals("FellBack") && each.at("/os/message").asText().contains(version)).path("os");
            device.awaitSsh(PATIENCE);
            assertThat(os.path("version").asText()).isEqualTo(before);
            assertThat(version(device)).isEqualTo(before);
            device.awaitSynced(status, published.wantNone(), PATIENCE);
        }
        assertThat(device.ssh.out("systemctl --failed --no-legend --plain")).isEmpty();
        return os;
    }

    private static String version(ImageDevice device) throws Exception {
        return device.ssh.out("sed 's/.*skerry.version=\\([^ ]*\\).*/\\1/' /proc/cmdline").strip();
    }
}
