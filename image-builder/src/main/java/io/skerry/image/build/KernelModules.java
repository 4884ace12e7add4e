package io.skerry.image.build;

import io.skerry.image.Digests;
import io.skerry.image.ImageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Kernel modules that Debian does not have, compiled for exactly the image's kernel. Compiler, headers and all else that takes part are packages of
 * the lock, unpacked into a folder that the compiler sees as its root: the result depends on nothing of the build machine, which for another
 * architecture only needs an emulator (qemu-user). It is kept for the next build.
 */
final class KernelModules {
    /** Rises when the way modules are made changes, so that none made the old way is used. */
    private static final int GENERATION = 1;
    private static final Pattern LICENCE = Pattern.compile("SPDX-License-Identifier: *(\\S+)");
    /** Of a folder in the compiler's root, where the sources are put: a part of the result. */
    private static final String SOURCES = "modules";
    /** Debug information, and what is made of it (BTF), is most of such a file and of no use on a device. {@code $0} is the root. */
    private static final String COMPILE = """
            mount --bind /dev/null "$0/dev/null" && mount --rbind /proc "$0/proc" || exit
            chroot "$0" /usr/bin/env -i PATH=/usr/bin:/usr/sbin HOME=/ LC_ALL=C.UTF-8 make -s -C "/usr/src/linux-headers-$1" "M=/%s/$2" KCFLAGS=-g0 CONFIG_DEBUG_INFO_BTF_MODULES= modules 2>"$0.said" && exit
            code=$?
            grep -v '^make' "$0.said" >&2 || cat "$0.said" >&2
            exit $code
            """.formatted(SOURCES);

    private KernelModules() {}

    /**
     * @param sources a folder for each module, with its name, its sources and a Kbuild file (Documentation/kbuild/modules.rst)
     * @param kernel version, such as 6.12.0-1-arm64
     * @return the modules' files, {@code NAME.ko}; never changed once they are there
     */
    static List<Path> make(Path cache, Lock lock, Map<Lock.Package, Path> debs, List<Path> sources, String kernel) throws IOException {
        List<Lock.Package> tools = lock.used(Lock.Use.BUILD);
        if (tools.isEmpty()) {
            throw new ImageException("the lock names no packages to compile kernel.modules of the board with; make a new lock by building without --lock");
        }
        Path folder = cache.resolve("modules/" + GENERATION + "-" + key(tools, sources, kernel));
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(folder.getParent());
            Path work = Files.createTempDirectory(cache, "modules-");
            try {
                Path root = root(work.resolve("root"), tools, debs);
                Path made = Files.createDirectory(work.resolve("made"));
                for (Path source : sources) {
                    Files.copy(compile(root, source, kernel), made.resolve(source.getFileName() + ".ko"));
                }
                Files.move(made, folder, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                WorkFolder.delete(work);
            }
        }
        return sources.stream().map(source -> folder.resolve(source.getFileName() + ".ko")).toList();
    }

    /** As they are in the image, for its bill of materials. */
    static List<Sbom.Module> listed(List<Path> sources, Kernel kernel) throws IOException {
        List<Sbom.Module> modules = new ArrayList<>();
        for (Path source : sources) {
            Path kbuild = source.resolve("Kbuild");
            Matcher licence = LICENCE.matcher(Files.readString(kbuild));
            if (!licence.find()) {
                throw new ImageException(kbuild + " names no licence, which the bill of materials needs: begin it with a line like # SPDX-License-Identifier: GPL-2.0-only");
            }
            modules.add(new Sbom.Module(source.getFileName().toString(), licence.group(1), Digests.sha256(kernel.added(source.getFileName() + ".ko"))));
        }
        return modules;
    }

    private static String key(List<Lock.Package> tools, List<Path> sources, String kernel) throws IOException {
        StringBuilder text = new StringBuilder(kernel).append('\n');
        tools.forEach(item -> text.append(item.name()).append(' ').append(item.sha256()).append('\n'));
        for (Path source : sources) {
            for (Path file : files(source)) {
                text.append(source.getFileName()).append('/').append(source.relativize(file)).append(' ').append(Digests.sha256(file)).append('\n');
            }
        }
        return Digests.sha256(text.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> walk = Files.walk(folder)) {
            return walk.filter(Files::isRegularFile).sorted().toList();
        }
    }

    /** What the packages hold, without running their scripts; these make only what is made here. */
    private static Path root(Path root, List<Lock.Package> tools, Map<Lock.Package, Path> debs) throws IOException {
        for (String name : List.of("usr/bin", "usr/sbin", "usr/lib", "dev", "proc", "tmp")) {
            Files.createDirectories(root.resolve(name));
        }
        Files.createFile(root.resolve("dev/null"));
        for (String merged : List.of("bin", "sbin", "lib")) {
            Files.createSymbolicLink(root.resolve(merged), Path.of("usr", merged));
        }
        for (Lock.Package item : tools) {
            Tool.find("dpkg-deb").run("-x", debs.get(item).toString(), root.toString());
        }
        // An alternative, which mawk's script would choose.
        if (!Files.exists(root.resolve("usr/bin/awk"))) {
            Files.createSymbolicLink(root.resolve("usr/bin/awk"), Path.of("mawk"));
        }
        return root;
    }

    private static Path compile(Path root, Path source, String kernel) throws IOException {
        String name = source.getFileName().toString();
        Path folder = root.resolve(SOURCES).resolve(name);
        for (Path file : files(source)) {
            Path copy = folder.resolve(source.relativize(file).toString());
            Files.createDirectories(copy.getParent());
            Files.copy(file, copy);
        }
        List<String> command = new ArrayList<>(System.getProperty("user.name").equals("root") ? List.of() : List.of("--user", "--map-root-user"));
        command.addAll(List.of("--mount", "sh", "-c", COMPILE, root.toString(), kernel, name));
        try {
            Tool.find("unshare").run(command);
        } catch (ImageException e) {
            String hint = e.getMessage().contains("Exec format") ? "; to compile for another architecture on this machine: apt-get install qemu-user-static binfmt-support" : "";
            throw new ImageException("the kernel module " + source + " cannot be compiled: " + e.getMessage() + hint, e);
        }
        Path module = folder.resolve(name + ".ko");
        if (!Files.exists(module)) {
            throw new ImageException(source + " makes no " + module.getFileName() + ": its Kbuild must have obj-m := " + name + ".o");
        }
        if (!new String(Files.readAllBytes(module), StandardCharsets.ISO_8859_1).contains("vermagic=" + kernel + " ")) {
            throw new ImageException(source + " was compiled for another kernel than " + kernel + ": the lock's headers and kernel do not belong together");
        }
        return module;
    }
}
