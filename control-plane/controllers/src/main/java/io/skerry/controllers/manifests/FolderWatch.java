package io.skerry.controllers.manifests;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Tells of every file in a folder and its subfolders, and then of every change, by the kernel's notifications. */
final class FolderWatch implements AutoCloseable {
    private static final Logger LOG = System.getLogger(FolderWatch.class.getName());
    /** A file is written in several steps; it is looked at when it has been quiet for so long. */
    private static final long QUIET_MILLIS = 200;

    private final Path root;
    private final Consumer<Path> changed;
    private WatchService service;

    FolderWatch(Path root, Consumer<Path> changed) {
        this.root = root;
        this.changed = changed;
    }

    void start() {
        try {
            service = root.getFileSystem().newWatchService();
            scan(root).forEach(changed);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "changes in {0} will not be noticed until the next start: {1}", root, e.getMessage());
            return;
        }
        // A platform thread: WatchService.take would pin a virtual one's carrier.
        Thread.ofPlatform().daemon().name("watch " + root).start(this::run);
    }

    /** Watches a folder and those in it. @return the files there are, in the order of their names */
    private List<Path> scan(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            List<Path> paths = all.sorted().toList();
            for (Path p : paths) {
                if (Files.isDirectory(p)) p.register(service, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_MODIFY,
                    StandardWatchEventKinds.ENTRY_DELETE);
            }
            return paths.stream().filter(Files::isRegularFile).toList();
        }
    }

    private void run() {
        try {
            while (true) {
                Set<Path> paths = new LinkedHashSet<>();
                for (WatchKey k = service.take(); k != null; k = service.poll(QUIET_MILLIS, TimeUnit.MILLISECONDS)) collect(k, paths);
                paths.forEach(changed);
            }
        } catch (InterruptedException | ClosedWatchServiceException e) {
            // closed
        }
    }

    private void collect(WatchKey key, Set<Path> paths) {
        for (var event : key.pollEvents()) {
            try {
                if (event.kind() == StandardWatchEventKinds.OVERFLOW) {
                    paths.addAll(scan(root));
                    continue;
                }
                Path p = ((Path) key.watchable()).resolve((Path) event.context());
                if (Files.isDirectory(p)) paths.addAll(scan(p));
                else paths.add(p);
            } catch (IOException e) {
                LOG.log(Level.WARNING, "cannot read {0}: {1}", root, e.getMessage());
            }
        }
        key.reset();
    }

    @Override public void close() {
        try {
            if (service != null) service.close();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "closing the watch of " + root, e);
        }
    }
}
