package io.skerry.image.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.image.Digests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a compiler's root is put together and its result kept, with a package whose "make" is a script; {@link KernelModulesIT} has the real one. */
class KernelModulesTest {
    private static final String KERNEL = "6.12.0-1-test";

    @TempDir
    Path folder;
    private Path source;

    @BeforeEach
    void source() throws IOException {
        source = Files.createDirectories(folder.resolve("sources/beep"));
        Files.writeString(source.resolve("Kbuild"), "obj-m := beep.o\n");
        Files.writeString(source.resolve("beep.c"), "first");
    }

    @Test
    void theCompilerSeesOnlyItsPackagesAndTheSources() throws Exception {
        Path module = make(lock("""
                [ "$*" = "-s -C /usr/src/linux-headers-6.12.0-1-test M=/modules/beep KCFLAGS=-g0 CONFIG_DEBUG_INFO_BTF_MODULES= modules" ] || { echo "$*" >&2; exit 1; }
                [ -c /dev/null ] && [ -d /proc/self ] && [ ! -e /root ] || exit 2
                { cat /modules/beep/beep.c; echo " vermagic=6.12.0-1-test SMP"; ls /; } >/modules/beep/beep.ko
                """));
        assertThat(module).hasFileName("beep.ko").hasContent("first vermagic=6.12.0-1-test SMP\nbin\ndev\nlib\nmodules\nproc\nsbin\ntmp\nusr");
        assertThat(Files.readString(Path.of("/proc/mounts"))).doesNotContain(folder.toString());
        try (var left = Files.list(folder.resolve("cache"))) {
            assertThat(left).containsExactly(folder.resolve("cache/modules"));
        }
    }

    @Test
    void itIsCompiledAgainOnlyWhenSomethingChanged() throws Exception {
        Lock lock = lock("{ cat /modules/beep/beep.c; echo \" vermagic=6.12.0-1-test SMP\"; } >/modules/beep/beep.ko\n");
        Path first = make(lock);
        Object made = Files.getLastModifiedTime(first);
        assertThat(make(lock)).isEqualTo(first);
        assertThat(Files.getLastModifiedTime(first)).isEqualTo(made);
        Files.writeString(source.resolve("beep.c"), "second");
        assertThat(make(lock)).isNotEqualTo(first).content().startsWith("second");
    }

    @Test
    void whatCannotBeLoadedIsNotPutIntoAnImage() throws Exception {
        assertThatThrownBy(() -> make(lock("echo \"vermagic=6.12.9-1-test SMP\" >/modules/beep/beep.ko\n"))).hasMessageContaining("for another kernel than 6.12.0-1-test");
        assertThatThrownBy(() -> make(lock("echo beep.c:1: error >&2; exit 2\n"))).hasMessageContaining("sources/beep cannot be compiled").hasMessageContaining("beep.c:1: error");
        assertThatThrownBy(() -> make(lock(": >/modules/beep/other.ko\n"))).hasMessageContaining("obj-m := beep.o");
        assertThatThrownBy(() -> make(new Lock("board", 1, List.of()))).hasMessageContaining("make a new lock");
        assertThat(folder.resolve("cache/modules")).isEmptyDirectory();
    }

    private Path make(Lock lock) throws IOException {
        Path cache = Files.createDirectories(folder.resolve("cache"));
        return KernelModules.make(cache, lock, Map.of(lock.packages().isEmpty() ? new Lock.Package("x", "1", "all", "", 0, Lock.Use.BUILD) : lock.packages().getFirst(),
                folder.resolve("tools.deb")), List.of(source), KERNEL).getFirst();
    }

    /** A package with a shell, and a "make" that does this. */
    private Lock lock(String script) throws IOException {
        Path tree = folder.resolve("tools-" + System.nanoTime());
        Files.createDirectories(tree.resolve("DEBIAN"));
        Files.writeString(tree.resolve("DEBIAN/control"), "Package: tools\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@localhost>\nDescription: tools\n");
        Files.createDirectories(tree.resolve("usr/bin"));
        Files.copy(Path.of("/bin/busybox"), tree.resolve("usr/bin/busybox"));
        for (String name : List.of("sh", "env", "cat", "ls", "mawk")) {
            Files.createSymbolicLink(tree.resolve("usr/bin").resolve(name), Path.of("busybox"));
        }
        Files.writeString(tree.resolve("usr/bin/make"), "#!/bin/sh\n" + script);
        Files.setPosixFilePermissions(tree.resolve("usr/bin/make"), PosixFilePermissions.fromString("rwxr-xr-x"));
        Path deb = folder.resolve("tools.deb");
        Tool.find("dpkg-deb").run("-b", "--root-owner-group", "-Znone", tree.toString(), deb.toString());
        return new Lock("board", 1, List.of(new Lock.Package("tools", "1", "all", Digests.sha256(deb), Files.size(deb), Lock.Use.BUILD)));
    }
}
