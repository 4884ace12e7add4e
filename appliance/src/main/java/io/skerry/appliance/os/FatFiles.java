package io.skerry.appliance.os;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Changes on a FAT file system, which has no journal: a rename there is two directory entries that may reach the medium in either order, so
 * that a power cut between them leaves both, or none. Hence nothing here renames. A file is written whole and synced before anything
 * refers to it; the old one is deleted after that, and synced; so at every moment one of them is whole. And a file that the firmware finds
 * by one fixed name is overwritten in place within its first sector, which the medium writes as one.
 */
final class FatFiles {
    static final int SECTOR = 512;

    private FatFiles() {}

    /** Writes a file that nothing refers to yet. Returns with it and its directory entry on the medium. */
    static void write(Path file, byte[] content) throws IOException {
        Files.createDirectories(file.getParent());
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            write(channel, content);
            channel.force(true);
        }
        sync(file.getParent());
    }

    static void delete(Path file) throws IOException {
        if (Files.deleteIfExists(file)) {
            sync(file.getParent());
        }
    }

    /**
     * Replaces the content of a file of at most one sector by another of exactly one.
     *
     * @throws IOException when the file is larger
     */
    static void overwriteSector(Path file, byte[] content) throws IOException {
        if (content.length != SECTOR || Files.size(file) > SECTOR) {
            throw new IOException(file + " has more than " + SECTOR + " bytes and cannot be overwritten as one sector");
        }
        // No truncation: the file's cluster stays what it is.
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            write(channel, content);
            channel.force(true);
        }
    }

    static void sync(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static void write(FileChannel channel, byte[] content) throws IOException {
        ByteBuffer rest = ByteBuffer.wrap(content);
        while (rest.hasRemaining()) {
            channel.write(rest);
        }
    }
}
