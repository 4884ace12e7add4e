package io.skerry.machinery.cron;

import io.skerry.machinery.cron.CronField.Bounds;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A CronJob's {@code spec.schedule}: five fields (minute, hour, day of month, month, day of week) with {@code *}, {@code ?}, lists, ranges,
 * steps and names, or {@code @hourly}, {@code @daily}, {@code @midnight}, {@code @weekly}, {@code @monthly}, {@code @yearly},
 * {@code @annually}, or {@code @every 1h30m}. When both days are restricted, either matches, as in cron(8). What is taken, and what is said
 * about the rest, is as in the parser that upstream uses (ParseStandard of github.com/robfig/cron/v3).
 */
public final class CronSchedule {

    private static final Bounds MINUTES = new Bounds(0, 59, Map.of());
    private static final Bounds HOURS = new Bounds(0, 23, Map.of());
    private static final Bounds DAYS = new Bounds(1, 31, Map.of());
    private static final Bounds MONTHS = new Bounds(1, 12, Map.ofEntries(Map.entry("jan", 1), Map.entry("feb", 2), Map.entry("mar", 3), Map.entry("apr", 4),
            Map.entry("may", 5), Map.entry("jun", 6), Map.entry("jul", 7), Map.entry("aug", 8), Map.entry("sep", 9), Map.entry("oct", 10), Map.entry("nov", 11),
            Map.entry("dec", 12)));
    private static final Bounds WEEKDAYS = new Bounds(0, 6, Map.of("sun", 0, "mon", 1, "tue", 2, "wed", 3, "thu", 4, "fri", 5, "sat", 6));
    private static final Map<String, String> DESCRIPTORS = Map.of("@yearly", "0 0 1 1 *", "@annually", "0 0 1 1 *", "@monthly", "0 0 1 * *",
            "@weekly", "0 0 * * 0", "@daily", "0 0 * * *", "@midnight", "0 0 * * *", "@hourly", "0 * * * *");
    private static final String EVERY = "@every ";
    private static final Pattern SPACES = Pattern.compile("\\s+", Pattern.UNICODE_CHARACTER_CLASS);

    private final CronField minutes;
    private final CronField hours;
    private final CronField days;
    private final CronField months;
    private final CronField weekdays;
    private final ZoneId zone;
    /** Null where the fields count. */
    private final Duration every;

    private CronSchedule(List<String> fields, ZoneId zone, Duration every) {
        minutes = CronField.parse(fields.get(0), MINUTES);
        hours = CronField.parse(fields.get(1), HOURS);
        days = CronField.parse(fields.get(2), DAYS);
        months = CronField.parse(fields.get(3), MONTHS);
        weekdays = CronField.parse(fields.get(4), WEEKDAYS);
        this.zone = zone;
        this.every = every;
    }

    /**
     * @param zone what the fields are told in, unless the text begins with a time zone of its own ({@code TZ=Europe/Berlin 0 4 * * *}, or {@code CRON_TZ=})
     * @throws IllegalArgumentException saying what is wrong
     */
    public static CronSchedule parse(String text, ZoneId zone) {
        if (text.isEmpty()) {
            throw new IllegalArgumentException("empty spec string");
        }
        if (!text.startsWith("TZ=") && !text.startsWith("CRON_TZ=")) {
            return unzoned(text, zone);
        }
        int end = text.indexOf(' ') < 0 ? text.length() : text.indexOf(' ');
        return unzoned(text.substring(end).strip(), zone(text.substring(text.indexOf('=') + 1, end)));
    }

    private static ZoneId zone(String name) {
        if (name.isEmpty() || name.equals("Local")) { // the server's own, which is UTC on every appliance
            return ZoneOffset.UTC;
        }
        if (!ZoneId.getAvailableZoneIds().contains(name)) {
            throw new IllegalArgumentException("provided bad location " + name + ": unknown time zone " + name);
        }
        return ZoneId.of(name);
    }

    private static CronSchedule unzoned(String text, ZoneId zone) {
        if (text.startsWith(EVERY)) {
            return new CronSchedule(List.of("*", "*", "*", "*", "*"), zone, every(text));
        }
        if (text.startsWith("@") && !DESCRIPTORS.containsKey(text)) {
            throw new IllegalArgumentException("unrecognized descriptor: " + text);
        }
        List<String> fields = SPACES.splitAsStream(DESCRIPTORS.getOrDefault(text, text)).filter(field -> !field.isEmpty()).toList();
        if (fields.size() != 5) {
            throw new IllegalArgumentException("expected exactly 5 fields, found " + fields.size() + ": [" + String.join(" ", fields) + "]");
        }
        return new CronSchedule(fields, zone, null);
    }

    /** Whole seconds, and at least one. */
    private static Duration every(String text) {
        Duration every;
        try {
            every = GoDuration.parse(text.substring(EVERY.length()));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("failed to parse duration " + text + ": " + e.getMessage(), e);
        }
        return every.compareTo(Duration.ofSeconds(1)) < 0 ? Duration.ofSeconds(1) : every.truncatedTo(ChronoUnit.SECONDS);
    }

    /** The first time after {@code t}; empty if there is none in five years (the 30th of February). A time that a clock change skips does not occur. */
    public Optional<Instant> next(Instant t) {
        if (every != null) {
            return Optional.of(t.truncatedTo(ChronoUnit.SECONDS).plus(every));
        }
        if (minutes.values() == 0) { // of nothing but commas
            return Optional.empty();
        }
        ZonedDateTime z = t.atZone(zone).truncatedTo(ChronoUnit.MINUTES).plusMinutes(1);
        ZonedDateTime end = z.plusYears(5);
        while (z.isBefore(end)) {
            if (!months.has(z.getMonthValue())) {
                z = z.truncatedTo(ChronoUnit.DAYS).withDayOfMonth(1).plusMonths(1);
            } else if (!matchesDay(z)) {
                z = z.truncatedTo(ChronoUnit.DAYS).plusDays(1);
            } else if (!hours.has(z.getHour())) {
                z = z.truncatedTo(ChronoUnit.HOURS).plusHours(1);
            } else if (!minutes.has(z.getMinute())) {
                z = z.plusMinutes(1);
            } else {
                return Optional.of(z.toInstant());
            }
        }
        return Optional.empty();
    }

    private boolean matchesDay(ZonedDateTime z) {
        boolean day = days.has(z.getDayOfMonth());
        boolean weekday = weekdays.has(z.getDayOfWeek().getValue() % 7);
        return days.any() || weekdays.any() ? day && weekday : day || weekday;
    }
}
