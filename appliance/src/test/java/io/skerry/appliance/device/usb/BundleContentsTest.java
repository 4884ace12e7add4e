package io.skerry.appliance.device.usb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.image.bundle.BundleException;
import io.skerry.image.settings.ServerFlags;
import io.skerry.node.host.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundleContentsTest {
    @TempDir
    Path folder;

    @Test
    void wrongSettingsAreNotSigned() throws Exception {
        Path file = Files.writeString(folder.resolve("skerry.yaml"), "\nhostname: One\n");
        refused(file + ":2: hostname: 'One' must be");
        Files.writeString(file, "hostname: one\n");
        assertThat(check()).isEmpty();
    }

    @Test
    void whatIsNoOperatingSystemIsNotSigned() throws Exception {
        Files.writeString(Files.createDirectory(folder.resolve("os")).resolve("x.os.tar"), "x".repeat(2000));
        refused("os/x.os.tar: not an OS update file");
    }

    @Test
    void aGitBundleMustBeWhole() throws Exception {
        Path work = folder.resolve("work");
        git("init", "--quiet", "--initial-branch=main", work.toString());
        for (int commit = 0; commit < 2; commit++) {
            git("-C", work.toString(), "-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "--allow-empty", "-m", "one more");
        }
        Path fleet = folder.resolve("fleet.bundle");
        git("-C", work.toString(), "bundle", "create", fleet.toString(), "main");
        assertThat(check()).isEmpty();
        damage(fleet);
        refused("fleet.bundle cannot be read");
        git("-C", work.toString(), "bundle", "create", fleet.toString(), "main", "^main~1");
        assertThat(check()).isEqualTo("note: fleet.bundle is incremental: it is for devices only that have the commits " + git("-C", work.toString(), "rev-parse", "main~1").strip()
                + " from an earlier bundle; others refuse it\n");
        damage(fleet);
        refused(fleet + " is damaged: its checksum differs");
        Files.writeString(fleet, "x".repeat(100_000));
        refused(fleet + " is not a Git bundle");
    }

    private static void damage(Path file) throws IOException {
        byte[] content = Files.readAllBytes(file);
        content[content.length - 30] ^= 1;
        Files.write(file, content);
    }

    private static String git(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("git"));
        command.addAll(List.of(arguments));
        return Command.run(Duration.ofSeconds(30), command.toArray(String[]::new));
    }

    private String check() throws IOException, BundleException {
        return BundleContents.check(folder, ServerFlags.UNKNOWN);
    }

    private void refused(String why) {
        assertThatThrownBy(this::check).isInstanceOf(BundleException.class).hasMessageContaining(why);
    }
}
