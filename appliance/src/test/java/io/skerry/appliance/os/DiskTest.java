package io.skerry.appliance.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A sysfs as a device's kernel shows it: a disk, and a stick with another copy of the image. */
class DiskTest {
    @TempDir
    Path sys;

    @BeforeEach
    void devices() throws IOException {
        disk("devices/pci0000:00/block/vda", "vda", 253);
        disk("devices/pci0000:00/usb1/block/sda", "sda", 8);
    }

    @Test
    void partitionsAreLookedForOnTheDiskWithTheData() throws IOException {
        // 253:5 as st_dev has it.
        Disk disk = Disk.of(sys, 64773);
        assertThat(disk.partition("esp")).isEqualTo(Path.of("/dev/vda1"));
        assertThat(disk.partition("root-b")).isEqualTo(Path.of("/dev/vda4"));
        assertThat(Disk.of(sys, 8 << 8 | 5).partition("root-b")).isEqualTo(Path.of("/dev/sda4"));
        assertThatThrownBy(() -> disk.partition("root")).isInstanceOf(IOException.class).hasMessage("the disk vda has no partition with the label root");
    }

    @Test
    void dataElsewhereIsSaid() {
        assertThatThrownBy(() -> Disk.of(sys, 42)).isInstanceOf(IOException.class).hasMessage("the data folder is not on a partition of a disk (device 0:42)");
        assertThatThrownBy(() -> Disk.of(sys, 253 << 8)).isInstanceOf(IOException.class).hasMessage("the data folder is on vda, which is not a partition of a disk");
    }

    private void disk(String path, String name, int major) throws IOException {
        Path disk = Files.createDirectories(sys.resolve(path));
        Files.createDirectories(sys.resolve("dev/block"));
        Files.createSymbolicLink(sys.resolve("dev/block/" + major + ":0"), disk);
        String[] labels = {"esp", "config", "root-a", "root-b", "data"};
        for (int number = 1; number <= labels.length; number++) {
            Path partition = Files.createDirectories(disk.resolve(name + number));
            Files.writeString(partition.resolve("partition"), number + "\n");
            Files.writeString(partition.resolve("uevent"), "MAJOR=" + major + "\nDEVNAME=" + name + number + "\nDEVTYPE=partition\nPARTN=" + number + "\nPARTNAME=" + labels[number - 1] + "\n");
            Files.createSymbolicLink(sys.resolve("dev/block/" + major + ":" + number), partition);
        }
        Files.createDirectories(disk.resolve("queue"));
    }
}
