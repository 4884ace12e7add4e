package io.skerry.controllers.apps;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.DaemonSetBuilder;
import io.fabric8.kubernetes.api.model.apps.DaemonSetStatus;
import io.fabric8.kubernetes.api.model.apps.DaemonSetStatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.skerry.controllers.runtime.Controller;
import io.skerry.controllers.runtime.EventRecorder;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.Key;
import io.skerry.controllers.runtime.OwnerReferences;
import io.skerry.controllers.runtime.Requeue;
import io.skerry.controllers.runtime.Watch;
import io.skerry.controllers.workload.Claim;
import io.skerry.controllers.workload.LabelSelectors;
import io.skerry.controllers.workload.PodControl;
import io.skerry.controllers.workload.Pods;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

/** Runs one pod of a DaemonSet's template on every node that it is meant for. */
public final class DaemonSetController implements Controller {
    private static final int BURST = 250;
    /** How long a node's failed pod is left before the next one, lest a pod that always fails is made without end. */
    private static final Duration FAILED_POD_PAUSE = Duration.ofSeconds(10);

    private final Informers informers;
    private final EventRecorder events;
    private final PodControl pods;
    private final Claim claim;
    private final ControllerRevisions revisions;

    public DaemonSetController(Informers informers) {
        this.informers = informers;
        this.events = informers.recorder(name());
        this.pods = new PodControl(informers, events);
        this.claim = new Claim(informers);
        this.revisions = new ControllerRevisions(informers);
    }

    @Override public String name() { return "daemonset-controller"; }

    @Override public List<Watch<?>> watches() {
        return List.of(Watch.self(DaemonSet.class), Watch.owned(Pod.class, "DaemonSet"), Watch.each(Pod.class, this::adopters),
            Watch.owned(ControllerRevision.class, "DaemonSet"), new Watch<>(Node.class, this::whenNodeChanged));
    }

    @Override public Set<Class<? extends HasMetadata>> writes() { return Set.of(DaemonSet.class, Pod.class, ControllerRevision.class); }

    private Collection<Key> adopters(Pod pod) {
        if (OwnerReferences.controllerOf(pod).isPresent() || pod.getMetadata().getLabels() == null) return List.of();
        return informers.inNamespace(DaemonSet.class, pod.getMetadata().getNamespace()).stream()
            .filter(d -> LabelSelectors.matches(d.getSpec().getSelector(), pod.getMetadata().getLabels())).map(Key::of).toList();
    }

    /** A node's heartbeat concerns no DaemonSet; its labels and taints do. */
    private Collection<Key> whenNodeChanged(Node before, Node after) {
        if (before != null && after != null && Objects.equals(before.getMetadata().getLabels(), after.getMetadata().getLabels())
            && Objects.equals(before.getSpec(), after.getSpec())) return List.of();
        return informers.list(DaemonSet.class).stream().map(Key::of).toList();
    }

    @Override public void reconcile(Key key) throws Exception {
        DaemonSet ds = informers.get(DaemonSet.class, key);
        if (ds == null) return;
        if (LabelSelectors.isEmpty(ds.getSpec().getSelector())) {
            events.warning(ds, "SelectingAll", "This daemon set is selecting all pods. A non-empty selector is required.");
            return;
        }
        if (ds.getMetadata().getDeletionTimestamp() != null) return;
        try {
            sync(ds);
        } catch (KubernetesClientException e) {
            if (!PodControl.isNamespaceTerminating(e)) throw e;
        }
    }

    private void sync(DaemonSet ds) throws Exception {
        ControllerRevision revision;
        try {
            revision = revisions.current(ds, ds.getSpec().getTemplate(), status(ds).getCollisionCount(), ds.getSpec().getTemplate().getMetadata().getLabels());
        } catch (KubernetesClientException e) {
            if (e.getCode() == 409) write(ds, new DaemonSetStatusBuilder(status(ds)).withCollisionCount(zero(status(ds).getCollisionCount()) + 1).build());
            throw e;
        }
        String hash = ControllerRevisions.hash(revision);
        Map<String, List<Pod>> byNode = byNode(ds);
        manage(ds, byNode, hash);
        if (isRolling(ds)) roll(ds, byNode(ds), hash);
        DaemonSet latest = informers.get(DaemonSet.class, Key.of(ds));
        if (latest == null) return;
        byNode = byNode(ds);
        Set<String> live = new LinkedHashSet<>(Set.of(revision.getMetadata().getName()));
        byNode.values().forEach(list -> list.forEach(p -> live.add(ds.getMetadata().getName() + "-" + hash(p))));
        revisions.clear(ds, ds.getSpec().getRevisionHistoryLimit(), live);
        write(latest, status(ds, byNode, hash));
    }

    private static DaemonSetStatus status(DaemonSet ds) {
        return ds.getStatus() == null ? new DaemonSetStatus() : ds.getStatus();
    }

