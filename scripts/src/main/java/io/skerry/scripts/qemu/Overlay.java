package io.skerry.scripts.qemu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Disks that start as an image and keep what is written apart from it. In qcow2, what a guest has written but not flushed may be lost when QEMU
 * is killed, because the tables that lead to new clusters are written at a flush: a kill is as unkind as a power cut.
 */
public final class Overlay {
    private Overlay() {}

    /**
     * @param base raw image; not written to
     * @param size bytes
     */
    static void create(Qemu qemu, Path base, Path overlay, long size) throws IOException, InterruptedException {
        img(qemu, "create", "-q", "-f", "qcow2", "-b", base.toAbsolutePath().toString(), "-F", "raw", overlay.toString(), String.valueOf(size));
    }

    /** Another disk that goes on from where this one is now, whatever becomes of this one. */
    public static void copy(Path overlay, Path to) throws IOException {
        Files.copy(overlay, to, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }

    /** The disk's content as a raw file, for tools that know no qcow2. */
    public static void toRaw(Qemu qemu, Path overlay, Path raw) throws IOException, InterruptedException {
        img(qemu, "convert", "-f", "qcow2", "-O", "raw", overlay.toString(), raw.toString());
    }

    private static void img(Qemu qemu, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(qemu.program("qemu-img"));
        command.addAll(List.of(arguments));
        Path output = Files.createTempFile("qemu-img", ".log");
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
            builder.environment().putAll(qemu.environment());
            Qemu.await(builder.start(), command, output);
        } finally {
            Files.deleteIfExists(output);
        }
    }
}
