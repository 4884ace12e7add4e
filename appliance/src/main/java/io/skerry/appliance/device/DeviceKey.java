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
import java.util.Optional;

/**
 * The key by which this device proves who it is: made on the device, never leaving it. EC P-256, which brokers and hubs take everywhere.
 * A machine with a TPM keeps it sealed ({@code identity.cred}), others as a file ({@code identity.key}, PEM).
 */
final class DeviceKey {
    private static final String NAME = "identity.key";

    private DeviceKey() {}

    /**
     * Makes the key when there is none; {@code identity.pub} beside it is for people to copy.
     *
     * @throws IOException also when there is a key that cannot be used, or one that the TPM did not take and that is a file therefore
     */
    static void ensure(DevicePaths paths, Optional<Tpm> tpm) throws IOException {
        Path key = paths.state().resolve(NAME);
        Path sealed = paths.state().resolve("identity.cred");
        if (Files.exists(sealed)) {
            requireOpens(sealed, tpm, paths);
            return;
        }
        if (Files.exists(key)) {
            return;
        }
        KeyPair pair = generate();
        byte[] secret = Pem.of(pair.getPrivate()).getBytes(StandardCharsets.US_ASCII);
        // The private key last: where it is, the public one is as well.
        AtomicFile.write(paths.state().resolve("identity.pub"), pem(pair.getPublic()), "rw-r--r--");
        if (tpm.isPresent()) {
            try {
                AtomicFile.write(sealed, tpm.get().seal(NAME, secret, paths.run()), "rw-------");
                return;
            } catch (IOException e) {
                // A device with a TPM that is switched off or broken has to work all the same.
                AtomicFile.write(key, secret, "rw-------");
                throw new IOException("the TPM does not seal it, so it is a file on the card: " + e.getMessage(), e);
            }
        }
        AtomicFile.write(key, secret, "rw-------");
    }

    private static void requireOpens(Path sealed, Optional<Tpm> tpm, DevicePaths paths) throws IOException {
        String remedy = "; delete " + sealed + " for a new key, with which the device has to be enrolled again";
        if (tpm.isEmpty()) {
            throw new IOException("it was sealed by a TPM, and this machine shows none" + remedy);
        }
        try {
            tpm.get().open(NAME, sealed, paths.run());
        } catch (Tpm.LockedException e) {
            throw new IOException("it is kept, and cannot be used for now: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new IOException("this machine's TPM does not open it: the card is another machine's, or the TPM was cleared (" + e.getMessage() + ")" + remedy, e);
        }
    }

    private static KeyPair generate() throws IOException {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IOException("cannot make one: " + e.getMessage(), e);
        }
    }

    private static byte[] pem(PublicKey key) {
        return ("-----BEGIN PUBLIC KEY-----\n" + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key.getEncoded())
                + "\n-----END PUBLIC KEY-----\n").getBytes(StandardCharsets.US_ASCII);
    }
}
