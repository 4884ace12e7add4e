package io.skerry.appliance.os;

import io.skerry.image.ImageException;
import io.skerry.image.update.Ed25519Keys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The Ed25519 public keys (RFC 8410 PEM files) whose owners may give this device another operating system. */
public final class TrustedKeys {
    private final List<Path> folders;
    private final Map<Path, PublicKey> keys;

    private TrustedKeys(List<Path> folders, Map<Path, PublicKey> keys) {
        this.folders = folders;
        this.keys = keys;
    }

    /**
     * All {@code *.pem} files in these folders; a folder need not exist.
     *
     * @throws IOException naming a file that is no Ed25519 public key: one key fewer than somebody meant is not to pass unseen
     */
    public static TrustedKeys load(List<Path> folders) throws IOException {
        Map<Path, PublicKey> keys = new TreeMap<>();
        for (Path folder : folders) {
            if (!Files.isDirectory(folder)) {
                continue;
            }
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.filter(f -> f.toString().endsWith(".pem")).toList()) {
                    keys.put(file, read(file));
                }
            }
        }
        return new TrustedKeys(List.copyOf(folders), keys);
    }

    private static PublicKey read(Path file) throws IOException {
        try {
            return Ed25519Keys.publicKey(file);
        } catch (ImageException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /**
     * @param signature base64 of the 64 bytes of RFC 8032
     * @return the file with the key that signed it
     * @throws OsUpdateException when none of the keys did
     */
    Path verify(byte[] content, String signature) throws OsUpdateException {
        if (keys.isEmpty()) {
            throw OsUpdateException.curable("this device trusts no key for OS updates; put the public key that signs them under trust.os in skerry.yaml, restart the device,"
                    + " and update again (images are built with it in " + folders.getFirst() + ")");
        }
        for (Map.Entry<Path, PublicKey> key : keys.entrySet()) {
            if (Ed25519Keys.verify(content, signature, List.of(key.getValue()))) {
                return key.getKey();
            }
        }
        throw OsUpdateException.curable("the image's manifest is signed by none of the keys that this device trusts (" + keys.keySet().stream().map(f -> f.getFileName().toString())
                .reduce((a, b) -> a + ", " + b).orElse("") + "); sign it with one of them, or put its key under trust.os in skerry.yaml");
    }
}
