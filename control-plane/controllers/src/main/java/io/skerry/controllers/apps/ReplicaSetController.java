package io.skerry.controllers.apps;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetCondition;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetConditionBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetStatus;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetStatusBuilder;
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
import io.skerry.controllers.workload.PodDeletionOrder;
import io.skerry.controllers.workload.Pods;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;

/** Keeps as many pods of a ReplicaSet's template as {@code spec.replicas} says. */
public final class ReplicaSetController implements Controller {
    /** At most so many pods are made or deleted in one go. */
    private static final int BURST = 500;

    private final Informers informers;
    private final EventRecorder events;
    private final PodControl pods;
    private final Claim claim;

    public ReplicaSetController(Informers informers) {
        this.informers = informers;
        this.events = informers.recorder(name());
        this.pods = new PodControl(informers, events);
        this.claim = new Claim(informers);
    }

    @Override public String name() { return "replicaset-controller"; }

    @Override public List<Watch<?>> watches() {
        return List.of(Watch.self(ReplicaSet.class), Watch.owned(Pod.class, "ReplicaSet"), Watch.each(Pod.class, this::adopters));
    }

    @Override public Set<Class<? extends HasMetadata>> writes() { return Set.of(ReplicaSet.class, Pod.class); }

    /** The ReplicaSets that might adopt a pod which nobody controls. */
    private Collection<Key> adopters(Pod pod) {
        if (OwnerReferences.controllerOf(pod).isPresent() || pod.getMetadata().getLabels() == null) return List.of();
        return informers.inNamespace(ReplicaSet.class, pod.getMetadata().getNamespace()).stream()
            .filter(rs -> LabelSelectors.matches(rs.getSpec().getSelector(), pod.getMetadata().getLabels())).map(Key::of).toList();
    }

    @Override public void reconcile(Key key) throws Exception {
        ReplicaSet rs = informers.get(ReplicaSet.class, key);
        if (rs == null || LabelSelectors.isEmpty(rs.getSpec().getSelector())) return;
        List<Pod> active = informers.inNamespace(Pod.class, key.namespace()).stream().filter(Pods::isActive).toList();
        List<Pod> own = claim.claim(rs, rs.getSpec().getSelector(), active);

        Exception failure = null;
        if (rs.getMetadata().getDeletionTimestamp() == null) {
            try {
                own = scale(rs, own);
            } catch (Exception e) {
                failure = e;
            }
        }
        writeStatus(rs, own, failure);
        if (failure != null && !(failure instanceof KubernetesClientException k && PodControl.isNamespaceTerminating(k))) throw failure;
    }

    /** @return the active pods afterwards */
    private List<Pod> scale(ReplicaSet rs, List<Pod> own) throws Exception {
        int missing = rs.getSpec().getReplicas() - own.size();
        List<Pod> after = Collections.synchronizedList(new ArrayList<>(own));
        if (missing > 0) {
            Pod pod = PodControl.fromTemplate(rs.getSpec().getTemplate(), rs).build();
            Callable<Boolean> create = () -> after.add(pods.create(pod, rs));
            PodControl.slowStart(Collections.nCopies(Math.min(missing, BURST), create));
        } else if (missing < 0) {
            List<Callable<Boolean>> deletions = new ArrayList<>();
            for (Pod victim : victims(rs, own, Math.min(-missing, BURST))) deletions.add(() -> {
                pods.delete(victim, rs);
                return after.remove(victim);
            });
            PodControl.together(deletions);
        }
        return List.copyOf(after);
    }

    private List<Pod> victims(ReplicaSet rs, List<Pod> own, int count) {
        if (count == own.size()) return own;
        Map<String, Integer> onNode = new HashMap<>();
        for (Pod p : related(rs)) if (p.getSpec().getNodeName() != null && Pods.isActive(p)) onNode.merge(p.getSpec().getNodeName(), 1, Integer::sum);
        return own.stream().sorted(PodDeletionOrder.comparator(p -> onNode.getOrDefault(Objects.requireNonNullElse(p.getSpec().getNodeName(), ""), 0),
            Instant.now()))
            .limit(count).toList();
    }

