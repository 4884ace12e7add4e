package io.skerry.appliance.device;

import io.skerry.node.host.Command;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Seals secrets by the machine's TPM 2.0, so that they can be opened on this machine only: a card in another one does not tell them. By
 * systemd-creds(1), which does it for systemd's own credentials.
 *
 * @param device what systemd-creds takes for {@code --tpm2-device}
 */
record Tpm(String device) {
    /** TPMs take their time, and some are asked over a slow bus. */
    private static final Duration LIMIT = Duration.ofMinutes(1);
    /** One that nothing measures into: a new kernel or firmware must still open what an older one sealed. */
    private static final String REGISTER = "--tpm2-pcrs=23";

    /** The machine's, through the kernel's resource manager. */
    static Optional<Tpm> find(DevicePaths paths) {
        Path device = paths.inRoot("/dev/tpmrm0");
        return Files.exists(device) ? Optional.of(new Tpm(device.toString())) : Optional.empty();
    }

    /**
     * @param name is sealed as well: a secret does not pass for another one
     * @param run folder in memory
     */
    byte[] seal(String name, byte[] secret, Path run) throws IOException {
        Files.createDirectories(run);
        Path sealed = run.resolve(name + ".sealed");
        try {
            Command.run(LIMIT, new ByteArrayInputStream(secret), "systemd-creds", "encrypt", "--with-key=tpm2", "--tpm2-device=" + device, REGISTER, "--name=" + name, "-", sealed.toString());
            return Files.readAllBytes(sealed);
        } finally {
            Files.deleteIfExists(sealed);
        }
    }

    /**
     * @param run folder in memory
     * @throws IOException when another machine sealed it, or this one's TPM was cleared since
     */
    byte[] open(String name, Path sealed, Path run) throws IOException {
        Files.createDirectories(run);
        Path opened = run.resolve(name + ".opened");
        try {
            Command.run(LIMIT, "systemd-creds", "decrypt", "--tpm2-device=" + device, "--name=" + name, sealed.toString(), opened.toString());
            return Files.readAllBytes(opened);
        } finally {
            Files.deleteIfExists(opened);
        }
    }
}
