package io.skerry.image.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.image.layout.BootChain;
import io.skerry.image.layout.DiskLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BoardTest {
    private static final Path OVERLAYS = Path.of("../overlays");

    @TempDir
    Path folder;

    @Test
    void everyBoardOfTheRepositoryCanBeLaidOut() {
        assertThat(Board.names(OVERLAYS)).contains("generic-amd64", "generic-arm64", "raspberrypi4", "raspberrypi5");
        for (String name : Board.names(OVERLAYS)) {
            Board board = Board.read(OVERLAYS, name, List.of());
            assertThat(DiskLayout.of(board.boot(), board.sizes()).size()).as(name).isLessThan(2_000_000_000L);
            assertThat(board.kernelModules()).as(name).hasSize(board.boot() == BootChain.TRYBOOT ? 1 : 0);
            assertThat(board.packages()).contains("containerd", "busybox-static", "cryptsetup-bin").doesNotHaveDuplicates();
        }
    }

    /** A hang before systemd must end in a restart: the drivers are in the initrd, which starts them with the limit of its modprobe.d(5). */
    @Test
    void everyBoardHasItsWatchdogInTheInitrd() throws Exception {
        List<String> limited = Files.readAllLines(OVERLAYS.resolve("common/initrd/etc/modprobe.d/watchdog.conf")).stream().filter(line -> line.startsWith("options "))
                .peek(line -> assertThat(line).matches("options \\w+ (heartbeat|soft_margin|timeout)=120")).map(line -> line.split(" ")[1]).toList();
        for (String name : Board.names(OVERLAYS)) {
            List<String> modules = Board.read(OVERLAYS, name, List.of()).initrdModules();
            assertThat(modules).as(name).contains("softdog");
            assertThat(modules.stream().filter(limited::contains).filter(module -> !module.equals("softdog"))).as("the hardware's on " + name).isNotEmpty();
            // dw_wdt takes no limit from outside; its own is 30 seconds.
            assertThat(modules.stream().filter(module -> module.matches(".*(wdt|esb|tco|dog)")).filter(module -> !module.equals("dw_wdt"))).as(name).isSubsetOf(limited);
        }
    }

    /** systemd loads them when they are there. No Raspberry Pi has a TPM. */
    @Test
    void machinesWithEfiHaveTheLibrariesForATpm() {
        for (String name : Board.names(OVERLAYS)) {
            Board board = Board.read(OVERLAYS, name, List.of());
            if (board.boot() == BootChain.EFI) {
                assertThat(board.packages()).as(name).contains("libtss2-esys-3.0.2-0t64", "libtss2-rc0t64");
            }
        }
    }

    @Test
    void anUnknownBoardIsAnsweredWithTheKnownOnes() {
        assertThatThrownBy(() -> Board.read(OVERLAYS, "pi9", List.of())).hasMessageContaining("there is no board \"pi9\"").hasMessageContaining("generic-amd64, generic-arm64");
    }

    @Test
    void mistakesAreToldWithFileAndLine() throws Exception {
        assertBoard("arch: amd64\nboot: bios\n", "board.yaml:2: boot must be efi or tryboot");
        assertBoard("arch: amd64\nboot: efi\npakages: []\n", "board.yaml:3: pakages is not known here");
        assertBoard("arch: amd64\nboot: efi\nkernel: {package: k}\nsizes:\n  esp: 64MB\n", "board.yaml:5: sizes.esp must be like 64MiB");
        assertBoard("arch: amd64\nboot: efi\nkernel:\n  package: k\n  modules: [beep]\nsizes: {esp: 1MiB, config: 1MiB, root: 1MiB, data: 1MiB}\n",
                "board.yaml:5: kernel.modules names beep, but there is no ");
        assertBoard("arch: amd64\nboot: efi\nkernel: {package: k}\npackages: ssh\n", "board.yaml:4: packages must be a list");
    }

    @Test
    void aProfileAddsToABoard() throws Exception {
        Board plain = Board.read(OVERLAYS, "generic-amd64", List.of());
        Board debug = Board.read(OVERLAYS, "generic-amd64", List.of("debug"));
        assertThat(debug.packages()).containsAll(plain.packages()).contains("tcpdump", "strace").doesNotHaveDuplicates();
        assertThat(debug.sizes()).isEqualTo(plain.sizes());
        assertThatThrownBy(() -> Board.read(OVERLAYS, "generic-amd64", List.of("kiosk"))).hasMessageContaining("there is no profile \"kiosk\" in ").hasMessageContaining("the profiles are debug");
        Files.createDirectories(folder.resolve("common"));
        Files.createDirectories(folder.resolve("mine/root"));
        Files.createDirectories(folder.resolve("quiet/root"));
        Files.writeString(folder.resolve("common/common.yaml"), "suite: trixie\nkernel: {arguments: [quiet]}\n");
        Files.writeString(folder.resolve("mine/board.yaml"), "arch: amd64\nboot: efi\nkernel: {package: k, arguments: [a]}\nsizes: {esp: 1MiB, config: 1MiB, root: 1MiB, data: 1MiB}\n");
        Files.writeString(folder.resolve("quiet/profile.yaml"), "kernel: {arguments: [b]}\n");
        Board mine = Board.read(folder, "mine", List.of("quiet"));
        assertThat(mine.kernelArguments()).containsExactly("quiet", "a", "b");
        assertThat(mine.overlays()).containsExactly(folder.resolve("mine/root"), folder.resolve("quiet/root"));
        Files.writeString(folder.resolve("quiet/profile.yaml"), "kernel:\n  package: another\n");
        assertThatThrownBy(() -> Board.read(folder, "mine", List.of("quiet"))).hasMessageContaining("profile.yaml:2: kernel.package is not known here; known are arguments");
        Files.writeString(folder.resolve("quiet/profile.yaml"), "arch: arm64\n");
        assertThatThrownBy(() -> Board.read(folder, "mine", List.of("quiet"))).hasMessageContaining("profile.yaml:1: arch is not known here");
    }

    private void assertBoard(String yaml, String problem) throws Exception {
        Files.createDirectories(folder.resolve("common"));
        Files.createDirectories(folder.resolve("mine"));
        Files.writeString(folder.resolve("common/common.yaml"), "suite: trixie\n");
        Files.writeString(folder.resolve("mine/board.yaml"), yaml);
        assertThatThrownBy(() -> Board.read(folder, "mine", List.of())).hasMessageContaining(problem);
    }
}
