package io.skerry.appliance.device;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** The time since the machine was switched on, whatever its clock was set to meanwhile. */
public final class Uptime {
    private Uptime() {}

    /** @param file {@code /proc/uptime} (proc_uptime(5)). @throws NumberFormatException when it is not of that form */
    public static Duration read(Path file) throws IOException {
        String seconds = Files.readString(file).split(" ")[0];
        return Duration.ofMillis(new BigDecimal(seconds).movePointRight(3).longValue());
    }
}
