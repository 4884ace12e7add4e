package io.skerry.datastore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Keeps a second process, or a second store of this one, off a file. The kernel drops it with the process. */
public final class FileLock implements AutoCloseable {

    // POSIX drops all of a process' locks on a file when any descriptor of it closes, so a second attempt must not open it.
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path path;
    private final FileChannel channel;

    private FileLock(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    /** @throws DatastoreException when someone else holds it; says who */
    public static FileLock take(Path file) throws IOException {
        Path path = file.resolveSibling(file.getFileName() + ".lock").toAbsolutePath().normalize();
        if (!HELD.add(path)) {
            throw new DatastoreException("datastore " + file + " is already open in this process");
        }
        FileChannel channel = null;
        boolean taken = false;
        try {
            channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            if (channel.tryLock() == null) {
                String holder = Files.readString(path).strip();
                throw new DatastoreException("datastore " + file + " is in use by another process" + (holder.isEmpty() ? "" : " (pid " + holder + ")")
                    + "; stop it, or choose another data folder");
            }
            FileLock lock = new FileLock(path, channel);
            lock.sign();
            taken = true;
            return lock;
        } finally {
            if (!taken) {
                HELD.remove(path);
                if (channel != null) {
                    channel.close();
                }
            }
        }
    }

    private void sign() {
        try {
            channel.truncate(0);
            channel.write(ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII)), 0);
        } catch (IOException e) {
            // no room for it: the lock holds all the same
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new DatastoreException("cannot release " + path + ": " + e.getMessage(), e);
        } finally {
            HELD.remove(path);
        }
    }
}
