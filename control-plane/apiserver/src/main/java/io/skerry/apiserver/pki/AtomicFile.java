package io.skerry.apiserver.pki;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Set;

/** Files that are either wholly there or not at all, whenever the power goes. */
public final class AtomicFile {
    private AtomicFile() {}

    /**
     * As {@link #write}, unless the file holds that already and has that mode: a full disk takes no writes, and a card wears.
     *
     * @return whether it was written
     */
    public static boolean update(Path file, byte[] content, String mode) throws IOException {
        if (Files.isRegularFile(file) && Files.getPosixFilePermissions(file).equals(PosixFilePermissions.fromString(mode))
                && Arrays.equals(Files.readAllBytes(file), content)) {
            return false;
        }
        write(file, content, mode);
        return true;
    }

    /**
     * Writes {@code content} beside {@code file}, syncs it, and renames it into place.
     *
     * @param mode permissions in {@code rw-------} form, in force from the first byte on
     * @throws IOException when the folder cannot be written; the old file is then untouched
     */
    public static void write(Path file, byte[] content, String mode) throws IOException {
        Set<PosixFilePermission> permissions = PosixFilePermissions.fromString(mode);
        Files.createDirectories(file.toAbsolutePath().getParent());
        Path draft = file.resolveSibling("." + file.getFileName() + ".new");
        Files.deleteIfExists(draft);
        try {
            Files.createFile(draft, PosixFilePermissions.asFileAttribute(permissions));
            Files.setPosixFilePermissions(draft, permissions);
            try (FileChannel channel = FileChannel.open(draft, StandardOpenOption.WRITE)) {
                ByteBuffer rest = ByteBuffer.wrap(content);
                while (rest.hasRemaining()) {
                    channel.write(rest);
                }
                channel.force(true);
            }
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(draft);
        }
        try (FileChannel folder = FileChannel.open(file.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
            folder.force(true);
        }
    }
}
