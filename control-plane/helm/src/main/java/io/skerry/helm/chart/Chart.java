package io.skerry.helm.chart;

import java.nio.file.Path;
import java.util.Map;

/** A loaded chart. */
public final class Chart {
    /** @param files by path relative to the chart's folder, '/' between names
     *  @throws io.skerry.helm.HelmException when the chart is not valid: file, line and problem */
    public static Chart of(Map<String, byte[]> files) {
        throw new UnsupportedOperationException();
    }

    /** @param tgz a packaged chart, as {@code helm package} writes it or {@code spec.chartContent} holds it (decoded) */
    public static Chart ofArchive(byte[] tgz) {
        throw new UnsupportedOperationException();
    }

    public static Chart ofFolder(Path folder) {
        throw new UnsupportedOperationException();
    }

    public String name() {
        throw new UnsupportedOperationException();
    }

    public String version() {
        throw new UnsupportedOperationException();
    }
}
