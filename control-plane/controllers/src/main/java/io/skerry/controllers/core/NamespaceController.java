package io.skerry.controllers.core;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.NamespaceCondition;
import io.fabric8.kubernetes.api.model.NamespaceConditionBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.skerry.controllers.runtime.Controller;
import io.skerry.controllers.runtime.Discovery;
import io.skerry.controllers.runtime.Discovery.ApiType;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.Key;
import io.skerry.controllers.runtime.Requeue;
import io.skerry.controllers.runtime.Watch;
import io.skerry.controllers.workload.PodControl;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/**
 * Empties a namespace that is being deleted: everything of every type the server serves, then the finalizer {@code kubernetes}. What is in
 * the way is told in the namespace's conditions.
 */
public final class NamespaceController implements Controller {
    private static final String FINALIZER = "kubernetes";

    private final Informers informers;

    public NamespaceController(Informers informers) {
        this.informers = informers;
    }

    @Override public String name() { return "namespace-controller"; }

    @Override public List<Watch<?>> watches() {
        return List.of(Watch.self(Namespace.class), new Watch<>(Pod.class, (before, after) -> after == null
            && isTerminating(before.getMetadata().getNamespace())
            ? List.of(new Key("", before.getMetadata().getNamespace())) : List.of()));
    }

    @Override public Set<Class<? extends HasMetadata>> writes() { return Set.of(Namespace.class, HasMetadata.class); }

    static boolean isActive(Namespace n) {
        return n != null && n.getMetadata().getDeletionTimestamp() == null && (n.getStatus() == null || !"Terminating".equals(n.getStatus().getPhase()));
    }

    private boolean isTerminating(String name) {
        Namespace n = informers.get(Namespace.class, "", name);
        return n != null && n.getMetadata().getDeletionTimestamp() != null;
    }

    @Override public void reconcile(Key key) throws Exception {
        Namespace n = informers.get(Namespace.class, key);
        if (n == null || n.getMetadata().getDeletionTimestamp() == null) return;
        if (n.getSpec() == null || !n.getSpec().getFinalizers().contains(FINALIZER)) return;
        if (n.getStatus() == null || !"Terminating".equals(n.getStatus().getPhase())) {
            n = write(new NamespaceBuilder(n).editOrNewStatus().withPhase("Terminating").endStatus().build());
        }
        Discovery.Found found = Discovery.discover(informers.client());
        Content content = new Content();
        // Pods last: their controllers are gone then and make no new ones, and what they use is not taken from under them earlier than need be.
        List<ApiType> types = found.types().stream().filter(t -> t.namespaced() && t.verbs().contains("delete") && t.verbs().contains("list"))
            .sorted(Comparator.comparing(t -> t.plural().equals("pods") && t.group().isEmpty() ? 1 : 0)).toList();
        for (ApiType t : types) empty(key.name(), t, content);

        List<NamespaceCondition> conditions = conditions(n, found, content);
        if (!sameIgnoringTimes(conditions, n.getStatus().getConditions())) n =
            write(new NamespaceBuilder(n).editStatus().withConditions(conditions).endStatus().build());
        if (!found.failures().isEmpty()) throw new IllegalStateException("not all types are known, so something may be left: "
            + String.join("; ", found.failures()));
        if (content.isEmpty()) finish(n);
        else Requeue.after(Duration.ofMillis(content.remaining.keySet().equals(Set.of("pods")) ? 5000 : 500));
    }

    /** What is left, by "pods" or "widgets.example.com". */
    private static final class Content {
        final Map<String, Integer> remaining = new TreeMap<>();
        final Map<String, Integer> finalizers = new TreeMap<>();
        final List<String> failures = new ArrayList<>();

        boolean isEmpty() { return remaining.isEmpty() && failures.isEmpty(); }
    }

