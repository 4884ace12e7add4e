package io.skerry.gitops.fleet;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as Kubernetes writes them (Go): {@code 90s}, {@code 5m}, {@code 1h30m}, {@code 500ms}. */
final class Durations {

    private static final Pattern PART = Pattern.compile("(\\d+(?:\\.\\d+)?)(h|ms|m|s)");

    private Durations() {}

    /**
     * @return empty for ""
     * @throws IllegalArgumentException saying what is wrong
     */
    static Optional<Duration> parse(String text) {
        if (text.isEmpty()) return Optional.empty();
        Matcher part = PART.matcher(text);
        Duration sum = Duration.ZERO;
        int end = 0;
        while (part.find() && part.start() == end) {
            double millis = Double.parseDouble(part.group(1)) * switch (part.group(2)) {
                case "h" -> 3_600_000;
                case "m" -> 60_000;
                case "s" -> 1000;
                default -> 1;
            };
            sum = sum.plusMillis((long) millis);
            end = part.end();
        }
        if (end != text.length() || sum.isZero()) throw new IllegalArgumentException("\"" + text + "\" is not a duration such as 90s, 5m or 1h30m");
        return Optional.of(sum);
    }
}
