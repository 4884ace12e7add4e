package io.skerry.node.containerd;

import io.skerry.node.host.Command;
import io.skerry.node.host.Mounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Whether a folder's file system can carry overlayfs: tried, since it depends on kernel, modules and the file system below. */
final class Overlay {
    private Overlay() {
    }

    static boolean works(Path folder) throws IOException {
        Path trial = Files.createTempDirectory(Files.createDirectories(folder), "overlay-trial");
        Path lower = Files.createDirectory(trial.resolve("lower")), upper = Files.createDirectory(trial.resolve("upper"));
        Path work = Files.createDirectory(trial.resolve("work")), merged = Files.createDirectory(trial.resolve("merged"));
        try {
            Command.run(Duration.ofSeconds(20), "mount", "-t", "overlay", "overlay", "-o", "lowerdir=" + lower + ",upperdir=" + upper + ",workdir=" + work, merged.toString());
            Mounts.unmount(merged);
            return true;
        } catch (IOException e) {
            return false;
        } finally {
            for (Path p : new Path[] {merged, work.resolve("work"), work, upper, lower, trial}) Files.deleteIfExists(p);
        }
    }
}