    private static boolean isRolling(DaemonSet ds) {
        return ds.getSpec().getUpdateStrategy() == null || !"OnDelete".equals(ds.getSpec().getUpdateStrategy().getType());
    }

    private static String hash(Pod p) {
        return p.getMetadata().getLabels() == null ? "" : p.getMetadata().getLabels().getOrDefault(ControllerRevisions.HASH_LABEL, "");
    }

    /** The set's pods by the node they are meant for. */
    private Map<String, List<Pod>> byNode(DaemonSet ds) {
        Map<String, List<Pod>> byNode = new HashMap<>();
        for (Pod p : claim.claim(ds, ds.getSpec().getSelector(), informers.inNamespace(Pod.class, ds.getMetadata().getNamespace()))) {
            byNode.computeIfAbsent(DaemonSetNodes.target(p.getSpec()), k -> new ArrayList<>()).add(p);
        }
        return byNode;
    }

    /** Makes what is missing and deletes what is too much or failed. */
    private void manage(DaemonSet ds, Map<String, List<Pod>> byNode, String hash) throws Exception {
        List<Callable<Pod>> creations = new ArrayList<>();
        List<Pod> deletions = new ArrayList<>();
        Set<String> known = new LinkedHashSet<>();
        for (Node node : informers.list(Node.class)) {
            String name = node.getMetadata().getName();
            known.add(name);
            DaemonSetNodes.Verdict verdict = DaemonSetNodes.verdict(ds.getSpec().getTemplate().getSpec(), node);
            List<Pod> there = byNode.getOrDefault(name, List.of());
            if (verdict.run() && there.isEmpty()) creations.add(() -> create(ds, name, hash));
            else if (!verdict.stay()) there.stream().filter(p -> !Pods.isTerminating(p)).forEach(deletions::add);
            else deletions.addAll(tooMany(ds, name, there));
        }
        // Pods of nodes that are gone: the pod garbage collector takes those that were bound; the others wait for a node that will not come.
        byNode.forEach((name, there) -> {
            if (!known.contains(name)) there.stream().filter(p -> !Pods.isTerminating(p)
                && (p.getSpec().getNodeName() == null || p.getSpec().getNodeName().isEmpty())).forEach(deletions::add);
        });
        PodControl.slowStart(creations.subList(0, Math.min(BURST, creations.size())));
        for (Pod p : deletions) pods.delete(p, ds);
    }

    /** One running pod stays, the oldest; with maxSurge one of each revision, until the new one is available. */
    private List<Pod> tooMany(DaemonSet ds, String node, List<Pod> there) {
        List<Pod> out = new ArrayList<>(), running = new ArrayList<>();
        Instant now = Instant.now();
        for (Pod p : there) {
            if (Pods.isTerminating(p)) continue;
            if (!Pods.phase(p).equals("Failed")) {
                running.add(p);
                continue;
            }
            Duration left = Duration.between(now, Pods.created(p).plus(FAILED_POD_PAUSE));
            if (left.isPositive()) Requeue.after(left);
            else {
                events.warning(ds, "FailedDaemonPod", "Found failed daemon pod " + p.getMetadata().getNamespace() + "/" + p.getMetadata().getName()
                    + " on node " + node + ", will try to kill it");
                out.add(p);
            }
        }
        boolean surge = maxSurge(ds) > 0;
        Map<String, List<Pod>> rivals = running.stream().collect(Collectors.groupingBy(p -> surge ? hash(p) : ""));
        for (List<Pod> r : rivals.values()) {
            r.sort(Comparator.comparing((Pod p) -> p.getSpec().getNodeName() == null ? 1 : 0).thenComparing(Pods::created));
            out.addAll(r.subList(1, r.size()));
        }
        return out;
    }

    private Pod create(DaemonSet ds, String node, String hash) {
        return pods.create(PodControl.fromTemplate(ds.getSpec().getTemplate(), ds).editMetadata().addToLabels(ControllerRevisions.HASH_LABEL, hash)
            .addToLabels("pod-template-generation", String.valueOf(ds.getMetadata().getGeneration())).endMetadata()
            .withSpec(DaemonSetNodes.on(ds.getSpec().getTemplate().getSpec(), node)).build(), ds);
    }

    private int wanted(DaemonSet ds) {
        return (int) informers.list(Node.class).stream().filter(n -> DaemonSetNodes.verdict(ds.getSpec().getTemplate().getSpec(), n).run()).count();
    }

    private int maxSurge(DaemonSet ds) {
        var r = ds.getSpec().getUpdateStrategy() == null ? null : ds.getSpec().getUpdateStrategy().getRollingUpdate();
        return !isRolling(ds) || r == null || r.getMaxSurge() == null ? 0 : RollingUpdateMath.scaled(r.getMaxSurge(), wanted(ds), true);
    }

    private int maxUnavailable(DaemonSet ds) {
        var r = ds.getSpec().getUpdateStrategy() == null ? null : ds.getSpec().getUpdateStrategy().getRollingUpdate();
        return r == null || r.getMaxUnavailable() == null ? 1 : RollingUpdateMath.scaled(r.getMaxUnavailable(), wanted(ds), true);
    }

