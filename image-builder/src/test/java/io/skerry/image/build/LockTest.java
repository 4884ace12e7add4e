package io.skerry.image.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LockTest {
    private static final Lock.Package BASH = new Lock.Package("bash", "5.2-1", "amd64", "ab".repeat(32), 7, Lock.Use.INSTALL);
    private static final Lock.Package KERNEL = new Lock.Package("linux-image-6-amd64", "6.1", "amd64", "cd".repeat(32), 9, Lock.Use.UNPACK);

    @TempDir
    Path folder;

    @Test
    void readsWhatItWroteInAnyOrder() throws Exception {
        Lock lock = new Lock("generic-amd64", 1_700_000_000, List.of(KERNEL, BASH));
        assertThat(lock.packages()).containsExactly(BASH, KERNEL);
        Path file = Files.writeString(folder.resolve("lock.json"), lock.render());
        assertThat(Lock.read(file, "generic-amd64")).isEqualTo(lock);
        assertThat(lock.render()).doesNotContain("http");
    }

    @Test
    void aPackageMayBeInTheImageAndInTheCompilersRoot() throws Exception {
        Lock.Package tool = new Lock.Package("bash", "5.2-1", "amd64", "ab".repeat(32), 7, Lock.Use.BUILD);
        Lock lock = new Lock("raspberrypi4", 1, List.of(tool, BASH));
        assertThat(Lock.read(Files.writeString(folder.resolve("lock.json"), lock.render()), "raspberrypi4")).isEqualTo(lock);
        assertThat(lock).isEqualTo(new Lock("raspberrypi4", 1, List.of(BASH, tool)));
        assertThat(lock.used(Lock.Use.BUILD)).containsExactly(tool);
    }

    @Test
    void theBaseIsSharedUntilAnInstalledPackageChanges() {
        Lock lock = new Lock("generic-amd64", 1, List.of(BASH, KERNEL));
        assertThat(new Lock("other", 2, List.of(BASH)).baseKey()).isEqualTo(lock.baseKey());
        Lock.Package newer = new Lock.Package("bash", "5.2-2", "amd64", "ef".repeat(32), 7, Lock.Use.INSTALL);
        assertThat(new Lock("generic-amd64", 1, List.of(newer, KERNEL)).baseKey()).isNotEqualTo(lock.baseKey());
    }

    @Test
    void theSuiteIsKeptAndAnOlderLockStaysAsItIs() throws Exception {
        Lock lock = new Lock("generic-amd64", 1, List.of(BASH.from("trixie-security"), KERNEL));
        Path file = Files.writeString(folder.resolve("lock.json"), lock.render());
        assertThat(Lock.read(file, "generic-amd64").packages()).extracting(Lock.Package::suite).containsExactly("trixie-security", "");
        String older = new Lock("generic-amd64", 1, List.of(BASH)).render();
        assertThat(older).doesNotContain("suite");
        assertThat(Lock.read(Files.writeString(file, older), "generic-amd64").render()).isEqualTo(older);
    }

    @Test
    void whatIsNotInstalledIsMissing() {
        Lock lock = new Lock("generic-amd64", 1, List.of(BASH, KERNEL));
        assertThat(lock.missing(List.of("tcpdump", "bash", "linux-image-6-amd64"))).containsExactly("tcpdump", "linux-image-6-amd64");
    }

    @Test
    void refusesWhatIsNotThisBoardsLock() throws Exception {
        String text = new Lock("generic-amd64", 1, List.of(BASH)).render();
        assertRefused(text, "generic-arm64", "is the lock of board generic-amd64, not of generic-arm64");
        assertRefused(text.replace("\"schema\" : 1", "\"schema\" : 9"), "generic-amd64", "\"schema\" must be 1");
        assertRefused(text.replace("ab".repeat(32), "ab"), "generic-amd64", "the sha256 of bash must be 64");
        assertRefused(text.replace("\"install\"", "\"compile\""), "generic-amd64", "cannot read the lock");
        assertRefused("[", "generic-amd64", "cannot read the lock");
    }

    private void assertRefused(String text, String board, String problem) throws Exception {
        Path file = Files.writeString(folder.resolve("lock.json"), text);
        assertThatThrownBy(() -> Lock.read(file, board)).hasMessageContaining(problem);
    }
}
