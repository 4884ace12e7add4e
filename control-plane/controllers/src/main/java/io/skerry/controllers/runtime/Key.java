package io.skerry.controllers.runtime;

import io.fabric8.kubernetes.api.model.HasMetadata;

/**
 * The name of one object of a known type, as a controller's work queue holds it.
 *
 * @param namespace the namespace, "" for a cluster-scoped object
 * @param name the object's name
 */
public record Key(String namespace, String name) {
    public Key {
        if (namespace == null) namespace = "";
    }

    public static Key of(HasMetadata object) {
        return new Key(object.getMetadata().getNamespace(), object.getMetadata().getName());
    }

    /** {@code namespace/name}, or {@code name} for a cluster-scoped object. */
    @Override public String toString() {
        return namespace.isEmpty() ? name : namespace + "/" + name;
    }
}
