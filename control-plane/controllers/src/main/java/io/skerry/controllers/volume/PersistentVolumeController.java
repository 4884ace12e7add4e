package io.skerry.controllers.volume;

import static io.skerry.controllers.volume.VolumeMatching.isEmpty;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.skerry.controllers.runtime.Controller;
import io.skerry.controllers.runtime.EventRecorder;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.Key;
import io.skerry.controllers.runtime.Watch;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Binds claims to volumes, and releases volumes whose claims are gone: upstream's PersistentVolumeController, with the same phases, annotations
 * and events. It makes no volumes and deletes none: that is for the provisioner that a StorageClass names, and whose volumes it binds.
 * <a href="https://kubernetes.io/docs/concepts/storage/persistent-volumes/">Persistent volumes</a>.
 */
public final class PersistentVolumeController implements Controller {
    private final Informers informers;
    private final EventRecorder events;
    private final VolumeBindings bindings;

    public PersistentVolumeController(Informers informers) {
        this.informers = informers;
        this.events = informers.recorder("persistentvolume-controller"); // the name that its events have always had
        this.bindings = new VolumeBindings(informers);
    }

    @Override public String name() { return "persistentvolume-binder-controller"; }

    /** Keys without a namespace are volumes, the others claims. */
    @Override public List<Watch<?>> watches() {
        return List.of(Watch.each(PersistentVolumeClaim.class, this::ofClaim), new Watch<>(PersistentVolume.class, this::ofVolume),
            Watch.each(StorageClass.class, this::ofClass));
    }

    @Override public Set<Class<? extends HasMetadata>> writes() { return Set.of(PersistentVolume.class, PersistentVolumeClaim.class); }

    /** One at a time: two claims looked at side by side would both take the same volume. */
    @Override public int concurrency() { return 1; }

    private Collection<Key> ofClaim(PersistentVolumeClaim claim) {
        Set<Key> keys = new LinkedHashSet<>(List.of(Key.of(claim)));
        for (PersistentVolume v : informers.list(PersistentVolume.class)) {
            if (v.getMetadata().getName().equals(claim.getSpec().getVolumeName()) || Key.of(claim).equals(claimKey(v))) keys.add(Key.of(v));
        }
        return keys;
    }

    private Collection<Key> ofVolume(PersistentVolume before, PersistentVolume after) {
        PersistentVolume volume = after == null ? before : after;
        Set<Key> keys = new LinkedHashSet<>(List.of(Key.of(volume)));
        if (before != null && claimKey(before) != null) keys.add(claimKey(before));
        if (claimKey(volume) != null) keys.add(claimKey(volume));
        boolean free = after != null && VolumeMatching.isFree(after);
        for (PersistentVolumeClaim c : informers.list(PersistentVolumeClaim.class)) {
            String named = c.getSpec().getVolumeName();
            if (isEmpty(named) ? free : named.equals(volume.getMetadata().getName())) keys.add(Key.of(c));
        }
        return keys;
    }

    private Collection<Key> ofClass(StorageClass storageClass) {
        return informers.list(PersistentVolumeClaim.class).stream()
            .filter(c -> isEmpty(c.getSpec().getVolumeName()) && (StorageClasses.isUnset(c) || StorageClasses.of(c).equals(storageClass.getMetadata().getName())))
            .map(Key::of).toList();
    }

    private static Key claimKey(PersistentVolume volume) {
        ObjectReference ref = volume.getSpec().getClaimRef();
        return ref == null || isEmpty(ref.getNamespace()) || isEmpty(ref.getName()) ? null : new Key(ref.getNamespace(), ref.getName());
    }

    @Override public void reconcile(Key key) {
        if (key.namespace().isEmpty()) {
            PersistentVolume volume = informers.get(PersistentVolume.class, key);
            if (volume != null) syncVolume(volume);
            return;
        }
        PersistentVolumeClaim claim = informers.get(PersistentVolumeClaim.class, key);
        if (claim == null) return;
        if (VolumeAnnotations.has(claim, VolumeAnnotations.BIND_COMPLETED)) syncBound(claim);
        else if (isEmpty(claim.getSpec().getVolumeName())) search(claim);
        else takeNamed(claim);
    }

