package io.skerry.machinery.schema;

import java.util.Collection;
import java.util.Optional;

/** The types of an API: its resources and the definitions that their schemas are made of. */
public final class TypeTable {

    private TypeTable() {}

    /** Every resource that Kubernetes 1.33 serves by default, loaded once a process. */
    public static TypeTable builtin() {
        throw new UnsupportedOperationException();
    }

    /** The resource of this name, such as ("apps", "v1", "deployments"). */
    public Optional<ResourceType> resource(String group, String version, String plural) {
        throw new UnsupportedOperationException();
    }

    /** The resource whose objects have this kind. */
    public Optional<ResourceType> kind(String group, String version, String kind) {
        throw new UnsupportedOperationException();
    }

    /** All resources, by group priority, version and name. */
    public Collection<ResourceType> all() {
        throw new UnsupportedOperationException();
    }

    /** A definition by its OpenAPI name, such as "io.k8s.api.core.v1.Container" or "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta". */
    public Optional<Schema> schema(String definitionName) {
        throw new UnsupportedOperationException();
    }
}
