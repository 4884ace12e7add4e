package io.skerry.controllers.runtime;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import java.util.Objects;
import java.util.Optional;

/** metadata.ownerReferences: who made an object and who controls it. */
public final class OwnerReferences {
    private OwnerReferences() {}

    /** The owner reference with {@code controller: true}; an object has at most one. */
    public static Optional<OwnerReference> controllerOf(HasMetadata object) {
        return object.getMetadata().getOwnerReferences().stream().filter(o -> Boolean.TRUE.equals(o.getController())).findFirst();
    }

    public static boolean isControlledBy(HasMetadata object, HasMetadata owner) {
        return controllerOf(object).filter(o -> Objects.equals(o.getUid(), owner.getMetadata().getUid())).isPresent();
    }

    /** A controlling, deletion-blocking reference to {@code owner}, as every workload controller sets it on what it makes. */
    public static OwnerReference controller(HasMetadata owner) {
        return new OwnerReferenceBuilder().withApiVersion(owner.getApiVersion()).withKind(owner.getKind())
            .withName(owner.getMetadata().getName()).withUid(owner.getMetadata().getUid())
            .withController(true).withBlockOwnerDeletion(true).build();
    }
}
