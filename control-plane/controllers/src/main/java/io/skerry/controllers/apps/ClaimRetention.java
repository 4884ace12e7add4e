package io.skerry.controllers.apps;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.skerry.controllers.runtime.Informers;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code spec.persistentVolumeClaimRetentionPolicy} (KEP-1847): a claim that is to go with its set, or with its pod when the set is made
 * smaller, is owned by it, and the garbage collector does the rest.
 */
final class ClaimRetention {
    private final Informers informers;

    ClaimRetention(Informers informers) {
        this.informers = informers;
    }

    /** Sets the owners of one pod's claims. @param condemned whether the pod is beyond the set's size */
    void apply(StatefulSet set, Pod pod, boolean condemned) {
        if (set.getSpec().getVolumeClaimTemplates().isEmpty()) return;
        var policy = set.getSpec().getPersistentVolumeClaimRetentionPolicy();
        boolean withSet = policy != null && "Delete".equals(policy.getWhenDeleted()), withPod = condemned && policy != null
            && "Delete".equals(policy.getWhenScaled());
        HasMetadata owner = withPod ? pod : withSet ? set : null;
        var api = informers.client().persistentVolumeClaims().inNamespace(set.getMetadata().getNamespace());
        for (PersistentVolumeClaim wanted : StatefulPods.claims(set, StatefulPods.ordinal(set, pod))) {
            PersistentVolumeClaim c = informers.get(PersistentVolumeClaim.class, set.getMetadata().getNamespace(), wanted.getMetadata().getName());
            if (c == null || c.getMetadata().getDeletionTimestamp() != null) continue;
            List<OwnerReference> owners = new ArrayList<>(c.getMetadata().getOwnerReferences());
            owners.removeIf(o -> isOurs(o, set, pod) && (owner == null || !o.getUid().equals(owner.getMetadata().getUid())));
            if (owner != null && owners.stream().noneMatch(o -> o.getUid().equals(owner.getMetadata().getUid()))) {
                owners.add(new OwnerReferenceBuilder().withApiVersion(owner.getApiVersion()).withKind(owner.getKind())
                    .withName(owner.getMetadata().getName()).withUid(owner.getMetadata().getUid()).build());
            }
            if (owners.equals(c.getMetadata().getOwnerReferences())) continue;
            informers.awaitSeen(api.resource(new PersistentVolumeClaimBuilder(c).editMetadata().withOwnerReferences(owners).endMetadata().build()).update());
        }
    }

    /** A reference that this controller has set, to this set or to a pod by this name, be it an earlier one. */
    private static boolean isOurs(OwnerReference o, StatefulSet set, Pod pod) {
        return o.getUid().equals(set.getMetadata().getUid()) || o.getKind().equals("Pod") && o.getName().equals(pod.getMetadata().getName());
    }
}
