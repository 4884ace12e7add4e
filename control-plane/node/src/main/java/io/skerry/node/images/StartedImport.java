package io.skerry.node.images;

import io.skerry.apiserver.pki.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

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
        AtomicFile.write(file, line(archive).getBytes(StandardCharsets.UTF_8), "rw-r--r--");
    }

    void clear() throws IOException {
        Files.deleteIfExists(file);
    }

    private static String line(Path archive) {
        return archive.toAbsolutePath() + "\n";
    }
}
