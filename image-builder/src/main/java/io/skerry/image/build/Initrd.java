package io.skerry.image.build;

import io.skerry.image.ImageException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The initrd of a board: overlays/common/initrd/init, busybox, veritysetup and the modules to reach a disk. It is put together from the
 * image's own packages without running any of them, so it is the same for every architecture and on every build machine.
 */
final class Initrd {
    /** Programs of the root file system that {@code init} uses; static ones or ones whose libraries are found by their ELF headers. */
    private static final List<String> PROGRAMS = List.of("usr/bin/busybox", "usr/sbin/veritysetup");

    private Initrd() {}

    /**
     * @param root where the programs are
     * @param files laid over it: {@code init}
     * @param work an empty folder
     * @param seconds time of every file, since 1970
     */
    static void write(Path out, FileTree root, Kernel kernel, List<String> modules, Path files, Path work, long seconds) throws IOException {
        FileTree tree = new FileTree();
        for (String folder : List.of("dev", "proc", "sys", "run", "tmp", "sysroot", "lower", "etc", "usr/bin", "usr/sbin", "usr/lib")) {
            tree.put(folder, FileTree.Entry.folder(0755));
        }
        for (String merged : List.of("bin", "sbin", "lib")) {
            tree.put(merged, FileTree.Entry.symlink("usr/" + merged));
        }
        if (root.isFolder("lib64")) {
            tree.put("usr/lib64", FileTree.Entry.folder(0755));
            tree.put("lib64", FileTree.Entry.symlink("usr/lib64"));
        }
        tree.put("dev/console", new FileTree.Entry(FileTree.Kind.CHARACTER, 0600, 0, 0, null, null, 5, 1, java.util.Map.of()));
        addPrograms(tree, root);
        tree.addFolder(files, "");
        addModules(tree, kernel, modules, work);

        Path plain = work.resolve("initrd.cpio");
        try (OutputStream stream = new BufferedOutputStream(Files.newOutputStream(plain), 1 << 16)) {
            Cpio.write(tree, stream, seconds);
        }
        Tool.find("zstd").run("-q", "-f", "-12", "--no-progress", plain.toString(), "-o", out.toString());
        Files.delete(plain);
    }

    private static void addPrograms(FileTree tree, FileTree root) throws IOException {
        Deque<String> todo = new ArrayDeque<>(PROGRAMS);
        List<String> folders = new ArrayList<>(List.of("usr/lib"));
        root.entries().keySet().stream().filter(path -> path.matches("usr/lib/[a-z0-9_]+-linux-gnu")).forEach(folders::addFirst);
        while (!todo.isEmpty()) {
            String path = todo.pop();
            if (tree.resolve(path) != null) {
                continue;
            }
            byte[] bytes = root.read(path);
            tree.put(path, FileTree.Entry.file(0755, FileTree.Content.of(bytes)));
            if (!Elf.isElf(bytes)) {
                throw new ImageException("/" + path + " is not a 64-bit program and cannot be put into the initrd");
            }
            Elf.Needs needs = Elf.read(bytes);
            if (needs.loader() != null) {
                // The program names its loader by a path that must exist as it is written.
                String real = root.realPath(needs.loader());
                if (real == null) {
                    throw new ImageException("/" + path + " needs " + needs.loader() + ", which is not in the image");
                }
                tree.put(needs.loader(), FileTree.Entry.file(0755, FileTree.Content.of(root.read(real))));
            }
            for (String library : needs.needed()) {
                todo.add(folders.stream().map(folder -> folder + "/" + library).filter(at -> root.resolve(at) != null).findFirst()
                        .orElseThrow(() -> new ImageException("/" + path + " needs the library " + library + ", which is not in the image")));
            }
        }
    }

    /** Modules without the package's xz: the initrd as a whole is compressed better, and busybox need not unpack each. */
    private static void addModules(FileTree tree, Kernel kernel, List<String> names, Path work) throws IOException {
        Path base = Files.createDirectory(work.resolve("initrd-modules"));
        Path modules = base.resolve("lib/modules").resolve(kernel.version());
        Files.createDirectories(modules);
        Set<String> paths = kernel.closure(names);
        List<String> packed = new ArrayList<>(List.of("-d", "-f", "-q"));
        for (String path : paths) {
            Path copy = modules.resolve(path);
            Files.createDirectories(copy.getParent());
            Files.copy(kernel.modules().resolve(path), copy);
            if (path.endsWith(".xz")) {
                packed.add(copy.toString());
            }
        }
        if (packed.size() > 3) {
            Tool.find("xz").run(packed);
        }
        for (String list : List.of("modules.builtin", "modules.builtin.modinfo", "modules.order")) {
            Files.copy(kernel.modules().resolve(list), modules.resolve(list));
        }
        Tool.find("depmod").run("-b", base.toString(), kernel.version());
        // depmod's binary indexes are for kmod; busybox reads the text.
        try (Stream<Path> files = Files.list(modules)) {
            for (Path file : files.filter(file -> file.toString().endsWith(".bin") || file.toString().endsWith(".modinfo")).toList()) {
                Files.delete(file);
            }
        }
        tree.addFolder(modules, "usr/lib/modules/" + kernel.version());
    }
}
