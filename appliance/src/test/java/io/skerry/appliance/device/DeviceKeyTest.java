package io.skerry.appliance.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.apiserver.pki.Pem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeviceKeyTest {
    @TempDir
    Path folder;
    private Device device;
    private Path file;
    private Path sealed;

    @BeforeEach
    void device() throws Exception {
        device = new Device(folder);
        file = device.paths.state().resolve("identity.key");
        sealed = device.paths.state().resolve("identity.cred");
    }

    @Test
    void aTpmSealsTheKeyAndNoFileHasIt() throws Exception {
        try (SoftwareTpm software = new SoftwareTpm(folder.resolve("tpm"))) {
            DeviceKey.ensure(device.paths, Optional.of(software.tpm()));
            assertThat(file).doesNotExist();
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(sealed))).isEqualTo("rw-------");
            byte[] first = Files.readAllBytes(sealed);
            requirePair(software.tpm().open("identity.key", sealed, device.paths.run()));
            DeviceKey.ensure(device.paths, Optional.of(software.tpm()));
            assertThat(Files.readAllBytes(sealed)).isEqualTo(first);
            assertThat(device.paths.run()).isEmptyDirectory();
        }
        // The same TPM after a restart of the machine.
        try (SoftwareTpm software = new SoftwareTpm(folder.resolve("tpm"))) {
            DeviceKey.ensure(device.paths, Optional.of(software.tpm()));
            assertThatThrownBy(() -> software.tpm().open("another", sealed, device.paths.run())).hasMessageContaining("does not match");
        }
    }

    @Test
    void anotherMachineSaysWhyItCannotUseTheKeyAndKeepsIt() throws Exception {
        try (SoftwareTpm own = new SoftwareTpm(folder.resolve("own"))) {
            DeviceKey.ensure(device.paths, Optional.of(own.tpm()));
        }
        byte[] first = Files.readAllBytes(sealed);
        try (SoftwareTpm other = new SoftwareTpm(folder.resolve("other"))) {
            assertThatThrownBy(() -> DeviceKey.ensure(device.paths, Optional.of(other.tpm())))
                    .hasMessageContaining("this machine's TPM does not open it").hasMessageContaining("delete " + sealed);
        }
        assertThatThrownBy(() -> DeviceKey.ensure(device.paths, Optional.empty())).hasMessageContaining("this machine shows none").hasMessageContaining("delete " + sealed);
        assertThat(Files.readAllBytes(sealed)).isEqualTo(first);
        assertThat(file).doesNotExist();
    }

    /** A TPM takes power cuts for attempts to guess, and locks itself. */
    @Test
    void theKeyOpensAfterAnyNumberOfPowerCuts() throws Exception {
        byte[] first = null;
        int unlocked = 0;
        for (int cut = 0; cut < 10; cut++) {
            try (SoftwareTpm software = new SoftwareTpm(folder.resolve("tpm"))) {
                AtomicInteger sent = new AtomicInteger();
                Tpm tpm = software.tpm(command -> {
                    sent.incrementAndGet();
                    return software.tpm().wire().send(command);
                });
                DeviceKey.ensure(device.paths, Optional.of(tpm));
                unlocked += sent.get();
                first = first == null ? Files.readAllBytes(sealed) : first;
                assertThat(Files.readAllBytes(sealed)).isEqualTo(first);
                software.cut();
            }
        }
        assertThat(unlocked).as("it was locked, or this shows nothing").isPositive();
        assertThat(file).doesNotExist();
    }

    @Test
    void aTpmThatStaysLockedIsWaitedForAndKeepsTheKey() throws Exception {
        byte[] first = null;
        IOException locked = null;
        for (int cut = 0; cut < 10 && locked == null; cut++) {
            try (SoftwareTpm software = new SoftwareTpm(folder.resolve("tpm"))) {
                // As where somebody has set a password: TPM_RC_AUTH_FAIL.
                Tpm tpm = software.tpm(command -> HexFormat.of().parseHex("80010000000a0000098e"));
                DeviceKey.ensure(device.paths, Optional.of(tpm));
                first = first == null ? Files.readAllBytes(sealed) : first;
                software.cut();
            } catch (IOException e) {
                locked = e;
            }
        }
        assertThat(locked).hasMessageContaining("it is kept").hasMessageContaining("locked for minutes or hours").hasMessageContaining("098e").message().doesNotContain("delete");
        assertThat(Files.readAllBytes(sealed)).isEqualTo(first);
    }

    @Test
    void aTpmThatDoesNotAnswerLeavesAFileAndSaysSo() throws Exception {
        Tpm broken = new Tpm(folder.resolve("nothing").toString(), command -> new byte[0]);
        assertThatThrownBy(() -> DeviceKey.ensure(device.paths, Optional.of(broken))).hasMessageContaining("so it is a file on the card");
        requirePair(Files.readAllBytes(file));
        DeviceKey.ensure(device.paths, Optional.of(broken));
    }

    private void requirePair(byte[] pem) throws Exception {
        Path opened = Files.write(folder.resolve("opened.pem"), pem);
        String text = Files.readString(device.paths.state().resolve("identity.pub")).replaceAll("-----[A-Z ]+-----|\\s", "");
        PublicKey shown = KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(Base64.getDecoder().decode(text)));
        byte[] message = "this device".getBytes(StandardCharsets.US_ASCII);
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(Pem.ecKey(opened));
        signature.update(message);
        byte[] signed = signature.sign();
        signature.initVerify(shown);
        signature.update(message);
        assertThat(signature.verify(signed)).isTrue();
    }
}
