package io.skerry.machinery.cron;

import java.util.Locale;
import java.util.Map;

/**
 * One field of a schedule.
 *
 * @param values bit n is set when the field allows n
 * @param any it restricts nothing: it has a {@code *} or {@code ?} without a step
 */
record CronField(long values, boolean any) {

    /** @param names what may be said for a value, in small letters */
    record Bounds(int min, int max, Map<String, Integer> names) {}

    boolean has(int value) {
        return (values >>> value & 1) != 0;
    }

    /** @throws IllegalArgumentException saying what is wrong */
    static CronField parse(String text, Bounds bounds) {
        long values = 0;
        boolean any = false;
        for (String part : text.split(",")) {
            if (!part.isEmpty()) { // as upstream: nothing between two commas is nothing
                CronField field = part(part, bounds);
                values |= field.values;
                any |= field.any;
            }
        }
        return new CronField(values, any);
    }

    private static CronField part(String part, Bounds bounds) {
        String[] rangeAndStep = part.split("/", -1);
        String[] range = rangeAndStep[0].split("-", -1);
        boolean star = range[0].equals("*") || range[0].equals("?");
        long from = bounds.min;
        long to = bounds.max;
        if (!star) {
            from = value(range[0], bounds);
            if (range.length > 2) {
                throw new IllegalArgumentException("too many hyphens: " + part);
            }
            to = range.length == 2 ? value(range[1], bounds) : from;
        }
        long step = 1;
        if (rangeAndStep.length == 2) {
            step = number(rangeAndStep[1]);
            if (range.length == 1) { // 5/15 means from 5 on
                to = bounds.max;
            }
        } else if (rangeAndStep.length > 2) {
            throw new IllegalArgumentException("too many slashes: " + part);
        }
        if (from < bounds.min) {
            throw new IllegalArgumentException("beginning of range (" + from + ") below minimum (" + bounds.min + "): " + part);
        }
        if (to > bounds.max) {
            throw new IllegalArgumentException("end of range (" + to + ") above maximum (" + bounds.max + "): " + part);
        }
        if (from > to) {
            throw new IllegalArgumentException("beginning of range (" + from + ") beyond end of range (" + to + "): " + part);
        }
        if (step == 0) {
            throw new IllegalArgumentException("step of range should be a positive number: " + part);
        }
        long values = 0;
        long stride = Math.min(step, bounds.max + 1L); // a longer one would overflow and meet no other value
        for (long value = from; value <= to; value += stride) {
            values |= 1L << value;
        }
        return new CronField(values, star && step == 1);
    }

    private static long value(String text, Bounds bounds) {
        Integer named = bounds.names.get(text.toLowerCase(Locale.ROOT));
        return named == null ? number(text) : named;
    }

    private static long number(String text) {
        if (!text.matches("[+-]?[0-9]+")) {
            throw unreadable(text, "invalid syntax");
        }
        long number;
        try {
            number = Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw unreadable(text, "value out of range");
        }
        if (number < 0) {
            throw new IllegalArgumentException("negative number (" + number + ") not allowed: " + text);
        }
        return number;
    }

    private static IllegalArgumentException unreadable(String text, String why) {
        return new IllegalArgumentException("failed to parse int from " + text + ": strconv.Atoi: parsing \"" + text + "\": " + why);
    }
}
