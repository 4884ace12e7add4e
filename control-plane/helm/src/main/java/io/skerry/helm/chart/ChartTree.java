package io.skerry.helm.chart;

import io.skerry.helm.HelmException;
import io.skerry.helm.encoding.Trees;
import io.skerry.helm.template.GoValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A chart with its subcharts as one rendering has them: aliased, without the disabled ones, with imported values. */
public final class ChartTree {
    public final Chart chart;
    private ChartMetadata metadata;
    public final List<ChartTree> subcharts = new ArrayList<>();
    Map<String, Object> values;
    /** The enabled dependencies, under the names their charts have here. */
    private final List<Dependency> dependencies = new ArrayList<>();

    private ChartTree(Chart chart, ChartMetadata metadata) {
        this.chart = chart;
        this.metadata = metadata;
        this.values = chart.values();
    }

    /**
     * @param values the user's
     * @throws HelmException when a dependency is not in charts/
     */
    public static ChartTree of(Chart chart, Map<String, Object> values) {
        ChartTree root = new ChartTree(chart, chart.metadata());
        root.load();
        root.enable(values, "");
        root.importValues();
        return root;
    }

    public String name() {
        return metadata.name();
    }

    /** With the name and the dependencies that the chart has here. */
    public ChartMetadata metadata() {
        return metadata;
    }

    /** The user's values over the chart's, all the way down. */
    public Map<String, Object> coalesce(Map<String, Object> user) {
        return Coalesce.values(this, user, false);
    }

    private void load() {
        for (Chart c : chart.subcharts()) {
            ChartTree t = new ChartTree(c, c.metadata().named(c.name(), false));
            t.load();
            subcharts.add(t);
        }
    }

    private void enable(Map<String, Object> user, String path) {
        List<Dependency> declared = metadata.dependencies();
        List<ChartTree> kept = new ArrayList<>();
        List<ChartTree> present = List.copyOf(subcharts);
        for (ChartTree t : present) {
            if (declared.stream().noneMatch(d -> d.name().equals(t.chart.name()) && d.accepts(t.chart.version()))) {
                kept.add(t);
            }
        }
        List<Dependency> named = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        for (Dependency d : declared) {
            String name = d.alias().isEmpty() ? d.name() : d.alias();
            ChartTree found = null;
            boolean anyVersion = false;
            for (ChartTree t : present) {
                anyVersion |= t.chart.name().equals(d.name());
                if (t.chart.name().equals(d.name()) && d.accepts(t.chart.version())) {
                    found = t;
                    break;
                }
            }
            if (!anyVersion) {
                missing.add(d.name());
            }
            if (found != null) {
                ChartTree copy = new ChartTree(found.chart, found.metadata.named(name, false));
                copy.load();
                kept.add(copy);
            }
            named.add(new Dependency(name, d.version(), d.repository(), d.condition(), d.tags(), d.alias(), d.importValues()));
        }
        if (!missing.isEmpty()) {
            throw new HelmException("chart " + name() + ": found in Chart.yaml, but missing in charts/ directory: " + String.join(", ", missing));
        }
        subcharts.clear();
        subcharts.addAll(kept);
        if (declared.isEmpty()) {
            for (ChartTree t : subcharts) {
                t.enable(user, path + t.name() + ".");
            }
            return;
        }
        Map<String, Object> all = Coalesce.values(this, user, false);
        for (Dependency d : named) {
            boolean enabled = tagged(d, all);
            Boolean condition = condition(d, all, path);
            enabled = condition == null ? enabled : condition;
            if (enabled) {
                dependencies.add(d);
            } else {
                subcharts.removeIf(t -> t.name().equals(d.name()));
            }
        }
        metadata = metadata.depending(dependencies);
        for (ChartTree t : subcharts) {
            t.enable(all, path + t.name() + ".");
        }
    }

    private static boolean tagged(Dependency d, Map<String, Object> values) {
        if (!(values.get("tags") instanceof Map<?, ?> tags)) {
            return true;
        }
        boolean anyTrue = false;
        boolean anyFalse = false;
        for (String t : d.tags()) {
            if (tags.get(t) instanceof Boolean b) {
                anyTrue |= b;
                anyFalse |= !b;
            }
        }
        return anyTrue || !anyFalse;
    }

    private static Boolean condition(Dependency d, Map<String, Object> values, String path) {
        for (String c : d.condition().split(",")) {
            if (!c.isBlank() && at(values, path + c.strip()) instanceof Boolean b) {
                return b;
            }
        }
        return null;
    }

    private static Object at(Map<String, Object> values, String path) {
        Object v = values;
        for (String p : path.split("\\.")) {
            if (!(v instanceof Map<?, ?> m)) {
                return null;
            }
            v = m.get(p);
        }
        return v;
    }

    private void importValues() {
        for (ChartTree t : subcharts) {
            t.importValues();
        }
        if (dependencies.stream().allMatch(d -> d.importValues().isEmpty())) {
            return;
        }
        Map<String, Object> all = Coalesce.values(this, null, true);
        Map<String, Object> imported = new LinkedHashMap<>();
        for (Dependency d : dependencies) {
            for (Object i : d.importValues()) {
                String child = i instanceof Map<?, ?> m ? String.valueOf(m.get("child")) : "exports." + i;
                String parent = i instanceof Map<?, ?> m ? String.valueOf(m.get("parent")) : ".";
                if (at(all, d.name() + "." + child) instanceof Map<?, ?> table) {
                    Coalesce.tables(imported, nest(parent, Trees.copy(table)), true);
                }
            }
        }
        Coalesce.tables(all, imported, true);
        values = all;
    }

    private static Map<String, Object> nest(String path, Map<String, Object> table) {
        if (path.equals(".")) {
            return table;
        }
        Map<String, Object> root = new LinkedHashMap<>();
        Map<String, Object> at = root;
        String[] parts = path.split("\\.");
        for (int i = 0; i < parts.length - 1; i++) {
            Map<String, Object> next = new LinkedHashMap<>();
            at.put(parts[i], next);
            at = next;
        }
        at.put(parts[parts.length - 1], table);
        return root;
    }

    /** Tables of the values, for a subchart. */
    public static Map<String, Object> table(Map<String, Object> values, String name) {
        return values.get(name) instanceof Map<?, ?> m ? GoValue.map(m) : new LinkedHashMap<>();
    }
}
