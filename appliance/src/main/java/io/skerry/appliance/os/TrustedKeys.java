package io.skerry.appliance.os;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
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
        String text = Files.readString(file, StandardCharsets.US_ASCII).strip();
        try {
            if (!text.startsWith("-----BEGIN PUBLIC KEY-----") || !text.endsWith("-----END PUBLIC KEY-----")) {
                throw new GeneralSecurityException("it does not begin with BEGIN PUBLIC KEY");
            }
            String base64 = text.substring("-----BEGIN PUBLIC KEY-----".length(), text.length() - "-----END PUBLIC KEY-----".length());
            return KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(Base64.getMimeDecoder().decode(base64)));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException(file + " is not an Ed25519 public key in PEM: " + e.getMessage() + "; make keys with skerry image keygen", e);
        }
    }

    /**
     * @param signature base64 of the 64 bytes of RFC 8032
     * @return the file with the key that signed it
     * @throws OsUpdateException when none of the keys did
     */
    Path verify(byte[] content, String signature) throws OsUpdateException {
        if (keys.isEmpty()) {
            throw new OsUpdateException("this device trusts no key for OS updates; put the public key that signs them into " + folders.getFirst() + " of the image, or under trust.os in skerry.yaml");
        }
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(signature.strip());
        } catch (IllegalArgumentException e) {
            throw new OsUpdateException("the image's manifest.sig is not base64: " + e.getMessage());
        }
        for (Map.Entry<Path, PublicKey> key : keys.entrySet()) {
            try {
                Signature verifier = Signature.getInstance("Ed25519");
                verifier.initVerify(key.getValue());
                verifier.update(content);
                if (verifier.verify(bytes)) {
                    return key.getKey();
                }
            } catch (GeneralSecurityException e) {
                // Not by this key: a signature of the wrong length ends here, too.
            }
        }
        throw new OsUpdateException("the image's manifest is signed by none of the keys that this device trusts (" + keys.keySet().stream().map(f -> f.getFileName().toString())
                .reduce((a, b) -> a + ", " + b).orElse("") + "); sign it with one of them");
    }
}
