package io.skerry.image.flash;

import io.skerry.image.ImageException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * A disk that nobody else uses as long as this is open. Java cannot open a block device exclusively (open(2), O_EXCL), so two other things stand
 * for it:
 *
 * <ul>
 * <li>The kernel reads the partition table anew (BLKRRPART, by blockdev(8)). It refuses that while anyone holds the disk or a partition
 * exclusively: mounts, of other mount namespaces too, swap, RAID, LVM, encryption.
 * <li>A BSD lock on the device node (flock(1)), as https://systemd.io/BLOCK_DEVICE_LOCKING/ has it: udev leaves the disk alone, so no desktop
 * mounts what is half written, and a second flasher is refused. The lock goes with the process that holds it, and that with this one.
 * </ul>
 */
final class DiskClaim implements Closeable {
    /** Of a file, which nobody else looks at by itself. */
    static final DiskClaim NONE = new DiskClaim(null);
    private static final int LOOKS = 5;
    private static final Duration PAUSE = Duration.ofMillis(400);
    private static final String HELD = "held";
    // The shell opens the device, because flock would make a file of one that is not there.
    private static final String HOLD = "exec 9<\"$1\" && flock --exclusive --nonblock 9 && echo " + HELD + " && exec cat";

    private final Process holder;

    private DiskClaim(Process holder) {
        this.holder = holder;
    }

    /** @throws ImageException when somebody uses the disk, or is writing to it */
    static DiskClaim of(Path device) throws IOException {
        DiskClaim claim = new DiskClaim(start(List.of("sh", "-c", HOLD, "sh", device.toString())));
        try {
            String answer = claim.holder.inputReader(StandardCharsets.UTF_8).readLine();
            if (!HELD.equals(answer)) {
                String said = said(claim.holder);
                throw new ImageException(device + (said.isEmpty() ? " is locked by another program that writes to it; wait until it is done" : " cannot be locked: " + said));
            }
            if (isBusy(device)) {
                throw new ImageException(device + " is in use, says the kernel: it or a partition of it is mounted (in a container too), or opened by another program; "
                        + "unmount it first (lsblk, fuser -vm " + device + ")");
            }
            return claim;
        } catch (IOException | RuntimeException e) {
            claim.close();
            throw e;
        }
    }

    private static boolean isBusy(Path device) throws IOException {
        for (int look = 1; ; look++) {
            // Disks without partitions of their own (some loop devices) do not take it, and only root may ask: that says nothing.
            if (!said(start(List.of("blockdev", "--rereadpt", device.toString()))).contains("busy")) {
                return false;
            }
            if (look == LOOKS) {
                return true;
            }
            // udev may have been looking at a card that was just inserted; it does not begin anew while the lock is held.
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    private static Process start(List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("LC_ALL", "C");
        builder.environment().merge("PATH", "/usr/sbin:/sbin", (path, more) -> path + ":" + more);
        try {
            return builder.start();
        } catch (IOException e) {
            throw new ImageException(command.getFirst() + " is not installed; install it (Debian: package util-linux)", e);
        }
    }

    /** What it said of its failure, in one line, when it has ended. */
    private static String said(Process process) throws IOException {
        String said = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8).strip().replaceAll("\\s*\n\\s*", "; ");
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new java.io.InterruptedIOException("interrupted while asking for a disk");
        }
        return said;
    }

    @Override
    public void close() throws IOException {
        if (holder != null) {
            // The end of its input ends it.
            holder.getOutputStream().close();
            said(holder);
        }
    }
}
