package io.skerry.image.build;

import io.skerry.image.Digests;
import io.skerry.image.update.Ed25519Keys;
import io.skerry.image.update.OsManifest;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** Writes the file by which devices are updated to this image: a plain tar that can be checked and written as it streams in. */
final class OsUpdateFile {
    private OsUpdateFile() {}

    /** @param files in the order in which a device needs them */
    static void write(Path out, String board, String version, long seconds, RootImage root, List<String> kernelArguments, Map<String, Path> files, PrivateKey key)
            throws IOException {
        Map<String, OsManifest.Member> members = new LinkedHashMap<>();
        for (Map.Entry<String, Path> file : files.entrySet()) {
            members.put(file.getKey(), new OsManifest.Member(Digests.sha256(file.getValue()), Files.size(file.getValue())));
        }
        byte[] manifest = new OsManifest(board, version, Instant.ofEpochSecond(seconds).toString(), root.hash(), root.hashOffset(), kernelArguments, members).render();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(new BufferedOutputStream(Files.newOutputStream(out), 1 << 16))) {
            tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
            member(tar, OsManifest.NAME, manifest, seconds);
            member(tar, OsManifest.SIGNATURE, Ed25519Keys.sign(manifest, key).getBytes(StandardCharsets.US_ASCII), seconds);
            for (Map.Entry<String, Path> file : files.entrySet()) {
                TarArchiveEntry entry = entry(file.getKey(), Files.size(file.getValue()), seconds);
                tar.putArchiveEntry(entry);
                Files.copy(file.getValue(), tar);
                tar.closeArchiveEntry();
            }
        }
    }

    private static void member(TarArchiveOutputStream tar, String name, byte[] content, long seconds) throws IOException {
        tar.putArchiveEntry(entry(name, content.length, seconds));
        tar.write(content);
        tar.closeArchiveEntry();
    }

    private static TarArchiveEntry entry(String name, long size, long seconds) {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setSize(size);
        entry.setMode(0644);
        entry.setIds(0, 0);
        entry.setModTime(seconds * 1000);
        return entry;
    }
}
