package io.skerry.appliance.device.usb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.appliance.device.usb.UsbImport.Outcome;
import io.skerry.appliance.os.OsDevice;
import io.skerry.image.bundle.BundleException;
import io.skerry.image.bundle.BundleManifest;
import io.skerry.image.settings.ServerFlags;
import io.skerry.node.host.Command;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The operating systems that a bundle brings: for which board, tried or left out, and which of them is kept. */
class UsbSystemTest extends StickFixture {
    @Test
    void oneStickServesTwoBoards() throws Exception {
        bundle(NOON, "images/a.tar", "good", "os/amd64.os.tar", update("1"), "os/pi.os.tar", update("raspberrypi4", "1"));
        assertThat(usb().take(stick)).isEqualTo(Outcome.TRY_SYSTEM);
        assertThat(installed).containsExactly("amd64.os.tar");
        assertThat(new UsbJournal(device.paths).last().orElseThrow().message())
                .isEqualTo("operating system amd64.os.tar, images/a.tar, left out os/pi.os.tar: is for the board raspberrypi4, this device is a generic-amd64");
        assertThat(data().keySet()).contains("os/bundles/amd64.os.tar").noneMatch(path -> path.contains("pi.os.tar"));
    }

    @Test
    void twoSystemsForOneBoardAreRefused() throws Exception {
        bundle(NOON, "images/a.tar", "good", "os/one.os.tar", update("1"), "os/two.os.tar", update("2"));
        assertRefused("os/one.os.tar and os/two.os.tar are both for the board generic-amd64");
        assertThatThrownBy(() -> BundleContents.check(stick.resolve(BundleManifest.FOLDER), ServerFlags.UNKNOWN)).hasMessageContaining("are both for the board generic-amd64");
    }

    @Test
    void aBundleWithNothingForThisDeviceIsRefused() throws Exception {
        bundle(NOON, "os/pi.os.tar", update("raspberrypi4", "1"), "os/none.os.tar", "not a tar");
        assertRefused("os/none.os.tar: not an OS update file");
        Files.delete(stick.resolve("skerry-bundle/os/none.os.tar"));
        sign(NOON);
        assertRefused("has nothing for this device: os/pi.os.tar: is for the board raspberrypi4");
    }

    /** A Raspberry Pi 3, say: the rest of the bundle is for it all the same. */
    @Test
    void aBoardThatCannotTryASystemTakesTheRest() throws Exception {
        cannotTry = "a Raspberry Pi 3 forgets";
        bundle(NOON, "images/a.tar", "good", "os/x.os.tar", update("1"));
        assertThat(usb().take(stick)).isEqualTo(Outcome.DONE);
        assertThat(installed).isEmpty();
        assertThat(new UsbJournal(device.paths).last().orElseThrow().message()).isEqualTo("images/a.tar, left out os/x.os.tar: a Raspberry Pi 3 forgets");
        Files.delete(stick.resolve("skerry-bundle/images/a.tar"));
        sign(NOON.plusSeconds(1));
        assertRefused("has nothing for this device: os/x.os.tar: a Raspberry Pi 3 forgets");
        cannotTry = "";
        assertThat(usb().take(stick)).as("when that is mended").isEqualTo(Outcome.TRY_SYSTEM);
    }

    @Test
    void anOperatingSystemThatIsRefusedRefusesAll() throws Exception {
        bundle(NOON, "images/a.tar", "good", "os/x.os.tar", update("1"));
        TreeMap<String, String> before = data();
        Slot picky = new Slot() {
            @Override
            public boolean install(Path update) throws BundleException {
                throw new BundleException("is for another board");
            }
        };
        assertThatThrownBy(() -> usb(List.of(OWNER.getPublic()), picky).take(stick)).hasMessageContaining("os/x.os.tar: is for another board");
        assertThat(data()).isEqualTo(before);
        assertThat(usb().resume()).isEqualTo(Outcome.NOTHING);
        assertThat(usb().take(stick)).as("when what was wrong is mended").isEqualTo(Outcome.TRY_SYSTEM);
    }

    @Test
    void theNewestBundlesSystemIsKeptAndNoOther() throws Exception {
        bundle(NOON, "os/x-1.os.tar", update("1"));
        usb().take(stick);
        Files.delete(stick.resolve("skerry-bundle/os/x-1.os.tar"));
        bundle(NOON.plusSeconds(1), "images/a.tar", "good");
        usb().take(stick);
        assertThat(OsDevice.bundles(device.paths.data())).as("a bundle without one").isDirectoryContaining("glob:**/x-1.os.tar");
        bundle(NOON.plusSeconds(2), "os/x-2.os.tar", update("2"));
        usb().take(stick);
        assertThat(data().keySet()).contains("os/bundles/x-2.os.tar").doesNotContain("os/bundles/x-1.os.tar");
    }

    /** On a file system of 90 MiB, of which 64 stay free. */
    @Test
    void aSystemIsKeptOnlyWhileThereIsRoomAndMakesRoomForTheNext() throws Exception {
        Command.run(Duration.ofSeconds(30), "mount", "-t", "tmpfs", "-o", "size=90m", "tmpfs", device.paths.data().toString());
        try {
            String large = update("1") + "x".repeat(10 << 20);
            bundle(NOON, "os/x-1.os.tar", large);
            usb().take(stick);
            assertThat(data().keySet()).as("10 MiB, and 16 are left").contains("os/bundles/x-1.os.tar");
            Files.delete(stick.resolve("skerry-bundle/os/x-1.os.tar"));
            bundle(NOON.plusSeconds(1), "os/x-2.os.tar", large + large);
            assertThat(usb().take(stick)).as("20 MiB, for which the first had to go").isEqualTo(Outcome.TRY_SYSTEM);
            assertThat(data().keySet()).as("and 6 are left").noneMatch(path -> path.startsWith("os/") || path.startsWith("device/usb"));
            Files.delete(stick.resolve("skerry-bundle/os/x-2.os.tar"));
            bundle(NOON.plusSeconds(2), "os/x-3.os.tar", large + large + large);
            installed.clear();
            assertRefused("needs 30 MiB, but the data partition has only");
        } finally {
            Command.run(Duration.ofSeconds(30), "umount", device.paths.data().toString());
        }
    }
}
