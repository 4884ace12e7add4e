package io.skerry.appliance.device.usb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.appliance.device.usb.UsbImport.Outcome;
import io.skerry.appliance.device.usb.UsbJournal.State;
import io.skerry.image.bundle.BundleException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Power cuts, and what fails for a while, in the midst of a bundle. */
class UsbPowerCutTest extends StickFixture {
    /** A disk that is full, or a FAT that cannot be written just now. */
    @Test
    void whatMayPassIsTriedAgainAndSaid() throws Exception {
        bundle(NOON, "images/a.tar", "good", "skerry.yaml", "hostname: new\n");
        assertThatThrownBy(() -> new UsbImport(device.paths, settings, content -> {
            throw new IOException("No space left on device");
        }, List.of(OWNER.getPublic()), new Slot()).take(stick)).isInstanceOf(IOException.class);
        assertThat(new UsbJournal(device.paths).last().orElseThrow()).satisfies(entry -> {
            assertThat(entry.state()).isEqualTo(State.APPLYING);
            assertThat(entry.message()).isEqualTo("is tried again at the next boot: No space left on device");
        });
        assertThat(usb().resume()).isEqualTo(Outcome.RESTART);
        assertThat(Files.readString(device.paths.settings())).isEqualTo("hostname: new\n");
    }

    /** A power cut at each place where something is changed outside, and at the boot after it no stick. */
    @Test
    void aPowerCutIsTakenUpAgainWithoutTheStick() throws Exception {
        bundle(NOON, "skerry.yaml", "hostname: new\n", "images/a.tar", "good", "os/x.os.tar", update("1"));
        Error cut = new Error("power cut");
        Slot cutOff = new Slot() {
            @Override
            public boolean install(Path update) {
                throw cut;
            }
        };
        assertThatThrownBy(() -> usb(List.of(OWNER.getPublic()), cutOff).take(stick)).isSameAs(cut);
        assertThatThrownBy(() -> new UsbImport(device.paths, settings, content -> {
            throw cut;
        }, List.of(OWNER.getPublic()), new Slot()).resume()).isSameAs(cut);
        assertThat(device.paths.data().resolve("agent/images/a.tar")).hasContent("good");
        assertThat(new UsbJournal(device.paths).last().orElseThrow().state()).isEqualTo(State.APPLYING);
        assertThat(Files.getPosixFilePermissions(device.paths.state().resolve("usb"))).as("its settings may hold secrets").isEqualTo(PosixFilePermissions.fromString("rwx------"));
        assertThat(usb().resume()).isEqualTo(Outcome.TRY_SYSTEM);
        assertThat(Files.readString(device.paths.settings())).isEqualTo("hostname: new\n");
        assertThat(installed).as("from where the first run had moved it").containsExactly("x.os.tar", "x.os.tar");
        assertThat(usb().resume()).as("the power is cut before the restart, once more").isEqualTo(Outcome.TRY_SYSTEM);
        // The restart has begun.
        waiting = "";
        assertThat(usb().resume()).isEqualTo(Outcome.NOTHING);
        assertThat(usb().take(stick)).isEqualTo(Outcome.NOTHING);
    }

    /** What cuts in copying, and between journal and copies, leave on the data partition. */
    @Test
    void leftoversGoWithTheNextStick() throws Exception {
        Path folder = Files.createDirectories(device.paths.state().resolve("usb"));
        Files.createDirectories(folder.resolve("0a1b/images"));
        Files.writeString(folder.resolve("0a1b/images/a.tar"), "half an arch");
        Files.writeString(folder.resolve("0a1b.json"), "{}");
        assertThat(usb().take(stick)).as("holiday pictures").isEqualTo(Outcome.NOTHING);
        assertThat(data()).isEmpty();
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void aBundleThatIsBeingAppliedOutlivesAnotherSticksRefusal() throws Exception {
        bundle(NOON, "images/a.tar", "good", "os/x.os.tar", update("1"));
        Error cut = new Error("power cut");
        assertThatThrownBy(() -> usb(List.of(OWNER.getPublic()), new Slot() {
            @Override
            public boolean install(Path update) {
                throw cut;
            }
        }).take(stick)).isSameAs(cut);
        bundle(NOON.minusSeconds(1), "images/a.tar", "old");
        assertRefused("older than the bundle of");
        assertThat(usb().resume()).isEqualTo(Outcome.TRY_SYSTEM);
        assertThat(device.paths.data().resolve("agent/images/a.tar")).hasContent("good");
    }

    /** As versions before this one left it: the refusal discarded the copies first. */
    @Test
    void aBundleWhoseCopiesAreGoneIsRefusedOnce() throws Exception {
        new UsbJournal(device.paths).write(new UsbJournal.Entry(State.APPLYING, "0a1b", "shop", Optional.of(NOON), NOON, ""));
        assertThatThrownBy(() -> usb().resume()).isInstanceOf(BundleException.class).hasMessageContaining("its copy on the data partition is gone; plug in the stick again");
        assertThat(usb().resume()).isEqualTo(Outcome.NOTHING);
    }
}
