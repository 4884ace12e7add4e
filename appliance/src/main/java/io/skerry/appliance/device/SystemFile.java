package io.skerry.appliance.device;

import io.skerry.apiserver.pki.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A file that the settings come to.
 *
 * @param path absolute
 * @param mode {@code rw-r--r--} form; empty for a symbolic link, whose target is the content
 */
record SystemFile(String path, String content, String mode) {
    static SystemFile open(String path, String... lines) {
        return new SystemFile(path, String.join("\n", lines) + "\n", "rw-r--r--");
    }

    static SystemFile secret(String path, String content) {
        return new SystemFile(path, content.endsWith("\n") ? content : content + "\n", "rw-------");
    }

    static SystemFile link(String path, String target) {
        return new SystemFile(path, target, "");
    }

    static SystemFile of(String path, List<String> lines) {
        return open(path, lines.toArray(String[]::new));
    }

    void write(DevicePaths paths) throws IOException {
        Path file = paths.inRoot(path);
        if (mode.isEmpty()) {
            Files.createDirectories(file.getParent());
            Files.deleteIfExists(file);
            Files.createSymbolicLink(file, Path.of(content));
        } else {
            AtomicFile.write(file, content.getBytes(StandardCharsets.UTF_8), mode);
        }
    }
}
