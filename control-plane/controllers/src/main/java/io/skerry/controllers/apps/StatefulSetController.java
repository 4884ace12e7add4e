package io.skerry.controllers.apps;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSetStatus;
import io.fabric8.kubernetes.api.model.apps.StatefulSetStatusBuilder;
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
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Keeps a StatefulSet's pods, each with its own name and volumes. By default they come up one after the other, lowest ordinal first, and
 * go highest first; updates go from the highest ordinal down, one pod at a time, as far as {@code partition}.
 */
public final class StatefulSetController implements Controller {
    private final Informers informers;
    private final EventRecorder events;
    private final PodControl pods;
    private final Claim claim;
    private final ControllerRevisions revisions;
    private final ClaimRetention retention;

    public StatefulSetController(Informers informers) {
        this.informers = informers;
        this.events = informers.recorder(name());
        this.pods = new PodControl(informers, events);
        this.claim = new Claim(informers);
        this.revisions = new ControllerRevisions(informers);
        this.retention = new ClaimRetention(informers);
    }

    @Override public String name() { return "statefulset-controller"; }

    @Override public List<Watch<?>> watches() {
        return List.of(Watch.self(StatefulSet.class), Watch.owned(Pod.class, "StatefulSet"), Watch.each(Pod.class, this::adopters),
            Watch.owned(ControllerRevision.class, "StatefulSet"));
    }

    @Override public Set<Class<? extends HasMetadata>> writes() { return Set.of(StatefulSet.class, Pod.class, PersistentVolumeClaim.class,
        ControllerRevision.class); }

    private Collection<Key> adopters(Pod pod) {
        if (OwnerReferences.controllerOf(pod).isPresent() || pod.getMetadata().getLabels() == null) return List.of();
        return informers.inNamespace(StatefulSet.class, pod.getMetadata().getNamespace()).stream()
            .filter(s -> LabelSelectors.matches(s.getSpec().getSelector(), pod.getMetadata().getLabels()) && StatefulPods.ordinal(s, pod) >= 0)
            .map(Key::of).toList();
    }

    @Override public void reconcile(Key key) throws Exception {
        StatefulSet set = informers.get(StatefulSet.class, key);
        if (set == null || LabelSelectors.isEmpty(set.getSpec().getSelector())) return;
        try {
            List<Pod> own = own(set);
            ControllerRevision update = revision(set), current = currentRevision(set, update);
            if (set.getMetadata().getDeletionTimestamp() == null) new Sync(set, current, update).run(own);
            StatefulSet latest = informers.get(StatefulSet.class, key);
            if (latest == null) return;
            own = own(set);
            write(latest, status(set, own, current, update));
            Set<String> live = new LinkedHashSet<>(List.of(current.getMetadata().getName(), update.getMetadata().getName()));
            own.forEach(p -> live.add(StatefulPods.revision(p)));
            revisions.clear(set, set.getSpec().getRevisionHistoryLimit(), live);
        } catch (KubernetesClientException e) {
            if (!PodControl.isNamespaceTerminating(e)) throw e;
        }
    }

    private List<Pod> own(StatefulSet set) {
        List<Pod> candidates = informers.inNamespace(Pod.class, set.getMetadata().getNamespace()).stream()
            .filter(p -> StatefulPods.ordinal(set, p) >= 0).toList();
        return claim.claim(set, set.getSpec().getSelector(), candidates);
    }

    private ControllerRevision revision(StatefulSet set) {
        try {
            return revisions.current(set, set.getSpec().getTemplate(), status(set).getCollisionCount(), set.getSpec().getTemplate().getMetadata().getLabels());
        } catch (KubernetesClientException e) {
            if (e.getCode() == 409) write(set, new StatefulSetStatusBuilder(status(set)).withCollisionCount(zero(status(set).getCollisionCount()) + 1).build());
            throw e;
        }
    }

    /** The revision that pods had before the update under way; the update's own when there is none. */
    private ControllerRevision currentRevision(StatefulSet set, ControllerRevision update) {
        String name = status(set).getCurrentRevision();
        return revisions.of(set).stream().filter(r -> r.getMetadata().getName().equals(name)).findFirst().orElse(update);
    }

