package io.skerry.helm.release;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.helm.ClusterAccess;
import io.skerry.helm.HelmException;
import io.skerry.helm.TemplateRequest;
import io.skerry.helm.UpgradeRequest;
import io.skerry.helm.release.ReleaseObjects.Id;
import io.skerry.helm.render.InstallOrder;
import io.skerry.helm.render.Manifest;
import io.skerry.helm.render.Rendered;
import io.skerry.helm.render.Renderer;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.TypeTable;
import io.skerry.machinery.yaml.Yaml;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The life of releases: install, upgrade, rollback, uninstall. Every step is recorded before it is done, so that a process that dies at
 * any moment leaves a pending revision, which the next upgrade takes over: it marks it failed and brings the cluster from wherever it
 * is to the new revision.
 */
public final class Releases {
    private static final System.Logger LOG = System.getLogger(Releases.class.getName());

    private final ClusterAccess cluster;
    private final Clock clock;
    private final ReleaseStore store;
    private final ReleaseObjects objects;
    private final HookRunner hooks;

    public Releases(ClusterAccess cluster, TypeTable types, Clock clock) {
        this.cluster = cluster;
        this.clock = clock;
        this.store = new ReleaseStore(cluster, clock);
        this.objects = new ReleaseObjects(cluster, types);
        this.hooks = new HookRunner(cluster, objects, store, clock);
    }

    public List<Release> history(String namespace, String name) {
        return store.history(namespace, name);
    }

    /** @see io.skerry.helm.Helm#upgradeInstall */
    public Release upgradeInstall(UpgradeRequest r) throws InterruptedException {
        checkName(r.name());
        List<Release> history = store.history(r.namespace(), r.name());
        takeOver(history);
        Release last = history.isEmpty() ? null : history.getLast();
        // What was never deployed is installed, again if need be; only what was is upgraded.
        Release deployed = deployed(history);
        boolean install = deployed == null;
        int version = last == null ? 1 : last.version() + 1;

        Set<String> apiVersions = new HashSet<>(cluster.apiVersions());
        List<Manifest> chartCrds = r.skipCrds() || !install ? List.of() : Renderer.crds(r.chart(), r.values());
        chartCrds.forEach(m -> served(m.object(), apiVersions));
        Rendered rendered = Renderer.render(r.chart(), new TemplateRequest(r.name(), r.namespace(), r.values(), version, !install, cluster.kubeVersion(), apiVersions, cluster));
        if (r.createNamespace()) {
            createNamespace(r.namespace());
        }
        createCrds(chartCrds, r.timeout());
        Map<Id, ObjectNode> wanted = objects.located(rendered.objects().stream().map(Manifest::object).toList(), r.namespace());
        wanted.values().forEach(o -> ReleaseObjects.own(o, r.name(), r.namespace()));
        Map<Id, ObjectNode> before = deployed == null ? Map.of() : objectsOf(deployed);
        Map<Id, ObjectNode> leftovers = leftovers(history, deployed);
        if (!r.takeOwnership()) {
            Map<Id, ObjectNode> known = new LinkedHashMap<>(leftovers);
            known.putAll(before);
            objects.checkOwnership(wanted.values(), known, r.name(), r.namespace());
        }

        Instant now = clock.instant();
        Instant first = last == null || last.firstDeployed() == null ? now : last.firstDeployed();
        Release next = ReleaseRecord.of(r.name(), r.namespace(), version, install ? Release.PENDING_INSTALL : Release.PENDING_UPGRADE,
            install ? "Initial install underway" : "Preparing upgrade", r.chart(), r.values(), rendered, first, now);
        store.create(next, r.labels());
        String word = install ? "install" : "upgrade";
        deploy(next, r.disableHooks(), "pre-" + word, "post-" + word, before, leftovers, wanted, r.waitReady(), r.timeout(), install ? "Release \"" + r.name() + "\" failed: "
            : "Upgrade \"" + r.name() + "\" failed: ");
        String done = r.description() != null ? r.description() : install ? "Install complete" : "Upgrade complete";
        return finish(next, done, r.historyMax());
    }

