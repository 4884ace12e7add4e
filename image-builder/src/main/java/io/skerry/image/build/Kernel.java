package io.skerry.image.build;

import io.skerry.image.ImageException;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A kernel's packages, unpacked on the build machine. It is not installed: its scripts would make an initrd, for hours when the board's
 * processor has to be emulated.
 *
 * @param folder where they are unpacked
 * @param version such as 6.12.0-1-arm64
 */
record Kernel(Path folder, String version) {
    /** Unpacks, removes what the board does without, and computes which module needs which (depmod(8)). */
    static Kernel unpack(Path folder, List<Path> debs, List<String> excluded) throws IOException {
        Files.createDirectories(folder);
        for (Path deb : debs) {
            Tool.find("dpkg-deb").run("-x", deb.toString(), folder.toString());
        }
        Path modules = folder.resolve("usr/lib/modules");
        if (!Files.isDirectory(modules)) {
            // Older packages are not for a merged /usr.
            Files.createDirectories(modules.getParent());
            Files.move(folder.resolve("lib/modules"), modules);
        }
        if (!Files.exists(folder.resolve("lib"))) {
            Files.createSymbolicLink(folder.resolve("lib"), Path.of("usr/lib"));
        }
        String version;
        try (Stream<Path> versions = Files.list(modules)) {
            version = versions.findFirst().orElseThrow(() -> new ImageException("the kernel package has no modules")).getFileName().toString();
        }
        Kernel kernel = new Kernel(folder, version);
        for (String part : excluded) {
            if (Files.isDirectory(kernel.modules().resolve(part))) {
                WorkFolder.delete(kernel.modules().resolve(part));
            }
        }
        Tool.find("depmod").run("-b", folder.toString(), version);
        return kernel;
    }

    /** Adds modules of this kernel that are in none of its packages. */
    void add(List<Path> files) throws IOException {
        Files.createDirectories(modules().resolve("extra"));
        for (Path file : files) {
            Files.copy(file, added(file.getFileName().toString()));
        }
        Tool.find("depmod").run("-b", folder.toString(), version);
    }

    /** Where a file is that was added. */
    Path added(String name) {
        return modules().resolve("extra").resolve(name);
    }

    Path modules() {
        return folder.resolve("usr/lib/modules").resolve(version);
    }

    /** What newer packages have beside the modules, and the root file system does without. */
    static final List<String> BESIDE_MODULES = List.of("vmlinuz", "dtb", "System.map", "config");

    /** The kernel itself. */
    Path image() {
        // From Linux 7 on Debian has it beside the modules.
        return List.of(folder.resolve("boot/vmlinuz-" + version), modules().resolve("vmlinuz")).stream().filter(Files::exists).findFirst()
                .orElseThrow(() -> new ImageException("the kernel package has neither boot/vmlinuz-" + version + " nor one beside its modules"));
    }

    /** Device trees by their name below the package's folder, such as broadcom/bcm2711-rpi-4-b.dtb. */
    Map<String, Path> deviceTrees(List<String> globs) throws IOException {
        Path beside = modules().resolve("dtb");
        Path trees = Files.isDirectory(beside) ? beside : folder.resolve("usr/lib/linux-image-" + version);
        Map<String, Path> found = new java.util.TreeMap<>();
        List<PathMatcher> matchers = globs.stream().map(glob -> FileSystems.getDefault().getPathMatcher("glob:" + glob)).toList();
        if (Files.isDirectory(trees)) {
            try (Stream<Path> files = Files.walk(trees)) {
                files.filter(Files::isRegularFile).filter(file -> matchers.stream().anyMatch(matcher -> matcher.matches(trees.relativize(file))))
                        .forEach(file -> found.put(trees.relativize(file).toString(), file));
            }
        }
        return found;
    }

    /** Files of these modules and of all that they need, below {@link #modules()}. Modules that are built into this kernel are passed over. */
    Set<String> closure(List<String> names) throws IOException {
        Map<String, String> pathByName = new HashMap<>();
        Map<String, List<String>> needs = new HashMap<>();
        for (String line : Files.readAllLines(modules().resolve("modules.dep"))) {
            int colon = line.indexOf(':');
            String path = line.substring(0, colon);
            pathByName.put(name(path), path);
            String rest = line.substring(colon + 1).strip();
            needs.put(path, rest.isEmpty() ? List.of() : List.of(rest.split(" ")));
        }
        // What a module asks for at run time, such as a cipher, is not a dependency but says so itself.
        Map<String, List<String>> soft = new HashMap<>();
        for (String line : Files.readAllLines(modules().resolve("modules.softdep"))) {
            String[] words = line.split("\\s+");
            if (words.length > 2 && words[0].equals("softdep")) {
                List<String> wanted = new ArrayList<>(List.of(words).subList(2, words.length));
                wanted.removeIf(word -> word.endsWith(":"));
                soft.merge(words[1].replace('-', '_'), wanted, (first, more) -> Stream.concat(first.stream(), more.stream()).toList());
            }
        }
        Set<String> builtIn = new LinkedHashSet<>();
        for (String path : Files.readAllLines(modules().resolve("modules.builtin"))) {
            builtIn.add(name(path));
        }
        Set<String> found = new LinkedHashSet<>();
        Deque<String> todo = new ArrayDeque<>();
        for (String name : names) {
            String path = pathByName.get(name.replace('-', '_'));
            if (path != null) {
                todo.add(path);
            } else if (!builtIn.contains(name.replace('-', '_'))) {
                throw new ImageException("the kernel " + version + " has no module " + name + ", which the board's initrd.modules names");
            }
        }
        while (!todo.isEmpty()) {
            String path = todo.pop();
            if (found.add(path)) {
                todo.addAll(needs.getOrDefault(path, List.of()));
                for (String wanted : soft.getOrDefault(name(path), List.of())) {
                    String other = pathByName.get(wanted.replace('-', '_'));
                    if (other != null) {
                        todo.add(other);
                    }
                }
            }
        }
        return new java.util.TreeSet<>(found);
    }

    private static String name(String path) {
        String file = path.substring(path.lastIndexOf('/') + 1);
        return file.substring(0, file.indexOf(".ko")).replace('-', '_');
    }
}
