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

/** On a sysfs and procfs made of plain files: no machine has all of these disks. */
class DiskTest {
    @TempDir
    Path root;

    @BeforeEach
    void aStickAndTheSystemDisk() throws IOException {
        Files.createDirectories(root.resolve("proc/self"));
        Files.writeString(root.resolve("proc/swaps"), "Filename Type Size Used Priority\n");
        Files.writeString(root.resolve("proc/self/mountinfo"), "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
        disk("sda", "8:0", 1_000_000, "0");
        partition("sda", "sda1", "8:1");
        disk("sdb", "8:16", 1_000_000, "1");
        partition("sdb", "sdb1", "8:17");
    }

    @Test
    void aFreeStickIsTaken() throws Exception {
        Disk stick = disk("sdb");
        stick.requireFlashable(false);
        assertThat(stick.size()).isEqualTo(512_000_000);
        assertThat(stick.model()).isEqualTo("ACME sdb-model");
    }

    @Test
    void theSystemDiskIsRefusedEvenWithConsent() {
        refuses("sda", true, "/ is mounted from it");
    }

    @Test
    void aMountedPartitionRefusesTheDisk() throws Exception {
        mount("30 1 8:17 / /media/my\\040stick rw - vfat /dev/sdb1 rw\n");
        refuses("sdb", true, "/media/my stick is mounted from it");
    }

    @Test
    void aBtrfsMountIsFoundByItsSource() throws Exception {
        mount("30 1 0:55 / /mnt rw shared:1 - btrfs /dev/sdb1 rw\n");
        refuses("sdb", true, "/mnt is mounted from it");
    }

    @Test
    void whatIsBuiltOnItAndMountedThereIsFound() throws Exception {
        disk("dm-0", "253:0", 1000, "0");
        Files.createDirectories(root.resolve("sys/class/block/sdb/sdb1/holders"));
        Files.createDirectories(root.resolve("sys/class/block/sdb1/holders/dm-0"));
        mount("31 1 253:0 / /srv rw - ext4 /dev/mapper/data rw\n");
        refuses("sdb", true, "dm-0 (RAID, LVM or encryption) is built on sdb1");
        refuses("sdb", true, "/srv is mounted from it");
    }

    @Test
    void swapIsRefused() throws Exception {
        Files.writeString(root.resolve("proc/swaps"), "Filename Type Size Used Priority\n/dev/sdb1 partition 1 0 -2\n");
        refuses("sdb", true, "/dev/sdb1 is swap");
    }

    @Test
    void partitionsReadOnlyCardsAndEmptyReadersAreRefused() throws Exception {
        refuses("sdb1", true, "name the whole disk");
        refuses("sdz", true, "not a block device");
        Files.writeString(root.resolve("sys/class/block/sdb/ro"), "1\n");
        refuses("sdb", true, "read-only");
        Files.writeString(root.resolve("sys/class/block/sdb/ro"), "0\n");
        Files.writeString(root.resolve("sys/class/block/sdb/size"), "0\n");
        refuses("sdb", true, "no medium");
    }

    @Test
    void aDiskOfLargerBlocksThanTheImagesTableIsForIsRefused() throws Exception {
        Path queue = Files.createDirectories(root.resolve("sys/class/block/sdb/queue"));
        Files.writeString(queue.resolve("logical_block_size"), "4096\n");
        refuses("sdb", true, "logical blocks of 4096 bytes");
        Files.writeString(queue.resolve("logical_block_size"), "512\n");
        disk("sdb").requireFlashable(false);
    }

    @Test
    void fixedDisksNeedConsentAndSdCardsInBuiltInReadersDoNot() throws Exception {
        disk("nvme0n1", "259:0", 1000, "0");
        refuses("nvme0n1", false, "--allow-fixed-disk");
        disk("nvme0n1").requireFlashable(true);
        disk("mmcblk0", "179:0", 1000, "0");
        Files.writeString(root.resolve("sys/class/block/mmcblk0/device/type"), "MMC\n");
        refuses("mmcblk0", false, "--allow-fixed-disk");
        Files.writeString(root.resolve("sys/class/block/mmcblk0/device/type"), "SD\n");
        disk("mmcblk0").requireFlashable(false);
    }

    private Disk disk(String name) {
        return new Disk(root.resolve("sys"), root.resolve("proc"), name);
    }

    private void refuses(String name, boolean fixedToo, String why) {
        assertThatThrownBy(() -> disk(name).requireFlashable(fixedToo)).isInstanceOf(ImageException.class).hasMessageContaining("/dev/" + name).hasMessageContaining(why);
    }

    private void mount(String line) throws IOException {
        Path mounts = root.resolve("proc/self/mountinfo");
        Files.writeString(mounts, Files.readString(mounts) + line);
    }

    private void disk(String name, String number, long sectors, String removable) throws IOException {
        Path folder = root.resolve("sys/class/block").resolve(name);
        Files.createDirectories(folder.resolve("device"));
        Files.createDirectories(folder.resolve("holders"));
        Files.writeString(folder.resolve("dev"), number + "\n");
        Files.writeString(folder.resolve("size"), sectors + "\n");
        Files.writeString(folder.resolve("removable"), removable + "\n");
        Files.writeString(folder.resolve("ro"), "0\n");
        Files.writeString(folder.resolve("device/vendor"), "ACME    \n");
        Files.writeString(folder.resolve("device/model"), name + "-model \n");
    }

    private void partition(String disk, String name, String number) throws IOException {
        Path inside = root.resolve("sys/class/block").resolve(disk).resolve(name);
        Files.createDirectories(inside);
        Files.writeString(inside.resolve("partition"), "1\n");
        Path folder = root.resolve("sys/class/block").resolve(name);
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("partition"), "1\n");
        Files.writeString(folder.resolve("dev"), number + "\n");
    }
}
