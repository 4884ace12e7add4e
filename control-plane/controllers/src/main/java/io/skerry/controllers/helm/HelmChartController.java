package io.skerry.controllers.helm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.skerry.controllers.runtime.Controller;
import io.skerry.controllers.runtime.Crds;
import io.skerry.controllers.runtime.EventRecorder;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.Key;
import io.skerry.controllers.runtime.Patch;
import io.skerry.controllers.runtime.Requeue;
import io.skerry.controllers.runtime.Watch;
import io.skerry.controllers.workload.Pods;
import io.skerry.helm.Helm;
import io.skerry.helm.HelmException;
import io.skerry.helm.UpgradeRequest;
import io.skerry.helm.chart.Chart;
import io.skerry.helm.release.Release;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.TypeTable;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Keeps the charts of HelmChart objects installed: installs, upgrades when the chart or a value changes, uninstalls when the object is
 * deleted. The object's conditions say how it went; {@code Ready} is what to wait for.
 */
public final class HelmChartController implements Controller {
    static final String FINALIZER = "wrangler.cattle.io/on-helm-chart-remove", UNMANAGED = "helmcharts.helm.cattle.io/unmanaged";
    private static final Logger LOG = System.getLogger(HelmChartController.class.getName());
    private static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(5), FIRST_RETRY = Duration.ofSeconds(5), LAST_RETRY = Duration.ofMinutes(10);
    private static final Pattern DURATION = Pattern.compile("(\\d+(?:\\.\\d+)?)(ms|h|m|s)");

    private final Informers informers;
    private final TypeTable types;
    private final StaticCharts charts;
    private final EventRecorder events;

    /** @param charts folder with packaged charts that a HelmChart can name; null for none */
    public HelmChartController(Informers informers, TypeTable types, Path charts) {
        this.informers = informers;
        this.types = types;
        this.charts = new StaticCharts(charts);
        this.events = informers.recorder(name());
    }

    @Override public String name() { return "helm-chart-controller"; }

    @Override public void prepare() { Crds.ensure(informers.client(), HelmCrds.manifests()); }

    @Override public List<Watch<?>> watches() { return List.of(Watch.self(HelmChart.class), Watch.self(HelmChartConfig.class)); }

    /** A chart may hold anything. */
    @Override public Set<Class<? extends HasMetadata>> writes() { return Set.of(HasMetadata.class); }

    @Override public void reconcile(Key key) throws Exception {
        HelmChart chart = informers.get(HelmChart.class, key);
        if (chart == null || chart.getMetadata().getAnnotations() != null && chart.getMetadata().getAnnotations().containsKey(UNMANAGED)) return;
        if (chart.getMetadata().getDeletionTimestamp() != null) {
            if (chart.getMetadata().getFinalizers().contains(FINALIZER)) remove(chart);
            return;
        }
        if (!chart.getMetadata().getFinalizers().contains(FINALIZER)) chart = finalizers(chart, true);
        install(chart, informers.get(HelmChartConfig.class, key));
    }

    private void install(HelmChart chart, HelmChartConfig config) throws InterruptedException {
        Instant now = Instant.now();
        JsonNode status = ChartSource.spec(chart.getStatus());
        String hash = ChartSource.askedHash(chart, config);
        ChartSource source;
        try {
            source = ChartSource.of(chart, config, charts, informers.client());
        } catch (HelmException e) {
            if (!hash.equals(Json.text(status, "configHash")) || !isTrue(status, "Failed")
                || !waits(chart, config, status, now)) failed(chart, status, hash, e, now);
            return;
        }
        hash = source.hash();
        try {
            boolean tried = hash.equals(Json.text(status, "configHash"));
            if (tried && isTrue(status, "Ready") && isDeployed(source)) {
                if (status.path("observedGeneration").asLong() != chart.getMetadata().getGeneration()) write(chart,
                    ((ObjectNode) status.deepCopy()).put("observedGeneration", chart.getMetadata().getGeneration()));
                return;
            }
            if (tried && isTrue(status, "Failed") && waits(chart, config, status, now)) return;
            Chart loaded = source.chart();
            boolean first = status.path("revision").asInt() == 0;
            Release release = helm().upgradeInstall(UpgradeRequest.of(source.releaseName(), source.namespace(), loaded, source.values())
                .withCreateNamespace(source.createNamespace()).withTakeOwnership(source.takeOwnership()).withWait(false, timeout(source.timeout())));
            String what = loaded.name() + "-" + loaded.version() + " as release " + source.namespace() + "/" + source.releaseName() + " revision "
                + release.version();
            LOG.log(Level.INFO, "HelmChart {0}: {1} {2}", Key.of(chart), first ? "installed" : "upgraded to", what);
            events.normal(chart, first ? "Installed" : "Upgraded", (first ? "Installed " : "Upgraded to ") + what);
            ObjectNode after = Json.object().put("chart", loaded.name() + "-" + loaded.version()).put("revision", release.version());
            write(chart, finished(chart, after, hash, 0, now, true, first ? "Installed" : "Upgraded",
                "Release " + source.namespace() + "/" + source.releaseName() + " is deployed"));
        } catch (HelmException | IllegalStateException | KubernetesClientException e) {
            failed(chart, status, hash, e, now);
        }
    }

