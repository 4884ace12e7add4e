package io.skerry.helm.render;

import io.skerry.helm.HelmException;
import io.skerry.helm.TemplateRequest;
import io.skerry.helm.chart.Chart;
import io.skerry.helm.chart.ChartTree;
import io.skerry.helm.chart.Constraint;
import io.skerry.helm.template.GoValue;
import io.skerry.helm.template.TemplateException;
import io.skerry.helm.template.TemplateSet;
import io.skerry.helm.template.TypedMap;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Turns a chart and values into manifests. */
public final class Renderer {
    private static final String NOTES = "NOTES.txt";
    private static final int LONGEST_MESSAGE = 4096;
    private static final Pattern MESSAGE = Pattern.compile(HelmFunctions.MESSAGE_START + "((?s).*)" + HelmFunctions.MESSAGE_END);

    /** A template file and what it sees. */
    private record File(String text, Map<String, Object> scope, String basePath) {}

    private final Map<String, File> files = new TreeMap<>();
    private final Capabilities capabilities;
    private final Map<String, Object> release = new LinkedHashMap<>();

    private Renderer(TemplateRequest r) {
        capabilities = new Capabilities(r.kubeVersion(), r.apiVersions());
        release.put("Name", r.name());
        release.put("Namespace", r.namespace());
        release.put("IsUpgrade", r.upgrade());
        release.put("IsInstall", !r.upgrade());
        release.put("Revision", r.revision());
        release.put("Service", "Helm");
    }

    /** Enough for templates nested as deep as Helm lets them; only what is used of it takes memory. */
    private static final long STACK = 64L << 20;

