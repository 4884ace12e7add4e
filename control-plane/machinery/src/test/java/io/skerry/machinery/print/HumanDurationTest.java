package io.skerry.machinery.print;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HumanDurationTest {

    @ParameterizedTest
    @CsvSource({"-2,<invalid>", "-1,0s", "0,0s", "1,1s", "119,119s", "120,2m", "121,2m1s", "599,9m59s", "600,10m", "661,11m", "10799,179m", "10800,3h", "10860,3h1m", "28799,7h59m",
        "28800,8h", "172799,47h", "172800,2d", "176400,2d1h", "691199,7d23h", "691200,8d", "63071999,729d", "63072000,2y", "63158400,2y1d", "252288000,8y", "315360000,10y"})
    void asKubectl(long seconds, String text) {
        assertThat(HumanDuration.of(Duration.ofSeconds(seconds))).isEqualTo(text);
    }

    @Test
    void since() {
        Instant now = Instant.parse("2026-01-01T00:10:00Z");
        assertThat(HumanDuration.since("2026-01-01T00:00:00Z", now)).isEqualTo("10m");
        assertThat(HumanDuration.since("2026-01-01T00:09:59.123456Z", now)).isEqualTo("0s");
        assertThat(HumanDuration.since("", now)).isEqualTo("<unknown>");
        assertThat(HumanDuration.since("yesterday", now)).isEqualTo("<invalid>");
    }
}
