package io.skerry.scripts.qemu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * QEMU 10 and the firmware of its machines: Debian 13's packages, installed or only unpacked into a folder that the environment variable
 * {@code SKERRY_QEMU} names. Unpacked programs run with their own loader and libraries, so that any Debian can run them.
 */
public final class Qemu {
    private final Path root;

    private Qemu(Path root) {
        this.root = root;
    }

    /** @throws IOException when there is no such QEMU */
    public static Qemu find() throws IOException {
        String unpacked = System.getenv("SKERRY_QEMU");
        Qemu qemu = new Qemu(unpacked == null || unpacked.isEmpty() ? Path.of("/") : Path.of(unpacked));
        if (!Files.exists(qemu.file("usr/bin/qemu-system-x86_64"))) {
            throw new IOException("there is no QEMU in " + qemu.root + "; scripts/test installs it and sets SKERRY_QEMU");
        }
        return qemu;
    }

    /** How a program of QEMU is started: its command line so far. */
    public List<String> program(String name) {
        if (root.equals(Path.of("/"))) {
            return new ArrayList<>(List.of(name));
        }
        List<String> command = new ArrayList<>(List.of(file("usr/lib64/ld-linux-x86-64.so.2").toString(), "--library-path", file("usr/lib/x86_64-linux-gnu").toString(),
                file("usr/bin/" + name).toString()));
        if (name.startsWith("qemu-system-")) {
            command.addAll(List.of("-L", file("usr/share/qemu").toString(), "-L", file("usr/share/seabios").toString()));
        }
        return command;
    }

    public Map<String, String> environment() {
        return root.equals(Path.of("/")) ? Map.of() : Map.of("QEMU_MODULE_DIR", file("usr/lib/x86_64-linux-gnu/qemu").toString());
    }

    /** Read-only firmware code, such as {@code OVMF/OVMF_CODE_4M.fd}. */
    public Path firmware(String name) {
        return file("usr/share/" + name);
    }

    private Path file(String name) {
        return root.resolve(name);
    }

    /** Waits for a process that has written its output to the given file, and says what it said when it failed. */
    static void await(Process process, List<String> command, Path output) throws IOException, InterruptedException {
        if (process.waitFor() != 0) {
            try (Stream<String> said = Files.lines(output)) {
                throw new IOException(String.join(" ", command) + " failed: " + String.join("\n", said.toList()));
            }
        }
    }
}
