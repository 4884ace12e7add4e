package io.skerry.controllers.volume;

import io.fabric8.kubernetes.api.model.HasMetadata;

/** The annotations by which binder, scheduler and provisioners tell each other how far a volume or a claim is (component-helpers/storage/volume). */
public final class VolumeAnnotations {
    /** On a claim: it was Bound once. What happens to it now is a loss, no longer a search. */
    public static final String BIND_COMPLETED = "pv.kubernetes.io/bind-completed";
    /** The binder chose the other side, not the user; so the binder may undo it. */
    public static final String BOUND_BY_CONTROLLER = "pv.kubernetes.io/bound-by-controller";
    /** On a volume: the provisioner that made it, and that deletes it. */
    public static final String PROVISIONED_BY = "pv.kubernetes.io/provisioned-by";
    /** On a claim: the provisioner that is to make its volume. */
    public static final String PROVISIONER = "volume.kubernetes.io/storage-provisioner", BETA_PROVISIONER = "volume.beta.kubernetes.io/storage-provisioner";
    /** On a claim that waits for its first consumer: the node that the volume has to be made for. */
    public static final String SELECTED_NODE = "volume.kubernetes.io/selected-node";

    private VolumeAnnotations() {}

    /** The annotation's value, or null. */
    public static String get(HasMetadata object, String name) {
        return object.getMetadata().getAnnotations() == null ? null : object.getMetadata().getAnnotations().get(name);
    }

    public static boolean has(HasMetadata object, String name) {
        return get(object, name) != null;
    }
}
