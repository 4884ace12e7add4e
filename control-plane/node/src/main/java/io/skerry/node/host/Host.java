package io.skerry.node.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** What this machine and the rights of this process allow, read once. */
public record Host(boolean systemd, boolean cgroup2, boolean appArmor, boolean mayLowerOomScore) {
    private static final int CAP_SYS_RESOURCE = 24;

    public static Host detect() {
        return new Host(Files.isDirectory(Path.of("/run/systemd/system")), Files.exists(Path.of("/sys/fs/cgroup/cgroup.controllers")),
                firstLine("/sys/module/apparmor/parameters/enabled").startsWith("Y") && which("apparmor_parser").isPresent(), hasCapability(CAP_SYS_RESOURCE));
    }

    /** The first line of a small file such as those in /proc and /sys; "" when it can't be read. */
    public static String firstLine(String file) {
        try (var lines = Files.lines(Path.of(file))) {
            return lines.findFirst().orElse("").strip();
        } catch (IOException | UncheckedIOException e) {
            return "";
        }
    }

    /** A program's path by $PATH, plus the sbin folders that a user's PATH leaves out. */
    public static Optional<Path> which(String program) {
        return which(program, System.getenv().getOrDefault("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin");
    }

    /** A program in the first of these folders, separated by colons, that has it; an empty one is the current folder. */
    public static Optional<Path> which(String program, String path) {
        for (String dir : path.split(":")) {
            Path candidate = Path.of(dir.isEmpty() ? "." : dir, program);
            if (Files.isExecutable(candidate) && !Files.isDirectory(candidate)) return Optional.of(candidate);
        }
        return Optional.empty();
    }

    /** Memory of this process that is not swapped out. */
    public static long residentBytes() throws IOException {
        try (var lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(l -> l.startsWith("VmRSS:")).findFirst().map(l -> Long.parseLong(l.replaceAll("\\D+", "")) * 1024).orElse(0L);
        }
    }

    private static boolean hasCapability(int bit) {
        try (var lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(l -> l.startsWith("CapEff:")).findFirst()
                    .map(l -> (Long.parseUnsignedLong(l.substring(7).strip(), 16) >> bit & 1) == 1).orElse(false);
        } catch (IOException e) {
            return false;
        }
    }
}
