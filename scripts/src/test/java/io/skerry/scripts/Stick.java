package io.skerry.scripts;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A USB stick as shops sell it: a partition table with one FAT partition, filled from a folder. */
final class Stick {
    private static final long MIB = 1 << 20;
    private static final int SECTORS_A_MIB = 2048;

    private Stick() {}

    /**
     * @param content goes onto the stick as it is
     * @param mib size of the stick
     */
    static Path make(Path file, Path content, int mib) throws IOException, InterruptedException {
        Files.deleteIfExists(file);
        try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
            raw.setLength(mib * MIB);
        }
        run("sfdisk --quiet " + file, "label: dos\nstart=" + SECTORS_A_MIB + ", type=c\n");
        run("mkfs.vfat -n STICK --offset " + SECTORS_A_MIB + " " + file + " " + (mib - 1) * 1024, "");
        run("mcopy -s -i " + file + "@@1M " + content + "/* ::", "");
        return file;
    }

    private static void run(String script, String input) throws IOException, InterruptedException {
        Run.of(Map.of("MTOOLS_SKIP_CHECK", "1"), null, input, Duration.ofMinutes(2), List.of("sh", "-ec", "PATH=$PATH:/usr/sbin:/sbin; " + script)).orFail();
    }
}
