package io.skerry.node.logs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.concurrent.TimeUnit;

/** Waits (inotify) until something is written in a log's folder. */
final class LogChanges implements AutoCloseable {
    /** Only to notice an end of the container that wrote nothing more. */
    private static final long LOOK_AGAIN_MILLIS = 1000;

    private final WatchService watch;

    LogChanges(Path file) throws IOException {
        watch = file.getFileSystem().newWatchService();
        Files.createDirectories(file.getParent());
        file.getParent().register(watch, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_MODIFY);
    }

    void await() throws InterruptedException {
        try {
            WatchKey key = watch.poll(LOOK_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
            if (key == null) return;
            key.pollEvents();
            key.reset();
        } catch (ClosedWatchServiceException e) {
            // stopped: the caller sees that its client has gone
        }
    }

    void stop() {
        try {
            watch.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() { stop(); }
}
