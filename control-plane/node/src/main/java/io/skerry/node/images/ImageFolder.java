package io.skerry.node.images;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.grpc.StatusRuntimeException;
import io.skerry.machinery.json.Json;
import io.skerry.node.NodeConfig;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.lang.System.Logger;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Imports the archives in {@link NodeConfig#imagesDir()}, at start and when they change, as k3s does for its images folder. What was
 * imported is remembered beside it, so that an unchanged archive is not read again; its images are never removed by garbage collection.
 */
public final class ImageFolder implements AutoCloseable {
    private static final Logger LOG = System.getLogger(ImageFolder.class.getName());
    private static final long SETTLE_MILLIS = 500, RETRY_MILLIS = 10_000;

    private final Path folder, record;
    private final ImageStore store;
    private final Runnable changed;
    private final ObjectNode imported;
    private volatile Set<String> pinned = Set.of();
    private WatchService watch;

    /** @param changed called after new images have come in */
    public ImageFolder(NodeConfig config, ImageStore store, Runnable changed) throws IOException {
        folder = Files.createDirectories(config.imagesDir());
        record = config.agentDir().resolve("etc/images.json");
        Files.createDirectories(record.getParent());
        this.store = store;
        this.changed = changed;
        imported = Files.exists(record) && Json.parse(Files.readAllBytes(record)) instanceof ObjectNode known ? known : Json.object();
        imported.properties().removeIf(e -> e.getValue().has("error"));
        pinned = names();
    }

    /** Imports what is new and starts to watch. A damaged archive is logged and does not stop the others. */
    public void start() throws IOException {
        watch = folder.getFileSystem().newWatchService();
        folder.register(watch, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_MODIFY, StandardWatchEventKinds.ENTRY_DELETE);
        scan();
        Thread.ofPlatform().daemon().name("images-folder").start(this::follow);
    }

    /** Full names of the images that came from archives still in the folder. */
    public Set<String> pinned() { return pinned; }

    private void follow() {
        try {
            while (true) {
                WatchKey key = watch.take();
                key.pollEvents();
                // there is no event for "written to its end": wait until nothing has happened for a moment
                while (key.reset()) {
                    WatchKey more = watch.poll(SETTLE_MILLIS, TimeUnit.MILLISECONDS);
                    if (more == null) break;
                    more.pollEvents();
                }
                rescan();
            }
        } catch (InterruptedException | ClosedWatchServiceException e) {
            LOG.log(Level.DEBUG, "images folder is no longer watched");
        }
    }

    /** Until it works: containerd may be on its way back. */
    private void rescan() throws InterruptedException {
        while (true) {
            try {
                scan();
                return;
            } catch (IOException | StatusRuntimeException e) {
                LOG.log(Level.WARNING, "images folder {0} can''t be looked at now: {1}", folder, e.getMessage());
                Thread.sleep(RETRY_MILLIS);
            }
        }
    }

    private void scan() throws IOException {
        List<Path> archives;
        try (Stream<Path> files = Files.list(folder)) {
            archives = files.filter(f -> f.getFileName().toString().matches("[^.].*\\.(tar|tar\\.gz|tgz|tar\\.zst)")).sorted().toList();
        }
        var there = new HashSet<String>();
        boolean news = false;
        for (Path archive : archives) {
            String name = archive.getFileName().toString();
            long size, time;
            try {
                size = Files.size(archive);
                time = Files.getLastModifiedTime(archive).toMillis();
            } catch (NoSuchFileException e) {
                continue; // gone since the list was made
            }
            there.add(name);
            JsonNode known = imported.path(name);
            boolean same = known.path("size").asLong(-1) == size && known.path("modified").asLong() == time;
            if (same && (known.has("error") || allPresent(known.path("images"))) && !store.interrupted(archive)) continue;
            ObjectNode entry = Json.object().put("size", size).put("modified", time);
            imported.set(name, entry);
            try {
                List<String> images = store.importArchive(archive);
                images.forEach(entry.withArray("images")::add);
                news = true;
                LOG.log(Level.INFO, "imported {0} from {1}", String.join(", ", images), archive);
            } catch (IOException e) {
                entry.put("error", e.getMessage()); // said once, not at every look: tried again when the file changes or the node starts
                LOG.log(Level.ERROR, "image archive {0} was not imported: {1}", archive, e.getMessage());
            }
        }
        imported.retain(there);
        Set<String> before = pinned;
        pinned = names();
        if (news || !pinned.equals(before)) save();
        if (news) changed.run();
    }

    private boolean allPresent(JsonNode images) {
        for (JsonNode image : images) if (store.find(image.asText()).isEmpty()) return false;
        return !images.isEmpty();
    }

    private Set<String> names() {
        var names = new HashSet<String>();
        for (JsonNode entry : imported) for (JsonNode image : entry.path("images")) names.add(image.asText());
        return Set.copyOf(names);
    }

    private void save() throws IOException {
        Path part = record.resolveSibling(record.getFileName() + ".part");
        Files.write(part, Json.bytes(imported));
        Files.move(part, record, StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void close() throws IOException {
        if (watch != null) watch.close();
    }
}
