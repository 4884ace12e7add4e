package io.skerry.appliance.device.usb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.appliance.device.usb.UsbImport.Outcome;
import io.skerry.image.bundle.BundleException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Month after month a stick with the newest container images. */
class BundleImagesTest extends StickFixture {
    private static final Instant FEBRUARY = NOON.plusSeconds(1), MARCH = NOON.plusSeconds(2);

    private Path images;

    @BeforeEach
    void januarysStick() throws Exception {
        images = Files.createDirectories(device.paths.data().resolve("agent/images"));
        Files.writeString(images.resolve("own.tar"), "a person's");
        bundle(NOON, "images/jan.tar", "January", "images/both.tar", "January");
        assertThat(usb().take(stick)).isEqualTo(Outcome.DONE);
        assertThat(archives()).containsExactly("both.tar", "jan.tar", "own.tar");
        Files.delete(stick.resolve("skerry-bundle/images/jan.tar"));
    }

    @Test
    void archivesOfEarlierBundlesGo() throws Exception {
        bundle(FEBRUARY, "images/feb.tar", "February", "images/both.tar", "February");
        usb().take(stick);
        assertThat(archives()).containsExactly("both.tar", "feb.tar", "own.tar");
        assertThat(images.resolve("both.tar")).hasContent("February");
        assertThat(usb().take(stick)).as("still plugged in").isEqualTo(Outcome.NOTHING);
        Files.delete(stick.resolve("skerry-bundle/images/feb.tar"));
        Files.delete(stick.resolve("skerry-bundle/images/both.tar"));
        bundle(MARCH, "images/mar.tar", "March");
        usb().take(stick);
        assertThat(archives()).containsExactly("mar.tar", "own.tar");
    }

    @Test
    void aBundleWithoutImagesTakesNoneAway() throws Exception {
        Files.delete(stick.resolve("skerry-bundle/images/both.tar"));
        bundle(FEBRUARY, "os/x.os.tar", update("1"));
        assertThat(usb().take(stick)).isEqualTo(Outcome.TRY_SYSTEM);
        assertThat(archives()).containsExactly("both.tar", "jan.tar", "own.tar");
        bundle(MARCH, "images/mar.tar", "March");
        usb().take(stick);
        assertThat(archives()).as("and they are not forgotten by it").containsExactly("mar.tar", "own.tar");
    }

    @Test
    void whatAPersonPutInAnArchivesPlaceStays() throws Exception {
        Files.writeString(images.resolve("jan.tar"), "a person's");
        bundle(FEBRUARY);
        usb().take(stick);
        assertThat(archives()).containsExactly("both.tar", "jan.tar", "own.tar");
    }

    @Test
    void aPowerCutInBetweenIsMadeUpFor() throws Exception {
        bundle(FEBRUARY, "images/feb.tar", "February", "skerry.yaml", "hostname: new\n");
        Error cut = new Error("power cut");
        assertThatThrownBy(() -> new UsbImport(device.paths, settings, content -> {
            throw cut;
        }, List.of(OWNER.getPublic()), new Slot()).take(stick)).isSameAs(cut);
        assertThat(archives()).containsExactly("both.tar", "feb.tar", "jan.tar", "own.tar");
        assertThat(usb().resume()).isEqualTo(Outcome.RESTART);
        assertThat(archives()).containsExactly("both.tar", "feb.tar", "own.tar");
    }

    /** What the copy is when it comes to it, after the images. */
    @Test
    void thoseOfABundleThatWasRefusedInTheEndGoWithTheNext() throws Exception {
        Path bundle = bundle(FEBRUARY, "images/feb.tar", "February", "skerry.yaml", "hostname: new\n");
        gitBundle(bundle.resolve("fleet.bundle"));
        sign(FEBRUARY);
        Error cut = new Error("power cut");
        assertThatThrownBy(() -> new UsbImport(device.paths, settings, content -> {
            throw cut;
        }, List.of(OWNER.getPublic()), new Slot()).take(stick)).isSameAs(cut);
        Files.writeString(device.paths.state().resolve("usb").resolve(new UsbJournal(device.paths).last().orElseThrow().digest()).resolve("fleet.bundle"), "damaged");
        assertThatThrownBy(() -> usb().resume()).isInstanceOf(BundleException.class);
        assertThat(archives()).containsExactly("both.tar", "feb.tar", "jan.tar", "own.tar");
        for (String file : List.of("images/feb.tar", "fleet.bundle", "skerry.yaml")) {
            Files.delete(bundle.resolve(file));
        }
        bundle(MARCH, "images/both.tar", "March");
        usb().take(stick);
        assertThat(archives()).containsExactly("both.tar", "own.tar");
    }

    private List<String> archives() throws IOException {
        try (Stream<Path> files = Files.list(images)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
