package io.skerry.image.flash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.image.ImageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A folder stands for /dev; the devices in it are real ones of the machine, and only looked at. */
class TargetTest {
    @TempDir
    Path folder;
    private Path devices;

    @BeforeEach
    void devices() throws IOException {
        folder = folder.toRealPath();
        devices = Files.createDirectories(folder.resolve("dev/disk/by-id"));
        devices = folder.resolve("dev");
    }

    @Test
    void aFileNeedNotBeThere() throws Exception {
        Target target = Target.of(folder.resolve("card.img"), devices);
        assertThat(target.disk()).isEmpty();
        assertThat(target.isThere()).isFalse();
        Files.writeString(folder.resolve("card.img"), "12345");
        assertThat(Target.of(folder.resolve("card.img"), devices).describe()).isEqualTo(folder.resolve("card.img") + " (a file, 0.0 MB)");
    }

    @Test
    void aDiskThatIsNotThereIsNotMade() {
        refuses("dev/sdx", "there is no disk ", "lsblk");
        refuses("dev/disk/by-id/usb-card", "there is no disk ", "lsblk");
        assertThatThrownBy(() -> Target.of(Path.of("/dev/skerry-no-such-disk"))).isInstanceOf(ImageException.class).hasMessageContaining("there is no disk /dev/skerry-no-such-disk");
    }

    @Test
    void aWayAroundEndsAtTheSameFolder() throws Exception {
        Files.createSymbolicLink(folder.resolve("readers"), devices);
        refuses("readers/sdx", "there is no disk ");
        Files.createSymbolicLink(folder.resolve("card"), devices.resolve("sdx"));
        refuses("card", "is a link to " + devices.resolve("sdx"));
    }

    @Test
    void aFileThatTookADisksNameIsTold() throws Exception {
        Files.writeString(devices.resolve("sdx"), "an image that went astray");
        refuses("dev/sdx", "is a file and not a disk", "rm " + devices.resolve("sdx"));
    }

    @Test
    void whatIsNeitherIsRefused() throws Exception {
        Files.createSymbolicLink(folder.resolve("null"), Path.of("/dev/null"));
        refuses("null", "is neither a disk nor a regular file");
        refuses("dev", "is neither a disk nor a regular file");
        refuses("nowhere/card.img", "there is no folder " + folder.resolve("nowhere"));
    }

    private void refuses(String path, String... why) {
        assertThatThrownBy(() -> Target.of(folder.resolve(path), devices)).isInstanceOf(ImageException.class).hasMessageContaining(path).hasMessageContainingAll(why);
    }
}
