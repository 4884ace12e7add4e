package io.skerry.helm;

import io.skerry.helm.chart.Chart;
import io.skerry.helm.release.Release;
import io.skerry.helm.release.Releases;
import io.skerry.helm.render.Rendered;
import io.skerry.helm.render.Renderer;
import io.skerry.machinery.schema.TypeTable;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Charts rendered, and kept as releases in a cluster as Helm 3 keeps them. Calls block; one release is worked on by one caller at a time. */
public final class Helm {
    private final Releases releases;

    /** @param types how the objects of built-in types merge */
    public Helm(ClusterAccess cluster, TypeTable types, Clock clock) {
        releases = new Releases(cluster, types, clock);
    }

    /**
     * Renders without touching a cluster (but for {@code lookup}, when the request has one).
     * @throws HelmException with Helm's message: template name, line and column
     */
    public static Rendered template(Chart chart, TemplateRequest request) {
        return Renderer.render(chart, request);
    }

    /**
     * Installs the release, or upgrades it. A revision left pending by a crash is taken over.
     * @return the new revision, deployed
     * @throws HelmException when it could not be rendered (then nothing was changed) or deployed (then a failed revision is recorded)
     */
    public Release upgradeInstall(UpgradeRequest request) throws InterruptedException {
        return releases.upgradeInstall(request);
    }

    /**
     * Removes the release's objects (but those kept by {@code helm.sh/resource-policy: keep}) and its history.
     * @return the release that was removed; empty when there was none
     */
    public Optional<Release> uninstall(String namespace, String name, boolean disableHooks, Duration timeout) throws InterruptedException {
        return releases.uninstall(namespace, name, disableHooks, timeout);
    }

    /** @param revision to go back to; 0 is the last deployed one before the current */
    public Release rollback(String namespace, String name, int revision, boolean disableHooks, Duration timeout) throws InterruptedException {
        return releases.rollback(namespace, name, revision, disableHooks, timeout);
    }

    /** @return all kept revisions, oldest first; empty when there is no such release */
    public List<Release> history(String namespace, String name) {
        return releases.history(namespace, name);
    }
}
