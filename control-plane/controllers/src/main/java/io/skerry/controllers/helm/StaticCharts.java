package io.skerry.controllers.helm;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.helm.HelmException;
import io.skerry.helm.chart.Chart;
import io.skerry.helm.chart.Constraint;
import io.skerry.helm.chart.Version;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Packaged charts on this machine, in {@code server/static/charts} of the data folder as in k3s: what an image brings along is there. A
 * HelmChart names one by k3s's URL of it, {@code https://%{KUBERNETES_API}%/static/charts/FILE}, or by its name and version. It is read
 * from the folder; no request is made.
 *
 * @param folder null: there are none
 */
record StaticCharts(Path folder) {
    private static final String URL = "https://%{KUBERNETES_API}%/static/charts/";

    /**
     * The chart that a HelmChart's spec names; {@code spec.repo} does not matter, as there is nowhere else that a chart could come from.
     *
     * @throws HelmException when it is not there, or {@code spec.version} is neither a version nor a range of them
     */
    byte[] archive(JsonNode spec) {
        String chart = Json.text(spec, "chart");
        Path file = chart.startsWith(URL) ? named(chart.substring(URL.length())) : chart.contains("/") ? null : newest(chart, Json.text(spec, "version"));
        if (file == null) throw new HelmException("spec.chart: there is no chart " + (chart.startsWith(URL) ? chart : asked(chart, spec))
            + (folder == null ? "" : " in " + folder) + ", and charts from a repository are not supported yet; put the packaged chart there, or base64 encoded into spec.chartContent");
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new HelmException("spec.chart: cannot read " + file + ": " + e.getMessage());
        }
    }

    private static String asked(String chart, JsonNode spec) {
        String version = Json.text(spec, "version");
        return version.isEmpty() ? chart : chart + " of version " + version;
    }

    private Path named(String name) {
        Path file = folder == null || name.contains("/") ? null : folder.resolve(name);
        return file != null && Files.isRegularFile(file) ? file : null;
    }

    /** The highest version that fits, as helm takes it from a repository. */
    private Path newest(String chart, String version) {
        if (folder == null || !Files.isDirectory(folder)) return null;
        Constraint wanted = constraint(version);
        Path best = null;
        Version highest = null;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, file -> file.getFileName().toString().startsWith(chart + "-") && file.toString().endsWith(".tgz"))) {
            for (Path file : files) {
                Version found = version(file, chart);
                if (found != null && (version.equals(found.original()) || wanted.allows(found)) && (highest == null || found.compareTo(highest) > 0)) {
                    best = file;
                    highest = found;
                }
            }
        } catch (IOException e) {
            throw new HelmException("spec.chart: cannot read " + folder + ": " + e.getMessage());
        }
        return best;
    }

    private static Constraint constraint(String version) {
        try {
            return Constraint.parse(version.isEmpty() ? "*" : version);
        } catch (IllegalArgumentException e) {
            throw new HelmException("spec.version: " + e.getMessage());
        }
    }

    /** Null when it is another chart, such as "web-shop" for "web", or none at all: that is no reason to withhold the others. */
    private static Version version(Path file, String chart) throws IOException {
        try {
            Chart found = Chart.ofArchive(Files.readAllBytes(file));
            return found.name().equals(chart) ? Version.parse(found.version()) : null;
        } catch (HelmException | IllegalArgumentException e) {
            return null;
        }
    }
}
