package io.skerry.node.endpoints;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/** Samples in Prometheus' text format 0.0.4, gathered by metric, as the format wants them. */
final class MetricsText {
    static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private final Map<String, StringBuilder> metrics = new LinkedHashMap<>();

    /**
     * Adds a sample.
     *
     * @param type   counter or gauge
     * @param time   when it was measured; null for now
     * @param labels names and values in turns
     */
    MetricsText add(String metric, String type, String help, Number value, Instant time, String... labels) {
        StringBuilder lines = metrics.computeIfAbsent(metric, m -> new StringBuilder("# HELP " + m + " " + help + "\n# TYPE " + m + " " + type + "\n"));
        lines.append(metric);
        for (int i = 0; i < labels.length; i += 2) lines.append(i == 0 ? '{' : ',').append(labels[i]).append("=\"").append(escaped(labels[i + 1])).append('"');
        lines.append(labels.length == 0 ? " " : "} ").append(value instanceof BigDecimal exact ? exact.stripTrailingZeros().toPlainString() : value.toString());
        if (time != null) lines.append(' ').append(time.toEpochMilli());
        lines.append('\n');
        return this;
    }

    /** Nanoseconds as the seconds that Prometheus counts in. */
    static BigDecimal seconds(long nanos) { return BigDecimal.valueOf(nanos, 9); }

    static BigDecimal seconds(Instant time) { return BigDecimal.valueOf(time.getEpochSecond()).add(BigDecimal.valueOf(time.getNano(), 9)); }

    private static String escaped(String value) { return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n"); }

    @Override
    public String toString() { return String.join("", metrics.values()); }
}
