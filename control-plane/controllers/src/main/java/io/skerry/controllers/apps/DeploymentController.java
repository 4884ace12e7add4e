package io.skerry.controllers.apps;

import static io.skerry.controllers.apps.RollingUpdateMath.replicas;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentCondition;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatus;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatusBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
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
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Rolls a Deployment's pods from one template to the next by growing one ReplicaSet and shrinking the others. */
public final class DeploymentController implements Controller {
    private final Informers informers;
    private final EventRecorder events;
    private final Claim claim;
    private final DeploymentReplicaSets sets;

    public DeploymentController(Informers informers) {
        this.informers = informers;
        this.events = informers.recorder(name());
        this.claim = new Claim(informers);
        this.sets = new DeploymentReplicaSets(informers, events);
    }

    @Override public String name() { return "deployment-controller"; }

    @Override public List<Watch<?>> watches() {
        return List.of(Watch.self(Deployment.class), Watch.owned(ReplicaSet.class, "Deployment"), Watch.each(ReplicaSet.class, this::adopters),
            new Watch<>(Pod.class, (before, after) -> after == null ? recreating(before) : List.of()));
    }

    @Override public Set<Class<? extends HasMetadata>> writes() { return Set.of(Deployment.class, ReplicaSet.class); }

    private Collection<Key> adopters(ReplicaSet rs) {
        if (OwnerReferences.controllerOf(rs).isPresent() || rs.getMetadata().getLabels() == null) return List.of();
        return informers.inNamespace(Deployment.class, rs.getMetadata().getNamespace()).stream()
            .filter(d -> LabelSelectors.matches(d.getSpec().getSelector(), rs.getMetadata().getLabels())).map(Key::of).toList();
    }

    /** Recreate waits until the last old pod is gone, which no ReplicaSet status tells. */
    private Collection<Key> recreating(Pod gone) {
        return OwnerReferences.controllerOf(gone).filter(o -> o.getKind().equals("ReplicaSet"))
            .map(o -> informers.get(ReplicaSet.class, gone.getMetadata().getNamespace(), o.getName()))
            .flatMap(OwnerReferences::controllerOf)
            .map(o -> informers.get(Deployment.class, gone.getMetadata().getNamespace(), o.getName()))
            .filter(d -> !RollingUpdateMath.isRollingUpdate(d)).map(d -> List.of(Key.of(d))).orElse(List.of());
    }

    @Override public void reconcile(Key key) throws Exception {
        Deployment d = informers.get(Deployment.class, key);
        if (d == null) return;
        if (LabelSelectors.isEmpty(d.getSpec().getSelector())) {
            events.warning(d, "SelectingAll", "This deployment is selecting all pods. A non-empty selector is required.");
            return;
        }
        try {
            sync(d);
        } catch (KubernetesClientException e) {
            if (!PodControl.isNamespaceTerminating(e)) throw e;
        }
    }

    private void sync(Deployment d) throws Exception {
        List<ReplicaSet> all = claim.claim(d, d.getSpec().getSelector(), informers.inNamespace(ReplicaSet.class, d.getMetadata().getNamespace()));
        ReplicaSet current = sets.current(d, all);
        List<ReplicaSet> old = new ArrayList<>(all);
        old.remove(current);

        if (d.getMetadata().getDeletionTimestamp() != null) {
            sets.writeStatus(d, DeploymentStatuses.counted(d, all, current));
            return;
        }
        if (notePause(d)) return; // the status just written brings the Deployment back here
        if (isPaused(d) || isScaling(d, all)) {
            if (current != null) current = sets.ensureCurrent(d, current, old);
            scale(d, current, old);
            if (isPaused(d)) sets.clearHistory(d, old);
            rewriteStatus(d, false);
            return;
        }
        if (RollingUpdateMath.isRollingUpdate(d)) roll(d, current, old);
        else recreate(d, current, old);
        Deployment now = informers.get(Deployment.class, Key.of(d));
        if (now != null && DeploymentStatuses.complete(now, DeploymentStatuses.status(now))) sets.clearHistory(now, old);
    }

    private static boolean isPaused(Deployment d) {
        return Boolean.TRUE.equals(d.getSpec().getPaused());
    }

    /** Keeps the Progressing condition from timing out while paused. @return whether the status was written */
    private boolean notePause(Deployment d) {
        if (!DeploymentStatuses.hasDeadline(d)) return false;
        DeploymentStatus s = DeploymentStatuses.status(d);
        DeploymentCondition c = DeploymentStatuses.progressing(s);
        if (c != null && DeploymentStatuses.REASON_TIMED_OUT.equals(c.getReason())) return false;
        boolean noted = c != null && DeploymentStatuses.REASON_PAUSED.equals(c.getReason());
        if (isPaused(d) == noted) return false;
        sets.writeStatus(d, new DeploymentStatusBuilder(s).withConditions(DeploymentConditions.with(s.getConditions(), isPaused(d)
            ? DeploymentConditions.condition(DeploymentConditions.PROGRESSING, "Unknown", DeploymentStatuses.REASON_PAUSED, "Deployment is paused")
            : DeploymentConditions.condition(DeploymentConditions.PROGRESSING, "Unknown", "DeploymentResumed", "Deployment is resumed"))).build());
        return true;
    }

