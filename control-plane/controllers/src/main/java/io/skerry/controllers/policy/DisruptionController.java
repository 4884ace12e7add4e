package io.skerry.controllers.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetStatus;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetStatusBuilder;
import io.skerry.controllers.runtime.Controller;
import io.skerry.controllers.runtime.EventRecorder;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.Key;
import io.skerry.controllers.runtime.OwnerReferences;
import io.skerry.controllers.runtime.Requeue;
import io.skerry.controllers.runtime.Watch;
import io.skerry.controllers.workload.LabelSelectors;
import io.skerry.controllers.workload.Pods;
import io.skerry.machinery.json.Json;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Computes how many pods of a PodDisruptionBudget may be evicted now; the eviction subresource goes by that. */
public final class DisruptionController implements Controller {
    /** How long an eviction that was granted may take to show; after that it counts as not done. */
    private static final Duration EVICTION_SHOWS_WITHIN = Duration.ofMinutes(2);

    private final Informers informers;
    private final EventRecorder events;

    public DisruptionController(Informers informers) {
        this.informers = informers;
        this.events = informers.recorder(name());
    }

    @Override public String name() { return "disruption-controller"; }

    @Override public List<Watch<?>> watches() { return List.of(Watch.self(PodDisruptionBudget.class), Watch.each(Pod.class, this::budgets)); }

    @Override public Set<Class<? extends HasMetadata>> writes() { return Set.of(PodDisruptionBudget.class); }

    private Collection<Key> budgets(Pod pod) {
        return informers.inNamespace(PodDisruptionBudget.class, pod.getMetadata().getNamespace()).stream()
            .filter(b -> LabelSelectors.matches(b.getSpec().getSelector(), pod.getMetadata().getLabels())).map(Key::of).toList();
    }

    @Override public void reconcile(Key key) throws Exception {
        PodDisruptionBudget pdb = informers.get(PodDisruptionBudget.class, key);
        if (pdb == null) return;
        List<Pod> pods = informers.inNamespace(Pod.class, key.namespace()).stream()
            .filter(p -> LabelSelectors.matches(pdb.getSpec().getSelector(), p.getMetadata().getLabels()) && !Pods.isTerminal(p)).toList();
        int expected, desired;
        try {
            boolean wholeSets = pdb.getSpec().getMaxUnavailable() != null || isPercent(pdb.getSpec().getMinAvailable());
            expected = wholeSets ? expected(pods) : pods.size();
            desired = pdb.getSpec().getMaxUnavailable() != null ? Math.max(0, expected - scaled(pdb.getSpec().getMaxUnavailable(), expected))
                : pdb.getSpec().getMinAvailable() != null ? scaled(pdb.getSpec().getMinAvailable(), expected) : 1;
        } catch (IllegalArgumentException e) {
            events.warning(pdb, "CalculateExpectedPodCountFailed", "Failed to calculate the number of expected pods: " + e.getMessage());
            write(pdb, status(pdb).withDisruptionsAllowed(0).withObservedGeneration(pdb.getMetadata().getGeneration()), false, "SyncFailed", e.getMessage());
            return;
        }
        Instant now = Instant.now();
        Map<String, String> disrupted = new HashMap<>();
        int healthy = 0;
        for (Pod p : pods) {
            String evicted = status(pdb).getDisruptedPods() == null ? null : status(pdb).getDisruptedPods().get(p.getMetadata().getName());
            Instant gone = Pods.time(evicted);
            boolean leaving = gone != null && gone.plus(EVICTION_SHOWS_WITHIN).isAfter(now) && !Pods.isTerminating(p);
            if (leaving) {
                disrupted.put(p.getMetadata().getName(), evicted);
                Requeue.after(Duration.between(now, gone.plus(EVICTION_SHOWS_WITHIN)));
            }
            if (!leaving && !Pods.isTerminating(p) && Pods.isReady(p)) healthy++;
        }
        int allowed = expected <= 0 ? 0 : Math.max(0, healthy - desired);
        write(pdb, status(pdb).withExpectedPods(expected).withDesiredHealthy(desired).withCurrentHealthy(healthy).withDisruptionsAllowed(allowed)
            .withDisruptedPods(disrupted)
            .withObservedGeneration(pdb.getMetadata().getGeneration()), allowed > 0, allowed > 0 ? "SufficientPods" : "InsufficientPods", "");
    }

    private static PodDisruptionBudgetStatusBuilder status(PodDisruptionBudget pdb) {
        return new PodDisruptionBudgetStatusBuilder(pdb.getStatus() == null ? new PodDisruptionBudgetStatus() : pdb.getStatus());
    }

    private static boolean isPercent(IntOrString v) {
        return v != null && v.getStrVal() != null;
    }

