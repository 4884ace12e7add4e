package io.skerry.scripts;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What scripts/test runs, and what it says that it left out. What installs, builds and tests is replaced by its name. */
class TestScriptTest {
    @TempDir
    Path folder;

    @BeforeEach
    void copy() throws IOException {
        Files.createDirectories(folder.resolve("scripts"));
        Files.createDirectories(folder.resolve("graalvm/bin"));
        Files.writeString(folder.resolve("graalvm/bin/native-image"), "").toFile().setExecutable(true);
        for (String name : List.of("test", "lib.sh", "native.sh")) {
            Files.copy(Path.of("").toAbsolutePath().resolve(name), folder.resolve("scripts").resolve(name));
        }
        Files.writeString(folder.resolve("scripts/native.sh"), """
                need_root() { :; }; install_packages() { :; }; install_image_tools() { :; }; find_jdk() { :; }; find_kubectl() { :; }
                find_qemu() { echo QEMU; }; build_native() { echo NATIVE; }; maven() { echo "MAVEN $*"; }
                """, StandardOpenOption.APPEND);
    }

    @Test
    void withoutGraalVmTheNativeBinaryIsLeftOutAndThatIsSaid() throws Exception {
        Run run = test("");
        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("MAVEN verify\n").doesNotContain("NATIVE", "QEMU", "All tests passed");
        assertThat(last(run)).contains("left out: the native binary and the images that boot with it, as GRAALVM_HOME is not set").contains("what takes hours (scripts/test --full)");
    }

    @Test
    void withGraalVmOnlyWhatTakesHoursIsLeftOut() throws Exception {
        Run run = test("graalvm");
        assertThat(run.out()).contains("NATIVE\nQEMU\n").containsPattern("MAVEN verify -Dskerry.binary=\\S+/appliance/target/skerry\n");
        assertThat(last(run)).endsWith("left out: what takes hours (scripts/test --full)");
    }

    @Test
    void argumentsGoToMaven() throws Exception {
        Run run = test("graalvm", "-pl", "machinery");
        assertThat(run.out()).contains("MAVEN verify -pl machinery\n").doesNotContain("NATIVE");
        assertThat(last(run)).contains("left out: what the arguments exclude; the native binary");
    }

    @Test
    void fullLeavesNothingOut() throws Exception {
        Run run = test("graalvm", "--full");
        assertThat(run.out()).contains("NATIVE\nQEMU\n").contains("-Dskerry.skipped=arm64 -Dskerry.jvm.skipped=image\n");
        assertThat(last(run)).isEqualTo("==> All tests passed");
        assertThat(test("graalvm", "--full", "-pl", "scripts").out()).contains("-Dskerry.binary=").contains("-Dskerry.jvm.skipped=image -pl scripts\n");
    }

    @Test
    void fullWithoutGraalVmRunsTheRestAndFails() throws Exception {
        Run run = test("", "--full");
        assertThat(run.out()).contains("QEMU\n").contains("MAVEN verify -Dskerry.skipped=arm64 -Dskerry.jvm.skipped=image\n");
        assertThat(last(run)).contains("left out: the native binary");
        assertThat(run.err()).contains("--full is not whole without GRAALVM_HOME");
        assertThat(run.exitCode()).isEqualTo(1);
    }

    private static String last(Run run) {
        return run.out().strip().lines().reduce((first, second) -> second).orElse("");
    }

    private Run test(String graalvm, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("bash", folder.resolve("scripts/test").toString()));
        command.addAll(List.of(arguments));
        return Run.of(Map.of("GRAALVM_HOME", graalvm.isEmpty() ? "" : folder.resolve(graalvm).toString()), null, "", Duration.ofMinutes(1), command);
    }
}
