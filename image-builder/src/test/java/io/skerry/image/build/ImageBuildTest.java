package io.skerry.image.build;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.image.ImageException;
import io.skerry.image.settings.ServerFlags;
import io.skerry.image.settings.Settings;
import io.skerry.image.settings.SettingsFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said before the work begins. */
class ImageBuildTest {
    private static final Path PROGRAM = Path.of("/bin/busybox");

    private static final Lock.Package BASH = new Lock.Package("bash", "5.2-1", "amd64", "ab".repeat(32), 7, Lock.Use.INSTALL);

    @TempDir
    Path folder;

    @Test
    void aLockWithoutThePackagesOfTheSettingsIsRefused() throws Exception {
        Path lock = Files.writeString(folder.resolve("lock.json"), new Lock("generic-amd64", 1, List.of(BASH)).render());
        assertThatThrownBy(() -> start(lock, "build: {packages: [tcpdump, bash, nmap]}")).isInstanceOf(ImageException.class)
                .hasMessageStartingWith("the lock " + lock + " does not have tcpdump, nmap of build.packages: make a new lock by building without --lock");
        assertThatCode(() -> start(lock, "build: {packages: [bash]}")).doesNotThrowAnyException();
        assertThatCode(() -> start(null, "build: {packages: [tcpdump]}")).doesNotThrowAnyException();
    }

    @Test
    void aLockWithoutThePackagesOfAProfileIsRefused() throws Exception {
        Path lock = Files.writeString(folder.resolve("lock.json"), new Lock("generic-amd64", 1, List.of(BASH)).render());
        assertThatThrownBy(() -> start(lock, "{}", "debug")).isInstanceOf(ImageException.class).hasMessageStartingWith("the lock " + lock + " does not have ethtool,")
                .hasMessageContaining("tcpdump of profile debug: make a new lock");
        assertThatCode(() -> start(lock, "{}")).doesNotThrowAnyException();
    }

    private void start(Path lock, String settings, String... profiles) throws Exception {
        Settings read = SettingsFile.ofImage(ServerFlags.UNKNOWN).parse(settings.getBytes(StandardCharsets.UTF_8), "image.yaml");
        new ImageBuild(new ImageOptions("generic-amd64", List.of(profiles), Path.of("../overlays"), read, folder, folder.resolve("a.img.zst"), lock, PROGRAM, "1", null, List.of(), List.of(),
                folder.resolve("cache"), null), new Progress(System.out, false, ImageBuild.STEPS));
    }
}
