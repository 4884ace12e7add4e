package io.skerry.image.build;

import io.skerry.image.Digests;
import io.skerry.image.ImageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * skerry as Maven builds it for the JVM: Quarkus' "fast-jar" folder. The image gets its jars as one class path, in place of Quarkus' own
 * class loader, because the JVM's cache (JEP 483) holds only what the JVM's own loaders load.
 */
final class JavaProgram {
    /** In the image. */
    static final String FOLDER = "usr/lib/skerry/app";
    /** What tells the folder of such a build. */
    static final String MARK = "quarkus-run.jar";
    /** Of the image's folder: name of the cache that fits it. */
    static final String ID = FOLDER + "/id";
    /** Of the image's folder: options of java(1), one a line. */
    static final String ARGUMENTS = FOLDER + "/java.arguments";

    private static final String MAIN = "io.skerry.appliance.Main";
    /** Of a ZIP entry in local time; the format knows no zone and nothing before 1980. */
    private static final java.time.LocalDateTime TIME = java.time.LocalDateTime.of(1980, 1, 1, 0, 0);
    /** As in quarkus-run.jar's manifest and scripts/skerry: a small heap, and no time for the second compiler. */
    private static final List<String> OPTIONS = List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+UseCompactObjectHeaders", "-XX:MinHeapFreeRatio=10", "-XX:MaxHeapFreeRatio=25",
            "-Xms24m", "-Xmn12m", "-Djava.util.logging.manager=org.jboss.logmanager.LogManager", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "--add-opens=java.base/java.lang=ALL-UNNAMED",
            "--add-opens=java.base/java.nio=ALL-UNNAMED", "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
            // Found there, libraries need not be unpacked into memory at each start.
            "-Djava.library.path=/" + FOLDER + "/native", "-Dorg.sqlite.lib.path=/" + FOLDER + "/native");

    private final Path folder;
    private final String digest;

    private JavaProgram(Path folder, String digest) {
        this.folder = folder;
        this.digest = digest;
    }

    static boolean isOne(Path program) {
        return Files.isDirectory(program);
    }

    static JavaProgram read(Path folder) throws IOException {
        if (!Files.exists(folder.resolve(MARK))) {
            throw new ImageException(folder + " is not a build of skerry for the JVM (it has no " + MARK + "): build one with mvn package, and name its target/quarkus-app");
        }
        MessageDigest sha256 = Digests.sha256();
        for (Path jar : classPath(folder)) {
            sha256.update((folder.relativize(jar) + " " + Digests.sha256(jar) + "\n").getBytes(StandardCharsets.UTF_8));
        }
        return new JavaProgram(folder, HexFormat.of().formatHex(sha256.digest()));
    }

    /** SHA-256 over all jars, hexadecimal. */
    String digest() {
        return digest;
    }

    /** What Quarkus has changed stands before what it has changed it from. */
    private static List<Path> classPath(Path folder) throws IOException {
        List<Path> jars = new ArrayList<>();
        for (String first : List.of("quarkus/transformed-bytecode.jar", "quarkus/generated-bytecode.jar")) {
            if (Files.exists(folder.resolve(first))) {
                jars.add(folder.resolve(first));
            }
        }
        for (String part : List.of("app", "lib/main", "lib/boot")) {
            try (Stream<Path> files = Files.list(folder.resolve(part))) {
                jars.addAll(files.filter(file -> file.toString().endsWith(".jar")).sorted().toList());
            }
        }
        return jars;
    }

    /** Where the libraries' jars are, for a command line. */
    String jars(String each) {
        return String.join(":", Stream.of("lib/main", "lib/boot", "quarkus").map(part -> folder.resolve(part) + "/" + each).toList());
    }

    /** The jars that the application starts from. */
    List<Path> own() {
        try {
            return classPath(folder).stream().filter(jar -> jar.startsWith(folder.resolve("app")) || jar.endsWith("generated-bytecode.jar")).toList();
        } catch (IOException e) {
            throw new ImageException("cannot read " + folder + ": " + e.getMessage(), e);
        }
    }

    /**
     * Puts it at {@link #FOLDER}, without what other systems need, and unpacked: the root file system is compressed as a whole.
     *
     * @param arch Debian's name of the board's
     * @param identity of the image; part of the cache's name, so that no other image's is taken for this one's
     * @param work     keeps the files until the image is written
     */
    void add(FileTree tree, String arch, String identity, Path work) throws IOException {
        Path unpacked = Files.createDirectories(work.resolve("jars"));
        List<String> classPath = new ArrayList<>();
        for (Path jar : classPath(folder)) {
            String path = FOLDER + "/" + jar.getFileName();
            Path file = unpacked.resolve(jar.getFileName());
            repack(tree, jar, arch, file);
            tree.put(path, FileTree.Entry.file(0644, FileTree.Content.of(file)));
            classPath.add("/" + path);
        }
        String options = String.join("\n", OPTIONS) + "\n-cp\n" + String.join(":", classPath) + "\n" + MAIN + "\n";
        tree.addText(ARGUMENTS, options);
        tree.addText(ID, Digests.sha256((identity + digest + options).getBytes(StandardCharsets.UTF_8)).substring(0, 32) + "\n");
    }

    private static void repack(FileTree tree, Path jar, String arch, Path file) throws IOException {
        try (ZipInputStream in = new ZipInputStream(Files.newInputStream(jar)); ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(file))) {
            out.setMethod(ZipOutputStream.STORED);
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                byte[] content = in.readAllBytes();
                if (entry.isDirectory()) {
                    continue;
                }
                if (entry.getName().matches(".*\\.(so|dll|dylib|jnilib)")) {
                    if (isFor(entry.getName(), arch)) {
                        String name = entry.getName().substring(entry.getName().lastIndexOf('/') + 1);
                        tree.put(FOLDER + "/native/" + name, FileTree.Entry.file(0644, FileTree.Content.of(content)));
                    }
                    continue;
                }
                ZipEntry stored = new ZipEntry(entry.getName());
                stored.setTimeLocal(TIME);
                stored.setSize(content.length);
                CRC32 crc = new CRC32();
                crc.update(content);
                stored.setCrc(crc.getValue());
                out.putNextEntry(stored);
                out.write(content);
            }
        }
    }

    /** By the names that libraries give to what is for Linux with glibc: {@code org/sqlite/native/Linux/aarch64/}, {@code META-INF/native/lib..._aarch_64.so}. */
    static boolean isFor(String path, String arch) {
        String machine = arch.equals("arm64") ? "aarch_?64" : "x86_64";
        return path.matches("(.*/Linux/" + machine + "/[^/]+|META-INF/native/[^/]+_" + machine + ")\\.so");
    }
}
