package io.skerry.appliance.os;

import io.skerry.image.Digests;
import io.skerry.image.boot.KernelArguments;
import io.skerry.image.layout.Slot;
import io.skerry.image.update.OsManifest;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** Takes members out of the beginning of an update file, which ends before {@code root.img}. */
final class BootFiles {
    private BootFiles() {}

    /** The kernel's arguments for an image in a slot. */
    static String commandLine(Slot slot, OsManifest manifest) {
        return new KernelArguments(slot, manifest.board(), manifest.version(), manifest.verityRootHash(), manifest.verityHashOffset(), manifest.kernelArguments()).render();
    }

    /** What is done with one member's content. */
    @FunctionalInterface interface Use {
        void with(InputStream content) throws IOException;
    }

    /** @throws EOFException when it is not there, which the caller has seen to before */
    static void member(Path archive, String name, Use use) throws IOException {
        try (TarArchiveInputStream tar = new TarArchiveInputStream(new BufferedInputStream(Files.newInputStream(archive), 1 << 16))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                if (entry.getName().equals(name)) {
                    use.with(tar);
                    return;
                }
            }
        }
        throw new EOFException(archive + " ends before " + name);
    }

    /** Copies and syncs, then compares what can be read back. */
    static void copy(InputStream content, Path to, OsManifest.Member expected) throws IOException {
        Files.createDirectories(to.getParent());
        try (FileChannel channel = FileChannel.open(to, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
                OutputStream out = Channels.newOutputStream(channel)) {
            content.transferTo(out);
            channel.force(true);
        }
        FatFiles.sync(to.getParent());
        check(to, expected);
    }

    static void check(Path file, OsManifest.Member expected) throws IOException {
        String found = Digests.sha256(file);
        if (!found.equals(expected.sha256())) {
            throw new IOException(file.getFileName() + " has the SHA-256 " + found + " on the boot partition, it should be " + expected.sha256());
        }
    }
}
