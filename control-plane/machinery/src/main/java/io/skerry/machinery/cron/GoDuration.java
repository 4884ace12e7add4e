package io.skerry.machinery.cron;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as Go's {@code time.ParseDuration} reads them: decimal numbers with units, as in 1h30m, 1.5h or 500ms, with or without a sign. */
final class GoDuration {

    private static final Pattern PART = Pattern.compile("([0-9]*)(?:\\.([0-9]*))?([^0-9.]*)");
    /** In nanoseconds. The micro sign and the Greek letter are both taken. */
    private static final Map<String, Long> UNITS = Map.of("ns", 1L, "us", 1_000L, "\u00b5s", 1_000L, "\u03bcs", 1_000L, "ms", 1_000_000L,
            "s", 1_000_000_000L, "m", 60_000_000_000L, "h", 3_600_000_000_000L);
    /** Go counts nanoseconds in 64 bits, about 292 years. */
    private static final BigDecimal MAX = BigDecimal.valueOf(Long.MAX_VALUE);
    /** More digits are past {@link #MAX} before the point, and below a nanosecond behind it. */
    private static final int MAX_DIGITS = 30;

    private GoDuration() {}

    /** @throws IllegalArgumentException with Go's own words */
    static Duration parse(String text) {
        boolean negative = text.startsWith("-");
        String rest = negative || text.startsWith("+") ? text.substring(1) : text;
        if (rest.equals("0")) {
            return Duration.ZERO;
        }
        if (rest.isEmpty()) {
            throw invalid(text);
        }
        BigDecimal nanos = BigDecimal.ZERO;
        Matcher part = PART.matcher(rest);
        for (int at = 0; at < rest.length(); at = part.end()) {
            part.region(at, rest.length()).lookingAt();
            String whole = part.group(1);
            String fraction = part.group(2) == null ? "" : part.group(2);
            if (whole.isEmpty() && fraction.isEmpty() || whole.length() > MAX_DIGITS) {
                throw invalid(text);
            }
            if (part.group(3).isEmpty()) {
                throw new IllegalArgumentException("time: missing unit in duration \"" + text + "\"");
            }
            Long unit = UNITS.get(part.group(3));
            if (unit == null) {
                throw new IllegalArgumentException("time: unknown unit \"" + part.group(3) + "\" in duration \"" + text + "\"");
            }
            BigDecimal number = new BigDecimal("0" + whole + "." + fraction.substring(0, Math.min(fraction.length(), MAX_DIGITS)) + "0");
            nanos = nanos.add(number.multiply(BigDecimal.valueOf(unit)));
            if (nanos.compareTo(MAX) > 0) {
                throw invalid(text);
            }
        }
        Duration duration = Duration.ofNanos(nanos.longValue());
        return negative ? duration.negated() : duration;
    }

    private static IllegalArgumentException invalid(String text) {
        return new IllegalArgumentException("time: invalid duration \"" + text + "\"");
    }
}