    private static int minReady(DaemonSet ds) {
        return zero(ds.getSpec().getMinReadySeconds());
    }

    /** Replaces pods of old revisions, at most maxUnavailable or maxSurge nodes at a time. */
    private void roll(DaemonSet ds, Map<String, List<Pod>> byNode, String hash) throws Exception {
        int surge = maxSurge(ds), unavailable = 0, surging = 0;
        Instant now = Instant.now();
        List<Pod> free = new ArrayList<>(), costly = new ArrayList<>();
        List<String> surgeNodes = new ArrayList<>();
        for (Node n : informers.list(Node.class)) {
            String name = n.getMetadata().getName();
            if (!DaemonSetNodes.verdict(ds.getSpec().getTemplate().getSpec(), n).run()) continue;
            Pod current = null, old = null;
            for (Pod p : byNode.getOrDefault(name, List.of())) {
                if (Pods.isTerminating(p) || Pods.isTerminal(p)) continue;
                if (hash(p).equals(hash)) current = p;
                else old = p;
            }
            boolean available = current != null && Pods.isAvailable(current, minReady(ds), now), oldAvailable = old != null
                && Pods.isAvailable(old, minReady(ds), now);
            if (surge > 0) {
                if (old != null && (available || !oldAvailable && current != null)) free.add(old);
                else if (old != null && current == null) surgeNodes.add(name);
                else if (old != null) surging++;
            } else if (old != null) {
                if (oldAvailable) costly.add(old);
                else free.add(old); // not available anyway
                if (!oldAvailable) unavailable++;
            } else if (!available) unavailable++;
        }
        for (Pod p : free) pods.delete(p, ds);
        int room = maxUnavailable(ds) - unavailable;
        if (surge == 0) for (Pod p : costly.subList(0, Math.clamp(room, 0, costly.size()))) pods.delete(p, ds);
        for (String node : surgeNodes.subList(0, Math.clamp(surge - surging, 0, surgeNodes.size()))) create(ds, node, hash);
    }

    private DaemonSetStatus status(DaemonSet ds, Map<String, List<Pod>> byNode, String hash) {
        int desired = 0, current = 0, misscheduled = 0, ready = 0, updated = 0, available = 0;
        Instant now = Instant.now();
        for (Node n : informers.list(Node.class)) {
            List<Pod> there = byNode.getOrDefault(n.getMetadata().getName(), List.of());
            if (!DaemonSetNodes.verdict(ds.getSpec().getTemplate().getSpec(), n).run()) {
                if (!there.isEmpty()) misscheduled++;
                continue;
            }
            desired++;
            if (there.isEmpty()) continue;
            current++;
            Pod p = there.stream().max(Comparator.comparing((Pod x) -> Pods.isTerminating(x) ? 0 : 1).thenComparing(x -> Pods.isReady(x) ? 1 : 0)
                .thenComparing(Pods::created)).get();
            if (hash(p).equals(hash)) updated++;
            if (!Pods.isReady(p)) continue;
            ready++;
            Duration left = Pods.untilAvailable(p, minReady(ds), now);
            if (left.isPositive()) Requeue.after(left);
            else available++;
        }
        return new DaemonSetStatusBuilder(status(ds)).withDesiredNumberScheduled(desired).withCurrentNumberScheduled(current)
            .withNumberMisscheduled(misscheduled)
            .withNumberReady(ready).withUpdatedNumberScheduled(updated).withNumberAvailable(available).withNumberUnavailable(desired - available)
            .withObservedGeneration(ds.getMetadata().getGeneration()).build();
    }

    private void write(DaemonSet ds, DaemonSetStatus after) {
        DaemonSetStatus b = status(ds);
        boolean same = zero(b.getDesiredNumberScheduled()) == zero(after.getDesiredNumberScheduled())
            && zero(b.getCurrentNumberScheduled()) == zero(after.getCurrentNumberScheduled())
            && zero(b.getNumberMisscheduled()) == zero(after.getNumberMisscheduled()) && zero(b.getNumberReady()) == zero(after.getNumberReady())
            && zero(b.getUpdatedNumberScheduled()) == zero(after.getUpdatedNumberScheduled())
            && zero(b.getNumberAvailable()) == zero(after.getNumberAvailable())
            && zero(b.getNumberUnavailable()) == zero(after.getNumberUnavailable()) && Objects.equals(b.getObservedGeneration(), after.getObservedGeneration())
            && zero(b.getCollisionCount()) == zero(after.getCollisionCount());
        if (same) return;
        informers.awaitSeen(informers.client().apps().daemonSets().inNamespace(ds.getMetadata().getNamespace())
            .resource(new DaemonSetBuilder(ds).withStatus(after).build()).updateStatus());
    }

    private static int zero(Integer i) {
        return i == null ? 0 : i;
    }
}
