package io.skerry.apiserver.encryption;

import io.skerry.datastore.DatastoreException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;

/**
 * Values as upstream's aesgcm provider writes them: {@code k8s:enc:aesgcm:v1:KEYNAME:}, a random nonce of 12 bytes, the ciphertext and its tag
 * of 16. The datastore key is authenticated with it, so that one Secret's value cannot be passed off as another's.
 */
final class AesGcm {
    private static final byte[] PREFIX = "k8s:enc:aesgcm:v1:".getBytes(StandardCharsets.US_ASCII);
    private static final int NONCE = 12;
    private static final int TAG_BITS = 128;

    private final EncryptionKeys keys;
    private final SecureRandom random = new SecureRandom();

    AesGcm(EncryptionKeys keys) {
        this.keys = keys;
    }

    byte[] encrypt(String key, byte[] value) {
        try {
            EncryptionKeys.Key with = keys.first();
            byte[] name = (with.name() + ":").getBytes(StandardCharsets.US_ASCII);
            byte[] nonce = new byte[NONCE];
            random.nextBytes(nonce);
            Cipher cipher = cipher(Cipher.ENCRYPT_MODE, with, nonce, key);
            int head = PREFIX.length + name.length + NONCE;
            byte[] out = Arrays.copyOf(PREFIX, head + cipher.getOutputSize(value.length));
            System.arraycopy(name, 0, out, PREFIX.length, name.length);
            System.arraycopy(nonce, 0, out, PREFIX.length + name.length, NONCE);
            cipher.doFinal(value, 0, value.length, out, head);
            return out;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JRE has AES/GCM", e);
        }
    }

    /** What was stored before encryption is given as it is. */
    byte[] decrypt(String key, byte[] stored) {
        if (!isEncrypted(stored)) {
            return stored;
        }
        int end = PREFIX.length;
        while (end < stored.length && stored[end] != ':') {
            end++;
        }
        String name = new String(stored, PREFIX.length, end - PREFIX.length, StandardCharsets.US_ASCII);
        EncryptionKeys.Key with = keys.named(name);
        if (with != null) {
            try {
                return decrypt(key, stored, end + 1, with);
            } catch (GeneralSecurityException | IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
                throw new DatastoreException(key + " cannot be decrypted with key \"" + name + "\": the value or the key was changed", e);
            }
        }
        // the name is no part of what is authenticated: a disk may have changed it
        for (EncryptionKeys.Key other : keys.all()) {
            try {
                return decrypt(key, stored, PREFIX.length + other.name().length() + 1, other);
            } catch (GeneralSecurityException | IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
                // not this one
            }
        }
        throw new MissingKeyException(key, name);
    }

    private static byte[] decrypt(String key, byte[] stored, int from, EncryptionKeys.Key with) throws GeneralSecurityException {
        Cipher cipher = cipher(Cipher.DECRYPT_MODE, with, Arrays.copyOfRange(stored, from, from + NONCE), key);
        return cipher.doFinal(stored, from + NONCE, stored.length - from - NONCE);
    }

    /** The value is well as far as can be seen, but needs a key that is not here. */
    static final class MissingKeyException extends DatastoreException {
        private static final long serialVersionUID = 1L;

        private final String keyName;

        MissingKeyException(String key, String keyName) {
            super(key + " is encrypted with key \"" + keyName + "\", which is not in the encryption configuration");
            this.keyName = keyName;
        }

        /** Of the key that is not here, as the value tells it. */
        String keyName() {
            return keyName;
        }
    }

    /** Whether a value is encrypted with the key that encrypts now. */
    boolean isCurrent(byte[] stored) {
        byte[] current = ("k8s:enc:aesgcm:v1:" + keys.first().name() + ":").getBytes(StandardCharsets.US_ASCII);
        return startsWith(stored, current);
    }

    static boolean isEncrypted(byte[] stored) {
        return startsWith(stored, PREFIX);
    }

    private static boolean startsWith(byte[] value, byte[] prefix) {
        return value.length > prefix.length && Arrays.equals(value, 0, prefix.length, prefix, 0, prefix.length);
    }

    private static Cipher cipher(int mode, EncryptionKeys.Key with, byte[] nonce, String key) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, with.secret(), new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD(key.getBytes(StandardCharsets.UTF_8));
        return cipher;
    }
}
