package io.skerry.appliance.os;

import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;

/**
 * One process at a time changes the idle slot, the boot loader's entries and the journal; and a person or a stick goes before the server, whose
 * download may take for ever. Both are locks of the kernel's (fcntl(2)) on files in {@code <data-dir>/os}: a process that is killed leaves none.
 */
final class SlotLock {
    private static final String LOCK = "lock", ASKED = "asked";
    private static final Duration LOOK = Duration.ofMillis(200);

    private final Path folder;
    private final Duration patience;

    /**
     * @param folder   {@code <data-dir>/os}
     * @param patience how long another process's step is waited for
     */
    SlotLock(Path folder, Duration patience) {
        this.folder = folder;
        this.patience = patience;
    }

    @FunctionalInterface interface Work<T> {
        T run() throws IOException;
    }

    /**
     * With no other thread or process in a step.
     *
     * @throws BusyException when one was in it all the time
     */
    synchronized <T> T alone(Work<T> work) throws IOException {
        Files.createDirectories(folder);
        try (FileChannel channel = FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            long end = System.nanoTime() + patience.toNanos();
            while (!lock(channel)) {
                if (System.nanoTime() >= end) {
                    throw new BusyException();
                }
                // A lock cannot be waited for with a limit.
                sleep(LOOK);
            }
            return work.run();
        }
    }

    private static boolean lock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    private static void sleep(Duration time) throws IOException {
        try {
            Thread.sleep(time);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    /**
     * Asks the server to begin nothing, and to break off what it fetches, until the result is closed or this process ends. Several may ask. Not to
     * be called twice in a process: closing a file gives up all of the process's locks on it.
     */
    Closeable ask() throws IOException {
        Files.createDirectories(folder);
        FileChannel channel = FileChannel.open(folder.resolve(ASKED), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            // It is held alone only by who looks whether anybody asks, for a moment.
            channel.lock(0, Long.MAX_VALUE, true);
            return channel;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** Whether a process asks. Not to be called by one that does. */
    boolean isAsked() throws IOException {
        Path file = folder.resolve(ASKED);
        if (!Files.exists(file)) {
            return false;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE); FileLock lock = channel.tryLock()) {
            return lock == null;
        } catch (OverlappingFileLockException e) {
            return true;
        }
    }

    /** Another process does it just now. */
    static final class BusyException extends IOException {
        private static final long serialVersionUID = 1;

        BusyException() {
            super("another skerry process is updating the operating system just now; wait until it is done, or stop it");
        }
    }
}
