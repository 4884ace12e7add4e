package io.skerry.image.build;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The scripts of overlays/common/jvm, with a real Java and a small program in skerry's place; their fixed paths lead into a folder. */
class JavaCacheTest {
    private static final Path SCRIPTS = Path.of("../overlays/common/jvm/usr");
    private static final String SOURCE = """
            public class Main {
                record Seen(String words) {}
                public static void main(String[] words) {
                    var options = java.lang.management.ManagementFactory.getRuntimeMXBean().getInputArguments();
                    System.out.println(new Seen(String.join(" ", words)) + " " + (options.stream().anyMatch(option -> option.startsWith("-XX:AOTCache=")) ? "cache" : "no cache"));
                }
            }
            """;

    @TempDir
    Path folder;
    private Path app;
    private Path caches;

    @BeforeEach
    void device() throws IOException {
        app = Files.createDirectories(folder.resolve("app"));
        caches = folder.resolve("data");
        Path source = Files.writeString(folder.resolve("Main.java"), SOURCE);
        assertThat(ToolProvider.findFirst("javac").orElseThrow().run(System.out, System.err, "-d", folder.resolve("classes").toString(), source.toString())).isZero();
        assertThat(ToolProvider.findFirst("jar").orElseThrow().run(System.out, System.err, "--create", "--file", app.resolve("main.jar").toString(),
                "-C", folder.resolve("classes").toString(), ".")).isZero();
        Files.writeString(app.resolve("java.arguments"), "-XX:+UseSerialGC\n-cp\n" + app.resolve("main.jar") + "\nMain\n");
        Files.writeString(app.resolve("id"), "first\n");
        script("bin/skerry");
        script("lib/skerry/app/make-cache");
    }

    private void script(String path) throws IOException {
        String text = Files.readString(SCRIPTS.resolve(path)).replace("/usr/lib/skerry/jvm", System.getProperty("java.home")).replace("/usr/lib/skerry/app", app.toString())
                .replace("/var/lib/skerry/jvm", caches.toString()).replace("/run/skerry-jvm", folder.resolve("run").toString());
        Path script = Files.writeString(folder.resolve(Path.of(path).getFileName()), text);
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private String run(String... command) throws Exception {
        List<String> words = new ArrayList<>(List.of(command));
        words.set(0, folder.resolve(words.getFirst()).toString());
        Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }

    /** Starts it as the server, and makes the cache of what that loaded. */
    private Path made() throws Exception {
        assertThat(run("skerry", "server", "a  b")).isEqualTo("Seen[words=server a  b] no cache");
        run("make-cache");
        return caches.resolve(Files.readString(app.resolve("id")).strip() + ".aot");
    }

    @Test
    void theCacheIsMadeOnceAndUsed() throws Exception {
        Path cache = made();
        assertThat(run("skerry", "status")).isEqualTo("Seen[words=status] cache");
        // With AOTMode=on Java refuses to start with a cache that it cannot use.
        Process strict = new ProcessBuilder(System.getProperty("java.home") + "/bin/java", "-XX:AOTMode=on", "-XX:AOTCache=" + cache, "@" + app.resolve("java.arguments")).start();
        assertThat(new String(strict.getInputStream().readAllBytes(), StandardCharsets.UTF_8)).contains("Seen[words=] cache");
        run("skerry", "server");
        assertThat(folder.resolve("run/classes")).doesNotExist();
    }

    @Test
    void aDamagedCacheIsPassedOver() throws Exception {
        Path cache = made();
        for (long at : List.of(0L, Files.size(cache) / 2, Files.size(cache) - 5000)) {
            byte[] whole = Files.readAllBytes(cache);
            try (RandomAccessFile file = new RandomAccessFile(cache.toFile(), "rw")) {
                file.seek(at);
                file.write("not what was there".repeat(200).getBytes(StandardCharsets.UTF_8));
            }
            assertThat(run("skerry", "status")).as("damaged at " + at).endsWith("Seen[words=status] cache");
            Files.write(cache, whole);
        }
        Files.write(cache, new byte[0]);
        assertThat(run("skerry", "status")).endsWith("Seen[words=status] cache");
    }

    @Test
    void anotherVersionMakesItsOwnAndRemovesTheOld() throws Exception {
        Path first = made();
        Files.writeString(app.resolve("id"), "second\n");
        assertThat(run("skerry", "status")).isEqualTo("Seen[words=status] no cache");
        // What a power cut left of an earlier attempt.
        Files.writeString(caches.resolve("second.new"), "half");
        assertThat(made()).exists();
        assertThat(first).doesNotExist();
        try (Stream<Path> left = Files.list(caches)) {
            assertThat(left.map(path -> path.getFileName().toString())).containsExactly("second.aot");
        }
    }
}
