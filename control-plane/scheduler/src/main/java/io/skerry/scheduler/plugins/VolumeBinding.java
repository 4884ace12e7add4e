package io.skerry.scheduler.plugins;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Volume;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.workload.NodeSelectors;
import io.skerry.scheduler.ClusterEvent;
import io.skerry.scheduler.FilterPlugin;
import io.skerry.scheduler.NodeInfo;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * A pod waits until its claims exist and are bound, and then goes where their volumes can be reached ({@code spec.nodeAffinity} of the
 * PersistentVolume). Claims that bind only when a pod uses them (WaitForFirstConsumer) are not offered a node yet.
 */
public final class VolumeBinding implements FilterPlugin {
    private final Informers informers;

    public VolumeBinding(Informers informers) {
        this.informers = informers;
    }

    @Override public String name() { return "VolumeBinding"; }

    @Override public Set<ClusterEvent> wokenBy() { return Set.of(ClusterEvent.NODE_ADDED, ClusterEvent.NODE_LABELS, ClusterEvent.CLAIM_CHANGED); }

    @Override public Function<NodeInfo, List<String>> check(Pod pod, Collection<NodeInfo> nodes) {
        List<PersistentVolume> volumes = new ArrayList<>();
        boolean any = false;
        for (Volume v : pod.getSpec().getVolumes()) {
            String claim = v.getPersistentVolumeClaim() != null ? v.getPersistentVolumeClaim().getClaimName()
                : v.getEphemeral() != null ? pod.getMetadata().getName() + "-" + v.getName() : null;
            if (claim == null) continue;
            any = true;
            PersistentVolumeClaim c = informers.get(PersistentVolumeClaim.class, pod.getMetadata().getNamespace(), claim);
            if (c == null) return n -> List.of("persistentvolumeclaim \"" + claim + "\" not found");
            if (c.getMetadata().getDeletionTimestamp() != null) return n -> List.of("persistentvolumeclaim \"" + claim + "\" is being deleted");
            String volume = c.getSpec().getVolumeName();
            if (volume == null || volume.isEmpty() || c.getStatus() == null || !"Bound".equals(c.getStatus().getPhase())) return n ->
                List.of("pod has unbound immediate PersistentVolumeClaims");
            PersistentVolume pv = informers.get(PersistentVolume.class, "", volume);
            if (pv == null) return n -> List.of("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)");
            volumes.add(pv);
        }
        if (!any) return null;
        return n -> volumes.stream().allMatch(v -> v.getSpec().getNodeAffinity() == null || v.getSpec().getNodeAffinity().getRequired() == null
            || v.getSpec().getNodeAffinity().getRequired().getNodeSelectorTerms().stream().anyMatch(t -> NodeSelectors.matches(t, n.node())))
            ? List.of() : List.of("node(s) had volume node affinity conflict");
    }
}