    /** @see io.skerry.helm.Helm#rollback */
    public Release rollback(String namespace, String name, int revision, boolean disableHooks, Duration timeout) throws InterruptedException {
        List<Release> history = store.history(namespace, name);
        if (history.isEmpty()) {
            throw new HelmException("release " + name + " in namespace " + namespace + ": not found");
        }
        takeOver(history);
        Release last = history.getLast();
        Release target = null;
        for (Release h : history) {
            boolean candidate = revision > 0 ? h.version() == revision : h.version() < last.version() && (h.status().equals(Release.DEPLOYED) || h.status().equals(Release.SUPERSEDED));
            target = candidate ? h : target;
        }
        if (target == null) {
            throw new HelmException(revision > 0 ? "release " + name + " has no revision " + revision : "release " + name + " has no earlier revision that was deployed");
        }
        Release deployed = deployed(history);
        Map<Id, ObjectNode> wanted = objectsOf(target);
        wanted.values().forEach(o -> ReleaseObjects.own(o, name, namespace));
        Instant now = clock.instant();
        Release next = ReleaseRecord.again(target, last.version() + 1, Release.PENDING_ROLLBACK, "Rollback to " + target.version(),
            last.firstDeployed() == null ? now : last.firstDeployed(), now);
        store.create(next, Map.of());
        Map<Id, ObjectNode> before = deployed == null ? Map.of() : objectsOf(deployed);
        deploy(next, disableHooks, "pre-rollback", "post-rollback", before, leftovers(history, deployed), wanted, false, timeout, "Rollback \"" + name + "\" failed: ");
        return finish(next, "Rollback to " + target.version(), 0);
    }

    /** @see io.skerry.helm.Helm#uninstall */
    public Optional<Release> uninstall(String namespace, String name, boolean disableHooks, Duration timeout) throws InterruptedException {
        List<Release> history = store.history(namespace, name);
        if (history.isEmpty()) {
            return Optional.empty();
        }
        Release last = history.getLast();
        last.set(Release.UNINSTALLING, "Deletion in progress (or silently failed)");
        store.update(last);
        if (!disableHooks) {
            hooks.run(last, "pre-delete", timeout);
        }
        // Also what only earlier revisions had: an upgrade that died half-way has not deleted it yet.
        Map<Id, ObjectNode> all = leftovers(history, deployed(history));
        Release deployed = deployed(history);
        if (deployed != null) {
            all.putAll(objectsOf(deployed));
        }
        all.putAll(objectsOf(last));
        List<ObjectNode> order = new ArrayList<>(all.values());
        order.sort((a, b) -> InstallOrder.compareForUninstall(Json.text(a, "kind"), Json.text(b, "kind")));
        for (ObjectNode o : order) {
            objects.delete(o, name, namespace);
        }
        if (!disableHooks) {
            hooks.run(last, "post-delete", timeout);
        }
        // The last revision goes last: until then a new attempt knows what there is to remove.
        history.forEach(store::delete);
        last.set(Release.UNINSTALLED, "Uninstallation complete");
        return Optional.of(last);
    }

    private void deploy(Release next, boolean disableHooks, String pre, String post, Map<Id, ObjectNode> before, Map<Id, ObjectNode> leftovers, Map<Id, ObjectNode> wanted,
                        boolean waitReady, Duration timeout, String failure) throws InterruptedException {
        try {
            if (!disableHooks) {
                hooks.run(next, pre, timeout);
            }
            objects.update(before, leftovers, wanted, next.name(), next.namespace());
            if (waitReady) {
                objects.await(wanted.values(), timeout);
            }
            if (!disableHooks) {
                hooks.run(next, post, timeout);
            }
        } catch (RuntimeException e) {
            next.set(Release.FAILED, failure + e.getMessage());
            store.update(next);
            throw e instanceof HelmException h ? h : new HelmException(failure + e.getMessage(), e);
        }
    }

