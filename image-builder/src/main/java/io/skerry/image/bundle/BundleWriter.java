package io.skerry.image.bundle;

import io.skerry.image.update.Ed25519Keys;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Makes a folder a bundle: writes its manifest and signs it. */
public final class BundleWriter {
    private BundleWriter() {}

    /**
     * @param folder with the files in the places that {@link BundleManifest} names
     * @throws BundleException when there is a file that a device would not take, or none
     */
    public static BundleManifest write(Path folder, String name, Instant created, PrivateKey key) throws IOException, BundleException {
        Map<String, BundleManifest.Content> files = new TreeMap<>();
        List<Path> all;
        try (Stream<Path> tree = Files.walk(folder)) {
            all = tree.filter(Files::isRegularFile).toList();
        }
        for (Path file : all) {
            String path = folder.relativize(file).toString().replace('\\', '/');
            if (path.equals(BundleManifest.MANIFEST) || path.equals(BundleManifest.SIGNATURE)) {
                continue;
            }
            if (!BundleManifest.isPath(path)) {
                throw new BundleException(file + " has no place in a bundle; there may be " + BundleManifest.SETTINGS + ", " + BundleManifest.FLEET + ", "
                        + BundleManifest.IMAGES + "NAME.tar and " + BundleManifest.OS + "NAME.os.tar");
            }
            files.put(path, content(file));
        }
        if (files.isEmpty()) {
            throw new BundleException(folder + " holds nothing for a bundle");
        }
        BundleManifest manifest = new BundleManifest(name, created.truncatedTo(ChronoUnit.SECONDS), files);
        byte[] json = manifest.toJson();
        Files.write(folder.resolve(BundleManifest.MANIFEST), json);
        Files.write(folder.resolve(BundleManifest.SIGNATURE), (Ed25519Keys.sign(json, key) + "\n").getBytes(StandardCharsets.US_ASCII));
        return manifest;
    }

    private static BundleManifest.Content content(Path file) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            long size;
            try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
                size = in.transferTo(java.io.OutputStream.nullOutputStream());
            }
            return new BundleManifest.Content(HexFormat.of().formatHex(digest.digest()), size);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
