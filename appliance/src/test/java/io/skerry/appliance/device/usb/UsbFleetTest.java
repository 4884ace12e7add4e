package io.skerry.appliance.device.usb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.appliance.device.DeviceBoot;
import io.skerry.appliance.device.LocalFleet;
import io.skerry.appliance.device.usb.UsbImport.Outcome;
import io.skerry.appliance.device.usb.UsbJournal.State;
import io.skerry.image.bundle.BundleException;
import io.skerry.image.layout.DeviceLayout;
import io.skerry.image.settings.ServerFlags;
import io.skerry.node.host.Command;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The fleet repository that a bundle brings: whole, as what goes on from what is here, broken, and on a disk that is full. */
class UsbFleetTest extends StickFixture {
    /** What goes on from commits that this device never had is seen before anything is changed. */
    @Test
    void anIncrementalFleetIsForDevicesThatHaveItsBase() throws Exception {
        Path fleet = bundle(NOON, "images/a.tar", "good", "os/x.os.tar", update("1")).resolve("fleet.bundle");
        commit();
        commit();
        git("-C", work().toString(), "bundle", "create", fleet.toString(), "main", "^main~1");
        sign(NOON);
        assertRefused("fleet.bundle goes on from commits that are not here");
        assertThat(usb().resume()).isEqualTo(Outcome.NOTHING);
        git("-C", work().toString(), "bundle", "create", fleet.toString(), "main");
        sign(NOON.plusSeconds(1));
        assertThat(usb().take(stick)).isEqualTo(Outcome.TRY_SYSTEM);
        commit();
        git("-C", work().toString(), "bundle", "create", fleet.toString(), "main", "^main~1");
        sign(NOON.plusSeconds(2));
        assertThat(usb().take(stick)).as("a device that has it").isEqualTo(Outcome.TRY_SYSTEM);
        assertThat(git("ls-remote", new LocalFleet(device.paths).url().orElseThrow())).contains(git("-C", work().toString(), "rev-parse", "main").strip() + "\trefs/heads/main");
    }

    @Test
    void aBrokenFleetIsRefusedBeforeAnythingIsChanged() throws Exception {
        Path fleet = bundle(NOON, "os/x.os.tar", update("1")).resolve("fleet.bundle");
        gitBundle(fleet);
        byte[] content = Files.readAllBytes(fleet);
        content[content.length - 30] ^= 1;
        Files.write(fleet, content);
        sign(NOON);
        assertRefused("the Git bundle fleet.bundle cannot be read: ");
        Files.writeString(fleet, "no bundle");
        sign(NOON);
        assertRefused("the Git bundle fleet.bundle cannot be read: ");
        git("-C", work().toString(), "bundle", "create", fleet.toString(), "HEAD");
        sign(NOON);
        assertRefused("fleet.bundle holds no branch");
    }

    /** As versions before this one began it, and failed at each boot without a word. */
    @Test
    void aFleetThatCanNeverBeTakenEndsWithAReason() throws Exception {
        Path bundle = bundle(NOON, "images/a.tar", "good");
        Error cut = new Error("power cut");
        gitBundle(bundle.resolve("fleet.bundle"));
        Files.writeString(bundle.resolve("skerry.yaml"), "hostname: new\n");
        sign(NOON);
        assertThatThrownBy(() -> new UsbImport(device.paths, settings, content -> {
            throw cut;
        }, List.of(OWNER.getPublic()), new Slot()).take(stick)).isSameAs(cut);
        Path staged = device.paths.state().resolve("usb").resolve(new UsbJournal(device.paths).last().orElseThrow().digest());
        Files.writeString(staged.resolve("fleet.bundle"), "damaged");
        assertThatThrownBy(() -> usb().resume()).isInstanceOf(BundleException.class).hasMessageContaining("the Git bundle fleet.bundle cannot be read");
        assertThat(new UsbJournal(device.paths).last().orElseThrow().state()).isEqualTo(State.REFUSED);
        assertThat(usb().resume()).isEqualTo(Outcome.NOTHING);
    }

    /** The first boot may end anywhere: the power is cut, or the card cannot read the file. */
    @Test
    void theImagesFirstCommitIsTakenAtTheBootThatCanTakeIt() throws Exception {
        Path first = device.paths.root().resolve(DeviceLayout.FLEET_BUNDLE.substring(1));
        Files.createDirectories(first.getParent());
        gitBundle(first);
        byte[] whole = Files.readAllBytes(first);
        Files.write(first, Arrays.copyOf(whole, whole.length - 30));
        assertThat(boot()).contains("skerry: the image's first fleet commit: the Git bundle fleet.bundle cannot be read");
        assertThat(new LocalFleet(device.paths).url()).as("not there with a part of it").isEmpty();
        assertThat(device.read("/etc/skerry/config.yaml")).doesNotContain("fleet.git");

        Files.write(first, whole);
        // What a cut leaves, of this and of earlier versions.
        git("init", "--quiet", "--bare", device.paths.state().resolve("fleet.git.new").toString());
        Files.createDirectories(device.paths.state().resolve("fleet.git/objects"));
        assertThat(boot()).doesNotContain("fleet commit");
        String url = new LocalFleet(device.paths).url().orElseThrow();
        assertThat(git("ls-remote", url)).contains(git("-C", work().toString(), "rev-parse", "main").strip() + "\trefs/heads/main");
        assertThat(device.read("/etc/skerry/config.yaml")).contains(url);
        assertThat(device.paths.state().resolve("fleet.git.new")).doesNotExist();
        assertThat(Files.getPosixFilePermissions(device.paths.state().resolve("fleet.git"))).isEqualTo(PosixFilePermissions.fromString("rwx------"));
    }

    private String boot() {
        ByteArrayOutputStream console = new ByteArrayOutputStream();
        new DeviceBoot(device.paths, ServerFlags.UNKNOWN, new PrintStream(console, true, StandardCharsets.UTF_8)).run();
        return console.toString(StandardCharsets.UTF_8);
    }

    /** JGit tells of a full disk as it tells of a broken bundle. */
    @Test
    void aFullDiskIsNotTheFleetsFault() throws Exception {
        commit();
        byte[] noise = new byte[4 << 20];
        new java.util.Random(1).nextBytes(noise);
        Files.write(work().resolve("noise"), noise);
        git("-C", work().toString(), "add", "noise");
        Path file = folder.resolve("fleet.bundle");
        gitBundle(file);
        Files.createDirectories(device.paths.state());
        Command.run(Duration.ofSeconds(30), "mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", device.paths.state().toString());
        try {
            assertThatThrownBy(() -> new LocalFleet(device.paths).take(file)).isInstanceOf(IOException.class).hasMessageContaining("cannot be taken");
        } finally {
            Command.run(Duration.ofSeconds(30), "umount", device.paths.state().toString());
        }
        new LocalFleet(device.paths).take(file);
        assertThat(new LocalFleet(device.paths).url()).isPresent();
    }

    @Test
    void aLockThatAPowerCutLeftIsNoHindrance() throws Exception {
        Path file = folder.resolve("fleet.bundle");
        gitBundle(file);
        LocalFleet fleet = new LocalFleet(device.paths);
        fleet.take(file);
        gitBundle(file);
        Files.createFile(device.paths.state().resolve("fleet.git/refs/heads/main.lock"));
        assertThat(Files.getPosixFilePermissions(device.paths.state().resolve("fleet.git"))).isEqualTo(PosixFilePermissions.fromString("rwx------"));
        fleet.take(file);
        assertThat(git("ls-remote", fleet.url().orElseThrow())).contains(git("-C", work().toString(), "rev-parse", "main").strip());
    }
}
