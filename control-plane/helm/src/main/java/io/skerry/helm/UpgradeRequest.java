package io.skerry.helm;

import io.skerry.helm.chart.Chart;
import java.time.Duration;
import java.util.Map;

/**
 * A release as it is wanted.
 * @param values the user's values, merged; see {@link io.skerry.helm.chart.UserValues}
 * @param createNamespace create the release's namespace when it is missing
 * @param skipCrds leave the chart's crds/ folder out
 * @param disableHooks run no hooks
 * @param waitReady wait until the objects are ready before the release counts as deployed
 * @param timeout for each hook, and for {@code waitReady} as a whole
 * @param takeOwnership adopt objects that are there already without this release's annotations, instead of refusing
 * @param historyMax revisions kept; 0 keeps all
 * @param description written into the release; null for Helm's own
 * @param labels extra labels for the release's Secret
 */
public record UpgradeRequest(String name, String namespace, Chart chart, Map<String, Object> values, boolean createNamespace, boolean skipCrds,
                             boolean disableHooks, boolean waitReady, Duration timeout, boolean takeOwnership, int historyMax, String description,
                             Map<String, String> labels) {
    /** With Helm's defaults: hooks run, no waiting, 5 minutes, ten revisions kept. */
    public static UpgradeRequest of(String name, String namespace, Chart chart, Map<String, Object> values) {
        return new UpgradeRequest(name, namespace, chart, values, false, false, false, false, Duration.ofMinutes(5), false, 10, null, Map.of());
    }

    public UpgradeRequest withCreateNamespace(boolean create) {
        return new UpgradeRequest(name, namespace, chart, values, create, skipCrds, disableHooks, waitReady, timeout, takeOwnership, historyMax, description, labels);
    }

    public UpgradeRequest withWait(boolean ready, Duration limit) {
        return new UpgradeRequest(name, namespace, chart, values, createNamespace, skipCrds, disableHooks, ready, limit, takeOwnership, historyMax, description, labels);
    }

    public UpgradeRequest withTakeOwnership(boolean take) {
        return new UpgradeRequest(name, namespace, chart, values, createNamespace, skipCrds, disableHooks, waitReady, timeout, take, historyMax, description, labels);
    }

    public UpgradeRequest withDescription(String text) {
        return new UpgradeRequest(name, namespace, chart, values, createNamespace, skipCrds, disableHooks, waitReady, timeout, takeOwnership, historyMax, text, labels);
    }

    public UpgradeRequest withHistoryMax(int max) {
        return new UpgradeRequest(name, namespace, chart, values, createNamespace, skipCrds, disableHooks, waitReady, timeout, takeOwnership, max, description, labels);
    }
}
