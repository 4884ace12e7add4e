package io.skerry.gitops.kustomize;

import io.skerry.machinery.schema.TypeTable;

/**
 * What tells resources apart in Kustomize. An unset namespace and "default" are the same; a cluster-scoped kind has none.
 */
record ResourceId(String group, String version, String kind, String namespace, String name) {

    /** Stands for "in no namespace"; not a legal namespace name, so it never equals one. */
    static final String NO_NAMESPACE = "_no_namespace_";

    static ResourceId of(String apiVersion, String kind, String namespace, String name) {
        int slash = apiVersion.indexOf('/');
        return new ResourceId(slash < 0 ? "" : apiVersion.substring(0, slash), apiVersion.substring(slash + 1), kind, namespace, name);
    }

    boolean clusterScoped() {
        return TypeTable.builtin().kind(group, version, kind).map(type -> !type.namespaced()).orElse(false);
    }

    String effectiveNamespace() {
        if (clusterScoped()) return NO_NAMESPACE;
        return namespace.isEmpty() ? "default" : namespace;
    }

    boolean sameNamespace(ResourceId other) {
        return effectiveNamespace().equals(other.effectiveNamespace());
    }

    /** Same group, version, kind, name and effective namespace. */
    boolean same(ResourceId other) {
        return name.equals(other.name) && kind.equals(other.kind) && group.equals(other.group) && version.equals(other.version) && sameNamespace(other);
    }

    /** Whether group, version and kind are those of the selector, whose empty parts match anything. */
    boolean selectedBy(String selectorGroup, String selectorVersion, String selectorKind) {
        return (selectorGroup.isEmpty() || selectorGroup.equals(group)) && (selectorVersion.isEmpty() || selectorVersion.equals(version))
                && (selectorKind.isEmpty() || selectorKind.equals(kind));
    }

    @Override
    public String toString() {
        return kind + "." + version + (group.isEmpty() ? "" : "." + group) + " " + (namespace.isEmpty() ? "" : namespace + "/") + name;
    }
}
