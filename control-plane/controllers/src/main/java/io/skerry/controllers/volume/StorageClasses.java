package io.skerry.controllers.volume;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.skerry.controllers.runtime.Informers;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Which StorageClass a claim or a volume is of, which one is the default, and when a class's claims are bound. */
public final class StorageClasses {
    /** How the class was named before there was a field; it still goes before the field. */
    private static final String ANNOTATION = "volume.beta.kubernetes.io/storage-class";
    private static final String DEFAULT = "storageclass.kubernetes.io/is-default-class", BETA_DEFAULT = "storageclass.beta.kubernetes.io/is-default-class";

    private StorageClasses() {}

    /** The name of the claim's class; "" for none. */
    public static String of(PersistentVolumeClaim claim) {
        return name(claim, claim.getSpec().getStorageClassName());
    }

    /** The name of the volume's class; "" for none. */
    public static String of(PersistentVolume volume) {
        return name(volume, volume.getSpec().getStorageClassName());
    }

    private static String name(HasMetadata object, String field) {
        String annotated = VolumeAnnotations.get(object, ANNOTATION);
        return annotated != null ? annotated : field == null ? "" : field;
    }

    /** Whether the claim says nothing about its class, not even that it wants none: it gets the default one. */
    static boolean isUnset(PersistentVolumeClaim claim) {
        return !VolumeAnnotations.has(claim, ANNOTATION) && claim.getSpec().getStorageClassName() == null;
    }

    /** The claim's class, or null when it names none or one that does not exist. */
    public static StorageClass find(Informers informers, PersistentVolumeClaim claim) {
        String name = of(claim);
        return name.isEmpty() ? null : informers.get(StorageClass.class, "", name);
    }

    /** The newest class that is marked as the default; of equally old ones the first by name. */
    static Optional<StorageClass> byDefault(Collection<StorageClass> classes) {
        return classes.stream().filter(c -> "true".equals(VolumeAnnotations.get(c, DEFAULT)) || "true".equals(VolumeAnnotations.get(c, BETA_DEFAULT)))
            .max(Comparator.comparing((StorageClass c) -> c.getMetadata().getCreationTimestamp()).thenComparing(c -> c.getMetadata().getName(), Comparator.reverseOrder()));
    }

    /** Whether claims of this class are bound only once a pod that uses them is being scheduled. */
    public static boolean isDelayed(StorageClass storageClass) {
        return storageClass != null && "WaitForFirstConsumer".equals(storageClass.getVolumeBindingMode());
    }

    /** Whether someone makes volumes for this class; else there are only those that an administrator makes. */
    public static boolean isProvisioned(StorageClass storageClass) {
        return storageClass != null && !storageClass.getProvisioner().startsWith("kubernetes.io/");
    }
}