    private static StatefulSetStatus status(StatefulSet set) {
        return set.getStatus() == null ? new StatefulSetStatus() : set.getStatus();
    }

    private static int zero(Integer i) {
        return i == null ? 0 : i;
    }

    private static int replicas(StatefulSet set) {
        return set.getSpec().getReplicas() == null ? 1 : set.getSpec().getReplicas();
    }

    private static boolean isOnDelete(StatefulSet set) {
        return set.getSpec().getUpdateStrategy() != null && "OnDelete".equals(set.getSpec().getUpdateStrategy().getType());
    }

    private static int partition(StatefulSet set) {
        var s = set.getSpec().getUpdateStrategy();
        return s == null || s.getRollingUpdate() == null ? 0 : zero(s.getRollingUpdate().getPartition());
    }

    /** One pass over the pods. */
    private final class Sync {
        private final StatefulSet set;
        private final ControllerRevision current, update;
        private final boolean inOrder;
        private final int first, end;
        private final Instant now = Instant.now();

        Sync(StatefulSet set, ControllerRevision current, ControllerRevision update) {
            this.set = set;
            this.current = current;
            this.update = update;
            inOrder = !"Parallel".equals(set.getSpec().getPodManagementPolicy());
            first = StatefulPods.start(set);
            end = first + replicas(set);
        }

        void run(List<Pod> own) throws Exception {
            Pod[] wanted = new Pod[end - first];
            List<Pod> condemned = new ArrayList<>();
            for (Pod p : own) {
                int ordinal = StatefulPods.ordinal(set, p);
                if (ordinal >= first && ordinal < end) wanted[ordinal - first] = p;
                else condemned.add(p);
            }
            condemned.sort(Comparator.comparingInt((Pod p) -> StatefulPods.ordinal(set, p)).reversed());
            Pod firstUnhealthy = null;
            for (Pod p : wanted) if (firstUnhealthy == null && p != null && !isHealthy(p)) firstUnhealthy = p;
            if (firstUnhealthy == null) firstUnhealthy = condemned.reversed().stream().filter(p -> !isHealthy(p)).findFirst().orElse(null);

            for (Pod p : wanted) if (p != null) retention.apply(set, p, false);
            for (Pod p : condemned) retention.apply(set, p, true);
            for (int i = 0; i < wanted.length; i++) if (waitsFor(wanted, i) && inOrder) return;
            for (Pod p : condemned) if (remove(p, firstUnhealthy) && inOrder) return;
            if (!isOnDelete(set)) update(wanted);
        }

        /** Brings up one pod. @return whether pods after it have to wait */
        private boolean waitsFor(Pod[] wanted, int i) {
            Pod p = wanted[i];
            if (p == null) {
                create(first + i);
                return true;
            }
            if (Pods.isTerminal(p)) {
                if (!Pods.isTerminating(p)) {
                    events.warning(set, "RecreatingFailedPod", "StatefulSet " + Key.of(set) + " is recreating failed Pod " + p.getMetadata().getName());
                    pods.delete(p, set);
                }
                return true;
            }
            if (Pods.isTerminating(p) || !Pods.isReady(p)) return true;
            Duration left = Pods.untilAvailable(p, zero(set.getSpec().getMinReadySeconds()), now);
            if (left.isPositive()) Requeue.after(left);
            return left.isPositive();
        }

        private void create(int ordinal) {
            for (PersistentVolumeClaim c : StatefulPods.claims(set, ordinal)) ensure(c);
            boolean old = current != update && ordinal - first < (isOnDelete(set) ? 0 : Math.max(zero(status(set).getCurrentReplicas()), partition(set)));
            ControllerRevision r = old ? current : update;
            try {
                pods.create(StatefulPods.pod(set, old ? revisions.template(r) : set.getSpec().getTemplate(), r.getMetadata().getName(), ordinal), set);
            } catch (KubernetesClientException e) {
                // A pod of that name that is not ours keeps the place; it may go or be adopted, which is an event.
                if (e.getCode() != 409) throw e;
                events.warning(set, "FailedCreate", "create Pod " + StatefulPods.name(set, ordinal) + " in StatefulSet " + set.getMetadata().getName()
                    + " failed error: " + PodControl.message(e));
            }
        }

