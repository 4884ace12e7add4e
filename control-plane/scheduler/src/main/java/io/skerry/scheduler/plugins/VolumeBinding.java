package io.skerry.scheduler.plugins;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.Key;
import io.skerry.controllers.runtime.OwnerReferences;
import io.skerry.controllers.volume.StorageClasses;
import io.skerry.controllers.volume.VolumeAnnotations;
import io.skerry.controllers.volume.VolumeBindings;
import io.skerry.controllers.volume.VolumeMatching;
import io.skerry.controllers.workload.NodeSelectors;
import io.skerry.scheduler.ClusterEvent;
import io.skerry.scheduler.FilterPlugin;
import io.skerry.scheduler.NodeInfo;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * A pod waits until its claims exist and are bound, and then goes where their volumes can be reached ({@code spec.nodeAffinity} of the
 * PersistentVolume). Claims that wait for their first consumer (WaitForFirstConsumer) are given a volume that the chosen node reaches, or the
 * node is named to their provisioner; the pod is placed once they are bound.
 */
public final class VolumeBinding implements FilterPlugin {
    private static final String NONE_SUITS = "node(s) didn't find available persistent volumes to bind";

    /** What a waiting claim gets. @param volume null where a provisioner is to make one */
    private record Choice(PersistentVolumeClaim claim, PersistentVolume volume) {}

    private final Informers informers;
    private final VolumeBindings bindings;

    public VolumeBinding(Informers informers) {
        this.informers = informers;
        this.bindings = new VolumeBindings(informers);
    }

    @Override public String name() { return "VolumeBinding"; }

    @Override public Set<ClusterEvent> wokenBy() { return Set.of(ClusterEvent.NODE_ADDED, ClusterEvent.NODE_LABELS, ClusterEvent.CLAIM_CHANGED); }

    @Override public Function<NodeInfo, List<String>> check(Pod pod, Collection<NodeInfo> nodes) {
        List<PersistentVolume> volumes = new ArrayList<>();
        List<PersistentVolumeClaim> waiting = new ArrayList<>();
        Set<String> seen = new HashSet<>(); // two volumes may be of one claim
        for (Volume v : pod.getSpec().getVolumes()) {
            String claim = claim(pod, v);
            if (claim == null) continue;
            PersistentVolumeClaim c = informers.get(PersistentVolumeClaim.class, pod.getMetadata().getNamespace(), claim);
            boolean ephemeral = v.getEphemeral() != null;
            if (c == null && ephemeral) return n -> List.of("waiting for ephemeral volume controller to create the persistentvolumeclaim \"" + claim + "\"");
            if (c == null) return n -> List.of("persistentvolumeclaim \"" + claim + "\" not found");
            if (ephemeral && !OwnerReferences.isControlledBy(c, pod)) return n -> List.of("PVC " + Key.of(c) + " was not created for pod " + Key.of(pod) + " (pod is not owner)");
            if (c.getMetadata().getDeletionTimestamp() != null) return n -> List.of("persistentvolumeclaim \"" + claim + "\" is being deleted");
            if (!seen.add(claim)) continue;
            if (isWaiting(c)) {
                waiting.add(c);
                continue;
            }
            if (!isBound(c)) return n -> List.of("pod has unbound immediate PersistentVolumeClaims");
            PersistentVolume pv = informers.get(PersistentVolume.class, "", c.getSpec().getVolumeName());
            if (pv == null) return n -> List.of("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)");
            volumes.add(pv);
        }
        if (volumes.isEmpty() && waiting.isEmpty()) return null;
        return n -> !volumes.stream().allMatch(v -> reaches(n.node(), v)) ? List.of("node(s) had volume node affinity conflict")
            : choose(waiting, n.node()).isEmpty() ? List.of(NONE_SUITS) : List.of();
    }