    /** A claim that takes any volume that suits it. */
    private void search(PersistentVolumeClaim claim) {
        StorageClass storageClass = StorageClasses.find(informers, claim);
        boolean delayed = StorageClasses.isDelayed(storageClass);
        // While a claim waits for its first consumer, the scheduler chooses; here only what it has chosen is bound.
        Optional<PersistentVolume> volume = VolumeMatching.best(claim,
            informers.list(PersistentVolume.class).stream().filter(v -> !delayed || VolumeMatching.isBound(v, claim)));
        if (volume.isPresent()) {
            bindings.bind(volume.get(), claim);
            return;
        }
        Optional<StorageClass> byDefault = StorageClasses.isUnset(claim) ? StorageClasses.byDefault(informers.list(StorageClass.class)) : Optional.empty();
        if (byDefault.isPresent()) {
            bindings.storageClass(claim, byDefault.get().getMetadata().getName()); // which is a change of the claim, and so leads here again
            return;
        }
        bindings.status(claim, "Pending", null);
        if (delayed && !VolumeAnnotations.has(claim, VolumeAnnotations.SELECTED_NODE)) {
            events.normal(claim, "WaitForFirstConsumer", "waiting for first consumer to be created before binding");
        } else if (!StorageClasses.of(claim).isEmpty()) {
            provision(claim, storageClass);
        } else {
            events.normal(claim, "FailedBinding", "no persistent volumes available for this claim and no storage class is set");
        }
    }

    private void provision(PersistentVolumeClaim claim, StorageClass storageClass) {
        if (storageClass == null) {
            events.warning(claim, "ProvisioningFailed", "storageclass.storage.k8s.io \"" + StorageClasses.of(claim) + "\" not found");
        } else if (!StorageClasses.isProvisioned(storageClass)) {
            events.warning(claim, "ProvisioningFailed", "no volume plugin matched name: " + storageClass.getProvisioner());
        } else {
            bindings.provisioner(claim, storageClass.getProvisioner());
            events.normal(claim, "ExternalProvisioning", "Waiting for a volume to be created either by the external provisioner '" + storageClass.getProvisioner()
                + "' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.");
        }
    }

    /** A claim that names its volume. */
    private void takeNamed(PersistentVolumeClaim claim) {
        PersistentVolume volume = informers.get(PersistentVolume.class, "", claim.getSpec().getVolumeName());
        if (volume != null && VolumeMatching.isBound(volume, claim)) {
            bindings.bind(volume, claim);
            return;
        }
        if (volume != null && volume.getSpec().getClaimRef() == null) {
            String mismatch = VolumeMatching.mismatch(volume, claim);
            if (mismatch.isEmpty()) {
                bindings.bind(volume, claim);
                return;
            }
            events.warning(claim, "VolumeMismatch", "Cannot bind to requested volume \"" + volume.getMetadata().getName() + "\": " + mismatch);
        } else if (volume != null) {
            events.warning(claim, "FailedBinding", "volume \"" + volume.getMetadata().getName() + "\" already bound to a different claim.");
        }
        bindings.status(claim, "Pending", null);
    }

    /** A claim that was Bound before. */
    private void syncBound(PersistentVolumeClaim claim) {
        String name = claim.getSpec().getVolumeName();
        PersistentVolume volume = isEmpty(name) ? null : informers.get(PersistentVolume.class, "", name);
        if (isEmpty(name)) {
            lost(claim, "ClaimLost", "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!");
        } else if (volume == null) {
            lost(claim, "ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!");
        } else if (volume.getSpec().getClaimRef() == null || claim.getMetadata().getUid().equals(volume.getSpec().getClaimRef().getUid())) {
            bindings.bind(volume, claim);
        } else {
            lost(claim, "ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly");
        }
    }

