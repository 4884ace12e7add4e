package io.skerry.apiserver.auth;

import io.skerry.apiserver.pki.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;

/** The key pair that signs ServiceAccount tokens (ES256), kept in one PEM file with both halves. */
public final class SigningKeys {
    private SigningKeys() {
    }

    public static KeyPair generate() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java cannot make P-256 keys: " + e.getMessage(), e);
        }
    }

    /**
     * Reads the key pair of a file, or makes one and writes it with mode 0600 when the file is not there yet.
     *
     * @throws IOException when the file cannot be read or written, or does not hold a key pair as written here
     */
    public static KeyPair loadOrCreate(Path file) throws IOException {
        if (Files.exists(file)) {
            return parse(Files.readString(file), file);
        }
        KeyPair pair = generate();
        String pem = pem("PRIVATE KEY", pair.getPrivate().getEncoded()) + pem("PUBLIC KEY", pair.getPublic().getEncoded());
        // a key lost in a power cut would invalidate every token given out
        AtomicFile.write(file, pem.getBytes(StandardCharsets.US_ASCII), "rw-------");
        return pair;
    }

    private static KeyPair parse(String pem, Path file) throws IOException {
        try {
            byte[] secret = block(pem, "PRIVATE KEY");
            byte[] open = block(pem, "PUBLIC KEY");
            // the algorithm's identifier stands in both encodings; trying is shorter than parsing ASN.1
            try {
                KeyFactory ec = KeyFactory.getInstance("EC");
                return new KeyPair(ec.generatePublic(new X509EncodedKeySpec(open)), ec.generatePrivate(new PKCS8EncodedKeySpec(secret)));
            } catch (InvalidKeySpecException e) {
                KeyFactory rsa = KeyFactory.getInstance("RSA");
                return new KeyPair(rsa.generatePublic(new X509EncodedKeySpec(open)), rsa.generatePrivate(new PKCS8EncodedKeySpec(secret)));
            }
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException(file + " does not hold a private and a public key in PEM (PKCS#8 and SPKI): " + e.getMessage()
                    + "; restore it from a backup, or delete it to make a new one (all ServiceAccount tokens become invalid)", e);
        }
    }

    private static byte[] block(String pem, String label) {
        int from = pem.indexOf("-----BEGIN " + label + "-----");
        int to = pem.indexOf("-----END " + label + "-----");
        if (from < 0 || to < from) {
            throw new IllegalArgumentException("no block " + label);
        }
        return Base64.getMimeDecoder().decode(pem.substring(from + label.length() + 16, to));
    }

    private static String pem(String label, byte[] der) {
        return "-----BEGIN " + label + "-----\n" + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + label + "-----\n";
    }
}
