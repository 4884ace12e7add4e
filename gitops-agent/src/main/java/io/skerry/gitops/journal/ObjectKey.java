package io.skerry.gitops.journal;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;

/**
 * Names an object in the cluster; namespace is "" for cluster-scoped ones.
 *
 * @param prune whether it is deleted when no commit wants it any more
 */
public record ObjectKey(String apiVersion, String kind, String namespace, String name, boolean prune) {

    public static ObjectKey of(JsonNode object, boolean prune) {
        return new ObjectKey(Json.text(object, "apiVersion"), Json.text(object, "kind"), Json.text(object, "metadata", "namespace"), Json.text(object, "metadata", "name"), prune);
    }

    public String group() {
        int slash = apiVersion.indexOf('/');
        return slash < 0 ? "" : apiVersion.substring(0, slash);
    }

    /** Whether both are one object, in whichever version of its API group. */
    public boolean same(ObjectKey other) {
        return name.equals(other.name) && kind.equals(other.kind) && namespace.equals(other.namespace) && group().equals(other.group());
    }

    @Override
    public String toString() {
        return kind + " " + (namespace.isEmpty() ? "" : namespace + "/") + name;
    }
}
