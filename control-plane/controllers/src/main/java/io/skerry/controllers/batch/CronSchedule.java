package io.skerry.controllers.batch;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A CronJob's {@code spec.schedule}: five fields (minute, hour, day of month, month, day of week) with {@code *}, {@code ?}, lists, ranges,
 * steps and names, or {@code @hourly}, {@code @daily}, {@code @midnight}, {@code @weekly}, {@code @monthly}, {@code @yearly},
 * {@code @annually}, or {@code @every 1h30m}. When both days are restricted, either matches, as in cron(8).
 */
final class CronSchedule {
    private static final Map<String, String> NAMED = Map.of("@hourly", "0 * * * *", "@daily", "0 0 * * *", "@midnight", "0 0 * * *", "@weekly", "0 0 * * 0",
        "@monthly", "0 0 1 * *", "@yearly", "0 0 1 1 *", "@annually", "0 0 1 1 *");
    private static final List<String> MONTHS = List.of("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec");
    private static final List<String> DAYS = List.of("sun", "mon", "tue", "wed", "thu", "fri", "sat");
    private static final Pattern PART = Pattern.compile("(\\*|\\?|[a-z0-9]+)(?:-([a-z0-9]+))?(?:/(\\d+))?");

    private final BitSet minutes, hours, days, months, weekdays;
    private final boolean anyDay, anyWeekday;
    private final Duration every;
    private final ZoneId zone;

    private CronSchedule(BitSet[] f, boolean anyDay, boolean anyWeekday, Duration every, ZoneId zone) {
        minutes = f[0];
        hours = f[1];
        days = f[2];
        months = f[3];
        weekdays = f[4];
        this.anyDay = anyDay;
        this.anyWeekday = anyWeekday;
        this.every = every;
        this.zone = zone;
    }

    /** @throws IllegalArgumentException with what is wrong where */
    static CronSchedule parse(String text, ZoneId zone) {
        String t = text.strip().toLowerCase(Locale.ROOT);
        if (t.startsWith("@every ")) return new CronSchedule(new BitSet[5], true, true, every(t.substring(7).strip(), text), zone);
        String[] fields = NAMED.getOrDefault(t, t).split("\\s+");
        if (fields.length != 5) throw new IllegalArgumentException("expected exactly 5 fields, found " + fields.length + ": " + text);
        BitSet[] f = {field(fields[0], 0, 59, List.of(), 0), field(fields[1], 0, 23, List.of(), 0), field(fields[2], 1, 31, List.of(), 0),
            field(fields[3], 1, 12, MONTHS, 1), field(fields[4], 0, 7, DAYS, 0)};
        if (f[4].get(7)) f[4].set(0);
        return new CronSchedule(f, isAny(fields[2]), isAny(fields[4]), null, zone);
    }

    private static boolean isAny(String field) {
        return field.startsWith("*") || field.startsWith("?");
    }

    private static Duration every(String text, String all) {
        Matcher m = Pattern.compile("(\\d+)([hms])").matcher(text);
        Duration sum = Duration.ZERO;
        int end = 0;
        while (m.find() && m.start() == end) {
            long n = Long.parseLong(m.group(1));
            sum = sum.plus(switch (m.group(2)) {
                case "h" -> Duration.ofHours(n);
                case "m" -> Duration.ofMinutes(n);
                default -> Duration.ofSeconds(n);
            });
            end = m.end();
        }
        if (end != text.length() || sum.isZero()) throw new IllegalArgumentException("failed to parse duration: " + all);
        return sum;
    }

    private static BitSet field(String text, int min, int max, List<String> names, int firstName) {
        BitSet set = new BitSet(max + 1);
        for (String part : text.split(",", -1)) {
            Matcher m = PART.matcher(part);
            if (!m.matches()) throw new IllegalArgumentException("\"" + part + "\" is not a value, range or step: " + text);
            boolean any = m.group(1).equals("*") || m.group(1).equals("?");
            int from = any ? min : value(m.group(1), min, max, names, firstName, text);
            int to = m.group(2) != null ? value(m.group(2), min, max, names, firstName, text) : any ? (max == 7 ? 6 : max) : m.group(3) != null
                ? (max == 7 ? 6 : max) : from;
            int step = m.group(3) == null ? 1 : Integer.parseInt(m.group(3));
            if (step == 0) throw new IllegalArgumentException("step of range should be a positive number: " + text);
            if (from > to) throw new IllegalArgumentException("beginning of range (" + from + ") beyond end of range (" + to + "): " + text);
            for (int i = from; i <= to; i += step) set.set(i);
        }
        return set;
    }

    private static int value(String text, int min, int max, List<String> names, int firstName, String field) {
        int n = names.indexOf(text) >= 0 ? names.indexOf(text) + firstName : text.matches("\\d{1,4}") ? Integer.parseInt(text) : -1;
        if (n < 0) throw new IllegalArgumentException("failed to parse \"" + text + "\": " + field);
        if (n < min) throw new IllegalArgumentException("beginning of range (" + n + ") below minimum (" + min + "): " + field);
        if (n > max) throw new IllegalArgumentException("end of range (" + n + ") above maximum (" + max + "): " + field);
        return n;
    }

    /** The first time after {@code t}; empty if there is none in five years (the 30th of February). A time that a clock change skips does not occur. */
    Optional<Instant> next(Instant t) {
        if (every != null) return Optional.of(t.truncatedTo(ChronoUnit.SECONDS).plus(every));
        ZonedDateTime z = t.atZone(zone).truncatedTo(ChronoUnit.MINUTES).plusMinutes(1);
        ZonedDateTime end = z.plusYears(5);
        while (z.isBefore(end)) {
            if (!months.get(z.getMonthValue())) z = z.truncatedTo(ChronoUnit.DAYS).withDayOfMonth(1).plusMonths(1);
            else if (!matchesDay(z)) z = z.truncatedTo(ChronoUnit.DAYS).plusDays(1);
            else if (!hours.get(z.getHour())) z = z.truncatedTo(ChronoUnit.HOURS).plusHours(1);
            else if (!minutes.get(z.getMinute())) z = z.plusMinutes(1);
            else return Optional.of(z.toInstant());
        }
        return Optional.empty();
    }

    private boolean matchesDay(ZonedDateTime z) {
        boolean day = days.get(z.getDayOfMonth()), weekday = weekdays.get(z.getDayOfWeek().getValue() % 7);
        return anyDay || anyWeekday ? day && weekday : day || weekday;
    }
}
