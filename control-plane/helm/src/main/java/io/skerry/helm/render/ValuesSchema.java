package io.skerry.helm.render;

import io.skerry.helm.HelmException;
import io.skerry.helm.chart.ChartTree;
import io.skerry.helm.schema.JsonSchema;
import java.util.Map;

/** Checks values against the values.schema.json of a chart and its subcharts. */
final class ValuesSchema {
    private ValuesSchema() {}

    /** @throws HelmException with all that is wrong, chart by chart */
    static void check(ChartTree tree, Map<String, Object> values) {
        StringBuilder problems = new StringBuilder();
        collect(tree, values, problems);
        if (!problems.isEmpty()) {
            throw new HelmException("values don't meet the specifications of the schema(s) in the following chart(s):\n" + problems);
        }
    }

    private static void collect(ChartTree tree, Map<String, Object> values, StringBuilder out) {
        if (tree.chart.schema() != null) {
            String problems;
            try {
                problems = JsonSchema.parse(tree.chart.schema()).validate(values);
            } catch (HelmException e) {
                problems = "values.schema.json: " + e.getMessage() + "\n";
            }
            if (!problems.isEmpty()) {
                out.append(tree.name()).append(":\n").append(problems);
            }
        }
        for (ChartTree sub : tree.subcharts) {
            collect(sub, ChartTree.table(values, sub.name()), out);
        }
    }
}
