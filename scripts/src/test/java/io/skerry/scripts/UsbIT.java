package io.skerry.scripts;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.scripts.RunningDevice.Made;
import io.skerry.scripts.qemu.Board;
import io.skerry.scripts.qemu.Guest;
import io.skerry.scripts.qemu.Qemu;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What a USB stick may and may not do: plugged into a device that runs, and into one that was just flashed and has no network. */
@Tag("image")
@ExtendWith(RunningDevice.class)
class UsbIT {
    private static final Duration A_MOMENT = Duration.ofMinutes(3);
    private static final Duration PATIENCE = Duration.ofMinutes(25);
    private static final int MIB = 64;

    @TempDir
    Path folder;

    @Test
    void aTamperedBundleIsRefusedAndChangesNothing(ImageDevice device, Made made) throws Exception {
        Path bundle = bundle(made, "hostname: taken-over\n");
        // Of the same length: only the digest tells.
        Files.writeString(bundle.resolve("skerry.yaml"), "hostname: taken-ovfr\n");
        refused(device, bundle.getParent(), "skerry.yaml");
    }

    @Test
    void aBundleByAnUnknownSignerIsRefused(ImageDevice device) throws Exception {
        Path stick = Files.createDirectory(folder.resolve("stick"));
        Path bundle = Files.createDirectory(stick.resolve("skerry-bundle"));
        Files.writeString(bundle.resolve("skerry.yaml"), "hostname: taken-over\n");
        ImageFile.skerry(List.of("image", "bundle", "--key", ImageFile.key(folder.resolve("mallory")).toString(), bundle.toString()));
        refused(device, stick, "sign");
    }

    @Test
    void settingsWithoutASignatureAreRefusedByADeviceThatHasSome(ImageDevice device) throws Exception {
        Path stick = Files.createDirectory(folder.resolve("stick"));
        Files.writeString(stick.resolve("skerry.yaml"), "hostname: taken-over\n");
        refused(device, stick, "has its settings already");
    }

    @Test
    @Tag("full")
    void settingsAloneSetUpADeviceThatHasNone(DemoStack stack, Made made) throws Exception {
        Ssh ssh = Ssh.withKeyIn(folder.resolve("ssh"), Ports.free());
        Path content = Files.createDirectory(folder.resolve("content"));
        Files.writeString(content.resolve("skerry.yaml"), ImageDevice.settings(stack.layout, ssh).replace(SkerryServer.DEVICE, "by-stick"));
        Path stick = Stick.make(folder.resolve("stick.img"), content, MIB);
        Layout own = new Layout(folder, Ports.free(), stack.layout.gitPort(), stack.layout.mqttPort());
        try (ImageDevice device = fresh(own, made, ssh, stick, false)) {
            device.guest.start();
            device.awaitSsh(PATIENCE);
            assertThat(device.ssh.out("hostname").strip()).isEqualTo("by-stick");
            Kubectl kubectl = device.kubectl();
            device.awaitNodeReady(kubectl, PATIENCE);
            device.await("the demo", PATIENCE, () -> kubectl.run("get", "deployment", "web", "-n", "demo", "-o", "jsonpath={.status.readyReplicas}").out().matches("[1-9]"));
        }
    }

    @Test
    @Tag("full")
    void aBundleSetsUpADeviceThatNeverSeesANetwork(DemoStack stack, Made made) throws Exception {
        Ssh ssh = Ssh.withKeyIn(folder.resolve("ssh"), Ports.free());
        Path bundle = bundle(made, "hostname: offline\nlabels:\n  site: demo\nssh:\n  keys: ['" + ssh.publicKey() + "']\n");
        Run.of("git", "-C", stack.layout.fleetClone().toString(), "bundle", "create", bundle.resolve("fleet.bundle").toString(), "main").orFail();
        sign(made, bundle);
        Path stick = Stick.make(folder.resolve("stick.img"), bundle.getParent(), MIB);
        Layout own = new Layout(folder, Ports.free(), stack.layout.gitPort(), stack.layout.mqttPort());
        try (ImageDevice device = fresh(own, made, ssh, stick, true)) {
            device.guest.start();
            device.awaitSsh(PATIENCE);
            Kubectl kubectl = device.kubectl();
            device.awaitNodeReady(kubectl, PATIENCE);
            device.await("the demo", PATIENCE, () -> kubectl.run("get", "deployment", "web", "-n", "demo", "-o", "jsonpath={.status.readyReplicas}").out().matches("[1-9]"));
            assertThat(device.ssh.run("timeout 10 bash -c 'exec 3<>/dev/tcp/" + Guest.HOST + "/" + stack.layout.gitPort() + "'").exitCode()).as("there is no network").isNotZero();
        }
    }

    /** A device that was flashed with the image as it is. @param alone whether nothing outside can be reached */
    private ImageDevice fresh(Layout layout, Made made, Ssh ssh, Path stick, boolean alone) throws Exception {
        Path card = made.image().flash("# nothing is set yet\n", folder.resolve("card.img"));
        Guest.Builder guest = Guest.on(Qemu.find(), Board.GENERIC_AMD64).folder(folder.resolve("guest")).image(card).stick(stick)
                .forward(layout.apiPort(), ImageDevice.API_PORT).forward(ssh.port(), ImageDevice.SSH_PORT);
        return new ImageDevice(layout, folder, ssh, (alone ? guest.alone() : guest).build());
    }

    private Path bundle(Made made, String settings) throws Exception {
        Path bundle = Files.createDirectories(folder.resolve("stick/skerry-bundle"));
        Files.writeString(bundle.resolve("skerry.yaml"), settings);
        sign(made, bundle);
        return bundle;
    }

    private static void sign(Made made, Path bundle) throws Exception {
        ImageFile.skerry(List.of("image", "bundle", "--key", made.key().toString(), bundle.toString()));
    }

    private void refused(ImageDevice device, Path content, String why) throws Exception {
        String before = device.ssh.out("sha256sum /run/skerry-config/skerry.yaml; hostname; cat /proc/sys/kernel/random/boot_id");
        int from = device.console().position();
        Path stick = Stick.make(folder.resolve("stick.img"), content, MIB);
        String plugged = device.guest.plugIn(stick);
        try {
            device.console().await(Pattern.compile("skerry: .*(refused|not taken).*" + Pattern.quote(why), Pattern.CASE_INSENSITIVE), from, A_MOMENT);
            assertThat(device.ssh.run("skerry status").out()).contains(why);
            assertThat(device.ssh.out("sha256sum /run/skerry-config/skerry.yaml; hostname; cat /proc/sys/kernel/random/boot_id")).isEqualTo(before);
        } finally {
            device.guest.unplug(plugged);
        }
    }
}
