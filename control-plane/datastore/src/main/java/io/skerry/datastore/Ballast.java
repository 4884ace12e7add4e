package io.skerry.datastore;

import java.io.File;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Room on a disk that is kept back for the day when it is full: a file of zeros that is given up slice by slice, so that a server can still start and
 * objects can still be deleted, and that is made whole again when there is room. How much is left is its length, so that it is good whenever the power goes.
 */
public final class Ballast {

    /** No room is kept back. */
    public static final Ballast NONE = new Ballast(null, 0);

    private static final System.Logger LOG = System.getLogger(Ballast.class.getName());
    private static final long MOST = 16L << 20;
    /** So much of a small disk at most. */
    private static final int PART = 64;
    private static final int SLICES = 8;
    /** What a start takes: it writes a log, an index and a few small files. */
    private static final int SLICES_TO_START = 2;
    private static final int BLOCK = 4096;
    private static final long REFILL_PAUSE_NANOS = Duration.ofMinutes(1).toNanos();
    private static final long PROBE_PAUSE_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long NOT_MADE = -1;

    private final Path file;
    private final long slice;
    private final long whole;
    private final AtomicBoolean filling = new AtomicBoolean();
    private volatile long left;
    private volatile long notBefore = System.nanoTime();
    private volatile long probed = System.nanoTime() - PROBE_PAUSE_NANOS;
    private volatile boolean low;

    /** @param bytes when it is whole; rounded down to whole blocks */
    Ballast(Path file, long bytes) {
        this.file = file;
        slice = bytes / SLICES / BLOCK * BLOCK;
        whole = slice * SLICES;
        left = slice == 0 ? NOT_MADE : length(file);
    }

    /** 16 MiB, or a 64th of a disk smaller than 1 GiB. @param file in a folder that is there; it need not be there itself */
    public static Ballast of(Path file) {
        return new Ballast(file, Math.min(MOST, folder(file).getTotalSpace() / PART));
    }

    private static long length(Path file) {
        try {
            return Files.size(file);
        } catch (NoSuchFileException e) {
            return NOT_MADE;
        } catch (IOException e) {
            LOG.log(Level.WARNING, "{0} cannot be looked at: {1}", file, e.getMessage());
            return NOT_MADE;
        }
    }

    private static File folder(Path file) {
        return file.toAbsolutePath().getParent().toFile();
    }

    /** Whether root can write so much more: true, false, or null where only a trial tells, for file systems keep some of what is free for root, and some for themselves. */
    private Boolean hasRoomByFigures(long bytes) {
        File folder = folder(file);
        return folder.getUsableSpace() >= bytes ? Boolean.TRUE : folder.getFreeSpace() < bytes ? Boolean.FALSE : null;
    }

    private boolean hasRoom(long bytes) {
        Boolean known = hasRoomByFigures(bytes);
        return known != null ? known : canWrite(bytes);
    }

    /** Room is set aside at the write, and it is given back before anything of it reaches the disk. */
    private boolean canWrite(long bytes) {
        Set<OpenOption> open = Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
        try (FileChannel probe = FileChannel.open(file.resolveSibling(file.getFileName() + ".probe"), open)) {
            writeZeros(probe, 0, bytes);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static void writeZeros(FileChannel channel, long from, long to) throws IOException {
        ByteBuffer zeros = ByteBuffer.allocate(1 << 16);
        for (long at = from; at < to; at += channel.write(zeros, at)) {
            zeros.position(0).limit((int) Math.min(zeros.capacity(), to - at));
        }
    }

    /** Before a start: gives up as much as that takes, when it is not free. */
    public void makeRoom() {
        for (int i = 0; i < SLICES_TO_START && slice > 0 && !hasRoom(SLICES_TO_START * slice); i++) {
            if (!give()) {
                return;
            }
        }
    }

    /** Gives a slice up, for who has met a full disk. @return false when nothing is left */
    synchronized boolean give() {
        if (left <= 0) {
            return false;
        }
        long rest = (left - 1) / slice * slice;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(rest);
            channel.force(true); // a journaling file system gives blocks to others only after that
        } catch (NoSuchFileException e) {
            left = NOT_MADE; // somebody needed all of it
            return false;
        } catch (IOException e) {
            LOG.log(Level.WARNING, "{0} cannot be given up: {1}", file, e.getMessage());
            return false;
        }
        LOG.log(Level.WARNING, "The disk is full. Of the room that {0} keeps back for starts and deletes, {1} KiB are given up and {2} KiB are left: free some space",
            file, Long.toString((left - rest) / 1024), Long.toString(rest / 1024));
        left = rest;
        probed = System.nanoTime() - PROBE_PAUSE_NANOS;
        return true;
    }

    /** Whether there is so little room that it is kept for what takes something away. */
    boolean isLow() {
        if (left == NOT_MADE || left >= whole) {
            return false;
        }
        Boolean room = hasRoomByFigures(slice);
        if (room != null) {
            return !room;
        }
        if (System.nanoTime() - probed >= PROBE_PAUSE_NANOS) {
            low = !canWrite(slice);
            probed = System.nanoTime();
        }
        return low;
    }

    String describe() {
        return file + ": what room is left is kept for starts and deletes";
    }

    /** Makes it, or makes it whole again, in a thread of its own and as far as there is twice the room. Looks once a minute at most; returns at once. */
    public void refill() {
        if (slice == 0 || left >= whole || System.nanoTime() - notBefore < 0) {
            return;
        }
        notBefore = System.nanoTime() + REFILL_PAUSE_NANOS;
        if (hasRoom(whole + slice) && filling.compareAndSet(false, true)) {
            Thread.ofPlatform().daemon().name("datastore-ballast").start(() -> {
                try {
                    fill();
                } finally {
                    filling.set(false);
                }
            });
        }
    }

    void fill() {
        while (left < whole && hasRoom(whole + slice) && add()) {
            // slice by slice, so that who needs one meanwhile gets it
        }
    }

    private synchronized boolean add() {
        long from = Math.max(left, 0);
        long to = Math.min(whole, (from / slice + 1) * slice);
        Set<OpenOption> open = Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try (FileChannel channel = FileChannel.open(file, open, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            writeZeros(channel, from, to);
            channel.force(true);
            left = to;
            return true;
        } catch (IOException e) {
            LOG.log(Level.WARNING, "{0} cannot be made whole: {1}", file, e.getMessage());
            left = length(file);
            return false;
        }
    }
}
