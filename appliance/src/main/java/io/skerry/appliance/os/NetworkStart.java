package io.skerry.appliance.os;

import io.skerry.appliance.device.Uptime;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * The first minutes of a machine that was just switched on, whose network comes up later than its server. A version that is tried then would
 * be compared with a device that reached nobody, and be kept though it reaches nobody either.
 */
final class NetworkStart {
    /** A switch with spanning tree, a modem that dials and a DHCP server that is slow come one after the other. */
    static final Duration LIMIT = Duration.ofMinutes(5);

    private NetworkStart() {}

    /** Returns when the device reaches what it is to reach, or had {@code limit} since it was switched on: it is offline then, and knows it. */
    static void await(Supplier<Health> health, Supplier<Duration> uptime, Duration limit, Duration look) throws InterruptedException {
        while (uptime.get().compareTo(limit) < 0 && !health.get().isOnline()) {
            Thread.sleep(look);
        }
    }

    /** Where it cannot be read nothing is waited for. */
    static Duration uptime() {
        try {
            return Uptime.read(Path.of("/proc/uptime"));
        } catch (IOException | NumberFormatException e) {
            return LIMIT;
        }
    }
}
