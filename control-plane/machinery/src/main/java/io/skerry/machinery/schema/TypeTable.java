package io.skerry.machinery.schema;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The types of an API: its resources and the definitions that their schemas are made of. Immutable. */
public final class TypeTable {

    private final List<ResourceType> resources;
    private final Map<String, Schema> definitions;
    private final Map<String, ResourceType> byPlural = new LinkedHashMap<>();
    private final Map<String, ResourceType> byKind = new LinkedHashMap<>();

    TypeTable(List<ResourceType> resources, Map<String, Schema> definitions) {
        this.resources = List.copyOf(resources);
        this.definitions = Map.copyOf(definitions);
        for (ResourceType r : resources) {
            byPlural.put(r.apiVersion() + "/" + r.plural(), r);
            byKind.put(r.apiVersion() + "/" + r.kind(), r);
        }
    }

    /** Every resource that Kubernetes 1.33 serves by default, loaded once a process. */
    public static TypeTable builtin() {
        return Builtin.TABLE;
    }

    private static final class Builtin {
        static final TypeTable TABLE = BuiltinTypes.load();
    }

    /** The resource of this name, such as ("apps", "v1", "deployments"). */
    public Optional<ResourceType> resource(String group, String version, String plural) {
        return Optional.ofNullable(byPlural.get(key(group, version, plural)));
    }

    /** The resource whose objects have this kind. */
    public Optional<ResourceType> kind(String group, String version, String kind) {
        return Optional.ofNullable(byKind.get(key(group, version, kind)));
    }

    private static String key(String group, String version, String name) {
        return group.isEmpty() ? version + "/" + name : group + "/" + version + "/" + name;
    }

    /** All resources, by group, version and name. */
    public Collection<ResourceType> all() {
        return resources;
    }

    /** A definition by its OpenAPI name, such as "io.k8s.api.core.v1.Container" or "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta". */
    public Optional<Schema> schema(String definitionName) {
        return Optional.ofNullable(definitions.get(definitionName));
    }

    /** Definitions by OpenAPI name. */
    Map<String, Schema> definitions() {
        return definitions;
    }
}