    private Release finish(Release next, String description, int historyMax) {
        // The new one first: should the process die in between, the newest deployed revision is the one that counts.
        next.set(Release.DEPLOYED, description);
        store.update(next);
        List<Release> history = store.history(next.namespace(), next.name());
        for (Release h : history) {
            if (h.version() < next.version() && h.status().equals(Release.DEPLOYED)) {
                h.set(Release.SUPERSEDED, h.description());
                store.update(h);
            }
        }
        for (int i = 0; historyMax > 0 && i < history.size() - historyMax; i++) {
            store.delete(history.get(i));
        }
        return next;
    }

    /** A pending revision is one whose process died: nobody else works on the release. */
    private void takeOver(List<Release> history) {
        for (Release h : history) {
            if (h.isPending()) {
                LOG.log(System.Logger.Level.INFO, "release {0} in namespace {1}: revision {2} was interrupted while {3}", h.name(), h.namespace(), h.version(), h.status());
                h.set(Release.FAILED, "Interrupted while " + h.status());
                store.update(h);
            }
        }
    }

    /** The newest revision that is deployed or was; null when none ever was. */
    private static Release deployed(List<Release> history) {
        Release found = null;
        for (Release h : history) {
            if (h.status().equals(Release.DEPLOYED) || h.status().equals(Release.SUPERSEDED) || h.status().equals(Release.UNINSTALLING)) {
                found = h;
            }
        }
        return found;
    }

    /** Objects of revisions after the deployed one: they failed, but may have made some. */
    private Map<Id, ObjectNode> leftovers(List<Release> history, Release deployed) {
        Map<Id, ObjectNode> out = new LinkedHashMap<>();
        for (Release h : history) {
            if (deployed == null || h.version() > deployed.version()) {
                out.putAll(objectsOf(h));
            }
        }
        return out;
    }

    private Map<Id, ObjectNode> objectsOf(Release r) {
        List<ObjectNode> list = new ArrayList<>();
        for (Yaml.Document d : Yaml.parseAllLastWins(r.manifest(), "the manifest of release " + r.name() + " revision " + r.version())) {
            if (d.root() instanceof ObjectNode o) {
                list.add(o);
            }
        }
        return objects.known(list, r.namespace());
    }

    private static void checkName(String name) {
        if (name.length() > 53 || !name.matches("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")) {
            throw new HelmException("invalid release name \"" + name + "\": it must be a DNS name of at most 53 characters");
        }
    }

    private void createNamespace(String namespace) {
        if (cluster.get("v1", "Namespace", null, namespace) != null) {
            return;
        }
        ObjectNode ns = Json.object().put("apiVersion", "v1").put("kind", "Namespace");
        ns.putObject("metadata").put("name", namespace).putObject("labels").put("name", namespace);
        try {
            cluster.create(ns);
        } catch (ClusterAccess.AlreadyExistsException e) {
            LOG.log(System.Logger.Level.DEBUG, "namespace {0} was made by someone else just now", namespace);
        }
    }

    private static void served(ObjectNode crd, Set<String> apiVersions) {
        for (JsonNode v : crd.path("spec").path("versions")) {
            String apiVersion = Json.text(crd, "spec", "group") + "/" + Json.text(v, "name");
            apiVersions.add(apiVersion);
            apiVersions.add(apiVersion + "/" + Json.text(crd, "spec", "names", "kind"));
        }
    }

    /** As Helm: those that are there already stay as they are. */
    private void createCrds(List<Manifest> crds, Duration timeout) throws InterruptedException {
        List<ObjectNode> made = new ArrayList<>();
        for (Manifest m : crds) {
            if (cluster.get(m.apiVersion(), m.kind(), null, m.name()) == null) {
                try {
                    cluster.create(m.object());
                } catch (ClusterAccess.AlreadyExistsException e) {
                    LOG.log(System.Logger.Level.DEBUG, "CRD {0} was made by someone else just now", m.name());
                } catch (RuntimeException e) {
                    throw new HelmException("cannot create the CRD of " + m.source() + ": " + e.getMessage(), e);
                }
            }
            made.add(m.object());
        }
        objects.await(made, timeout);
    }
}
