package io.skerry.image.build;

import io.skerry.image.Digests;
import io.skerry.image.ImageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The Java that a board's skerry runs on where there is no native binary for it: the modules of Debian's JDK for the board's architecture,
 * linked by this machine's jlink (JEP 220, jlink(1)). jlink only copies what it links, so nothing of the board's is run.
 */
final class JavaRuntime {
    private static final int RELEASE = 25;
    /** Has the modules ({@code jmods}); locked like the rest, never installed. */
    static final String PACKAGE = "openjdk-" + RELEASE + "-jdk-headless";
    /** In the image. */
    static final String FOLDER = "usr/lib/skerry/jvm";

    /** Found by name at run time, which jdeps cannot see: JAR files as file systems, the system's name servers, figures of the process. */
    private static final Set<String> BY_NAME = Set.of("jdk.zipfs", "jdk.naming.dns", "jdk.management");
    /** Only parts of libraries that skerry does not use ask for these: graphical beans, compilers, remote calls. They would be half of the runtime. */
    private static final Set<String> UNUSED = Set.of("java.desktop", "java.prefs", "java.rmi", "jdk.compiler");

    private JavaRuntime() {}

    /**
     * @param cache keeps what was linked, by everything that it depends on
     * @param jdk the package's file
     * @return a folder that is never changed once it is there
     */
    static Path link(Path cache, Path jdk, JavaProgram program) throws IOException {
        String made = Digests.sha256(jdk) + " " + program.digest() + " " + linkersVersion() + BY_NAME.stream().sorted().toList() + UNUSED.stream().sorted().toList();
        Path linked = cache.resolve("jvm/" + Digests.sha256(made.getBytes(StandardCharsets.UTF_8)));
        if (Files.isDirectory(linked)) {
            return linked;
        }
        Files.createDirectories(linked.getParent());
        Path work = Files.createTempDirectory(cache, "jvm-");
        try {
            Tool.find("dpkg-deb").run("-x", jdk.toString(), work.resolve("jdk").toString());
            Path draft = work.resolve("linked");
            Tool.find("jlink").run("-J-XX:+UseSerialGC", "--module-path", modules(work.resolve("jdk")).toString(), "--add-modules", String.join(",", needed(program)), "--vm", "server",
                    "--strip-java-debug-attributes", "--no-header-files", "--no-man-pages", "--output", draft.toString());
            Files.move(draft, linked, StandardCopyOption.ATOMIC_MOVE);
            return linked;
        } finally {
            WorkFolder.delete(work);
        }
    }

    /** @throws ImageException when it is older than the Java that it should link, whose modules it cannot read then */
    private static String linkersVersion() {
        String version = Tool.find("jlink").run("--version").strip();
        if (Runtime.Version.parse(version).feature() < RELEASE) {
            throw new ImageException("jlink is of Java " + version + " and cannot link Java " + RELEASE + " for the board: set JAVA_HOME to a JDK " + RELEASE + ", or put its bin first on the path");
        }
        return version;
    }

    private static Path modules(Path jdk) throws IOException {
        try (Stream<Path> homes = Files.list(jdk.resolve("usr/lib/jvm"))) {
            return homes.map(home -> home.resolve("jmods")).filter(Files::isDirectory).findFirst()
                    .orElseThrow(() -> new ImageException("the package " + PACKAGE + " has no modules (jmods) to link"));
        }
    }

    private static Set<String> needed(JavaProgram program) {
        String said = Tool.find("jdeps").run(Stream.concat(Stream.of("-J-XX:+UseSerialGC", "--multi-release", "" + RELEASE, "--ignore-missing-deps", "--print-module-deps", "--recursive",
                "--class-path", program.jars("*")), program.own().stream().map(Path::toString)).toList());
        Set<String> modules = new TreeSet<>(BY_NAME);
        modules.addAll(List.of(said.strip().split(",")));
        modules.removeAll(UNUSED);
        return modules;
    }

    /** Puts it at {@link #FOLDER}. */
    static void add(FileTree tree, Path linked) throws IOException {
        tree.addFolder(linked, FOLDER);
    }

    /** @throws ImageException when a library of the system that it needs is not in the image */
    static void check(FileTree tree) throws IOException {
        List<String> folders = Stream.concat(Stream.of(FOLDER + "/lib", FOLDER + "/lib/server", "usr/lib"),
                tree.entries().keySet().stream().filter(path -> path.matches("usr/lib/[a-z0-9_]+-linux-gnu"))).toList();
        for (String path : tree.entries().subMap(FOLDER + "/", FOLDER + "0").keySet()) {
            if (tree.resolve(path).kind() != FileTree.Kind.FILE || !(path.endsWith(".so") || path.startsWith(FOLDER + "/bin/"))) {
                continue;
            }
            for (String library : Elf.read(tree.read(path)).needed()) {
                if (folders.stream().noneMatch(folder -> tree.resolve(folder + "/" + library) != null)) {
                    throw new ImageException("/" + path + " needs the library " + library + ", which is not in the image: add its package to the board's, or take it off the strip list");
                }
            }
        }
    }
}