    /** @throws HelmException in Helm's words */
    public static Rendered render(Chart chart, TemplateRequest request) {
        FutureTask<Rendered> task = new FutureTask<>(() -> new Renderer(request).run(chart, request));
        Thread thread = new Thread(null, task, "helm-render", STACK);
        thread.start();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException e) {
                    // A lookup may be waiting for the cluster.
                    interrupted = true;
                    thread.interrupt();
                }
            }
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case HelmException h -> throw h;
                case StackOverflowError o -> throw new HelmException("chart " + chart.name() + ": templates or values are nested too deeply", o);
                case RuntimeException r -> throw r;
                default -> throw new IllegalStateException(e.getCause());
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private Rendered run(Chart chart, TemplateRequest request) {
        checkKubeVersion(chart);
        if (chart.metadata().isLibrary()) {
            throw new HelmException("library charts are not installable");
        }
        ChartTree tree = ChartTree.of(chart, request.values());
        Map<String, Object> values = tree.coalesce(request.values());
        ValuesSchema.check(tree, values);
        collect(tree, values, chart.name());

        HelmFunctions helm = new HelmFunctions(request.cluster());
        TemplateSet[] set = new TemplateSet[1];
        set[0] = new TemplateSet(helm.over(set));
        Map<String, String> rendered = execute(set[0]);

        String notes = "";
        for (String path : new ArrayList<>(rendered.keySet())) {
            if (path.endsWith(NOTES)) {
                String text = rendered.remove(path);
                if (path.equals(chart.name() + "/templates/" + NOTES)) {
                    notes = text;
                }
            }
        }
        Manifests manifests = new Manifests(rendered);
        List<Manifest> objects = manifests.objects.stream().filter(m -> !m.object().isEmpty()).toList();
        return new Rendered(Manifests.stream(manifests.objects), objects, manifests.hooks, notes);
    }

    /**
     * The CRDs of the crds/ folders of a chart and its enabled subcharts: no templates, and what must be there before the chart is rendered.
     * @param values the user's, which decide on the subcharts
     */
    public static List<Manifest> crds(Chart chart, Map<String, Object> values) {
        ChartTree tree = ChartTree.of(chart, values);
        List<Manifest> crds = new ArrayList<>();
        crdsOf(tree, tree.name(), crds);
        crds.removeIf(m -> m.object().isEmpty());
        return crds;
    }

    private static void crdsOf(ChartTree t, String path, List<Manifest> out) {
        t.chart.ownCrds().forEach((name, data) -> out.addAll(Manifests.split(path + "/" + name, GoValue.utf8(data))));
        for (ChartTree sub : t.subcharts) {
            crdsOf(sub, path + "/charts/" + sub.name(), out);
        }
    }

    private void checkKubeVersion(Chart chart) {
        String wanted = chart.metadata().kubeVersion();
        if (wanted.isEmpty()) {
            return;
        }
        boolean allowed;
        try {
            allowed = Constraint.parse(wanted).allows(capabilities.kubeVersion());
        } catch (IllegalArgumentException e) {
            allowed = false;
        }
        if (!allowed) {
            throw new HelmException("chart requires kubeVersion: " + wanted + " which is incompatible with Kubernetes v" + capabilities.kubeVersion());
        }
    }

    /** @return the chart's scope, for its parent's .Subcharts */
    private Map<String, Object> collect(ChartTree t, Map<String, Object> values, String path) {
        Map<String, Object> subcharts = new LinkedHashMap<>();
        Map<String, Object> scope = new LinkedHashMap<>();
        scope.put("Chart", t.metadata());
        scope.put("Files", new ChartFiles(t.chart.files()));
        scope.put("Release", release);
        scope.put("Capabilities", capabilities);
        scope.put("Values", new TypedMap("chartutil.Values", values));
        scope.put("Subcharts", subcharts);
        TypedMap top = new TypedMap("chartutil.Values", scope);
        for (ChartTree sub : t.subcharts) {
            subcharts.put(sub.name(), collect(sub, ChartTree.table(values, sub.name()), path + "/charts/" + sub.name()));
        }
        t.chart.templates().forEach((name, data) -> {
            String base = name.substring(name.lastIndexOf('/') + 1);
            // Of a library chart only the partials are used.
            if (!t.metadata().isLibrary() || base.startsWith("_")) {
                files.put(path + "/" + name, new File(GoValue.utf8(data), top, path + "/templates"));
            }
        });
        return top;
    }

    private Map<String, String> execute(TemplateSet set) {
        // The deepest first, so that a parent's definitions replace those of its subcharts.
        List<String> order = new ArrayList<>(files.keySet());
        order.sort(Comparator.<String>comparingLong(p -> p.chars().filter(c -> c == '/').count()).thenComparing(Comparator.naturalOrder()).reversed());
        for (String path : order) {
            try {
                set.parse(path, files.get(path).text);
            } catch (TemplateException e) {
                throw new HelmException(parseError(e.getMessage()), e);
            }
        }
        Map<String, String> rendered = new TreeMap<>();
        for (String path : order) {
            if (path.substring(path.lastIndexOf('/') + 1).startsWith("_")) {
                continue;
            }
            File f = files.get(path);
            Map<String, Object> template = new LinkedHashMap<>();
            template.put("Name", path);
            template.put("BasePath", f.basePath);
            f.scope.put("Template", new TypedMap("chartutil.Values", template));
            try {
                rendered.put(path, set.execute(path, f.scope).replace("<no value>", ""));
            } catch (TemplateException e) {
                throw new HelmException(executionError(e.getMessage()), e);
            }
        }
        return rendered;
    }

    /** "template: file:line: problem" as "parse error at (file:line): problem". */
    private static String parseError(String message) {
        String[] tokens = message.split(": ");
        return tokens.length == 1 ? "parse error: " + message : "parse error at (" + tokens[1] + "): " + tokens[tokens.length - 1];
    }

    /** What required and fail say stands alone, with the place of the outermost template. */
    private static String executionError(String message) {
        String[] tokens = message.split(": ", 3);
        if (tokens.length == 3) {
            Matcher m = MESSAGE.matcher(tokens[2]);
            if (m.find()) {
                return "execution error at (" + tokens[1] + "): " + m.group(1);
            }
        }
        if (message.length() <= LONGEST_MESSAGE) {
            return message;
        }
        // A template that includes itself is named a thousand times.
        int half = LONGEST_MESSAGE / 2;
        return message.substring(0, half) + " ... " + message.substring(message.length() - half);
    }
}
