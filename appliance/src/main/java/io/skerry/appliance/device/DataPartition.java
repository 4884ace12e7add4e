package io.skerry.appliance.device;

import io.skerry.image.layout.DeviceLayout;
import io.skerry.node.host.Command;
import java.io.IOException;
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
    private static final Duration TABLE_LIMIT = Duration.ofMinutes(3);
    /** A card of a terabyte takes a while. */
    private static final Duration FILE_SYSTEM_LIMIT = Duration.ofMinutes(10);
    /** Longer takes no {@link #grow}. */
    static final Duration LONGEST = TABLE_LIMIT.plus(FILE_SYSTEM_LIMIT);

    /** Of the disk $1 the partition $2. In use: the root file system is on the same disk. */
    private static final String ENLARGE = "sfdisk --quiet --no-reread --no-tell-kernel --force --relocate gpt-bak-std \"$1\""
            + "; echo ', +' | sfdisk --quiet --no-reread --no-tell-kernel --force --partno \"$2\" \"$1\"";

    private DataPartition() {}

    /** @return whether the partition was grown */
    static boolean grow() throws IOException {
        Path device = DeviceLayout.partition(DeviceLayout.DATA).toRealPath();
        Path entry = Path.of("/sys/class/block", device.getFileName().toString()).toRealPath();
        int number = Integer.parseInt(Files.readString(entry.resolve("partition")).strip());
        Path disk = Path.of("/dev", entry.getParent().getFileName().toString());
        long end = sectors(entry.resolve("start")) + sectors(entry.resolve("size"));
        boolean grows = free(sectors(entry.getParent().resolve("size")), end) >= WORTH_IT;
        if (grows) {
            changeTable(disk, number, ENLARGE + "; partx --update --nr \"$2\" \"$1\"");
        }
        Command.run(FILE_SYSTEM_LIMIT, "resize2fs", device.toString());
        return grows;
    }

    /** @param disk a disk, or a file with the image of one; @param number of its last partition */
    static void enlarge(Path disk, int number) throws IOException {
        changeTable(disk, number, ENLARGE);
    }

    /**
     * While the table says one size and the kernel another, udev would not know the partition any more, and systemd would unmount what seems to
     * be gone: the lock holds udev back (systemd's "Locking Block Device Access").
     */
    private static void changeTable(Path disk, int number, String script) throws IOException {
        Command.run(TABLE_LIMIT, "flock", disk.toString(), "sh", "-ec", script, "sh", disk.toString(), String.valueOf(number));
    }

    /** Bytes behind the partition that could be its own. */
    static long free(long diskSectors, long partitionEnd) {
        return (diskSectors - BACKUP_TABLE - partitionEnd) * SECTOR;
    }

    private static long sectors(Path file) throws IOException {
        return Long.parseLong(Files.readString(file).strip());
    }
}
