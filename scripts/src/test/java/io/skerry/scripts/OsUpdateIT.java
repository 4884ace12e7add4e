package io.skerry.scripts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.scripts.RunningDevice.Made;
import io.skerry.scripts.qemu.Board;
import io.skerry.scripts.qemu.Guest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
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
@Tag("full")
@ExtendWith(RunningDevice.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class OsUpdateIT {
    /** Of three tries on a machine that interprets another machine's code. */
    private static final Duration PATIENCE = Duration.ofMinutes(25);
    private static final int FEW_CUTS = 2;
    private static final int MANY_CUTS = 15;
    private static final String OVER_THE_ROOT = "mkdir -p /sysroot/etc/systemd/system/multi-user.target.wants\n";

    @Test
    @Order(1)
    void aKernelThatPanicsFallsBackByItself(ImageDevice device, DemoStack stack, Made made) throws Exception {
        JsonNode os = fallsBack(device, stack, made, "0.1.1-panic", "echo c > /proc/sysrq-trigger\nsleep 60\n");
        assertThat(os.path("message").asText()).contains("kernel panic");
    }

    @Test
    @Order(2)
    void noNetworkFallsBack(ImageDevice device, DemoStack stack, Made made) throws Exception {
        JsonNode os = fallsBack(device, stack, made, "0.1.2-no-network", OVER_THE_ROOT
                + "for module in bridge veth nf_tables virtio_net; do echo \"install $module /bin/false\"; done > /sysroot/etc/modprobe.d/broken.conf\n"
                + "ln -sf /dev/null /sysroot/etc/systemd/system/systemd-networkd.service\n");
        assertThat(os.path("message").asText()).isNotBlank();
    }

    @Test
    @Order(3)
    void anAgentThatCrashesOverAndOverFallsBack(ImageDevice device, DemoStack stack, Made made) throws Exception {
        JsonNode os = fallsBack(device, stack, made, "0.1.3-crash-loop", "printf '#!/bin/sh\\nexit 1\\n' > /sysroot/usr/bin/skerry\nchmod 755 /sysroot/usr/bin/skerry\n");
        assertThat(os.path("message").asText()).isNotBlank();
    }

    @Test
    @Order(4)
    void aHangIsEndedByTheWatchdogAndFallsBack(ImageDevice device, DemoStack stack, Made made) throws Exception {
        JsonNode os = fallsBack(device, stack, made, "0.1.4-hang", OVER_THE_ROOT
                // systemd that has crashed freezes, and feeds the watchdog no more.
                + "printf '[Service]\\nExecStart=/bin/sh -c \"sleep 20; kill -SEGV 1\"\\n' > /sysroot/etc/systemd/system/broken.service\n"
                + "ln -s ../broken.service /sysroot/etc/systemd/system/multi-user.target.wants/broken.service\n");
        assertThat(os.path("message").asText()).contains("hang");
    }

    @Test
    @Order(5)
    void aGoodOneIsKept(ImageDevice device, DemoStack stack, Made made) throws Exception {
        String slot = device.ssh.out("grep -o 'skerry.slot=[ab]' /proc/cmdline").strip();
        Path file = made.folder().resolve("0.2.0.os.tar");
        String sha256 = OsUpdateVariant.make(made.image().osUpdate(), made.key(), "0.2.0", "", file);
        try (FileServer files = new FileServer(made.folder()); StatusTopic status = new StatusTopic(stack.layout)) {
            String commit = want(stack, "0.2.0", files, file, sha256);
            JsonNode message = status.await(PATIENCE, device, each -> each.at("/os/version").asText().equals("0.2.0") && each.at("/os/lastUpdate").asText().equals("Kept"));
            assertThat(message.at("/os/slot").asText()).isNotEqualTo(slot.substring(slot.length() - 1));
            device.awaitSynced(status, commit, PATIENCE);
        }
        assertThat(device.ssh.out("cat /usr/lib/skerry/release.json")).contains("\"0.2.0\"");
        assertThat(device.ssh.out("systemctl --failed --no-legend --plain")).isEmpty();
        // Blessed: whatever happens to power now, this slot boots again.
        reboots(device);
        assertThat(device.ssh.out("cat /proc/cmdline")).contains("skerry.version=0.2.0");
    }

    @Test
    @Order(6)
    void powerCutsWhileUpdatingLeaveOneGoodSlotAndAllData(ImageDevice device, DemoStack stack, Made made) throws Exception {
        cuts(device, stack, made, "0.3.0", FEW_CUTS);
    }

    @Test
    @Order(7)
    void manyPowerCutsWhileUpdatingLeaveOneGoodSlotAndAllData(ImageDevice device, DemoStack stack, Made made) throws Exception {
        cuts(device, stack, made, "0.4.0", MANY_CUTS);
    }

    /** @return what the device says of its operating system when it has come back */
    private static JsonNode fallsBack(ImageDevice device, DemoStack stack, Made made, String version, String init) throws Exception {
        String before = device.ssh.out("grep -o 'skerry.version=[^ ]*' /proc/cmdline").strip();
        Path folder = Files.createDirectories(made.folder().resolve("broken"));
        Path file = folder.resolve(version + ".os.tar");
        String sha256 = OsUpdateVariant.make(made.image().osUpdate(), made.key(), version, init, file);
        JsonNode os;
        try (FileServer files = new FileServer(folder); StatusTopic status = new StatusTopic(stack.layout)) {
            want(stack, version, files, file, sha256);
            os = status.await(PATIENCE, device, each -> each.at("/os/lastUpdate").asText().equals("FellBack") && each.at("/os/message").asText().contains(version)).path("os");
            device.awaitSsh(PATIENCE);
            assertThat("skerry.version=" + os.path("version").asText()).isEqualTo(before);
            assertThat(device.ssh.out("cat /proc/cmdline")).contains(before);
            stack.fleet.edit("fleet.yaml", target(), "");
            String commit = stack.fleet.push("Take version " + version + " back");
            device.awaitSynced(status, commit, PATIENCE);
        } finally {
            Files.delete(file);
        }
        assertThat(device.ssh.out("systemctl --failed --no-legend --plain")).isEmpty();
        return os;
    }

    /** Cuts the power {@code times} at moments of chance between the commit and the new version's being kept, and after each boots and looks. */
    private static void cuts(ImageDevice device, DemoStack stack, Made made, String version, int times) throws Exception {
        long seed = Long.getLong("skerry.seed", System.nanoTime());
        Random random = new Random(seed);
        System.out.println("power cuts with -Dskerry.seed=" + seed);
        Kubectl kubectl = device.kubectl();
        Path file = made.folder().resolve(version + ".os.tar");
        String sha256 = OsUpdateVariant.make(made.image().osUpdate(), made.key(), version, "", file);
        try (FileServer files = new FileServer(made.folder()); StatusTopic status = new StatusTopic(stack.layout)) {
            String commit = want(stack, version, files, file, sha256);
            for (int cut = 0; cut < times; cut++) {
                // Acknowledged means synced: it must be there whatever happens next.
                kubectl.out("create", "configmap", "cut-" + version + "-" + cut, "--from-literal=n=" + cut);
                long wait = random.nextLong(Duration.ofSeconds(90).toMillis());
                Thread.sleep(wait);
                device.guest.cutPower();
                System.out.println("cut " + (cut + 1) + " of " + times + " after " + wait + " ms");
                device.guest.start();
                device.awaitReadyz(PATIENCE);
                for (int earlier = 0; earlier <= cut; earlier++) {
                    String name = "cut-" + version + "-" + earlier;
                    assertThat(kubectl.out("get", "configmap", name, "-o", "jsonpath={.data.n}")).as(name + " after cut " + (cut + 1) + ", seed " + seed).isEqualTo(String.valueOf(earlier));
                }
            }
            status.await(PATIENCE, device, each -> each.at("/os/version").asText().equals(version) && each.at("/os/lastUpdate").asText().equals("Kept"));
            device.awaitSynced(status, commit, PATIENCE);
        }
        device.awaitSsh(PATIENCE);
        assertThat(device.ssh.out("cat /proc/cmdline")).contains("skerry.version=" + version);
        assertThat(device.ssh.out("systemctl --failed --no-legend --plain")).isEmpty();
    }

    private static void reboots(ImageDevice device) throws Exception {
        String boot = device.ssh.out("cat /proc/sys/kernel/random/boot_id");
        device.ssh.run("systemctl reboot");
        device.await("a new boot", PATIENCE, () -> {
            Run run = device.ssh.run("cat /proc/sys/kernel/random/boot_id");
            return run.exitCode() == 0 && !run.out().equals(boot);
        });
        device.awaitReadyz(PATIENCE);
    }

    /** Names the version in the fleet repository. @return the commit */
    private static String want(DemoStack stack, String version, FileServer files, Path file, String sha256) throws Exception {
        Path folder = Files.createDirectories(stack.fleet.file("os"));
        Files.writeString(folder.resolve("osimage.yaml"), """
                apiVersion: appliance.skerry.io/v1
                kind: OSImage
                metadata:
                  name: os
                spec:
                  version: %s
                  healthTimeout: 6m
                  images:
                  - board: %s
                    url: http://%s:%d/%s
                    sha256: %s
                """.formatted(version, Board.GENERIC_AMD64.id(), Guest.HOST, files.port(), file.getFileName(), sha256));
        Path targets = stack.fleet.file("fleet.yaml");
        if (!Files.readString(targets).contains(target())) {
            Files.writeString(targets, Files.readString(targets) + target());
        }
        return stack.fleet.push("Run version " + version);
    }

    private static String target() {
        return """
                ---
                apiVersion: fleet.skerry.io/v1
                kind: Target
                metadata:
                  name: os
                spec:
                  selector:
                    matchLabels:
                      site: demo
                  path: ./os
                  timeout: 40m
                """;
    }
}
