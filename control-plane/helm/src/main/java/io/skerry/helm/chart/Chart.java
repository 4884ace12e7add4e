package io.skerry.helm.chart;

import io.skerry.helm.HelmException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A loaded chart. Nothing in it changes: rendering works on copies.
 * @param values values.yaml
 * @param schema values.schema.json; null without one
 * @param templates the files under templates/, by path in the chart
 * @param files all other files
 * @param subcharts of the charts/ folder
 */
public record Chart(ChartMetadata metadata, Map<String, Object> values, byte[] schema, Map<String, byte[]> templates, Map<String, byte[]> files, List<Chart> subcharts) {
    /**
     * @param files by path relative to the chart's folder, with '/' between names
     * @throws HelmException when the chart is not valid: file, line and problem
     */
    public static Chart of(Map<String, byte[]> files) {
        return ChartLoader.load(files, "");
    }

    /** @param tgz a packaged chart, as {@code helm package} writes it or {@code spec.chartContent} holds it (decoded) */
    public static Chart ofArchive(byte[] tgz) {
        return ChartLoader.load(ChartArchive.unpack(tgz, "chart archive"), "");
    }

    /** The chart in a folder, without what its .helmignore names. */
    public static Chart ofFolder(Path folder) {
        return ChartLoader.load(ChartFolder.read(folder), folder + "/");
    }

    public String name() {
        return metadata.name();
    }

    public String version() {
        return metadata.version();
    }

    /** The files of this chart's own crds/ folder, by path in the chart. */
    public Map<String, byte[]> ownCrds() {
        Map<String, byte[]> out = new LinkedHashMap<>();
        files.forEach((name, data) -> {
            if (name.startsWith("crds/") && (name.endsWith(".yaml") || name.endsWith(".yml") || name.endsWith(".json"))) {
                out.put(name, data);
            }
        });
        return out;
    }
}
