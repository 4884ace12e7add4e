package io.skerry.helm.chart;

import io.skerry.helm.HelmException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** A packaged chart: a gzipped tar with one folder. */
final class ChartArchive {
    /** Helm's limits: a small archive must not fill a device's memory. */
    private static final long MAX_CHART = 20L << 20;
    private static final long MAX_FILE = 5L << 20;

    private ChartArchive() {}

    static Map<String, byte[]> unpack(byte[] tgz, String source) {
        Map<String, byte[]> files = new TreeMap<>();
        long total = 0;
        try (TarArchiveInputStream tar = new TarArchiveInputStream(new GZIPInputStream(new ByteArrayInputStream(tgz)))) {
            for (TarArchiveEntry e = tar.getNextEntry(); e != null; e = tar.getNextEntry()) {
                if (!e.isFile()) {
                    continue;
                }
                String name = e.getName().replace('\\', '/');
                name = name.startsWith("./") ? name.substring(2) : name;
                int slash = name.indexOf('/');
                if (slash <= 0) {
                    throw new HelmException(source + ": chart base directory is missing: " + name + " is not in a folder");
                }
                String path = name.substring(slash + 1);
                if (name.startsWith("/") || path.startsWith("..") || path.contains("/../")) {
                    throw new HelmException(source + ": chart illegally references parent directory: " + name);
                }
                byte[] data = tar.readNBytes((int) MAX_FILE + 1);
                total += data.length;
                if (data.length > MAX_FILE || total > MAX_CHART) {
                    throw new HelmException(source + ": " + name + " makes the chart too big: a file may have 5 MiB, all files together 20 MiB");
                }
                files.put(path, data);
            }
        } catch (IOException e) {
            throw new HelmException(source + " is not a gzipped tar archive of a chart: " + e.getMessage(), e);
        }
        if (files.isEmpty()) {
            throw new HelmException(source + ": no files in chart archive");
        }
        return files;
    }
}
