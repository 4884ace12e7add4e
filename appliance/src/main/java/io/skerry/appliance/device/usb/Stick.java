package io.skerry.appliance.device.usb;

import io.skerry.appliance.device.DevicePaths;
import io.skerry.node.host.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** A file system on a USB stick, mounted while it is looked at; nothing is written to it. */
public final class Stick implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofMinutes(1);

    private final Path folder;

    private Stick(Path folder) {
        this.folder = folder;
    }

    /**
     * Whether a device belongs to the disk that skerry runs from, which may be a USB one, too.
     *
     * @param device such as {@code /dev/sdb1}
     */
    public static boolean isSystemDisk(DevicePaths paths, Path device) throws IOException {
        String mine = disk(device.getFileName().toString());
        for (String line : Files.readAllLines(Path.of("/proc/self/mounts"))) {
            String[] words = line.split(" ");
            if (words[1].equals(paths.data().toString())) {
                return disk(Path.of(words[0]).toRealPath().getFileName().toString()).equals(mine);
            }
        }
        return false;
    }

    /** The disk of a partition; a disk without partitions is its own. */
    private static String disk(String name) throws IOException {
        Path entry = Path.of("/sys/class/block", name).toRealPath();
        return (Files.exists(entry.resolve("partition")) ? entry.getParent() : entry).getFileName().toString();
    }

    /** @param device such as {@code /dev/sdb1}; @param run folder for the mount point */
    public static Stick mount(Path device, Path run) throws IOException {
        Path folder = Files.createDirectories(run.resolve("usb").resolve(device.getFileName()));
        String type = Command.run(LIMIT, "blkid", "-p", "-o", "value", "-s", "TYPE", device.toString()).strip();
        Command.run(LIMIT, "mount", "-t", type, "-o", options(type), device.toString(), folder.toString());
        return new Stick(folder);
    }

    /** What is on the stick is data, whatever its owner and mode say; and "read-only" alone lets a file system replay its journal (ext4(5), noload). */
    static String options(String type) {
        return "ro,nosuid,nodev,noexec" + switch (type) {
            case "ext2", "ext3", "ext4" -> ",noload";
            case "xfs", "btrfs", "f2fs", "nilfs2" -> ",norecovery";
            default -> "";
        };
    }

    public Path folder() {
        return folder;
    }

    @Override
    public void close() throws IOException {
        Command.run(LIMIT, "umount", folder.toString());
        Files.deleteIfExists(folder);
    }
}
