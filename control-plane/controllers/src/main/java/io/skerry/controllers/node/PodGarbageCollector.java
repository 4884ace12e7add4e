package io.skerry.controllers.node;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.skerry.controllers.runtime.Controller;
import io.skerry.controllers.runtime.Deletion;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.Key;
import io.skerry.controllers.runtime.Patch;
import io.skerry.controllers.runtime.Requeue;
import io.skerry.controllers.runtime.Watch;
import io.skerry.controllers.workload.Pods;
import io.skerry.machinery.json.Json;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * Takes away pods that no node will take away: those of nodes that are gone, those that were deleted before they had a node, and ended
 * ones beyond a number, oldest first.
 */
public final class PodGarbageCollector implements Controller {
    private static final Logger LOG = System.getLogger(PodGarbageCollector.class.getName());
    /** Upstream keeps 12500; a device has neither that room nor that many pods. */
    public static final int KEEP_ENDED = 1000;
    private static final Key ALL = new Key("", "");
    /** How long a node may be unknown before its pods are given up: it may just be registering again. */
    private static final Duration QUARANTINE = Duration.ofSeconds(40);
    private static final Duration GATHER = Duration.ofSeconds(1);

    private final Informers informers;
    private final int keepEnded;

    public PodGarbageCollector(Informers informers) {
        this(informers, KEEP_ENDED);
    }

    /** @param keepEnded how many ended pods may stay; 0 for all */
    public PodGarbageCollector(Informers informers, int keepEnded) {
        this.informers = informers;
        this.keepEnded = keepEnded;
    }

    @Override public String name() { return "pod-garbage-collector-controller"; }

    /** Keys: a pod that is not bound to a living node, or {@link #ALL} to count the ended ones. */
    @Override public List<Watch<?>> watches() {
        return List.of(
            new Watch<>(Pod.class, (before, after) -> after == null ? List.of() : Pods.isTerminal(after)
            && (before == null || !Pods.isTerminal(before)) ? List.of(ALL, Key.of(after))
                : Pods.isTerminating(after) || before == null ? List.of(Key.of(after)) : List.of()),
            new Watch<>(Node.class, (before, after) -> after != null ? List.of()
            : informers.podsOnNode(before.getMetadata().getName()).stream().map(Key::of).toList()));
    }

    @Override public Set<Class<? extends HasMetadata>> writes() { return Set.of(Pod.class); }

    @Override public int concurrency() { return 1; }

    @Override public void reconcile(Key key) throws InterruptedException {
        if (key.equals(ALL)) {
            clearEnded();
            return;
        }
        Pod pod = informers.get(Pod.class, key);
        if (pod == null) return;
        String node = pod.getSpec().getNodeName();
        if (node == null || node.isEmpty()) {
            if (Pods.isTerminating(pod)) remove(pod, "it was deleted before it had a node", null);
            return;
        }
        if (informers.get(Node.class, "", node) != null) return;
        Instant since = latest(pod);
        Duration left = Duration.between(Instant.now(), since.plus(QUARANTINE));
        if (left.isPositive()) {
            Requeue.after(left);
            return;
        }
        // Asked of the server: a node that has registered a moment ago may not be in the cache.
        if (informers.client().nodes().withName(node).get() == null) remove(pod, "its node " + node + " is gone", "PodGC: node no longer exists");
    }

    /** When the pod was last seen to be in order: a pod that was made a moment ago for a node that is about to register is no orphan. */
    private static Instant latest(Pod pod) {
        Instant latest = Pods.created(pod);
        if (pod.getStatus() != null) for (var c : pod.getStatus().getConditions()) {
            Instant t = Pods.time(c.getLastTransitionTime());
            if (t != null && t.isAfter(latest)) latest = t;
        }
        return latest;
    }

    private void clearEnded() throws InterruptedException {
        if (keepEnded <= 0) return;
        Thread.sleep(GATHER); // many pods end together; one look at the list serves them all
        List<Pod> ended = informers.list(Pod.class).stream().filter(p -> Pods.isTerminal(p) && !Pods.isTerminating(p))
        .sorted(Comparator.comparing(Pods::created).thenComparing(p -> p.getMetadata().getName())).toList();
        for (Pod p : ended.subList(0, Math.max(0, ended.size() - keepEnded))) remove(p, "more than " + keepEnded + " pods have ended", null);
    }

    private void remove(Pod pod, String why, String disruption) {
        LOG.log(Level.DEBUG, "deletes pod {0}: {1}", Key.of(pod), why);
        if (!Pods.isTerminal(pod)) markFailed(pod, disruption);
        String path = "/api/v1/namespaces/" + pod.getMetadata().getNamespace() + "/pods/" + pod.getMetadata().getName();
        Deletion.delete(informers.client(), path, pod.getMetadata().getUid(), null, null, 0L);
    }

    /** So that a Job counts it and lets it go. */
    private void markFailed(Pod pod, String disruption) {
        var patch = Json.object();
        patch.putObject("metadata").put("uid", pod.getMetadata().getUid());
        var status = patch.putObject("status").put("phase", "Failed");
        if (disruption != null) status.putArray("conditions").addObject().put("type", "DisruptionTarget").put("status", "True")
            .put("reason", "DeletionByPodGC").put("message", disruption)
            .put("lastTransitionTime", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        try {
            Patch.STRATEGIC.send(informers.client(), pod, "status", patch);
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404 && e.getCode() != 409) throw e;
        }
    }
}
