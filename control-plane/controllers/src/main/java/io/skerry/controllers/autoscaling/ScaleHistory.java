package io.skerry.controllers.autoscaling;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What one autoscaler recommended and did of late, by which it is held to its stabilization windows and rates. It is in memory only, as upstream's:
 * after a restart the replicas found then are the first recommendation, so nothing is scaled down for one window. Not for several threads.
 */
final class ScaleHistory {
    private record Entry(int replicas, Instant at) {}

    private final List<Entry> recommendations = new ArrayList<>();
    private final List<Entry> added = new ArrayList<>();
    private final List<Entry> removed = new ArrayList<>();

    /** Counts the replicas found first as a recommendation. */
    void begin(int replicas, Instant now) {
        if (recommendations.isEmpty()) recommend(replicas, now, Duration.ZERO);
    }

    /** @param keep what is older is of no use any more */
    void recommend(int replicas, Instant now, Duration keep) {
        recommendations.removeIf(e -> e.at.isBefore(now.minus(keep)));
        recommendations.add(new Entry(replicas, now));
    }

    /** The highest recommendation after {@code since}, or {@code least} if that is higher. */
    int highest(int least, Instant since) {
        return recommendations.stream().filter(e -> e.at.isAfter(since)).mapToInt(Entry::replicas).reduce(least, Math::max);
    }

    /** The lowest recommendation after {@code since}, or {@code most} if that is lower. */
    int lowest(int most, Instant since) {
        return recommendations.stream().filter(e -> e.at.isAfter(since)).mapToInt(Entry::replicas).reduce(most, Math::min);
    }

    /** Notes that a target went from so many replicas to so many. @param keep what is older is of no use any more */
    void scaled(int from, int to, Instant now, Duration keep) {
        List<Entry> events = to > from ? added : removed;
        events.removeIf(e -> e.at.isBefore(now.minus(keep)));
        events.add(new Entry(Math.abs(to - from), now));
    }

    int addedSince(Instant since) {
        return sum(added, since);
    }

    int removedSince(Instant since) {
        return sum(removed, since);
    }

    private static int sum(List<Entry> events, Instant since) {
        return events.stream().filter(e -> e.at.isAfter(since)).mapToInt(Entry::replicas).sum();
    }
}
