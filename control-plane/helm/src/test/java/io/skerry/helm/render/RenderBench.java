package io.skerry.helm.render;

import io.skerry.helm.Helm;
import io.skerry.helm.HelmOracle;
import io.skerry.helm.TemplateRequest;
import io.skerry.helm.chart.Chart;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * How long it takes to load and render a chart: the first time in a process, and on average once it is warm, beside real Helm.
 * Arguments: a chart's folder (default: what {@code helm create} makes) and the number of rounds (default 200).
 */
public final class RenderBench {
    private RenderBench() {}

    public static void main(String[] args) throws Exception {
        Path chart;
        if (args.length > 0) {
            chart = Path.of(args[0]);
        } else {
            Path dir = Files.createTempDirectory("render-bench");
            com.marcnuri.helm.Helm.create().withName("web").withDir(dir).call();
            chart = dir.resolve("web");
        }
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 200;
        long start = System.nanoTime();
        Chart loaded = Chart.ofFolder(chart);
        long middle = System.nanoTime();
        Rendered r = Helm.template(loaded, TemplateRequest.of("demo", "default", Map.of()));
        long end = System.nanoTime();
        System.out.printf("%s: %d objects, %d bytes%n", chart.getFileName(), r.objects().size(), r.manifest().length());
        System.out.printf("first: load %.1f ms, render %.1f ms%n", (middle - start) / 1e6, (end - middle) / 1e6);
        for (int i = 0; i < rounds; i++) {
            Helm.template(Chart.ofFolder(chart), TemplateRequest.of("demo", "default", Map.of()));
        }
        start = System.nanoTime();
        for (int i = 0; i < rounds; i++) {
            Chart.ofFolder(chart);
        }
        middle = System.nanoTime();
        for (int i = 0; i < rounds; i++) {
            Helm.template(loaded, TemplateRequest.of("demo", "default", Map.of()));
        }
        end = System.nanoTime();
        System.out.printf("warm:  load %.2f ms, render %.2f ms%n", (middle - start) / 1e6 / rounds, (end - middle) / 1e6 / rounds);
        HelmOracle.template(chart, "demo", "default");
        start = System.nanoTime();
        for (int i = 0; i < Math.min(rounds, 20); i++) {
            HelmOracle.template(chart, "demo", "default");
        }
        System.out.printf("helm:  load and render %.2f ms%n", (System.nanoTime() - start) / 1e6 / Math.min(rounds, 20));
    }
}
