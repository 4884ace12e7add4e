package io.skerry.appliance.device.usb;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.appliance.device.LocalFleet;
import io.skerry.appliance.device.usb.UsbImport.Outcome;
import io.skerry.appliance.os.OsDevice;
import io.skerry.image.bundle.BundleManifest;
import io.skerry.image.bundle.BundleWriter;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;

/** What is on a stick, and what becomes of it when nothing goes wrong. */
class UsbImportTest extends StickFixture {
    @Test
    void aStickWithHolidayPicturesIsNoneOfOurBusiness() throws Exception {
        Files.writeString(stick.resolve("beach.jpg"), "sea");
        assertThat(usb().take(stick)).isEqualTo(Outcome.NOTHING);
        assertThat(new UsbJournal(device.paths).last()).isEmpty();
    }

    @Test
    void settingsAloneAreForDevicesWithoutAny() throws Exception {
        Files.writeString(stick.resolve("skerry.yaml"), "hostname: one\n");
        assertThat(usb().take(stick)).isEqualTo(Outcome.RESTART);
        assertThat(Files.readString(device.paths.settings())).isEqualTo("hostname: one\n");
        assertThat(settings.choose().settings().hostname()).contains("one");
        assertThat(usb().take(stick)).as("still plugged in after the restart").isEqualTo(Outcome.NOTHING);
        Files.writeString(stick.resolve("skerry.yaml"), "hostname: two\n");
        assertRefused("this device has its settings already");
    }

    @Test
    void wrongSettingsAreRefusedWithTheirLine() throws Exception {
        Files.writeString(stick.resolve("skerry.yaml"), "\nhostname: One\n");
        assertRefused("skerry.yaml:2: hostname: 'One' must be");
        assertThat(device.paths.settings()).doesNotExist();
    }

    @Test
    void aBundleIsAppliedWholeAndOnce() throws Exception {
        Files.writeString(device.paths.settings(), "hostname: old\n");
        settings.choose();
        bundle(NOON, "skerry.yaml", "hostname: new\n", "images/web.tar", "an archive", "os/skerry-1.os.tar", update("1"));
        gitBundle(stick.resolve(BundleManifest.FOLDER).resolve("fleet.bundle"));
        BundleWriter.write(stick.resolve(BundleManifest.FOLDER), "shop", NOON, OWNER.getPrivate());
        assertThat(usb().take(stick)).isEqualTo(Outcome.TRY_SYSTEM);
        assertThat(settings.choose().settings().hostname()).contains("new");
        assertThat(device.paths.data().resolve("agent/images/web.tar")).hasContent("an archive");
        assertThat(installed).containsExactly("skerry-1.os.tar");
        String url = new LocalFleet(device.paths).url().orElseThrow();
        assertThat(git("ls-remote", url)).contains("refs/heads/main");
        assertThat(new UsbJournal(device.paths).last().orElseThrow().message()).contains("settings", "fleet repository", "images/web.tar");
        assertThat(usb().resume()).as("the power was cut before the restart").isEqualTo(Outcome.TRY_SYSTEM);
        assertThat(usb().take(stick)).as("or somebody plugs it in once more").isEqualTo(Outcome.TRY_SYSTEM);
        usb().tried();
        assertThat(usb().resume()).isEqualTo(Outcome.NOTHING);
        assertThat(usb().take(stick)).as("still plugged in").isEqualTo(Outcome.NOTHING);
        assertThat(installed).as("once").hasSize(1);
        assertThat(OsDevice.bundles(device.paths.data()).resolve("skerry-1.os.tar")).as("for an OSImage that names it").hasContent(update("1"));
        assertThat(data().keySet()).as("no copies are left").noneMatch(path -> path.startsWith("device/usb/"));
    }
}
