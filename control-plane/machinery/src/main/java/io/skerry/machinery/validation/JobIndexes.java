package io.skerry.machinery.validation;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Sets of a Job's indexes as its API writes them: "1,3-5,7", rising (status.completedIndexes, status.failedIndexes, successPolicy's succeededIndexes). */
final class JobIndexes {

    /** Says what is wrong with the text, in upstream's words. */
    static final class Unreadable extends Exception {
        private static final long serialVersionUID = 1;

        Unreadable(String message) {
            super(message, null, false, false);
        }
    }

    private record Interval(long first, long last) {}

    private JobIndexes() {}

    /** How many indexes the text names. */
    static long count(String text, long completions) throws Unreadable {
        long total = 0;
        long last = -1;
        for (String part : parts(text)) {
            Interval interval = interval(part, completions);
            if (total > 0 && last >= interval.first) {
                throw new Unreadable("non-increasing order, previous: " + last + ", current: " + interval.first);
            }
            total += interval.last - interval.first + 1;
            last = interval.last;
        }
        return total;
    }

    /** The first index that both name, of what can be read of them: the rest is told by {@link #count}. */
    static Optional<Long> overlap(String completed, String failed, long completions) {
        List<Interval> others = readable(failed, completions);
        for (Interval interval : readable(completed, completions)) {
            for (Interval other : others) {
                if (interval.first <= other.last && other.first <= interval.last) {
                    return Optional.of(Math.max(interval.first, other.first));
                }
            }
        }
        return Optional.empty();
    }

    private static List<Interval> readable(String text, long completions) {
        List<Interval> intervals = new ArrayList<>();
        for (String part : parts(text)) {
            try {
                intervals.add(interval(part, completions));
            } catch (Unreadable toldElsewhere) {
                continue;
            }
        }
        return intervals;
    }

    private static List<String> parts(String text) {
        return text.isEmpty() ? List.of() : List.of(text.split(",", -1));
    }

    private static Interval interval(String part, long completions) throws Unreadable {
        String[] limits = part.split("-", -1);
        if (limits.length > 2) {
            throw new Unreadable("the fragment \"" + part + "\" violates the requirement that an index interval can have at most two parts separated by '-'");
        }
        long first = index(limits[0], completions);
        if (limits.length == 1) {
            return new Interval(first, first);
        }
        long last = index(limits[1], completions);
        if (first >= last) {
            throw new Unreadable("non-increasing order, previous: " + first + ", current: " + last);
        }
        return new Interval(first, last);
    }

    private static long index(String text, long completions) throws Unreadable {
        if (!text.matches("\\+?[0-9]{1,18}")) {
            throw new Unreadable("cannot convert string to integer for index: \"" + text + "\"");
        }
        long index = Long.parseLong(text);
        if (index >= completions) {
            throw new Unreadable("too large index: \"" + text + "\"");
        }
        return index;
    }
}
