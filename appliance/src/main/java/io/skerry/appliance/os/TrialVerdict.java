package io.skerry.appliance.os;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** How the server tells {@link TrialWatch}, another process, that this boot's version is kept: a file that a reboot forgets. */
final class TrialVerdict {
    private static final Path FILE = Path.of("/run/skerry-os/good");

    private TrialVerdict() {}

    static void good() throws IOException {
        good(FILE);
    }

    static void good(Path file) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, "");
    }

    /** @return whether it came in time */
    static boolean await(Duration timeout) throws IOException, InterruptedException {
        return await(FILE, timeout);
    }

    static boolean await(Path file, Duration timeout) throws IOException, InterruptedException {
        return FileSignal.await(file, timeout);
    }
}
