package io.skerry.appliance.device.usb;

import io.skerry.image.bundle.BundleException;
import io.skerry.image.bundle.BundleManifest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A bundle's files, copied to the data partition and checked there: what is applied is what was checked, even if the stick is gone or lies. */
final class StagedBundle {
    /** Bytes that stay free for the cluster. */
    private static final long RESERVE = 64L << 20;

    private final Path folder;
    private final BundleManifest manifest;

    /** @param folder where the files are, or are to be */
    StagedBundle(Path folder, BundleManifest manifest) {
        this.folder = folder;
        this.manifest = manifest;
    }

    BundleManifest manifest() {
        return manifest;
    }

    Path file(String path) {
        return folder.resolve(path);
    }

    /** Paths in the manifest that begin so. */
    List<String> paths(String prefix) {
        return manifest.files().keySet().stream().filter(path -> path.startsWith(prefix)).toList();
    }

    /**
     * @param kept systems of earlier bundles, which go when there is no room otherwise
     * @throws BundleException when a file is not what the manifest says, or there is no room; nothing is then left behind
     */
    void copyFrom(Path bundle, KeptSystems kept) throws IOException, BundleException {
        discard(folder);
        // What a bundle's settings and fleet hold may be secret, and lies here until all of it is applied.
        Files.setPosixFilePermissions(Files.createDirectories(folder.getParent()), PosixFilePermissions.fromString("rwx------"));
        Files.createDirectories(folder);
        if (manifest.size() > free(folder) && manifest.size() <= free(folder) + kept.size()) {
            kept.prune(List.of());
        }
        long free = free(folder);
        if (manifest.size() > free) {
            discard(folder);
            throw new BundleException("needs " + (manifest.size() >> 20) + " MiB, but the data partition has only " + Math.max(0, free >> 20) + " MiB to spare");
        }
        try {
            for (Map.Entry<String, BundleManifest.Content> each : manifest.files().entrySet()) {
                copy(bundle, each.getKey(), each.getValue());
            }
            sync(folder);
        } catch (IOException | BundleException e) {
            discard(folder);
            throw e;
        }
    }

    private void copy(Path bundle, String path, BundleManifest.Content expected) throws IOException, BundleException {
        Path target = folder.resolve(path);
        Files.createDirectories(target.getParent());
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            long size = 0;
            try (InputStream in = new DigestInputStream(StickFile.open(bundle, path), digest);
                    FileChannel out = FileChannel.open(target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                OutputStream stream = Channels.newOutputStream(out);
                byte[] buffer = new byte[1 << 16];
                for (int read = in.read(buffer); read >= 0 && size <= expected.size(); read = in.read(buffer)) {
                    stream.write(buffer, 0, read);
                    size += read;
                }
                out.force(true);
            }
            if (size != expected.size() || !HexFormat.of().formatHex(digest.digest()).equals(expected.sha256())) {
                throw new BundleException(path + " is not the file that was signed: its SHA-256 or size differs; copy the bundle onto the stick again");
            }
            sync(target.getParent());
        } catch (NoSuchFileException e) {
            throw new BundleException(path + " is missing; copy the bundle onto the stick again");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Bytes that may be used on a file's file system. */
    static long free(Path file) throws IOException {
        return Files.getFileStore(file).getUsableSpace() - RESERVE;
    }

    /** Removes copies that were not moved to where they belong, or a file. */
    static void discard(Path path) throws IOException {
        if (!Files.exists(path)) {
            return;
        }
        try (Stream<Path> tree = Files.walk(path)) {
            for (Path each : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }

    static void sync(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
