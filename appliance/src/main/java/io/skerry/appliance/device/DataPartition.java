package io.skerry.appliance.device;

import io.skerry.image.layout.DeviceLayout;
import io.skerry.node.host.Command;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Grows the last partition to the end of the card, and its file system to the end of the partition. Does nothing when both are as large
 * as they can be; whatever a power cut left half done is finished at the next boot. sfdisk writes the backup table before the main one
 * (as UEFI 2.10, 5.3.2 asks), and the kernel is told to take the backup when the main one is damaged ({@code gpt} on its command line).
 */
final class DataPartition {
    /** Bytes. Less is not worth a write. */
    private static final long WORTH_IT = 16L << 20;
    private static final long SECTOR = 512;
    /** Sectors that the backup of the partition table takes at the end of the card. */
    private static final long BACKUP_TABLE = 33;
    private static final Duration TABLE_LIMIT = Duration.ofMinutes(1);
    /** A card of a terabyte takes a while. */
    private static final Duration FILE_SYSTEM_LIMIT = Duration.ofMinutes(10);
    /** Longer takes no {@link #grow}: two changes of the table, the kernel's notice, the file system. */
    static final Duration LONGEST = TABLE_LIMIT.multipliedBy(3).plus(FILE_SYSTEM_LIMIT);

    private DataPartition() {}

    /** @return whether the partition was grown */
    static boolean grow() throws IOException {
        Path device = Path.of("/dev/disk/by-partlabel", DeviceLayout.DATA).toRealPath();
        Path entry = Path.of("/sys/class/block", device.getFileName().toString()).toRealPath();
        int number = Integer.parseInt(Files.readString(entry.resolve("partition")).strip());
        Path disk = Path.of("/dev", entry.getParent().getFileName().toString());
        long end = sectors(entry.resolve("start")) + sectors(entry.resolve("size"));
        boolean grows = free(sectors(entry.getParent().resolve("size")), end) >= WORTH_IT;
        if (grows) {
            enlarge(disk, number);
            Command.run(TABLE_LIMIT, "partx", "--update", "--nr", String.valueOf(number), disk.toString());
        }
        Command.run(FILE_SYSTEM_LIMIT, "resize2fs", device.toString());
        return grows;
    }

    /** @param disk a disk, or a file with the image of one; @param number of its last partition */
    static void enlarge(Path disk, int number) throws IOException {
        // In use: the root file system is on the same disk. partx tells the kernel.
        Command.run(TABLE_LIMIT, "sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", "--force", "--relocate", "gpt-bak-std", disk.toString());
        Command.run(TABLE_LIMIT, new ByteArrayInputStream(", +\n".getBytes(StandardCharsets.US_ASCII)),
                "sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", "--force", "--partno", String.valueOf(number), disk.toString());
    }

    /** Bytes behind the partition that could be its own. */
    static long free(long diskSectors, long partitionEnd) {
        return (diskSectors - BACKUP_TABLE - partitionEnd) * SECTOR;
    }

    private static long sectors(Path file) throws IOException {
        return Long.parseLong(Files.readString(file).strip());
    }
}
