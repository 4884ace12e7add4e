package io.skerry.node.images;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** The one archive that is being imported, in a file of its path and a line's end: on the disk before the import begins, gone when all of it is on the disk. */
final class StartedImport {
    private final Path file;

    StartedImport(Path file) {
        this.file = file;
    }

    boolean names(Path archive) throws IOException {
        return Files.exists(file) && Files.readString(file).equals(line(archive));
    }

    void write(Path archive) throws IOException {
        Files.createDirectories(file.getParent());
        Path part = file.resolveSibling(file.getFileName() + ".part");
        Files.write(part, line(archive).getBytes(StandardCharsets.UTF_8));
        sync(part);
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        sync(file.getParent());
    }

    void clear() throws IOException {
        Files.deleteIfExists(file);
    }

    private static String line(Path archive) {
        return archive.toAbsolutePath() + "\n";
    }

    private static void sync(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
