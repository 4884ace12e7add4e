package io.skerry.appliance.os;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** How the server tells {@link TrialWatch}, another process, that this boot's version is kept: a file that a reboot forgets. */
final class TrialVerdict {
    private TrialVerdict() {}

    /** @param root of the file system */
    static Path file(Path root) {
        return root.resolve("run/skerry-os/good");
    }

    static void good() throws IOException {
        good(file(Path.of("/")));
    }

    static void good(Path file) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, "");
    }

    /** @return whether it came in time */
    static boolean await(Path file, Duration timeout) throws IOException, InterruptedException {
        return FileSignal.await(file, timeout);
    }
}
