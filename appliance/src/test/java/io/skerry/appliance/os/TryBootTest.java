package io.skerry.appliance.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.image.Digests;
import io.skerry.image.boot.Autoboot;
import io.skerry.image.layout.Slot;
import io.skerry.image.update.OsManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TryBootTest {
    @TempDir
    Path folder;
    private final List<String> reboots = new ArrayList<>();
    private TryBoot loader;
    private Path autoboot;

    @BeforeEach
    void card() throws IOException {
        for (String name : List.of("config", "boot-a", "boot-b")) {
            Files.createDirectories(folder.resolve(name));
        }
        autoboot = folder.resolve("config").resolve(Autoboot.FILE);
        Files.writeString(autoboot, Autoboot.render(Slot.A));
        Files.writeString(folder.resolve("boot-a/kernel8.img"), "old kernel");
        loader = new TryBoot(Volume.folder(folder.resolve("config")), slot -> Volume.folder(folder.resolve(slot.bootLabel())), reboots::add, new TryFlag(folder.resolve("machine")));
    }

    @Test
    void triesWithTheFlagAndKeepsByOneSector() throws Exception {
        assertThat(loader.isGood(Slot.A)).isTrue();
        loader.arm(Slot.B);
        loader.rebootInto(Slot.B);
        assertThat(reboots).containsExactly("0 tryboot");
        assertThat(Autoboot.parse(Files.readString(autoboot))).as("without the flag still the old one").isEqualTo(Slot.A);
        loader.bless(Slot.B);
        assertThat(Files.size(autoboot)).isEqualTo(512);
        assertThat(Files.readString(autoboot)).startsWith("[all]\ntryboot_a_b=1\nboot_partition=3\n[tryboot]\nboot_partition=2\n");
        assertThat(loader.isGood(Slot.B)).isTrue();
        assertThat(loader.isGood(Slot.A)).isFalse();
        Object inode = Files.getAttribute(autoboot, "unix:ino");
        loader.bless(Slot.A);
        assertThat(Files.getAttribute(autoboot, "unix:ino")).as("overwritten in place").isEqualTo(inode);
        assertThat(loader.isGood(Slot.A)).isTrue();
    }

    @Test
    void givesASlotThreeTries() {
        assertThat(loader.tries(Slot.B, 1).exhausted()).isFalse();
        assertThat(loader.tries(Slot.B, 2).exhausted()).isFalse();
        assertThat(loader.tries(Slot.B, 3).exhausted()).isTrue();
    }

    @Test
    void neverTouchesTheSlotThatIsBooted() {
        assertThatThrownBy(() -> loader.disable(Slot.A)).isInstanceOf(IOException.class).hasMessageContaining("autoboot.txt names slot a");
        assertThatThrownBy(() -> loader.arm(Slot.A)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> loader.install(Slot.A, manifest(new byte[0]), folder.resolve("none"))).isInstanceOf(IOException.class);
        assertThat(folder.resolve("boot-a/kernel8.img")).hasContent("old kernel");
    }

    @Test
    void installsTheBootPartitionWithItsOwnCommandLine() throws Exception {
        Files.writeString(folder.resolve("boot-b/removed.dtb"), "of an older version");
        Files.createDirectories(folder.resolve("boot-b/overlays"));
        Files.writeString(folder.resolve("boot-b/overlays/removed.dtbo"), "of an older version");
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("kernel8.img", "new kernel".getBytes());
        files.put("overlays/disable-bt.dtbo", "overlay".getBytes());
        files.put("cmdline.txt", "for the other slot".getBytes());
        byte[] boot = TestImage.tar(files);
        OsManifest manifest = manifest(boot);
        Path archive = folder.resolve("head.tar");
        Files.write(archive, TestImage.tar(Map.of(OsManifest.BOOT, boot)));
        loader.install(Slot.B, manifest, archive);
        assertThat(folder.resolve("boot-b/kernel8.img")).hasContent("new kernel");
        assertThat(folder.resolve("boot-b/overlays/disable-bt.dtbo")).hasContent("overlay");
        assertThat(folder.resolve("boot-b/removed.dtb")).doesNotExist();
        assertThat(folder.resolve("boot-b/overlays/removed.dtbo")).doesNotExist();
        assertThat(folder.resolve("boot-b/cmdline.txt")).content().contains("roothash=" + "a".repeat(64), "PARTLABEL=root-b", "skerry.slot=b", "skerry.version=2.0.0", "8250.nr_uarts=1");
        assertThat(folder.resolve("boot-a/kernel8.img")).hasContent("old kernel");
    }

    @Test
    void aPathOutOfTheBootPartitionIsRefused() throws Exception {
        byte[] boot = TestImage.tar(Map.of("../config/autoboot.txt", "x".getBytes()));
        Path archive = folder.resolve("head.tar");
        Files.write(archive, TestImage.tar(Map.of(OsManifest.BOOT, boot)));
        assertThatThrownBy(() -> loader.install(Slot.B, manifest(boot), archive)).isInstanceOf(IOException.class).hasMessageContaining("../config/autoboot.txt");
        assertThat(loader.isGood(Slot.A)).isTrue();
    }

    @Test
    void aFileThatNamesNoSlotIsSaid() throws Exception {
        Files.writeString(autoboot, "[all]\nboot_partition=7\n");
        assertThatThrownBy(() -> loader.isGood(Slot.A)).isInstanceOf(IOException.class).hasMessageContaining("boot_partition=7 is no slot's");
    }

    private static OsManifest manifest(byte[] boot) {
        return new OsManifest("raspberrypi4", "2.0.0", "2026-11-01T00:00:00Z", "a".repeat(64), 4096, List.of("8250.nr_uarts=1"),
                Map.of(OsManifest.BOOT, new OsManifest.Member(Digests.sha256(boot), boot.length)));
    }
}