        private void ensure(PersistentVolumeClaim claim) {
            var api = informers.client().persistentVolumeClaims().inNamespace(claim.getMetadata().getNamespace());
            PersistentVolumeClaim there = api.withName(claim.getMetadata().getName()).get();
            if (there != null && there.getMetadata().getDeletionTimestamp() != null) throw new IllegalStateException("claim "
                + claim.getMetadata().getName() + " is being deleted; its pod waits");
            if (there != null) return;
            api.resource(claim).create();
            events.normal(set, "SuccessfulCreate", "create Claim " + claim.getMetadata().getName() + " success");
        }

        /** Takes away one pod too many. @return whether pods before it have to wait */
        private boolean remove(Pod p, Pod firstUnhealthy) {
            if (Pods.isTerminating(p)) return true;
            if (!isHealthy(p) && inOrder && p != firstUnhealthy) return true;
            pods.delete(p, set);
            return true;
        }

        private void update(Pod[] wanted) {
            for (int i = wanted.length - 1; i >= Math.max(0, partition(set) - first); i--) {
                Pod p = wanted[i];
                if (p == null) return;
                if (!StatefulPods.revision(p).equals(update.getMetadata().getName()) && !Pods.isTerminating(p)) {
                    pods.delete(p, set);
                    return;
                }
                if (!isHealthy(p) || !Pods.isAvailable(p, zero(set.getSpec().getMinReadySeconds()), now)) return;
            }
        }

        private boolean isHealthy(Pod p) {
            return Pods.isReady(p) && Pods.phase(p).equals("Running") && !Pods.isTerminating(p);
        }
    }

    private StatefulSetStatus status(StatefulSet set, List<Pod> own, ControllerRevision current, ControllerRevision update) {
        int ready = 0, available = 0, onCurrent = 0, onUpdate = 0, there = 0;
        Instant now = Instant.now();
        for (Pod p : own) {
            there++;
            if (Pods.isReady(p) && Pods.phase(p).equals("Running")) {
                ready++;
                if (Pods.isAvailable(p, zero(set.getSpec().getMinReadySeconds()), now)) available++;
            }
            if (Pods.isTerminating(p)) continue;
            if (StatefulPods.revision(p).equals(current.getMetadata().getName())) onCurrent++;
            if (StatefulPods.revision(p).equals(update.getMetadata().getName())) onUpdate++;
        }
        boolean complete = !isOnDelete(set) && onUpdate == there && there == replicas(set) && ready == there;
        String currentName = complete ? update.getMetadata().getName() : current.getMetadata().getName();
        return new StatefulSetStatusBuilder(status(set)).withReplicas(there).withReadyReplicas(ready).withAvailableReplicas(available)
            .withCurrentReplicas(complete ? onUpdate : onCurrent).withUpdatedReplicas(onUpdate).withCurrentRevision(currentName)
            .withUpdateRevision(update.getMetadata().getName()).withObservedGeneration(set.getMetadata().getGeneration()).build();
    }

    private void write(StatefulSet set, StatefulSetStatus after) {
        StatefulSetStatus b = status(set);
        boolean same = zero(b.getReplicas()) == zero(after.getReplicas()) && zero(b.getReadyReplicas()) == zero(after.getReadyReplicas())
            && zero(b.getAvailableReplicas()) == zero(after.getAvailableReplicas())
            && zero(b.getCurrentReplicas()) == zero(after.getCurrentReplicas()) && zero(b.getUpdatedReplicas()) == zero(after.getUpdatedReplicas())
            && Objects.equals(b.getCurrentRevision(), after.getCurrentRevision()) && Objects.equals(b.getUpdateRevision(), after.getUpdateRevision())
            && Objects.equals(b.getObservedGeneration(), after.getObservedGeneration()) && zero(b.getCollisionCount()) == zero(after.getCollisionCount());
        if (same) return;
        informers.awaitSeen(informers.client().apps().statefulSets().inNamespace(set.getMetadata().getNamespace())
            .resource(new StatefulSetBuilder(set).withStatus(after).build()).updateStatus());
    }
}
