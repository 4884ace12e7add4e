package io.skerry.helm;

import java.util.Map;
import java.util.Set;

/**
 * What to render a chart with.
 * @param name the release's name
 * @param namespace the release's namespace
 * @param values the user's values, merged (see {@link io.skerry.helm.chart.UserValues}); the chart's defaults lie beneath them
 * @param revision of the release, 1 for a first install
 * @param upgrade {@code .Release.IsUpgrade}
 * @param kubeVersion {@code .Capabilities.KubeVersion}, as v1.33.0
 * @param apiVersions {@code .Capabilities.APIVersions}
 * @param cluster for {@code lookup}; null renders without a cluster, where every lookup finds nothing
 */
public record TemplateRequest(String name, String namespace, Map<String, Object> values, int revision, boolean upgrade, String kubeVersion,
                              Set<String> apiVersions, ClusterAccess cluster) {
    /** A first install rendered without a cluster. */
    public static TemplateRequest of(String name, String namespace, Map<String, Object> values) {
        return new TemplateRequest(name, namespace, values, 1, false, "v1.33.0", Set.of(), null);
    }
}
