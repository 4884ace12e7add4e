package io.skerry.helm.render;

import io.skerry.helm.HelmException;
import io.skerry.helm.chart.ChartTree;
import java.util.Map;

/** Checks values against the charts' values.schema.json. */
final class ValuesSchema {
    private ValuesSchema() {}

    static void check(ChartTree tree, Map<String, Object> values) {
        if (tree.chart.schema() != null) {
            throw new HelmException("chart " + tree.name() + " has a values.schema.json, which is not supported yet");
        }
        for (ChartTree sub : tree.subcharts) {
            check(sub, ChartTree.table(values, sub.name()));
        }
    }
}
