package io.skerry.appliance.os;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.appliance.os.Network.Link;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class NetworkStartTest {
    private static final Network UP = new Network(Map.of("eth0", Link.CARRIER), Set.of("eth0"), Set.of("eth0"));
    private static final Network DOWN = new Network(Map.of("eth0", Link.SILENT), Set.of(), Set.of());
    private static final Duration LOOK = Duration.ofMillis(1);

    private static Health health(Network network, boolean fleet, boolean reached) {
        return new Health("", "", "", fleet, true, reached, Set.of(), network);
    }

    /** @return how often it was looked at */
    private static int looks(Supplier<Duration> uptime, Health... seen) throws InterruptedException {
        AtomicInteger looks = new AtomicInteger();
        NetworkStart.await(() -> seen[Math.min(looks.getAndIncrement(), seen.length - 1)], uptime, Duration.ofMinutes(5), LOOK);
        return looks.get();
    }

    @Test
    void itIsWaitedForTheRouteAndTheRepository() throws Exception {
        Supplier<Duration> young = () -> Duration.ofSeconds(50);
        assertThat(looks(young, health(UP, true, true))).isEqualTo(1);
        assertThat(looks(young, health(DOWN, true, false), health(UP, true, false), health(UP, true, true))).isEqualTo(3);
        assertThat(looks(young, health(DOWN, false, false), health(UP, false, false))).as("a device without a fleet").isEqualTo(2);
    }

    @Test
    void aDeviceThatStaysOfflineGoesOn() throws Exception {
        AtomicInteger minutes = new AtomicInteger();
        assertThat(looks(() -> Duration.ofMinutes(minutes.getAndIncrement()), health(DOWN, true, false))).isEqualTo(5);
        assertThat(looks(() -> Duration.ofHours(1), health(DOWN, true, false))).isZero();
        assertThat(NetworkStart.uptime()).isPositive();
    }
}
