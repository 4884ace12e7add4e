package io.skerry.appliance.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.apiserver.encryption.EncryptionKeys;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class SecretsEncryptCommandTest {
    @TempDir
    Path folder;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String action) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        CommandLine commandLine = CommandLineSetup.configure(new CommandLine(new SecretsEncryptCommand()));
        commandLine.setOut(new PrintWriter(out, true));
        commandLine.setErr(new PrintWriter(err, true));
        return commandLine.execute(action, "--data-dir", folder.toString());
    }

    @Test
    void keysAreShownAndRotated() throws Exception {
        Path file = folder.resolve("server/cred/encryption-config.json");
        assertThat(run("status")).isZero();
        assertThat(out.toString()).contains("not set up");
        assertThat(run("rotate-keys")).isEqualTo(1);
        assertThat(err.toString()).contains("encryption-config.json is not there");
        List<String> before = EncryptionKeys.loadOrCreate(file, Clock.systemUTC()).names();
        assertThat(run("rotate-keys")).as(err.toString()).isZero();
        assertThat(out.toString()).contains("restart the server");
        List<String> after = EncryptionKeys.load(file).names();
        assertThat(after).hasSize(2).endsWith(before.getFirst());
        assertThat(run("status")).isZero();
        assertThat(out.toString().lines()).containsExactly("Encryption Status: Enabled (AES-GCM)", " * " + after.getFirst(), "   " + before.getFirst() + "  (decrypts older snapshots)");
        Files.writeString(file, "x");
        assertThat(run("status")).isEqualTo(1);
        assertThat(err.toString()).contains("is no EncryptionConfiguration").hasLineCount(1);
    }

    @Test
    void enableMakesTheKeysOnce() throws Exception {
        Path file = folder.resolve("server/cred/encryption-config.json");
        assertThat(run("enable")).as(err.toString()).isZero();
        String name = EncryptionKeys.load(file).names().getFirst();
        assertThat(out.toString()).contains("made " + file + " with key " + name).contains("copy it to all servers");
        assertThat(run("enable")).isZero();
        assertThat(out.toString()).contains("is there already, with key " + name);
        assertThat(EncryptionKeys.load(file).names()).containsExactly(name);
    }
}
