package io.skerry.image.build;

import io.skerry.image.ImageException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A program of the build machine, run with arguments and an environment that do not depend on who runs it. */
final class Tool {
    /** What a tool is called, and the Debian package that has it. */
    private static final Map<String, String> PACKAGES = Map.ofEntries(
            Map.entry("apt-get", "apt"), Map.entry("apt-cache", "apt"), Map.entry("dpkg-deb", "dpkg"), Map.entry("mmdebstrap", "mmdebstrap"),
            Map.entry("mksquashfs", "squashfs-tools"), Map.entry("veritysetup", "cryptsetup-bin"), Map.entry("mkfs.vfat", "dosfstools"),
            Map.entry("mcopy", "mtools"), Map.entry("mmd", "mtools"), Map.entry("mke2fs", "e2fsprogs"), Map.entry("sfdisk", "fdisk"),
            Map.entry("zstd", "zstd"), Map.entry("xz", "xz-utils"), Map.entry("depmod", "kmod"), Map.entry("jlink", "openjdk-25-jdk-headless"),
            Map.entry("jdeps", "openjdk-25-jdk-headless"), Map.entry("git", "git"), Map.entry("unshare", "util-linux"));

    private final Path file;
    private final String name;
    private final Map<String, String> environment = new TreeMap<>();
    private Path folder;

    private Tool(String name, Path file) {
        this.name = name;
        this.file = file;
        environment.put("LC_ALL", "C.UTF-8");
        environment.put("TZ", "UTC");
        environment.put("PATH", System.getenv().getOrDefault("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin");
        for (String kept : List.of("HOME", "TMPDIR", "http_proxy", "https_proxy", "no_proxy")) {
            if (System.getenv(kept) != null) {
                environment.put(kept, System.getenv(kept));
            }
        }
    }

    /** @throws ImageException when it is not installed, naming the package */
    static Tool find(String name) {
        Path file = lookUp(name);
        if (file == null) {
            throw new ImageException(name + " is needed to build an image and is not installed: apt-get install " + PACKAGES.getOrDefault(name, name));
        }
        return new Tool(name, file);
    }

    /** Fails at once, naming every missing tool's package, instead of in the middle of a build. */
    static void need(List<String> names) {
        List<String> missing = names.stream().filter(name -> lookUp(name) == null).toList();
        if (!missing.isEmpty()) {
            throw new ImageException(String.join(", ", missing) + ": needed to build an image and not installed; apt-get install "
                    + String.join(" ", missing.stream().map(name -> PACKAGES.getOrDefault(name, name)).distinct().toList()));
        }
    }

    private static Path lookUp(String name) {
        // The tools of the Java that runs this, or is set, are not always on the path; a native skerry runs on none.
        return Stream.concat(Stream.of(System.getProperty("java.home"), System.getenv("JAVA_HOME")).filter(home -> home != null && !home.isEmpty()).map(home -> home + "/bin"),
                        Stream.of((System.getenv().getOrDefault("PATH", "") + ":/usr/sbin:/sbin").split(":")))
                .filter(folder -> !folder.isEmpty()).map(folder -> Path.of(folder, name)).filter(Files::isExecutable).findFirst().orElse(null);
    }

    Tool with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    Tool in(Path folder) {
        this.folder = folder;
        return this;
    }

    /** Runs it and gives its standard output; standard error is shown only when it fails. */
    String run(String... arguments) {
        return run(null, List.of(arguments));
    }

    String run(List<String> arguments) {
        return run(null, arguments);
    }

    /** What writes a program's standard input. */
    interface Input {
        void writeTo(OutputStream out) throws IOException;
    }

    /** @param input written to its standard input, which is then closed; null for none */
    String run(Input input, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(file.toString());
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().clear();
        builder.environment().putAll(environment);
        if (folder != null) {
            builder.directory(folder.toFile());
        }
        Path errors = null;
        Process process = null;
        try {
            errors = Files.createTempFile("skerry-image-", ".err");
            builder.redirectError(errors.toFile());
            process = builder.start();
            String output = exchange(process, input);
            int code = process.waitFor();
            if (code != 0) {
                throw new ImageException(name + " failed (exit code " + code + "): " + reason(errors, output));
            }
            return output;
        } catch (IOException e) {
            throw new ImageException("cannot run " + name + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ImageException("interrupted while running " + name, e);
        } finally {
            if (process != null) {
                process.descendants().forEach(ProcessHandle::destroy);
                process.destroy();
            }
            delete(errors);
        }
    }

    private static String exchange(Process process, Input input) throws IOException, InterruptedException {
        IOException[] writing = new IOException[1];
        Thread writer = Thread.ofPlatform().daemon().start(() -> {
            try (OutputStream out = process.getOutputStream()) {
                if (input != null) {
                    input.writeTo(out);
                }
            } catch (IOException e) {
                writing[0] = e;
            } catch (UncheckedIOException e) {
                writing[0] = e.getCause();
            } catch (RuntimeException e) {
                writing[0] = new IOException("its input cannot be made: " + e, e);
            }
        });
        String output;
        try (InputStream in = process.getInputStream()) {
            output = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        int code = process.waitFor();
        writer.join();
        // A tool that failed closed its input; its own words are then the better reason.
        boolean closed = writing[0] != null && String.valueOf(writing[0].getMessage()).contains("Broken pipe");
        if (writing[0] != null && (code == 0 || !closed)) {
            throw writing[0];
        }
        return output;
    }

    /** The last lines that it said, in one line. */
    private static String reason(Path errors, String output) throws IOException {
        String said = new String(Files.readAllBytes(errors), StandardCharsets.UTF_8).strip();
        if (said.isEmpty()) {
            said = output.strip();
        }
        List<String> lines = said.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
        String tail = String.join("; ", lines.subList(Math.max(0, lines.size() - 6), lines.size()));
        return tail.isEmpty() ? "it gave no reason" : tail;
    }

    private static void delete(Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            System.getLogger(Tool.class.getName()).log(System.Logger.Level.DEBUG, "cannot delete " + file, e);
        }
    }
}
