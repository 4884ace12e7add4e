package io.skerry.scripts;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the kernel accounts to one process (proc(5)).
 *
 * @param rss          resident bytes
 * @param anonymous    resident bytes that no file holds, the heap above all: under pressure the kernel drops the others and reads them again
 * @param cpuTicks     user and system time in clock ticks of 10 ms
 * @param writtenBytes bytes that it caused to be sent to storage
 */
record ProcessFigures(long rss, long anonymous, long cpuTicks, long writtenBytes) {
    static ProcessFigures of(long pid) throws IOException {
        Path proc = Path.of("/proc/" + pid);
        Path rollup = proc.resolve("smaps_rollup");
        String stat = Files.readString(proc.resolve("stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return new ProcessFigures(kib(rollup, "Rss:") * 1024,
                kib(rollup, "Anonymous:") * 1024,
                Long.parseLong(fields[11]) + Long.parseLong(fields[12]),
                kib(proc.resolve("io"), "write_bytes:"));
    }

    private static long kib(Path file, String key) throws IOException {
        for (String line : Files.readAllLines(file)) {
            if (line.startsWith(key)) {
                return Long.parseLong(line.substring(key.length()).strip().split(" ")[0]);
            }
        }
        throw new IOException(file + " has no " + key);
    }
}
