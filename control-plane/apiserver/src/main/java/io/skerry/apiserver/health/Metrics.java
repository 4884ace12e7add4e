package io.skerry.apiserver.health;

import io.skerry.apiserver.cache.WatchCache;
import io.skerry.apiserver.registry.ServedType;
import io.skerry.apiserver.registry.ServedTypes;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** {@code /metrics} in Prometheus' text format: requests and stored objects, under upstream's names. */
public final class Metrics {
    private static final Set<String> VERBS = Set.of("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "post", "put", "head", "options");

    private final Map<String, LongAdder> requests = new ConcurrentHashMap<>();

    /**
     * Counts a request. Labels come from what is served, never from the path alone: anyone may ask for any path, and each label set is kept.
     *
     * @param type null when the request was for no resource, or for one that is not served
     */
    public void answered(String verb, ServedType type, int code) {
        String known = VERBS.contains(verb) ? verb.toUpperCase(Locale.ROOT) : "";
        requests.computeIfAbsent("{code=\"" + code + "\",group=\"" + (type == null ? "" : escaped(type.group())) + "\",resource=\""
                + (type == null ? "" : escaped(type.plural())) + "\",verb=\"" + known + "\"}", k -> new LongAdder()).increment();
    }

    /** A label value in Prometheus' text format. */
    static String escaped(String value) {
        return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }

    public String text(WatchCache cache, ServedTypes types) {
        StringBuilder out = new StringBuilder(4096);
        out.append("# HELP apiserver_request_total Counter of requests broken out for each verb, group, resource and HTTP response code.\n"
                + "# TYPE apiserver_request_total counter\n");
        new TreeMap<>(requests).forEach((labels, count) -> out.append("apiserver_request_total").append(labels).append(' ').append(count.sum()).append('\n'));
        out.append("# HELP apiserver_storage_objects Number of stored objects by resource.\n# TYPE apiserver_storage_objects gauge\n");
        TreeSet<String> lines = new TreeSet<>();
        for (ServedType type : types.all()) {
            if (type.type().verbs().contains("list")) {
                lines.add("apiserver_storage_objects{resource=\"" + escaped(type.storageGroup().isEmpty() ? type.plural() : type.plural() + "." + type.storageGroup())
                        + "\"} " + cache.resource(type.storageGroup(), type.plural()).size() + "\n");
            }
        }
        lines.forEach(out::append);
        out.append("# HELP skerry_unreadable_object An object that the disk has damaged, and that is left out, by its key in the datastore.\n"
                + "# TYPE skerry_unreadable_object gauge\n");
        new TreeSet<>(cache.unreadable().keySet()).forEach(key -> out.append("skerry_unreadable_object{key=\"").append(escaped(key)).append("\"} 1\n"));
        return out.toString();
    }
}
