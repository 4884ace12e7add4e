package io.skerry.helm.chart;

import io.skerry.helm.HelmException;
import io.skerry.helm.encoding.Trees;
import io.skerry.helm.template.GoValue;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Lays values over a chart's defaults, down through its subcharts, as Helm's chartutil does. A null deletes the default of its key
 * ("coalesce"), or is kept for a later step to act on ("merge").
 */
final class Coalesce {
    private Coalesce() {}

    /** @return new maps; neither the values nor the chart's defaults are changed */
    static Map<String, Object> values(ChartTree chart, Map<String, Object> values, boolean merge) {
        return chart(chart, Trees.copy(values == null ? Map.of() : values), merge);
    }

    private static Map<String, Object> chart(ChartTree c, Map<String, Object> dest, boolean merge) {
        defaults(c, dest, merge);
        for (ChartTree sub : c.subcharts) {
            Object v = dest.computeIfAbsent(sub.name(), _ -> new LinkedHashMap<>());
            if (!(v instanceof Map)) {
                throw new HelmException("type mismatch on " + sub.name() + ": the values of a subchart must be a map");
            }
            Map<String, Object> m = GoValue.map(v);
            globals(m, dest, merge);
            dest.put(sub.name(), chart(sub, m, merge));
        }
        return dest;
    }

    private static void defaults(ChartTree c, Map<String, Object> v, boolean merge) {
        Map<String, Object> copy = Trees.copy(c.values);
        copy.forEach((key, def) -> {
            if (!v.containsKey(key)) {
                v.put(key, def);
                return;
            }
            Object value = v.get(key);
            if (value == null && !merge) {
                v.remove(key);
            } else if (value instanceof Map && def instanceof Map) {
                // A subchart's values are coalesced again in the subchart, which must still see the nulls.
                boolean keepNulls = merge || c.subcharts.stream().anyMatch(s -> s.name().equals(key));
                tables(GoValue.map(value), GoValue.map(def), keepNulls);
            }
        });
    }

    /** The target's values win. */
    static void tables(Map<String, Object> dst, Map<String, Object> src, boolean merge) {
        src.forEach((key, val) -> {
            if (!dst.containsKey(key)) {
                dst.put(key, val);
                return;
            }
            Object v = dst.get(key);
            if (v == null && !merge) {
                dst.remove(key);
            } else if (val instanceof Map && v instanceof Map) {
                tables(GoValue.map(v), GoValue.map(val), merge);
            }
        });
    }

    /** A parent's globals win over the subchart's. */
    private static void globals(Map<String, Object> dest, Map<String, Object> src, boolean merge) {
        Object d = dest.getOrDefault("global", null);
        Object s = src.getOrDefault("global", null);
        if (d != null && !(d instanceof Map) || s != null && !(s instanceof Map)) {
            return;
        }
        Map<String, Object> target = d == null ? new LinkedHashMap<>() : GoValue.map(d);
        if (s != null) {
            GoValue.map(s).forEach((key, val) -> {
                Object own = target.get(key);
                if (val instanceof Map) {
                    Map<String, Object> v = Trees.copy((Map<?, ?>) val);
                    if (!target.containsKey(key)) {
                        target.put(key, v);
                    } else if (own instanceof Map) {
                        tables(v, GoValue.map(own), merge);
                        target.put(key, v);
                    }
                } else if (!(own instanceof Map)) {
                    target.put(key, val);
                }
            });
        }
        dest.put("global", target);
    }
}
