package io.skerry.image.update;

import io.skerry.image.ImageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;

/** Ed25519 keys (RFC 8032) in PEM as openssl reads and writes them (RFC 8410): PKCS #8 "PRIVATE KEY" and "PUBLIC KEY". */
public final class Ed25519Keys {
    private static final Base64.Encoder LINES = Base64.getMimeEncoder(64, new byte[] {'\n'});

    private Ed25519Keys() {}

    public static KeyPair generate() {
        try {
            return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    public static String pem(PrivateKey key) {
        return pem("PRIVATE KEY", key.getEncoded());
    }

    public static String pem(PublicKey key) {
        return pem("PUBLIC KEY", key.getEncoded());
    }

    /** @param source for error messages: the file's name */
    public static PrivateKey privateKey(String pem, String source) {
        try {
            return KeyFactory.getInstance("Ed25519").generatePrivate(new PKCS8EncodedKeySpec(decode(pem, "PRIVATE KEY", source)));
        } catch (GeneralSecurityException e) {
            throw new ImageException(source + " is not an Ed25519 private key; make one with: skerry image keygen", e);
        }
    }

    /** @param source for error messages: the file's name */
    public static PublicKey publicKey(String pem, String source) {
        try {
            return KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(decode(pem, "PUBLIC KEY", source)));
        } catch (GeneralSecurityException e) {
            throw new ImageException(source + " is not an Ed25519 public key", e);
        }
    }

    /** @throws ImageException when there is no such file, or no such key in it */
    public static PrivateKey privateKey(Path file) throws IOException {
        return privateKey(read(file), file.toString());
    }

    /** @throws ImageException when there is no such file, or no such key in it */
    public static PublicKey publicKey(Path file) throws IOException {
        return publicKey(read(file), file.toString());
    }

    private static String read(Path file) throws IOException {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
            throw new ImageException("there is no key " + file + "; skerry image keygen writes a private key and, beside it with .pub, its public one", e);
        }
    }

    /** @return the signature, 64 bytes, in base64 without line breaks */
    public static String sign(byte[] message, PrivateKey key) {
        try {
            Signature signature = Signature.getInstance("Ed25519");
            signature.initSign(key);
            signature.update(message);
            return Base64.getEncoder().encodeToString(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whether one of these keys made the signature; false for a signature that is not one at all. */
    public static boolean verify(byte[] message, String signature, Collection<PublicKey> keys) {
        for (PublicKey key : keys) {
            try {
                Signature verifier = Signature.getInstance("Ed25519");
                verifier.initVerify(key);
                verifier.update(message);
                if (verifier.verify(Base64.getDecoder().decode(signature.strip()))) {
                    return true;
                }
            } catch (GeneralSecurityException | IllegalArgumentException e) {
                // Malformed for this key: another may fit.
                continue;
            }
        }
        return false;
    }

    private static String pem(String type, byte[] der) {
        return "-----BEGIN " + type + "-----\n" + LINES.encodeToString(der) + "\n-----END " + type + "-----\n";
    }

    private static byte[] decode(String pem, String type, String source) {
        String begin = "-----BEGIN " + type + "-----";
        int start = pem.indexOf(begin);
        int end = pem.indexOf("-----END " + type + "-----");
        if (start < 0 || end < start) {
            throw new ImageException(source + " is not PEM with a \"" + type + "\"");
        }
        try {
            return Base64.getMimeDecoder().decode(pem.substring(start + begin.length(), end).getBytes(StandardCharsets.US_ASCII));
        } catch (IllegalArgumentException e) {
            throw new ImageException(source + ": the base64 between the PEM lines is damaged", e);
        }
    }
}
