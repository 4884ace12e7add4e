package io.skerry.node.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Size and identity of the machine. */
public final class Machine {
    public static final long KEPT_FREE_BYTES = 100L << 20;
    private static final int CPUS = countCpus();
    private static final long MEMORY = kilobytes("MemTotal:") * 1024;

    private Machine() {
    }

    /** CPUs online, whatever part of them this process may use. */
    public static int cpus() { return CPUS; }

    public static long memoryBytes() { return MEMORY; }

    /** What pods may have: kubelet's default eviction thresholds keep the rest free. */
    public static long allocatableMemoryBytes() { return MEMORY - KEPT_FREE_BYTES; }

    /** What could be used without swapping, now. */
    public static long availableMemoryBytes() { return kilobytes("MemAvailable:") * 1024; }

    /** What is in use and could not be taken back at once: the working set, as the kubelet has it. */
    public static long workingSetBytes() { return MEMORY - (kilobytes("MemFree:") + kilobytes("Inactive(file):")) * 1024; }

    /** All that is not free, caches included. */
    public static long usedMemoryBytes() { return MEMORY - kilobytes("MemFree:") * 1024; }

    /** GOARCH's name for the architecture. */
    public static String architecture() {
        return switch (System.getProperty("os.arch")) {
            case "amd64", "x86_64" -> "amd64";
            case "aarch64" -> "arm64";
            case String other -> other;
        };
    }

    private static int countCpus() {
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            int count = (int) lines.filter(l -> l.startsWith("processor")).count();
            return count > 0 ? count : Runtime.getRuntime().availableProcessors();
        } catch (IOException e) {
            return Runtime.getRuntime().availableProcessors();
        }
    }

    private static long kilobytes(String row) {
        try (var lines = Files.lines(Path.of("/proc/meminfo"))) {
            return lines.filter(l -> l.startsWith(row)).findFirst().map(l -> Long.parseLong(l.replaceAll("\\D+", ""))).orElse(0L);
        } catch (IOException e) {
            return 0;
        }
    }
}
