package io.skerry.controllers.apps;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetCondition;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetConditionBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetSpec;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetStatus;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetStatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.skerry.controllers.runtime.Controller;
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

/**
 * Keeps as many pods of a template as {@code spec.replicas} says. A subclass a type: a ReplicationController is an older form of a ReplicaSet,
 * so its spec and status are taken for those of one.
 */
abstract class ReplicasController<T extends HasMetadata> implements Controller {
    /** At most so many pods are made or deleted in one go. */
    private static final int BURST = 500;

    protected final Informers informers;
    private final Class<T> type;
    private final PodControl pods;
    private final Claim claim;

    ReplicasController(Informers informers, Class<T> type) {
        this.informers = informers;
        this.type = type;
        this.pods = new PodControl(informers, informers.recorder(name()));
        this.claim = new Claim(informers);
    }

    /** What the object wants. */
    abstract ReplicaSetSpec spec(T object);

    /** What the object says to be; an empty status when it says nothing yet. */
    abstract ReplicaSetStatus status(T object);

    /** Writes the status. @return the object afterwards */
    abstract T write(T object, ReplicaSetStatus status);

    @Override public final List<Watch<?>> watches() {
        return List.of(Watch.self(type), Watch.owned(Pod.class, HasMetadata.getKind(type)), Watch.each(Pod.class, this::adopters));
    }

    @Override public final Set<Class<? extends HasMetadata>> writes() { return Set.of(type, Pod.class); }

    /** The objects that might adopt a pod which nobody controls. */
    private Collection<Key> adopters(Pod pod) {
        if (OwnerReferences.controllerOf(pod).isPresent() || pod.getMetadata().getLabels() == null) return List.of();
        return informers.inNamespace(type, pod.getMetadata().getNamespace()).stream()
            .filter(o -> LabelSelectors.matches(spec(o).getSelector(), pod.getMetadata().getLabels())).map(Key::of).toList();
    }

    @Override public final void reconcile(Key key) throws Exception {
        T object = informers.get(type, key);
        if (object == null) return;
        ReplicaSetSpec spec = spec(object);
        if (LabelSelectors.isEmpty(spec.getSelector())) return;
        List<Pod> active = informers.inNamespace(Pod.class, key.namespace()).stream().filter(Pods::isActive).toList();
        List<Pod> own = claim.claim(object, spec.getSelector(), active);

        Exception failure = null;
        if (object.getMetadata().getDeletionTimestamp() == null) {
            try {
                own = scale(object, spec, own);
            } catch (Exception e) {
                failure = e;
            }
        }
        writeStatus(object, spec, own, failure);
        if (failure != null && !(failure instanceof KubernetesClientException k && PodControl.isNamespaceTerminating(k))) throw failure;
    }

    /** @return the active pods afterwards */
    private List<Pod> scale(T object, ReplicaSetSpec spec, List<Pod> own) throws Exception {
        int missing = spec.getReplicas() - own.size();
        List<Pod> after = Collections.synchronizedList(new ArrayList<>(own));
        if (missing > 0) {
            Pod pod = PodControl.fromTemplate(spec.getTemplate(), object).build();
            Callable<Boolean> create = () -> after.add(pods.create(pod, object));
            PodControl.slowStart(Collections.nCopies(Math.min(missing, BURST), create));
        } else if (missing < 0) {
            List<Callable<Boolean>> deletions = new ArrayList<>();
            for (Pod victim : victims(object, own, Math.min(-missing, BURST))) deletions.add(() -> {
                pods.delete(victim, object);
                return after.remove(victim);
            });
            PodControl.together(deletions);
        }
        return List.copyOf(after);
    }

    private List<Pod> victims(T object, List<Pod> own, int count) {
        if (count == own.size()) return own;
        Map<String, Integer> onNode = new HashMap<>();
        for (Pod p : related(object)) if (p.getSpec().getNodeName() != null && Pods.isActive(p)) onNode.merge(p.getSpec().getNodeName(), 1, Integer::sum);
        return own.stream().sorted(PodDeletionOrder.comparator(p -> onNode.getOrDefault(Objects.requireNonNullElse(p.getSpec().getNodeName(), ""), 0),
            Instant.now()))
            .limit(count).toList();
    }

    /** The pods of all objects with the same controller (the Deployment): pods of other revisions crowd a node just as well. */
    private List<Pod> related(T object) {
        return OwnerReferences.controllerOf(object).map(owner -> informers.ownedBy(type, owner.getUid())).orElse(List.of(object)).stream()
            .flatMap(sibling -> informers.ownedBy(Pod.class, sibling.getMetadata().getUid()).stream()).toList();
    }

    private void writeStatus(T object, ReplicaSetSpec spec, List<Pod> own, Exception failure) {
        Instant now = Instant.now();
        int minReady = Objects.requireNonNullElse(spec.getMinReadySeconds(), 0);
        Map<String, String> templateLabels = spec.getTemplate().getMetadata() == null ? Map.of() : spec.getTemplate().getMetadata().getLabels();
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

        ReplicaSetStatus before = status(object);
        ReplicaSetStatus after = new ReplicaSetStatusBuilder(before).withReplicas(own.size()).withFullyLabeledReplicas(labelled)
            .withReadyReplicas(ready).withAvailableReplicas(available).withObservedGeneration(object.getMetadata().getGeneration())
            .withConditions(conditions(before.getConditions(), spec, own, failure, now)).build();
        if (!same(before, after)) informers.awaitSeen(write(object, after));
    }

    private static List<ReplicaSetCondition> conditions(List<ReplicaSetCondition> before, ReplicaSetSpec spec, List<Pod> own, Exception failure,
        Instant now) {
        List<ReplicaSetCondition> others = before.stream().filter(c -> !c.getType().equals("ReplicaFailure")).toList();
        if (failure == null) return others;
        ReplicaSetCondition old = before.stream().filter(c -> c.getType().equals("ReplicaFailure")).findFirst().orElse(null);
        if (old != null) return before;
        List<ReplicaSetCondition> all = new ArrayList<>(others);
        all.add(new ReplicaSetConditionBuilder().withType("ReplicaFailure").withStatus("True")
            .withReason(own.size() < spec.getReplicas() ? "FailedCreate" : "FailedDelete")
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

    private static int zero(Integer i) {
        return i == null ? 0 : i;
    }
}
