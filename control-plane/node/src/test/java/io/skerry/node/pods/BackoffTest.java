package io.skerry.node.pods;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class BackoffTest {
    private final Backoff backoff = new Backoff();
    private final Instant start = Instant.parse("2026-01-01T00:00:00Z");

    @Test
    void doublesToFiveMinutesAndForgetsAfterTen() {
        assertThat(backoff.notBefore("k", start)).isEqualTo(Instant.MIN);
        Instant now = start;
        for (long seconds : new long[] {10, 20, 40, 80, 160, 300, 300}) {
            backoff.next("k", now);
            assertThat(backoff.delay("k")).isEqualTo(Duration.ofSeconds(seconds));
            assertThat(backoff.notBefore("k", now)).isEqualTo(now.plusSeconds(seconds));
            now = now.plusSeconds(seconds);
        }
        Instant later = now.plus(Duration.ofMinutes(11));
        assertThat(backoff.notBefore("k", later)).isEqualTo(Instant.MIN);
        backoff.next("k", later);
        assertThat(backoff.delay("k")).isEqualTo(Duration.ofSeconds(10));
        assertThat(backoff.notBefore("other", later)).isEqualTo(Instant.MIN);
    }
}