    /**
     * Has the claims bound that wait for the pod.
     *
     * @return whether all are bound; else the binder or the provisioners go on, and the pod can be placed once they are
     * @throws io.fabric8.kubernetes.client.KubernetesClientException if somebody else took a volume meanwhile (409), say
     */
    public synchronized boolean bind(Pod pod, String node) { // one at a time: each sees what the one before has taken
        List<PersistentVolumeClaim> open = pod.getSpec().getVolumes().stream().map(v -> claim(pod, v)).filter(Objects::nonNull).distinct()
            .map(c -> informers.get(PersistentVolumeClaim.class, pod.getMetadata().getNamespace(), c)).filter(c -> c == null || !isBound(c)).toList();
        if (open.isEmpty()) return true;
        List<PersistentVolumeClaim> waiting = open.stream().filter(c -> c != null && isWaiting(c)).toList();
        Node n = informers.get(Node.class, "", node);
        Optional<List<Choice>> choices = n == null ? Optional.empty() : choose(waiting, n);
        for (Choice c : choices.orElse(List.of())) {
            if (c.volume == null) bindings.selectNode(c.claim, node);
            else bindings.reserve(c.volume, c.claim);
        }
        return false;
    }

    /** The name of the claim behind a volume, or null. */
    private static String claim(Pod pod, Volume volume) {
        return volume.getPersistentVolumeClaim() != null ? volume.getPersistentVolumeClaim().getClaimName()
            : volume.getEphemeral() != null ? pod.getMetadata().getName() + "-" + volume.getName() : null;
    }

    private boolean isWaiting(PersistentVolumeClaim claim) {
        return isEmpty(claim.getSpec().getVolumeName()) && StorageClasses.isDelayed(StorageClasses.find(informers, claim));
    }

    private static boolean isBound(PersistentVolumeClaim claim) {
        return !isEmpty(claim.getSpec().getVolumeName()) && claim.getStatus() != null && "Bound".equals(claim.getStatus().getPhase());
    }

    /** What the claims would get on this node, the smallest first; empty when there is nothing for one of them. */
    private Optional<List<Choice>> choose(List<PersistentVolumeClaim> claims, Node node) {
        List<Choice> choices = new ArrayList<>();
        Set<String> taken = new HashSet<>();
        for (PersistentVolumeClaim claim : claims.stream().sorted(Comparator.comparing(VolumeMatching::request)).toList()) {
            String selected = VolumeAnnotations.get(claim, VolumeAnnotations.SELECTED_NODE);
            if (selected != null) { // its volume is being made
                if (!selected.equals(node.getMetadata().getName())) return Optional.empty();
                choices.add(new Choice(claim, null));
                continue;
            }
            List<PersistentVolume> all = informers.list(PersistentVolume.class);
            if (all.stream().anyMatch(v -> VolumeMatching.isBound(v, claim) && !reaches(node, v))) return Optional.empty();
            Optional<PersistentVolume> best = VolumeMatching.best(claim, all.stream().filter(v -> !taken.contains(v.getMetadata().getName()) && reaches(node, v)));
            if (best.isPresent()) taken.add(best.get().getMetadata().getName());
            else if (!isProvisioned(claim, node)) return Optional.empty();
            choices.add(new Choice(claim, best.orElse(null)));
        }
        return Optional.of(choices);
    }

    private boolean isProvisioned(PersistentVolumeClaim claim, Node node) {
        StorageClass c = StorageClasses.find(informers, claim);
        if (!StorageClasses.isProvisioned(c)) return false;
        Map<String, String> labels = node.getMetadata().getLabels() == null ? Map.of() : node.getMetadata().getLabels();
        return c.getAllowedTopologies().isEmpty() || c.getAllowedTopologies().stream().anyMatch(t ->
            t.getMatchLabelExpressions().stream().allMatch(e -> labels.containsKey(e.getKey()) && e.getValues().contains(labels.get(e.getKey()))));
    }

    private static boolean reaches(Node node, PersistentVolume volume) {
        return volume.getSpec().getNodeAffinity() == null || volume.getSpec().getNodeAffinity().getRequired() == null
            || volume.getSpec().getNodeAffinity().getRequired().getNodeSelectorTerms().stream().anyMatch(t -> NodeSelectors.matches(t, node));
    }

    private static boolean isEmpty(String text) {
        return text == null || text.isEmpty();
    }
}
