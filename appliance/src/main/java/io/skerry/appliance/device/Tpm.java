package io.skerry.appliance.device;

import io.skerry.node.host.Command;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Seals secrets by the machine's TPM 2.0, so that they can be opened on this machine only: a card in another one does not tell them. By
 * systemd-creds(1), which does it for systemd's own credentials.
 *
 * <p>A TPM takes a restart without a shutdown for an attempt to guess, when something sealed was opened before it, and after a few it refuses
 * to open anything for hours (TPM 2.0 Library, Part 1, "Dictionary Attack Protection"). There is nothing to guess here, as no password is part of the seal:
 * the lock is taken off.
 *
 * @param device what systemd-creds takes for {@code --tpm2-device}
 * @param wire   to the same TPM
 */
record Tpm(String device, Wire wire) {
    /** Takes commands as the TPM 2.0 Library, Part 3, writes them. */
    @FunctionalInterface interface Wire {
        /** @return its answer */
        byte[] send(byte[] command) throws IOException;
    }

    /** It refuses everything for a time, of minutes or hours; what it sealed is not lost. */
    static final class LockedException extends IOException {
        private static final long serialVersionUID = 1L;

        LockedException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** TPM_RC_LOCKOUT in the words of older and newer versions of systemd, and of the library under both. */
    private static final Pattern LOCKED = Pattern.compile("lockout mode|No locks available|0x0*921\\b");
    /** TPM2_DictionaryAttackLockReset by the lockout hierarchy with its password, which is empty unless somebody set one. */
    private static final byte[] UNLOCK = HexFormat.of().parseHex("8002" + "0000001b" + "00000139" + "4000000a" + "00000009" + "40000009" + "0000" + "00" + "0000");
    /** Where the code is in an answer, and the code of success. */
    private static final int CODE_AT = 6, SUCCESS = 0;
    /** TPMs take their time, and some are asked over a slow bus. */
    private static final Duration LIMIT = Duration.ofMinutes(1);
    /** One that nothing measures into: a new kernel or firmware must still open what an older one sealed. */
    private static final String REGISTER = "--tpm2-pcrs=23";

    /** The machine's, through the kernel's resource manager. */
    static Optional<Tpm> find(DevicePaths paths) {
        Path device = paths.inRoot("/dev/tpmrm0");
        return Files.exists(device) ? Optional.of(new Tpm(device.toString(), command -> send(device, command))) : Optional.empty();
    }

    /**
     * @param name is sealed as well: a secret does not pass for another one
     * @param run folder in memory
     */
    byte[] seal(String name, byte[] secret, Path run) throws IOException {
        Files.createDirectories(run);
        Path sealed = run.resolve(name + ".sealed");
        try {
            run(new ByteArrayInputStream(secret), "systemd-creds", "encrypt", "--with-key=tpm2", "--tpm2-device=" + device, REGISTER, "--name=" + name, "-", sealed.toString());
            return Files.readAllBytes(sealed);
        } finally {
            Files.deleteIfExists(sealed);
        }
    }

    /**
     * @param run folder in memory
     * @throws LockedException when the lock could not be taken off
     * @throws IOException     when another machine sealed it, or this one's TPM was cleared since
     */
    byte[] open(String name, Path sealed, Path run) throws IOException {
        Files.createDirectories(run);
        Path opened = run.resolve(name + ".opened");
        try {
            run(new ByteArrayInputStream(new byte[0]), "systemd-creds", "decrypt", "--tpm2-device=" + device, "--name=" + name, sealed.toString(), opened.toString());
            return Files.readAllBytes(opened);
        } finally {
            Files.deleteIfExists(opened);
        }
    }

    private void run(ByteArrayInputStream input, String... command) throws IOException {
        try {
            Command.run(LIMIT, input, command);
        } catch (IOException e) {
            if (!LOCKED.matcher(String.valueOf(e.getMessage())).find()) {
                throw e;
            }
            unlock(e);
            input.reset();
            Command.run(LIMIT, input, command);
        }
    }

    private void unlock(IOException locked) throws LockedException {
        try {
            ByteBuffer answer = ByteBuffer.wrap(wire.send(UNLOCK));
            if (answer.remaining() < CODE_AT + Integer.BYTES || answer.getInt(CODE_AT) != SUCCESS) {
                throw new IOException("it answered " + HexFormat.of().formatHex(answer.array()));
            }
        } catch (IOException e) {
            locked.addSuppressed(e);
            throw new LockedException("the TPM is locked for minutes or hours after too many restarts without a shutdown (dictionary attack lockout), and its lock was not taken off: "
                    + e.getMessage(), locked);
        }
    }

    /** One write is a command and one read its answer. */
    private static byte[] send(Path device, byte[] command) throws IOException {
        try (FileChannel channel = FileChannel.open(device, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(command));
            ByteBuffer answer = ByteBuffer.allocate(4096);
            channel.read(answer);
            return Arrays.copyOf(answer.array(), answer.position());
        }
    }
}
