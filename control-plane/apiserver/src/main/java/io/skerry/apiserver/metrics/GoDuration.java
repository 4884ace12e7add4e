package io.skerry.apiserver.metrics;

import java.math.BigDecimal;
import java.time.Duration;

/** meta/v1 Duration: as Go's {@code time.Duration.String()} writes it, to the millisecond. */
final class GoDuration {
    private GoDuration() {
    }

    /** 15.02s, 1m0.5s, 1h0m0s, 250ms; for durations that are not negative. */
    static String format(Duration duration) {
        if (duration.toSeconds() == 0) {
            return duration.toMillis() == 0 ? "0s" : duration.toMillis() + "ms";
        }
        BigDecimal seconds = BigDecimal.valueOf(duration.toMillis() % 60_000, 3).stripTrailingZeros();
        String text = seconds.signum() == 0 ? "0s" : seconds.toPlainString() + "s";
        if (duration.toMinutes() > 0) {
            text = duration.toMinutesPart() + "m" + text;
        }
        return duration.toHours() > 0 ? duration.toHours() + "h" + text : text;
    }
}