    /** The pods of all ReplicaSets with the same controller (the Deployment): pods of other revisions crowd a node just as well. */
    private List<Pod> related(ReplicaSet rs) {
        return OwnerReferences.controllerOf(rs).map(owner -> informers.ownedBy(ReplicaSet.class, owner.getUid())).orElse(List.of(rs)).stream()
            .flatMap(sibling -> informers.ownedBy(Pod.class, sibling.getMetadata().getUid()).stream()).toList();
    }

    private void writeStatus(ReplicaSet rs, List<Pod> own, Exception failure) {
        Instant now = Instant.now();
        int minReady = Objects.requireNonNullElse(rs.getSpec().getMinReadySeconds(), 0);
        Map<String, String> templateLabels = rs.getSpec().getTemplate().getMetadata() == null ? Map.of() : rs.getSpec().getTemplate().getMetadata().getLabels();
        int ready = 0, available = 0, labelled = 0;
        Duration next = null;
        for (Pod p : own) {
            if (templateLabels == null || LabelSelectors.matches(templateLabels, p.getMetadata().getLabels())) labelled++;
            if (!Pods.isReady(p)) continue;
            ready++;
            Duration left = Pods.untilAvailable(p, minReady, now);
            if (!left.isPositive()) available++;
            else if (next == null || left.compareTo(next) < 0) next = left;
        }
        if (next != null) Requeue.after(next);

        ReplicaSetStatus before = rs.getStatus() == null ? new ReplicaSetStatus() : rs.getStatus();
        ReplicaSetStatus after = new ReplicaSetStatusBuilder(before).withReplicas(own.size()).withFullyLabeledReplicas(labelled)
            .withReadyReplicas(ready).withAvailableReplicas(available).withObservedGeneration(rs.getMetadata().getGeneration())
            .withConditions(conditions(before.getConditions(), rs, own, failure, now)).build();
        if (same(before, after)) return;
        ReplicaSet written = informers.client().apps().replicaSets().inNamespace(rs.getMetadata().getNamespace())
            .resource(new ReplicaSetBuilder(rs).withStatus(after).build()).updateStatus();
        informers.awaitSeen(written);
    }

    private static List<ReplicaSetCondition> conditions(List<ReplicaSetCondition> before, ReplicaSet rs, List<Pod> own, Exception failure, Instant now) {
        List<ReplicaSetCondition> others = before.stream().filter(c -> !c.getType().equals("ReplicaFailure")).toList();
        if (failure == null) return others;
        ReplicaSetCondition old = before.stream().filter(c -> c.getType().equals("ReplicaFailure")).findFirst().orElse(null);
        if (old != null) return before;
        List<ReplicaSetCondition> all = new ArrayList<>(others);
        all.add(new ReplicaSetConditionBuilder().withType("ReplicaFailure").withStatus("True")
            .withReason(own.size() < rs.getSpec().getReplicas() ? "FailedCreate" : "FailedDelete")
            .withMessage(failure instanceof KubernetesClientException k ? PodControl.message(k) : failure.getMessage())
            .withLastTransitionTime(now.truncatedTo(ChronoUnit.SECONDS).toString()).build());
        return all;
    }

    /** Absent numbers count as zero, as the API server leaves zeros out. */
    private static boolean same(ReplicaSetStatus a, ReplicaSetStatus b) {
        return zero(a.getReplicas()) == zero(b.getReplicas()) && zero(a.getFullyLabeledReplicas()) == zero(b.getFullyLabeledReplicas())
            && zero(a.getReadyReplicas()) == zero(b.getReadyReplicas()) && zero(a.getAvailableReplicas()) == zero(b.getAvailableReplicas())
            && Objects.equals(a.getObservedGeneration(), b.getObservedGeneration()) && a.getConditions().equals(b.getConditions());
    }

    static int zero(Integer i) {
        return i == null ? 0 : i;
    }
}
