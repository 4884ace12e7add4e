package io.skerry.helm.render;

import java.util.List;

/**
 * A rendered chart.
 * @param manifest all objects but hooks, in install order, as one YAML stream with {@code # Source:} lines, as {@code helm get manifest} shows it
 * @param objects the same, one by one
 * @param hooks in Helm's order: as their files sort; {@link Hook#weight} orders their execution
 * @param notes of NOTES.txt; "" without one
 */
public record Rendered(String manifest, List<Manifest> objects, List<Hook> hooks, String notes) {}
