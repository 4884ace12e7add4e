package io.skerry.appliance.device.usb;

import io.skerry.appliance.device.DevicePaths;
import io.skerry.appliance.os.OsDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * Update files that bundles brought, for an OSImage that names one by {@code bundle}: those of the newest bundle that had any, and only where
 * the data partition has room for them and as much again for the next.
 */
final class KeptSystems {
    private final Path folder;

    KeptSystems(DevicePaths paths) {
        folder = OsDevice.bundles(paths.data());
    }

    /** Where one is, if it is kept. */
    Path file(String name) {
        return folder.resolve(name);
    }

    /** Moves a checked file here, on the same file system: it is wholly here or wholly there. Does nothing when there is no room, or it is here. */
    void keep(Path file) throws IOException {
        if (!Files.exists(file) || StagedBundle.free(file) < Files.size(file)) {
            return;
        }
        Files.createDirectories(folder);
        Files.move(file, file(file.getFileName().toString()), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        StagedBundle.sync(folder);
    }

    /** Deletes all but these. */
    void prune(List<String> names) throws IOException {
        for (Path each : files()) {
            if (!names.contains(each.getFileName().toString())) {
                Files.delete(each);
            }
        }
    }

    /** Bytes of all. */
    long size() throws IOException {
        long size = 0;
        for (Path each : files()) {
            size += Files.size(each);
        }
        return size;
    }

    private List<Path> files() throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(Files::isRegularFile).toList();
        }
    }
}