    private static int scaled(IntOrString v, int total) {
        if (v.getIntVal() != null) return v.getIntVal();
        if (!v.getStrVal().matches("\\d+%")) throw new IllegalArgumentException("\"" + v.getStrVal() + "\" is neither a number nor a percentage");
        return (int) ((Long.parseLong(v.getStrVal().replace("%", "")) * total + 99) / 100);
    }

    /** The sum of the sizes that the pods' controllers should have. */
    private int expected(List<Pod> pods) {
        Map<String, Integer> sizes = new HashMap<>();
        for (Pod p : pods) {
            OwnerReference owner = OwnerReferences.controllerOf(p)
                .orElseThrow(() -> new IllegalArgumentException("found no controller ref for pod \"" + p.getMetadata().getName() + "\""));
            String namespace = p.getMetadata().getNamespace();
            if (owner.getKind().equals("ReplicaSet")) {
                ReplicaSet rs = informers.get(ReplicaSet.class, namespace, owner.getName());
                Deployment d = rs == null ? null : OwnerReferences.controllerOf(rs).map(o -> informers.get(Deployment.class, namespace, o.getName()))
                    .orElse(null);
                if (d != null) sizes.put(d.getMetadata().getUid(), d.getSpec().getReplicas());
                else if (rs != null) sizes.put(rs.getMetadata().getUid(), rs.getSpec().getReplicas());
            } else if (owner.getKind().equals("StatefulSet")) {
                StatefulSet s = informers.get(StatefulSet.class, namespace, owner.getName());
                if (s != null) sizes.put(s.getMetadata().getUid(), s.getSpec().getReplicas());
            } else {
                sizes.put(owner.getUid(), scale(namespace, owner));
            }
        }
        return sizes.values().stream().mapToInt(n -> n == null ? 1 : n).sum();
    }

    /** Anything else tells its size through its scale subresource, if it has one. */
    private int scale(String namespace, OwnerReference owner) {
        String path = (owner.getApiVersion().contains("/") ? "/apis/" : "/api/") + owner.getApiVersion() + "/namespaces/" + namespace + "/"
            + owner.getKind().toLowerCase(java.util.Locale.ROOT) + "s/" + owner.getName() + "/scale";
        String body = informers.client().raw(path);
        if (body == null) throw new IllegalArgumentException(owner.getApiVersion() + " " + owner.getKind() + " does not implement the scale subresource");
        JsonNode replicas = Json.at(Json.parse(body), "spec", "replicas");
        return replicas.asInt();
    }

    private void write(PodDisruptionBudget pdb, PodDisruptionBudgetStatusBuilder status, boolean allowed, String reason, String message) {
        Condition old = status.build().getConditions().stream().filter(c -> c.getType().equals("DisruptionAllowed")).findFirst().orElse(null);
        String is = allowed ? "True" : "False";
        boolean unchanged = old != null && is.equals(old.getStatus()) && reason.equals(old.getReason())
            && Objects.equals(message, Objects.requireNonNullElse(old.getMessage(), ""));
        List<Condition> conditions = new ArrayList<>(status.build().getConditions().stream().filter(c -> !c.getType().equals("DisruptionAllowed")).toList());
        conditions.add(new ConditionBuilder().withType("DisruptionAllowed").withStatus(is).withReason(reason).withMessage(message)
            .withObservedGeneration(pdb.getMetadata().getGeneration())
            .withLastTransitionTime(old != null && is.equals(old.getStatus()) ? old.getLastTransitionTime()
            : Instant.now().truncatedTo(ChronoUnit.SECONDS).toString()).build());
        PodDisruptionBudgetStatus before = pdb.getStatus() == null ? new PodDisruptionBudgetStatus() : pdb.getStatus(),
            after = status.withConditions(conditions).build();
        if (unchanged && Objects.equals(before.getCurrentHealthy(), after.getCurrentHealthy())
            && Objects.equals(before.getDesiredHealthy(), after.getDesiredHealthy())
            && Objects.equals(before.getExpectedPods(), after.getExpectedPods())
            && Objects.equals(before.getDisruptionsAllowed(), after.getDisruptionsAllowed())
            && Objects.equals(before.getObservedGeneration(), after.getObservedGeneration())
            && Objects.requireNonNullElse(before.getDisruptedPods(), Map.of()).equals(Objects.requireNonNullElse(after.getDisruptedPods(), Map.of()))) return;
        informers.awaitSeen(informers.client().policy().v1().podDisruptionBudget().inNamespace(pdb.getMetadata().getNamespace())
            .resource(new PodDisruptionBudgetBuilder(pdb).withStatus(after).build()).updateStatus());
    }
}
