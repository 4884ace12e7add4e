package io.skerry.appliance.os;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Repairs a FAT file system (fsck.fat(8)) before a boot writes to it for the first time: a power cut while a kernel is copied leaves clusters
 * that belong to nothing, and a few such cuts a boot partition that is full. fsck.fat makes files of them, which are then deleted.
 */
public final class FatCheck {
    private static final Logger LOG = System.getLogger(FatCheck.class.getName());

    private FatCheck() {}

    /**
     * Does nothing if it was done in this boot already. A check that fails is logged, not thrown: an update must stay possible on a partition
     * that can be written, and what is written there is read back.
     *
     * @param device not mounted
     * @param mark file in memory that says it was done
     */
    static void once(Path device, Path mark) throws IOException {
        if (Files.exists(mark)) {
            return;
        }
        try {
            check(device);
        } catch (InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            LOG.log(Level.WARNING, "the file system of {0} could not be checked: {1}", device, e.getMessage());
        }
        Files.write(mark, new byte[0]);
    }

    private static void check(Path device) throws IOException {
        // -w: each change at once, so that a power cut leaves no more undone than it must.
        Process process = new ProcessBuilder("fsck.vfat", "-a", "-w", device.toString()).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip().replaceAll("\\s*\\R\\s*", "; ");
        int exit;
        try {
            exit = process.waitFor();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while fsck.vfat ran");
        }
        // 1: repaired, or beyond repair, which only its words tell.
        if (exit == 1) {
            LOG.log(Level.WARNING, "the file system of {0} was not in order: {1}", device, said);
        } else if (exit != 0) {
            throw new IOException("fsck.vfat: exit code " + exit + (said.isEmpty() ? "" : ": " + said));
        }
    }

    /** Deletes what fsck.fat made of lost clusters: {@code FSCK0000.REC} and so on. @param folder where the file system is mounted, writable */
    public static void deleteRecovered(Path folder) throws IOException {
        try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, file -> file.getFileName().toString().matches("(?i)FSCK\\d{4}\\.REC"))) {
            for (Path file : found) {
                Files.deleteIfExists(file);
            }
        }
    }
}
