package io.skerry.appliance.device.usb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.appliance.device.usb.UsbImport.Outcome;
import io.skerry.image.bundle.BundleException;
import io.skerry.image.bundle.BundleManifest;
import io.skerry.image.bundle.BundleWriter;
import io.skerry.image.update.Ed25519Keys;
import io.skerry.node.host.Command;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What was changed on the stick, or is by nobody who is trusted, is refused, and nothing is changed on the device. */
class UsbRefusalTest extends StickFixture {
    /** Opening a pipe waits for a writer; no other stick would be looked at meanwhile. */
    @Test
    @Timeout(20)
    void onlyPlainFilesAreOpened() throws Exception {
        Path bundle = bundle(NOON, "images/a.tar", "good");
        for (String name : List.of("images/a.tar", "manifest.sig", "manifest.json")) {
            Files.delete(bundle.resolve(name));
            Command.run(Duration.ofSeconds(5), "mkfifo", bundle.resolve(name).toString());
            assertThatThrownBy(() -> usb().take(stick)).isInstanceOf(BundleException.class).hasMessageContaining(name + " is not a plain file");
        }
        Files.delete(bundle.resolve("manifest.json"));
        Files.createSymbolicLink(bundle.resolve("manifest.json"), Path.of("/etc/hostname"));
        assertThatThrownBy(() -> usb().take(stick)).isInstanceOf(BundleException.class).hasMessageContaining("manifest.json is not a plain file");
        Files.move(bundle, folder.resolve("elsewhere"));
        Files.createSymbolicLink(bundle, folder.resolve("elsewhere"));
        assertThat(usb().take(stick)).as("a link").isEqualTo(Outcome.NOTHING);
    }

    @Test
    void foldersThatAreLinksAreNotFollowed() throws Exception {
        Path bundle = bundle(NOON, "images/a.tar", "good");
        Files.move(bundle.resolve("images"), folder.resolve("elsewhere"));
        Files.createSymbolicLink(bundle.resolve("images"), folder.resolve("elsewhere"));
        assertRefused("images is not a folder");
    }

    @Test
    void aFileThatWasChangedIsRefused() throws Exception {
        Path bundle = bundle(NOON, "images/a.tar", "good", "images/b.tar", "good");
        Files.writeString(bundle.resolve("images/b.tar"), "evil");
        assertRefused("images/b.tar is not the file that was signed");
    }

    @Test
    void aFileThatGrewIsRefusedWithoutBeingReadToItsEnd() throws Exception {
        Path bundle = bundle(NOON, "images/a.tar", "good");
        Files.writeString(bundle.resolve("images/a.tar"), "good and then some");
        assertRefused("images/a.tar is not the file that was signed");
    }

    @Test
    void aFileThatIsMissingIsRefused() throws Exception {
        Files.delete(bundle(NOON, "images/a.tar", "good", "images/b.tar", "good").resolve("images/b.tar"));
        assertRefused("images/b.tar is missing");
    }

    @Test
    void aManifestThatWasChangedIsRefused() throws Exception {
        Path manifest = bundle(NOON, "images/a.tar", "good").resolve(BundleManifest.MANIFEST);
        Files.writeString(manifest, Files.readString(manifest).replace("\"shop\"", "\"shed\""));
        assertRefused("is signed by none of the 1 keys");
    }

    @Test
    void anUnsignedBundleIsRefused() throws Exception {
        Files.delete(bundle(NOON, "images/a.tar", "good").resolve(BundleManifest.SIGNATURE));
        assertRefused("is not signed");
    }

    @Test
    void aStrangersBundleIsRefused() throws Exception {
        BundleWriter.write(bundle(NOON, "images/a.tar", "good"), "shop", NOON, Ed25519Keys.generate().getPrivate());
        assertRefused("is signed by none of the 1 keys");
    }

    @Test
    void aDeviceThatTrustsNobodySaysSo() throws Exception {
        bundle(NOON, "images/a.tar", "good");
        assertThatThrownBy(() -> usb(List.of(), new Slot()).take(stick)).hasMessageContaining("trusts no key for bundles");
    }

    @Test
    void wrongSettingsInABundleRefuseAllOfIt() throws Exception {
        bundle(NOON, "images/a.tar", "good", "skerry.yaml", "hostname: [x]\n");
        assertRefused("skerry.yaml:1: hostname");
    }

    @Test
    void anOlderBundleIsRefused() throws Exception {
        bundle(NOON, "images/a.tar", "new");
        usb().take(stick);
        bundle(NOON.minusSeconds(1), "images/a.tar", "old");
        assertRefused("older than the bundle of 2026-05-01T12:00:00Z");
        bundle(NOON.plusSeconds(1), "images/a.tar", "newer");
        assertThat(usb().take(stick)).isEqualTo(Outcome.DONE);
        assertThat(device.paths.data().resolve("agent/images/a.tar")).hasContent("newer");
    }

    /** A device that restarts without a journal would take it again, for as long as the stick is in. */
    @Test
    void nothingIsTakenThatWouldBeForgottenByTheRestart() throws Exception {
        device.inRoot("/proc/self/mounts", "overlay / overlay rw 0 0\n");
        assertThat(usb().take(stick)).as("an empty stick").isEqualTo(Outcome.NOTHING);
        Files.writeString(stick.resolve("skerry.yaml"), "hostname: one\n");
        assertNotTaken();
        bundle(NOON, "skerry.yaml", "hostname: one\n", "images/a.tar", "good", "os/skerry-1.os.tar", update("1"));
        assertNotTaken();
        assertThat(usb().resume()).isEqualTo(Outcome.NOTHING);
        device.inRoot("/proc/self/mounts", "/dev/vda5 " + device.paths.data() + " ext4 rw 0 0\n");
        assertThat(usb().take(stick)).as("it was only late").isEqualTo(Outcome.TRY_SYSTEM);
    }

    private void assertNotTaken() {
        assertThatThrownBy(() -> usb().take(stick)).isInstanceOf(BundleException.class)
                .hasMessage("nothing is taken from the USB stick: the data partition is not mounted on " + device.paths.data() + "; the card may be damaged");
        assertThat(device.paths.settings()).doesNotExist();
        assertThat(device.paths.data()).as("what is there is in memory").isEmptyDirectory();
        assertThat(installed).isEmpty();
    }

    @Test
    void pathsThatLeaveTheFolderAreNoPaths() {
        assertThat(List.of("images/../../x.tar", "/etc/passwd", "images/.hidden.tar", "images/a/b.tar", "os/x.tar", "../skerry.yaml")).noneMatch(BundleManifest::isPath);
        assertThatThrownBy(() -> BundleManifest.parse("{\"schema\":1,\"created\":\"2026-05-01T12:00:00Z\",\"files\":{\"../x\":{}}}".getBytes()))
                .isInstanceOf(BundleException.class).hasMessageContaining("names ../x");
    }
}