    private void lost(PersistentVolumeClaim claim, String reason, String message) {
        if (claim.getStatus() != null && "Lost".equals(claim.getStatus().getPhase())) return;
        bindings.status(claim, "Lost", null);
        events.warning(claim, reason, message);
    }

    private void syncVolume(PersistentVolume volume) {
        if (volume.getSpec().getClaimRef() == null || isEmpty(volume.getSpec().getClaimRef().getUid())) {
            bindings.phase(volume, "Available", "");
            return;
        }
        PersistentVolumeClaim claim = claimOf(volume);
        if (claim == null) {
            reclaim(volume);
        } else if (isEmpty(claim.getSpec().getVolumeName())) {
            // The claim's own turn binds it, unless it cannot.
            if (!VolumeMatching.sameMode(volume, claim)) {
                events.warning(volume, "VolumeMismatch",
                    "Cannot bind PersistentVolume to requested PersistentVolumeClaim \"" + claim.getMetadata().getName() + "\" due to incompatible volumeMode.");
                events.warning(claim, "VolumeMismatch",
                    "Cannot bind PersistentVolume \"" + volume.getMetadata().getName() + "\" to requested PersistentVolumeClaim due to incompatible volumeMode.");
            }
        } else if (claim.getSpec().getVolumeName().equals(volume.getMetadata().getName())) {
            bindings.phase(volume, "Bound", "");
        } else if (VolumeAnnotations.has(volume, VolumeAnnotations.PROVISIONED_BY) && "Delete".equals(volume.getSpec().getPersistentVolumeReclaimPolicy())) {
            reclaim(volume); // was made for the claim, which found another
        } else {
            bindings.unbind(volume);
        }
    }

    /** The very claim that the volume is bound to, or null. To give a volume up, the cache's word is not enough: it may lag behind. */
    private PersistentVolumeClaim claimOf(PersistentVolume volume) {
        ObjectReference ref = volume.getSpec().getClaimRef();
        PersistentVolumeClaim claim = informers.get(PersistentVolumeClaim.class, ref.getNamespace(), ref.getName());
        if (claim == null && isGivenUp(volume)) return null;
        if (claim == null || !claim.getMetadata().getUid().equals(ref.getUid())) {
            claim = informers.client().persistentVolumeClaims().inNamespace(ref.getNamespace()).withName(ref.getName()).get();
        }
        return claim != null && claim.getMetadata().getUid().equals(ref.getUid()) ? claim : null;
    }

    private static boolean isGivenUp(PersistentVolume volume) {
        return volume.getStatus() != null && Set.of("Released", "Failed").contains(Objects.requireNonNullElse(volume.getStatus().getPhase(), ""));
    }

    /** The claim is gone, the data is not: {@code spec.persistentVolumeReclaimPolicy} says what becomes of it. */
    private void reclaim(PersistentVolume volume) {
        PersistentVolume released = isGivenUp(volume) ? volume : bindings.phase(volume, "Released", "");
        String name = released.getMetadata().getName(), provisioner = VolumeAnnotations.get(released, VolumeAnnotations.PROVISIONED_BY);
        switch (Objects.requireNonNullElse(released.getSpec().getPersistentVolumeReclaimPolicy(), "Retain")) {
            case "Retain" -> { }
            case "Delete" -> {
                if (isEmpty(provisioner)) {
                    fail(released, "VolumeFailedDelete", "error getting deleter volume plugin for volume \"" + name + "\": no deletable volume plugin matched");
                } else if (provisioner.startsWith("kubernetes.io/")) {
                    fail(released, "VolumeFailedDelete", "no volume plugin matched name: " + provisioner);
                } // else its provisioner deletes it
            }
            case "Recycle" -> fail(released, "VolumeFailedRecycle", "No recycler plugin found for the volume!");
            default -> fail(released, "VolumeUnknownReclaimPolicy", "Volume has unrecognized PersistentVolumeReclaimPolicy");
        }
    }

    private void fail(PersistentVolume volume, String reason, String message) {
        if ("Failed".equals(volume.getStatus().getPhase())) return;
        events.warning(bindings.phase(volume, "Failed", message), reason, message);
    }
}