    /** Whether the last failure is too fresh to try again, or is not to be tried again at all. */
    private static boolean waits(HelmChart chart, HelmChartConfig config, JsonNode status, Instant now) {
        String policy = config == null ? "" : Json.text(ChartSource.spec(config.getSpec()), "failurePolicy");
        if (policy.isEmpty()) policy = Json.text(ChartSource.spec(chart.getSpec()), "failurePolicy");
        if (policy.equals("abort")) return true;
        Instant last = Pods.time(Json.text(status, "lastAttemptTime"));
        Duration left = last == null ? Duration.ZERO : Duration.between(now, last.plus(retry(status.path("failures").asInt())));
        if (!left.isPositive()) return false;
        Requeue.after(left);
        return true;
    }

    private static Duration retry(int failures) {
        return failures > 8 ? LAST_RETRY : Duration.ofMillis(Math.min(LAST_RETRY.toMillis(), FIRST_RETRY.toMillis() << Math.max(0, failures - 1)));
    }

    private boolean isDeployed(ChartSource source) {
        List<Release> history = helm().history(source.namespace(), source.releaseName());
        return !history.isEmpty() && history.getLast().status().equals("deployed");
    }

    private void failed(HelmChart chart, JsonNode status, String hash, RuntimeException e, Instant now) {
        int failures = hash.equals(Json.text(status, "configHash")) ? status.path("failures").asInt() + 1 : 1;
        LOG.log(Level.WARNING, "HelmChart {0}: {1}", Key.of(chart), e.getMessage());
        events.warning(chart, "Failed", String.valueOf(e.getMessage()));
        ObjectNode after = Json.object();
        for (String field : List.of("chart", "revision")) if (status.has(field)) after.set(field, status.get(field));
        write(chart, finished(chart, after, hash, failures, now, false, "Failed", String.valueOf(e.getMessage())));
        Requeue.after(retry(failures));
    }

    private static ObjectNode finished(HelmChart chart, ObjectNode status, String hash, int failures, Instant now, boolean ready, String reason,
        String message) {
        status.put("configHash", hash).put("failures", failures).put("observedGeneration", chart.getMetadata().getGeneration())
            .put("lastAttemptTime", now.truncatedTo(ChronoUnit.SECONDS).toString());
        var conditions = status.putArray("conditions");
        conditions.add(condition(chart, "Ready", ready, reason, message, now));
        conditions.add(condition(chart, "Failed", !ready, ready ? reason : "ReleaseFailed", ready ? "" : message, now));
        return status;
    }

    private static ObjectNode condition(HelmChart chart, String type, boolean is, String reason, String message, Instant now) {
        String value = is ? "True" : "False", since = now.truncatedTo(ChronoUnit.SECONDS).toString();
        for (JsonNode c : ChartSource.spec(chart.getStatus()).path("conditions")) {
            if (Json.text(c, "type").equals(type) && Json.text(c, "status").equals(value)) since = Json.text(c, "lastTransitionTime");
        }
        return Json.object().put("type", type).put("status", value).put("reason", reason).put("message", message).put("lastTransitionTime", since)
            .put("observedGeneration", chart.getMetadata().getGeneration());
    }

    private static boolean isTrue(JsonNode status, String type) {
        for (JsonNode c : status.path("conditions")) if (Json.text(c, "type").equals(type)) return Json.text(c, "status").equals("True");
        return false;
    }

    private void remove(HelmChart chart) throws InterruptedException {
        String target = Json.text(ChartSource.spec(chart.getSpec()), "targetNamespace"), name = chart.getMetadata().getName();
        String namespace = target.isEmpty() ? chart.getMetadata().getNamespace() : target;
        try {
            if (helm().uninstall(namespace, name, false, timeout(Json.text(ChartSource.spec(chart.getSpec()), "timeout"))).isPresent()) {
                LOG.log(Level.INFO, "HelmChart {0}: uninstalled release {1}/{2}", Key.of(chart), namespace, name);
            }
        } catch (HelmException | IllegalStateException e) {
            events.warning(chart, "UninstallFailed", String.valueOf(e.getMessage()));
            throw e;
        }
        finalizers(chart, false);
    }

    private Helm helm() {
        return new Helm(new ApiCluster(informers.client()), types, Clock.systemUTC());
    }

    /** Adds or removes our finalizer. */
    private HelmChart finalizers(HelmChart chart, boolean add) {
        var patch = Json.object();
        var metadata = patch.putObject("metadata").put("resourceVersion", chart.getMetadata().getResourceVersion());
        var list = metadata.putArray("finalizers");
        for (String f : chart.getMetadata().getFinalizers()) if (!f.equals(FINALIZER)) list.add(f);
        if (add) list.add(FINALIZER);
        HelmChart after = Patch.MERGE.send(informers.client(), chart, null, patch);
        return add ? informers.awaitSeen(after) : after;
    }

    private void write(HelmChart chart, ObjectNode status) {
        HelmChart changed = informers.client().getKubernetesSerialization().clone(chart);
        changed.setStatus(status);
        informers.awaitSeen(informers.client().resources(HelmChart.class).inNamespace(chart.getMetadata().getNamespace()).resource(changed).updateStatus());
    }

    /** A Go duration such as 300s, 5m or 1h30m; anything else is the default of five minutes. */
    static Duration timeout(String text) {
        Matcher m = DURATION.matcher(text);
        Duration sum = Duration.ZERO;
        int end = 0;
        while (m.find() && m.start() == end) {
            long unit = switch (m.group(2)) {
                case "h" -> 3_600_000;
                case "m" -> 60_000;
                case "s" -> 1000;
                default -> 1;
            };
            sum = sum.plusMillis(Math.round(Double.parseDouble(m.group(1)) * unit));
            end = m.end();
        }
        return end != text.length() || sum.isZero() ? DEFAULT_TIMEOUT : sum;
    }
}
