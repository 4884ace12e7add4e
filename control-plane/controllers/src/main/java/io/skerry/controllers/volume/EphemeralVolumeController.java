package io.skerry.controllers.volume;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimTemplate;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.skerry.controllers.runtime.Controller;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.Key;
import io.skerry.controllers.runtime.OwnerReferences;
import io.skerry.controllers.runtime.Watch;
import io.skerry.controllers.workload.PodControl;
import io.skerry.controllers.workload.Pods;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/** Makes the claims of pods' generic ephemeral volumes (KEP-1698): named after pod and volume, and the pod's own, so that they go with it. */
public final class EphemeralVolumeController implements Controller {
    private final Informers informers;

    public EphemeralVolumeController(Informers informers) {
        this.informers = informers;
    }

    @Override public String name() { return "ephemeral-volume-controller"; }

    @Override public List<Watch<?>> watches() {
        return List.of(Watch.each(Pod.class, p -> p.getSpec().getVolumes().stream().anyMatch(v -> v.getEphemeral() != null) ? List.of(Key.of(p)) : List.<Key>of()),
            Watch.each(PersistentVolumeClaim.class, this::podsOf));
    }

    @Override public Set<Class<? extends HasMetadata>> writes() { return Set.of(PersistentVolumeClaim.class); }

    private Collection<Key> podsOf(PersistentVolumeClaim claim) {
        return informers.inNamespace(Pod.class, claim.getMetadata().getNamespace()).stream()
            .filter(p -> p.getSpec().getVolumes().stream().anyMatch(v -> v.getEphemeral() != null && claimName(p, v).equals(claim.getMetadata().getName())))
            .map(Key::of).toList();
    }

    private static String claimName(Pod pod, Volume volume) {
        return pod.getMetadata().getName() + "-" + volume.getName();
    }

    /** A claim of that name that is somebody else's stays as it is: then the scheduler says why the pod waits. */
    @Override public void reconcile(Key key) {
        Pod pod = informers.get(Pod.class, key);
        if (pod == null || Pods.isTerminating(pod)) return;
        for (Volume v : pod.getSpec().getVolumes()) {
            if (v.getEphemeral() != null && informers.get(PersistentVolumeClaim.class, key.namespace(), claimName(pod, v)) == null) make(pod, v);
        }
    }

    private void make(Pod pod, Volume volume) {
        PersistentVolumeClaimTemplate template = volume.getEphemeral().getVolumeClaimTemplate();
        PersistentVolumeClaim claim = new PersistentVolumeClaimBuilder().withNewMetadata().withNamespace(pod.getMetadata().getNamespace()).withName(claimName(pod, volume))
            .withLabels(template.getMetadata() == null ? null : template.getMetadata().getLabels())
            .withAnnotations(template.getMetadata() == null ? null : template.getMetadata().getAnnotations())
            .withOwnerReferences(OwnerReferences.controller(pod)).endMetadata().withSpec(template.getSpec()).build();
        try {
            informers.awaitSeen(informers.client().persistentVolumeClaims().inNamespace(pod.getMetadata().getNamespace()).resource(claim).create());
        } catch (KubernetesClientException e) {
            if (!PodControl.isNamespaceTerminating(e)) throw e;
        }
    }
}
