package io.skerry.node.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** mount(8) and umount(8), and what is mounted where. */
public final class Mounts {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private Mounts() {
    }

    /** @param options as for mount -o, or "" */
    public static void tmpfs(Path target, String options) throws IOException {
        Files.createDirectories(target);
        if (options.isEmpty()) Command.run(LIMIT, "mount", "-t", "tmpfs", "tmpfs", target.toString());
        else Command.run(LIMIT, "mount", "-t", "tmpfs", "-o", options, "tmpfs", target.toString());
    }

    public static void bind(Path source, Path target) throws IOException {
        Command.run(LIMIT, "mount", "--bind", source.toString(), target.toString());
    }

    /** Mount points at or below a folder, deepest first; one that is mounted over twice is there twice. */
    public static List<Path> below(Path folder) throws IOException {
        var found = new ArrayList<Path>();
        for (String line : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
            Path point = Path.of(unescape(line.split(" ")[4]));
            if (point.startsWith(folder)) found.add(point);
        }
        return found.reversed();
    }

    public static boolean isMountPoint(Path path) throws IOException {
        return below(path).contains(path);
    }

    public static void unmount(Path target) throws IOException {
        try {
            Command.run(LIMIT, "umount", target.toString());
        } catch (IOException busy) {
            Command.run(LIMIT, "umount", "--lazy", target.toString()); // a process that is about to end still holds it
        }
    }

    public static void unmountBelow(Path folder) throws IOException {
        for (Path point : below(folder)) unmount(point);
    }

    /** What is mounted at the folder itself stays: a device's data partition, say. */
    public static void unmountInside(Path folder) throws IOException {
        for (Path point : below(folder)) if (!point.equals(folder)) unmount(point);
    }

    /** mountinfo writes space, tab, newline and backslash as octal. */
    private static String unescape(String field) {
        return field.indexOf('\\') < 0 ? field : field.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\");
    }
}