    /** Whether spec.replicas changed since the ReplicaSets were last sized. */
    private static boolean isScaling(Deployment d, List<ReplicaSet> all) {
        return all.stream().filter(rs -> replicas(rs) > 0).map(rs -> Revisions.number(rs, Revisions.DESIRED)).anyMatch(n -> n != null && n != replicas(d));
    }

    private void scale(Deployment d, ReplicaSet current, List<ReplicaSet> old) {
        List<ReplicaSet> active = new ArrayList<>(old.stream().filter(rs -> replicas(rs) > 0).toList());
        if (current != null && replicas(current) > 0) active.add(current);
        if (active.size() <= 1) {
            ReplicaSet only = !active.isEmpty() ? active.getFirst() : current != null ? current
                : old.stream().max(DeploymentReplicaSets.OLDEST_FIRST).orElse(null);
            if (only != null && replicas(only) != replicas(d)) sets.scale(d, only, replicas(d));
            else if (only != null && replicas(only) > 0) sets.scale(d, only, replicas(only));
        } else if (isSaturated(d, current)) {
            for (ReplicaSet rs : active) if (rs != current) sets.scale(d, rs, 0);
        } else if (RollingUpdateMath.isRollingUpdate(d)) {
            for (Map.Entry<ReplicaSet, Integer> e : DeploymentScaling.proportional(d, active).entrySet()) sets.scale(d, e.getKey(), e.getValue());
        }
    }

    private static boolean isSaturated(Deployment d, ReplicaSet rs) {
        return rs != null && replicas(rs) == replicas(d) && Integer.valueOf(replicas(d)).equals(Revisions.number(rs, Revisions.DESIRED))
            && RollingUpdateMath.available(rs) == replicas(d);
    }

    private void roll(Deployment d, ReplicaSet existing, List<ReplicaSet> old) {
        ReplicaSet current = sets.ensureCurrent(d, existing, old);
        List<ReplicaSet> all = new ArrayList<>(old);
        all.add(current);
        int size = replicas(current) > replicas(d) ? replicas(d) : RollingUpdateMath.newReplicas(d, all, replicas(current));
        if (size != replicas(current)) sets.scale(d, current, size);
        else shrinkOld(d, current, old);
        rewriteStatus(d, true);
    }

    /** Takes pods from old ReplicaSets: first those that are not available anyway, then others as far as availability allows. */
    private void shrinkOld(Deployment d, ReplicaSet current, List<ReplicaSet> old) {
        int minAvailable = replicas(d) - RollingUpdateMath.maxUnavailable(d);
        int newUnavailable = replicas(current) - RollingUpdateMath.available(current);
        int room = RollingUpdateMath.wanted(old) + replicas(current) - minAvailable - newUnavailable;
        if (RollingUpdateMath.wanted(old) == 0 || room <= 0) return;
        List<ReplicaSet> ordered = new ArrayList<>(old.stream().sorted(DeploymentReplicaSets.OLDEST_FIRST).toList());
        for (int i = 0, taken = 0; i < ordered.size() && taken < room; i++) {
            ReplicaSet rs = ordered.get(i);
            int unhealthy = Math.min(room - taken, replicas(rs) - RollingUpdateMath.available(rs));
            if (replicas(rs) == 0 || unhealthy <= 0) continue;
            ordered.set(i, sets.scale(d, rs, replicas(rs) - unhealthy));
            taken += unhealthy;
        }
        int spare = RollingUpdateMath.available(current) + ordered.stream().mapToInt(RollingUpdateMath::available).sum() - minAvailable;
        for (ReplicaSet rs : ordered) {
            int take = Math.min(spare, replicas(rs));
            if (take <= 0) continue;
            sets.scale(d, rs, replicas(rs) - take);
            spare -= take;
        }
    }

    private void recreate(Deployment d, ReplicaSet existing, List<ReplicaSet> old) {
        boolean scaled = false;
        for (ReplicaSet rs : old) {
            if (replicas(rs) == 0) continue;
            sets.scale(d, rs, 0);
            scaled = true;
        }
        boolean oldRun = scaled || old.stream().flatMap(rs -> informers.ownedBy(Pod.class, rs.getMetadata().getUid()).stream())
            .anyMatch(p -> !Pods.isTerminal(p));
        if (!oldRun) {
            ReplicaSet current = sets.ensureCurrent(d, existing, old);
            if (replicas(current) != replicas(d)) sets.scale(d, current, replicas(d));
        }
        rewriteStatus(d, true);
    }

    /** Computes the status from what the caches hold after this run's own changes. */
    private void rewriteStatus(Deployment before, boolean rollout) {
        Deployment d = informers.get(Deployment.class, Key.of(before));
        // A newer spec has not been acted on yet, so it must not be reported as observed; its own event brings it here.
        if (d == null || !Objects.equals(d.getMetadata().getGeneration(), before.getMetadata().getGeneration())) return;
        List<ReplicaSet> all = informers.ownedBy(ReplicaSet.class, d.getMetadata().getUid()).stream()
            .filter(rs -> OwnerReferences.isControlledBy(rs, d)).toList();
        ReplicaSet current = sets.current(d, all);
        DeploymentStatus status = rollout ? DeploymentStatuses.ofRollout(d, all, current) : DeploymentStatuses.counted(d, all, current);
        sets.writeStatus(d, status);
        Duration again = rollout ? DeploymentStatuses.untilTimeout(informers.get(Deployment.class, Key.of(d)) instanceof Deployment w ? w : d, status) : null;
        if (again != null) Requeue.after(again);
    }
}
