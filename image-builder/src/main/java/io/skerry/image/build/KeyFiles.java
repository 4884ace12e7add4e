package io.skerry.image.build;

import io.skerry.image.ImageException;
import io.skerry.image.update.Ed25519Keys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;

/** {@code skerry image keygen}: a signing key and, beside it with {@code .pub}, the public key that devices are given. */
public final class KeyFiles {
    private KeyFiles() {}

    /** @throws ImageException when a key is there already: devices trust it, so it is never overwritten */
    public static void generate(Path file) throws IOException {
        Path publicFile = publicKeyOf(file);
        for (Path made : new Path[] {file, publicFile}) {
            if (Files.exists(made)) {
                throw new ImageException(made + " is there already; devices may trust it, so it is not overwritten: name another file or move it away");
            }
        }
        KeyPair pair = Ed25519Keys.generate();
        Files.createDirectories(file.toAbsolutePath().getParent());
        // Public first: a private key never stands without it, and a half-made pair is only an unused public key.
        Files.writeString(publicFile, Ed25519Keys.pem(pair.getPublic()), StandardOpenOption.CREATE_NEW);
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, Ed25519Keys.pem(pair.getPrivate()), StandardOpenOption.SYNC);
    }

    public static Path publicKeyOf(Path privateKey) {
        return privateKey.resolveSibling(privateKey.getFileName() + ".pub");
    }
}
