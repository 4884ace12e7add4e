package io.skerry.scripts;

import io.skerry.node.host.Mounts;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;

/** An ext4 of its own on a loop device, so that what reaches the block layer, the file system's journal included, is nobody else's. */
final class LoopDisk implements AutoCloseable {
    private static final int SECTOR = 512;

    private final Path folder;
    private final Path statistics;
    private final long sectorsBefore;

    private LoopDisk(Path folder, Path statistics) throws IOException {
        this.folder = folder;
        this.statistics = statistics;
        this.sectorsBefore = sectors(statistics);
    }

    /** Whether this machine lets one be made. */
    static boolean available() {
        return Files.exists(Path.of("/dev/loop-control"));
    }

    /**
     * @param image the file to make for it, sparse
     * @param folder where it is mounted
     */
    static LoopDisk mount(Path image, long bytes, Path folder) throws IOException, InterruptedException {
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(bytes);
        }
        Files.createDirectories(folder);
        // nothing is left for the kernel to initialise in the background
        Run.of("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", image.toString()).orFail();
        Run.of("mount", "-o", "loop,noatime", image.toString(), folder.toString()).orFail();
        Path device = Path.of(Files.getFileStore(folder).name());
        return new LoopDisk(folder, Path.of("/sys/block").resolve(device.getFileName()).resolve("stat"));
    }

    /** Bytes written to the device since it was mounted, after what is still in memory was written, too. */
    long writtenBytes() throws IOException, InterruptedException {
        Run.of("sync", "--file-system", folder.toString()).orFail();
        return (sectors(statistics) - sectorsBefore) * SECTOR;
    }

    /** Written since the loop device was there, by whoever had it before, too. See Documentation/block/stat.rst of Linux. */
    private static long sectors(Path statistics) throws IOException {
        return Long.parseLong(Files.readString(statistics).strip().split(" +")[6]);
    }

    /** The loop device goes with the mount, which {@code skerry killall} has taken away already when the folder is a server's. */
    @Override
    public void close() throws IOException {
        Mounts.unmountBelow(folder);
    }
}
