package io.skerry.appliance.os;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a file, which mtools looks into, as no test machine need be able to mount one. */
class FatPartitionTest {
    @TempDir
    Path folder;

    /** As the second boot partition of a card that was just flashed. */
    @Test
    void makesAFileSystemWhereThereIsNone() throws Exception {
        Path partition = folder.resolve("boot-b");
        try (RandomAccessFile zeros = new RandomAccessFile(partition.toFile(), "rw")) {
            zeros.setLength(96L << 20);
        }
        FatPartition fat = new FatPartition(partition, folder.resolve("mounted"));
        fat.format("BOOT-B");
        Command.run("fsck.vfat", "-n", partition.toString());
        Files.writeString(folder.resolve("kernel8.img"), "kernel");
        Command.run("mcopy", "-i", partition.toString(), folder.resolve("kernel8.img").toString(), "::kernel8.img");
        assertThat(Command.run("mdir", "-i", partition.toString(), "::")).contains("BOOT-B", "kernel8");
        fat.format("BOOT-B");
        assertThat(Command.run("mdir", "-b", "-i", partition.toString(), "::")).as("what was there is gone").doesNotContain("kernel8");
    }
}
