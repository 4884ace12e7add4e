package io.skerry.node.volumes;

import io.fabric8.kubernetes.api.model.HostPathVolumeSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** hostPath volumes and their types. Source: kubernetes.io "Volumes", hostPath. */
final class HostPaths {
    private static final int FILE_TYPE = 0170000, SOCKET = 0140000, CHARACTER_DEVICE = 0020000, BLOCK_DEVICE = 0060000;

    private HostPaths() {
    }

    static Path resolve(String volume, HostPathVolumeSource source) throws VolumeException, IOException {
        Path path = Path.of(source.getPath());
        String type = source.getType() == null ? "" : source.getType();
        switch (type) {
            case "" -> { }
            case "DirectoryOrCreate" -> {
                if (!Files.exists(path)) {
                    Files.createDirectories(path);
                    Ownership.setMode(path, 0755);
                }
                require(volume, path, Files.isDirectory(path), "directory");
            }
            case "Directory" -> require(volume, path, Files.isDirectory(path), "directory");
            case "FileOrCreate" -> {
                if (!Files.exists(path)) {
                    Files.createFile(path);
                    Ownership.setMode(path, 0644);
                }
                require(volume, path, Files.isRegularFile(path), "file");
            }
            case "File" -> require(volume, path, Files.isRegularFile(path), "file");
            case "Socket" -> require(volume, path, is(path, SOCKET), "socket file");
            case "CharDevice" -> require(volume, path, is(path, CHARACTER_DEVICE), "character device");
            case "BlockDevice" -> require(volume, path, is(path, BLOCK_DEVICE), "block device");
            default -> throw new VolumeException(volume, "unknown hostPath type \"" + type + "\"");
        }
        return path;
    }

    private static boolean is(Path path, int type) throws IOException {
        return Files.exists(path) && ((int) Files.getAttribute(path, "unix:mode") & FILE_TYPE) == type;
    }

    private static void require(String volume, Path path, boolean holds, String what) throws VolumeException {
        if (!holds) throw new VolumeException(volume, "hostPath type check failed: " + path + " is not a " + what);
    }
}
