package io.skerry.image.flash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.image.ImageException;
import io.skerry.image.settings.ServerFlags;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A loop device stands for the card: a real disk, as far as the kernel is concerned. Needs root. */
class DiskClaimTest {
    private static final int MIB = 1 << 20;

    @TempDir
    Path folder;
    private Path disk;

    @BeforeEach
    void insert() throws Exception {
        sh("truncate -s 16M " + folder.resolve("medium"));
        disk = Path.of(sh("losetup --find --show --partscan " + folder.resolve("medium")).strip());
    }

    @AfterEach
    void eject() throws Exception {
        sh("losetup --detach " + disk);
    }

    @Test
    void aSecondOneIsRefusedUntilTheFirstIsDone() throws Exception {
        try (DiskClaim first = DiskClaim.of(disk)) {
            refuses("is locked by another program");
        }
        DiskClaim.of(disk).close();
    }

    @Test
    void aMountThatOnlyOthersSeeIsRefused() throws Exception {
        sh("mke2fs -q -t ext4 " + disk);
        Process container = new ProcessBuilder("unshare", "--mount", "--propagation", "private", "sh", "-c", "mount " + disk + " /mnt && echo mounted && exec cat")
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try {
            assertThat(container.inputReader().readLine()).isEqualTo("mounted");
            assertThat(Disk.of(disk).uses()).isEmpty();
            refuses("is in use, says the kernel");
        } finally {
            container.getOutputStream().close();
            container.waitFor();
        }
        DiskClaim.of(disk).close();
    }

    @Test
    void anOpenPartitionIsRefused() throws Exception {
        sh("printf 'start=2048\\n' | sfdisk --quiet --no-tell-kernel " + disk + " && partx --update " + disk);
        // Not every machine has udev to make the partition's node.
        Path partition = folder.resolve("partition");
        sh("mknod " + partition + " b $(tr : ' ' </sys/class/block/" + disk.getFileName() + "p1/dev)");
        try (var open = Files.newByteChannel(partition)) {
            refuses("is in use, says the kernel");
        }
        DiskClaim.of(disk).close();
    }

    @Test
    void theImageGetsToADiskThatIsThere() throws Exception {
        Path image = image();
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        Flasher flasher = new Flasher(new Flasher.Job(image, disk, null, null, true, true), ServerFlags.UNKNOWN, new PrintStream(said, true, StandardCharsets.UTF_8), false, question -> {
            assertThat(question).contains(disk.toString()).contains("16.8 MB");
            return disk.getFileName().toString();
        });
        flasher.run(List.of(new CardIdentity("store-7", Map.of(), Optional.empty())));
        assertThat(said.toString(StandardCharsets.UTF_8)).contains(disk + " is ready.");
        assertThat(ConfigPartition.of(disk).readSettings()).isEqualTo("timezone: UTC\nhostname: store-7\n");
        try (var written = Files.newInputStream(disk); var wanted = Files.newInputStream(image)) {
            assertThat(written.readNBytes(MIB)).isEqualTo(wanted.readNBytes(MIB));
        }
        sh("sfdisk --verify " + disk);
    }

    /** The flasher holds the disk, and so the kernel keeps what it read of it. */
    @Test
    void settingsAreThoseOfTheCardAndNotOfTheCache() throws Exception {
        sh("cat " + image() + " >" + disk);
        try (DiskClaim claim = DiskClaim.of(disk); var cached = Files.newInputStream(disk)) {
            cached.readNBytes(8 * MIB);
            Path other = Files.writeString(folder.resolve("other.yaml"), "timezone: Europe/Oslo\n");
            sh("mcopy -o -i " + folder.resolve("medium") + "@@1M " + other + " ::skerry.yaml");
            assertThat(ConfigPartition.of(disk).readSettings()).isEqualTo("timezone: Europe/Oslo\n");
        }
    }

    @Test
    void aCardThatIsPulledWhileThePersonIsAskedIsNotWrittenTo() throws Exception {
        Path image = image();
        Flasher flasher = new Flasher(new Flasher.Job(image, disk, null, null, true, true), ServerFlags.UNKNOWN, new PrintStream(new ByteArrayOutputStream()), false, question -> {
            try {
                sh("losetup --detach " + disk);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
            return disk.getFileName().toString();
        });
        assertThatThrownBy(() -> flasher.run(List.of())).isInstanceOf(ImageException.class).hasMessageContaining(disk + " has no medium");
        sh("losetup " + disk + " " + folder.resolve("medium"));
        try (var in = Files.newInputStream(folder.resolve("medium"))) {
            assertThat(in.readNBytes(MIB)).containsOnly(0);
        }
    }

    /** 8 MiB with a config partition, named as a Yocto build names it. */
    private Path image() throws Exception {
        Path image = folder.resolve("skerry-image.rootfs.wic");
        Path settings = Files.writeString(folder.resolve("template.yaml"), "timezone: UTC\n");
        sh("truncate -s 8M " + image + " && printf 'label: gpt\\nstart=2048, size=8192, name=config\\n' | sfdisk --quiet " + image
                + " && mkfs.vfat -n SKERRY --offset 2048 " + image + " 4096 && mcopy -i " + image + "@@1M " + settings + " ::skerry.yaml");
        return image;
    }

    private void refuses(String why) {
        assertThatThrownBy(() -> DiskClaim.of(disk)).isInstanceOf(ImageException.class).hasMessageContaining(disk.toString()).hasMessageContaining(why);
    }

    private static String sh(String script) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder("bash", "-ec", "PATH=$PATH:/usr/sbin:/sbin; " + script).redirectErrorStream(true);
        builder.environment().put("MTOOLS_SKIP_CHECK", "1");
        Process process = builder.start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(script + ": " + out).isZero();
        return out;
    }
}
