package io.skerry.appliance.config;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.TypeConversionException;

/** Durations as Kubernetes and k3s write them: {@code 500ms}, {@code 30s}, {@code 1m30s}, {@code 2h}. */
public final class GoDuration {
    private static final Pattern PART = Pattern.compile("(\\d+)(ms|s|m|h)");

    private GoDuration() {}

    /** @throws TypeConversionException when the text is not such a duration */
    public static Duration parse(String text) {
        Matcher part = PART.matcher(text);
        Duration sum = Duration.ZERO;
        int at = 0;
        while (part.find() && part.start() == at) {
            long count = Long.parseLong(part.group(1));
            sum = sum.plus(switch (part.group(2)) {
                case "ms" -> Duration.ofMillis(count);
                case "s" -> Duration.ofSeconds(count);
                case "m" -> Duration.ofMinutes(count);
                default -> Duration.ofHours(count);
            });
            at = part.end();
        }
        if (at == 0 || at != text.length()) {
            throw new TypeConversionException("'" + text + "' is not a duration; write for example 500ms, 30s, 5m or 1h30m");
        }
        return sum;
    }
}
