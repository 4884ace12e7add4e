package io.skerry.image.update;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.image.ImageException;
import io.skerry.image.build.KeyFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Ed25519KeysTest {
    @TempDir
    Path folder;

    @Test
    void opensslVerifiesWhatWeSign() throws Exception {
        Path key = folder.resolve("os.key");
        KeyFiles.generate(key);
        byte[] message = "what is signed".getBytes();
        String signature = Ed25519Keys.sign(message, Ed25519Keys.privateKey(key));
        Files.write(folder.resolve("message"), message);
        Files.write(folder.resolve("signature"), Base64.getDecoder().decode(signature));
        Process openssl = new ProcessBuilder("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", KeyFiles.publicKeyOf(key).toString(), "-rawin",
                "-in", folder.resolve("message").toString(), "-sigfile", folder.resolve("signature").toString()).redirectErrorStream(true).start();
        String said = new String(openssl.getInputStream().readAllBytes());
        assertThat(openssl.waitFor()).as(said).isZero();
        assertThat(Files.getPosixFilePermissions(key)).hasSize(2);
        assertThatThrownBy(() -> KeyFiles.generate(key)).isInstanceOf(ImageException.class).hasMessageContaining("not overwritten");
    }

    @Test
    void aKeyThatIsNotThereIsNamed() {
        Path file = folder.resolve("os.key");
        assertThatThrownBy(() -> Ed25519Keys.privateKey(file)).isInstanceOf(ImageException.class).hasMessageContaining("no key " + file).hasMessageContaining("skerry image keygen");
        assertThatThrownBy(() -> Ed25519Keys.publicKey(KeyFiles.publicKeyOf(file))).isInstanceOf(ImageException.class).hasMessageContaining("no key " + file + ".pub");
    }

    @Test
    void onlyTrustedKeysCount() {
        KeyPair ours = Ed25519Keys.generate();
        KeyPair other = Ed25519Keys.generate();
        byte[] message = {1, 2, 3};
        String signature = Ed25519Keys.sign(message, ours.getPrivate());
        assertThat(Ed25519Keys.verify(message, signature, List.of(other.getPublic(), ours.getPublic()))).isTrue();
        assertThat(Ed25519Keys.verify(message, signature, List.of(other.getPublic()))).isFalse();
        assertThat(Ed25519Keys.verify(new byte[] {1, 2, 4}, signature, List.of(ours.getPublic()))).isFalse();
        assertThat(Ed25519Keys.verify(message, "not base64!", List.of(ours.getPublic()))).isFalse();
        assertThat(Ed25519Keys.verify(message, "AAAA", List.of(ours.getPublic()))).isFalse();
        assertThat(Ed25519Keys.verify(message, signature, List.of())).isFalse();
    }

    @Test
    void saysWhichFileIsNoKey() {
        assertThatThrownBy(() -> Ed25519Keys.publicKey("nonsense", "a.pem")).isInstanceOf(ImageException.class).hasMessageContaining("a.pem is not PEM");
        assertThatThrownBy(() -> Ed25519Keys.publicKey("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "a.pem"))
                .isInstanceOf(ImageException.class).hasMessageContaining("a.pem is not an Ed25519 public key");
    }
}