    private void empty(String namespace, ApiType t, Content content) {
        String type = t.group().isEmpty() ? t.plural() : t.plural() + "." + t.group();
        try {
            List<GenericKubernetesResource> items = list(namespace, t);
            if (items.isEmpty()) return;
            for (GenericKubernetesResource item : items) {
                if (item.getMetadata().getDeletionTimestamp() == null) t.of(informers.client()).inNamespace(namespace)
                    .withName(item.getMetadata().getName()).delete();
            }
            List<GenericKubernetesResource> left = list(namespace, t);
            if (!left.isEmpty()) content.remaining.put(type, left.size());
            left.forEach(i -> i.getMetadata().getFinalizers().forEach(f -> content.finalizers.merge(f, 1, Integer::sum)));
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404 && e.getCode() != 405) content.failures.add(type + ": " + PodControl.message(e));
        }
    }

    private List<GenericKubernetesResource> list(String namespace, ApiType t) {
        GenericKubernetesResourceList list = t.of(informers.client()).inNamespace(namespace).list();
        return list == null || list.getItems() == null ? List.of() : list.getItems();
    }

    private static List<NamespaceCondition> conditions(Namespace n, Discovery.Found found, Content c) {
        List<NamespaceCondition> all = new ArrayList<>();
        boolean discovered = found.failures().isEmpty();
        all.add(condition(n, "NamespaceDeletionDiscoveryFailure", !discovered, discovered ? "ResourcesDiscovered" : "DiscoveryFailed",
            discovered ? "All resources successfully discovered"
            : "Discovery failed for some groups, " + found.failures().size() + " failing: " + String.join(", ", found.failures())));
        all.add(condition(n, "NamespaceDeletionGroupVersionParsingFailure", false, "ParsedGroupVersions", "All legacy kube types successfully parsed"));
        boolean deleted = c.failures.isEmpty();
        all.add(condition(n, "NamespaceDeletionContentFailure", !deleted, deleted ? "ContentDeleted" : "ContentDeletionFailed",
            deleted ? "All content successfully deleted, may be waiting on finalization"
            : "Failed to delete all resource types, " + c.failures.size() + " remaining: " + String.join(", ", c.failures)));
        boolean removed = c.remaining.isEmpty();
        all.add(condition(n, "NamespaceContentRemaining", !removed, removed ? "ContentRemoved" : "SomeResourcesRemain",
            removed ? "All content successfully removed" : "Some resources are remaining: " + counted(c.remaining, " has ", " resource instances")));
        boolean finalized = c.finalizers.isEmpty();
        all.add(condition(n, "NamespaceFinalizersRemaining", !finalized, finalized ? "ContentHasNoFinalizers" : "SomeFinalizersRemain",
            finalized ? "All content-preserving finalizers finished"
            : "Some content in the namespace has finalizers remaining: " + counted(c.finalizers, " in ", " resource instances")));
        return all;
    }

    private static String counted(Map<String, Integer> counts, String between, String after) {
        return String.join(", ", counts.entrySet().stream()
            .map(e -> e.getKey() + (between.equals(" has ") ? "." : "") + between + e.getValue() + after).toList());
    }

    private static NamespaceCondition condition(Namespace n, String type, boolean status, String reason, String message) {
        String is = status ? "True" : "False";
        String since = n.getStatus() == null ? null : n.getStatus().getConditions().stream().filter(c -> c.getType().equals(type) && is.equals(c.getStatus()))
            .map(NamespaceCondition::getLastTransitionTime).findFirst().orElse(null);
        return new NamespaceConditionBuilder().withType(type).withStatus(is).withReason(reason).withMessage(message)
            .withLastTransitionTime(since != null ? since : Instant.now().truncatedTo(ChronoUnit.SECONDS).toString()).build();
    }

    private static boolean sameIgnoringTimes(List<NamespaceCondition> a, List<NamespaceCondition> b) {
        if (a.size() != b.size()) return false;
        for (int i = 0; i < a.size(); i++) {
            if (!a.get(i).getType().equals(b.get(i).getType()) || !a.get(i).getStatus().equals(b.get(i).getStatus())
                || !Objects.equals(a.get(i).getMessage(), b.get(i).getMessage())) return false;
        }
        return true;
    }

    private Namespace write(Namespace n) {
        return informers.awaitSeen(informers.client().namespaces().resource(n).updateStatus());
    }

    /** Takes our finalizer away through the finalize subresource; with the last one the server removes the namespace. */
    private void finish(Namespace n) {
        Namespace without = new NamespaceBuilder(n).editSpec().removeFromFinalizers(FINALIZER).endSpec().build();
        informers.client().raw("/api/v1/namespaces/" + n.getMetadata().getName() + "/finalize", "PUT", without);
    }
}
