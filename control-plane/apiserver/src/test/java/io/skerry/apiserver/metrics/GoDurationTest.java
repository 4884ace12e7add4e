package io.skerry.apiserver.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GoDurationTest {
    @ParameterizedTest
    @CsvSource({"0,0s", "250,250ms", "1000,1s", "1003,1.003s", "15020,15.02s", "60000,1m0s", "60500,1m0.5s", "3600000,1h0m0s", "3725001,1h2m5.001s"})
    void isAsGoWritesIt(long millis, String expected) {
        assertThat(GoDuration.format(Duration.ofMillis(millis).plusNanos(999))).isEqualTo(expected);
    }
}
