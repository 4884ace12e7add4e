package io.skerry.appliance.device;

import io.skerry.apiserver.pki.AtomicFile;
import io.skerry.apiserver.pki.Pem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;

/** The key by which this device proves who it is: made on the device, never leaving it. EC P-256, which brokers and hubs take everywhere. */
final class DeviceKey {
    private DeviceKey() {}

    /** Makes the key when there is none; {@code identity.pub} beside it is for people to copy. */
    static void ensure(DevicePaths paths) throws IOException {
        Path key = paths.state().resolve("identity.key");
        if (Files.exists(key)) {
            return;
        }
        KeyPair pair;
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            pair = generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IOException("cannot make the device's key: " + e.getMessage(), e);
        }
        // The private key last: where it is, the public one is as well.
        AtomicFile.write(paths.state().resolve("identity.pub"), pem(pair.getPublic()), "rw-r--r--");
        AtomicFile.write(key, Pem.of(pair.getPrivate()).getBytes(StandardCharsets.US_ASCII), "rw-------");
    }

    private static byte[] pem(PublicKey key) {
        return ("-----BEGIN PUBLIC KEY-----\n" + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key.getEncoded())
                + "\n-----END PUBLIC KEY-----\n").getBytes(StandardCharsets.US_ASCII);
    }
}
