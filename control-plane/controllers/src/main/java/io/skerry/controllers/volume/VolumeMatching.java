package io.skerry.controllers.volume;

import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Quantity;
import io.skerry.controllers.workload.LabelSelectors;
import java.math.BigDecimal;
import java.util.Comparator;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** Which volume suits a claim: upstream's FindMatchingVolume (component-helpers/storage/volume), which the binder and the scheduler share. */
public final class VolumeMatching {
    private VolumeMatching() {}

    /** Whether the volume's {@code spec.claimRef} is this claim, or keeps the volume for a claim by this name. */
    public static boolean isBound(PersistentVolume volume, PersistentVolumeClaim claim) {
        ObjectReference ref = volume.getSpec().getClaimRef();
        return ref != null && claim.getMetadata().getName().equals(ref.getName()) && claim.getMetadata().getNamespace().equals(ref.getNamespace())
            && (isEmpty(ref.getUid()) || claim.getMetadata().getUid().equals(ref.getUid()));
    }

    /**
     * The volume to bind the claim to: with as few access modes beyond those asked for as there is; then one that is kept for the claim, which
     * need not be of its class or have its labels; then the smallest.
     */
    public static Optional<PersistentVolume> best(PersistentVolumeClaim claim, Stream<PersistentVolume> volumes) {
        return volumes.filter(v -> isBound(v, claim) ? holds(v, claim) : isFree(v) && isWanted(v, claim) && holds(v, claim))
            .min(Comparator.comparingInt((PersistentVolume v) -> v.getSpec().getAccessModes().size()).thenComparing(v -> !isBound(v, claim))
                .thenComparing(VolumeMatching::capacity).thenComparing(v -> v.getMetadata().getName()));
    }

    /** Why a volume that the claim names cannot be its, in upstream's words; "" when it can. Labels do not count here. */
    static String mismatch(PersistentVolume volume, PersistentVolumeClaim claim) {
        if (volume.getMetadata().getDeletionTimestamp() != null) return "the volume is marked for deletion \"" + volume.getMetadata().getName() + "\"";
        if (capacity(volume).compareTo(request(claim)) < 0) return "requested PV is too small";
        if (!StorageClasses.of(volume).equals(StorageClasses.of(claim))) return "storageClassName does not match";
        if (!sameMode(volume, claim)) return "incompatible volumeMode";
        return volume.getSpec().getAccessModes().containsAll(claim.getSpec().getAccessModes()) ? "" : "incompatible accessMode";
    }

    static boolean sameMode(PersistentVolume volume, PersistentVolumeClaim claim) {
        return Objects.requireNonNullElse(volume.getSpec().getVolumeMode(), "Filesystem")
            .equals(Objects.requireNonNullElse(claim.getSpec().getVolumeMode(), "Filesystem"));
    }

    /** Nobody's yet. One that is not Available yet soon will be, and to bind it now would run into that write. */
    static boolean isFree(PersistentVolume volume) {
        return volume.getSpec().getClaimRef() == null && volume.getStatus() != null && "Available".equals(volume.getStatus().getPhase());
    }

    private static boolean isWanted(PersistentVolume volume, PersistentVolumeClaim claim) {
        return StorageClasses.of(volume).equals(StorageClasses.of(claim))
            && (claim.getSpec().getSelector() == null || LabelSelectors.matches(claim.getSpec().getSelector(), volume.getMetadata().getLabels()));
    }

    private static boolean holds(PersistentVolume volume, PersistentVolumeClaim claim) {
        return volume.getMetadata().getDeletionTimestamp() == null && capacity(volume).compareTo(request(claim)) >= 0 && sameMode(volume, claim)
            && volume.getSpec().getAccessModes().containsAll(claim.getSpec().getAccessModes());
    }

    /** Bytes. */
    static BigDecimal capacity(PersistentVolume volume) {
        return storage(volume.getSpec().getCapacity());
    }

    /** Bytes. */
    public static BigDecimal request(PersistentVolumeClaim claim) {
        return claim.getSpec().getResources() == null ? BigDecimal.ZERO : storage(claim.getSpec().getResources().getRequests());
    }

    static BigDecimal storage(Map<String, Quantity> quantities) {
        Quantity storage = quantities == null ? null : quantities.get("storage");
        return storage == null ? BigDecimal.ZERO : storage.getNumericalAmount();
    }

    static boolean isEmpty(String text) {
        return text == null || text.isEmpty();
    }
}
