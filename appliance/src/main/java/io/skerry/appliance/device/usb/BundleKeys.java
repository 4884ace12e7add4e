package io.skerry.appliance.device.usb;

import io.skerry.image.ImageException;
import io.skerry.image.update.Ed25519Keys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The public keys whose bundles a device takes. */
public final class BundleKeys {
    private BundleKeys() {}

    /**
     * All {@code *.pem} files of these folders, which need not exist.
     *
     * @throws IOException naming a file that is no Ed25519 public key: one key fewer than somebody meant is not to pass unseen
     */
    public static List<PublicKey> load(List<Path> folders) throws IOException {
        List<PublicKey> keys = new ArrayList<>();
        for (Path folder : folders) {
            if (!Files.isDirectory(folder)) {
                continue;
            }
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.filter(each -> each.toString().endsWith(".pem")).sorted().toList()) {
                    keys.add(Ed25519Keys.publicKey(file));
                }
            } catch (ImageException e) {
                throw new IOException(e.getMessage(), e);
            }
        }
        return keys;
    }
}
