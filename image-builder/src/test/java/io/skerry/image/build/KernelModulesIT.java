package io.skerry.image.build;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.jupiter.api.io.TempDir;

/** The boards' modules, compiled twice with Debian's compiler, headers and kernel of the board's architecture. */
@Tag("full")
class KernelModulesIT {
    private static final Path OVERLAYS = Path.of("../overlays");

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"raspberrypi4", "raspberrypi5"})
    void bothTimesTheSame(String name) throws Exception {
        Board board = Board.read(OVERLAYS, name, List.of());
        String home = System.getenv("XDG_CACHE_HOME");
        Path cache = (home == null || home.isEmpty() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(home)).resolve("skerry/image");
        Files.createDirectories(cache);
        Apt apt = new Apt(cache, board.arch(), board.suite(), board.extraSuites(), List.of(), false, Apt.KEYRING);
        Lock lock = new Lock(name, 1, apt.resolve(List.of(), List.of(), board.kernelPackage(), List.of(), true));
        Map<Lock.Package, Path> debs = apt.fetch(lock, new Progress(System.out, false, 1));
        String kernel = lock.used(Lock.Use.UNPACK).stream().map(Lock.Package::name).filter(item -> item.startsWith(Apt.KERNEL)).findFirst().orElseThrow().substring(Apt.KERNEL.length());
        byte[] first = null;
        for (String build : List.of("first", "second")) {
            Path module = KernelModules.make(Files.createDirectory(folder.resolve(build)), lock, debs, board.kernelModules(), kernel).getFirst();
            assertThat(Tool.find("modinfo").run("-F", "vermagic", module.toString())).startsWith(kernel + " ");
            assertThat(Tool.find("modinfo").run("-F", "name", module.toString())).isEqualTo("skerry_tryboot\n");
            assertThat(first == null || java.util.Arrays.equals(first, Files.readAllBytes(module))).as("bit-identical").isTrue();
            first = Files.readAllBytes(module);
        }
    }
}
