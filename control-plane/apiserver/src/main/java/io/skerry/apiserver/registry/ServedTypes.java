package io.skerry.apiserver.registry;

import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.schema.TypeTable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Everything that is served: the built-in types and those of CustomResourceDefinitions, which come and go. */
public final class ServedTypes {
    private final TypeTable table;
    private final Map<String, ServedType> builtin = new LinkedHashMap<>();
    /** Copied on write; a request sees one state. */
    private volatile Map<String, ServedType> custom = Map.of();
    private volatile long changes;

    public ServedTypes(TypeTable table, Function<ResourceType, Strategy> strategies) {
        this.table = table;
        for (ResourceType type : table.all()) {
            // Event is one set of objects in two groups, stored as core/v1
            boolean event = type.plural().equals("events");
            String storageVersion = event ? "v1" : type.group().equals("autoscaling") ? "autoscaling/v2" : type.apiVersion();
            builtin.put(id(type.group(), type.version(), type.plural()), new ServedType(type, event ? "" : type.group(), storageVersion, false,
                    strategies.apply(type), SelectableFields.of(type)));
        }
    }

    private static String id(String group, String version, String plural) {
        return group + "/" + version + "/" + plural;
    }

    public TypeTable table() {
        return table;
    }

    /** The type or null. */
    public ServedType find(String group, String version, String plural) {
        String id = id(group, version, plural);
        ServedType type = builtin.get(id);
        return type != null ? type : custom.get(id);
    }

    /** A built-in type that is known to exist. */
    public ServedType builtin(String group, String version, String plural) {
        ServedType type = builtin.get(id(group, version, plural));
        if (type == null) {
            throw new IllegalArgumentException("no built-in resource " + id(group, version, plural));
        }
        return type;
    }

    public boolean hasGroup(String group) {
        return all().stream().anyMatch(t -> t.group().equals(group));
    }

    public boolean hasGroupVersion(String group, String version) {
        return all().stream().anyMatch(t -> t.group().equals(group) && t.type().version().equals(version));
    }

    public Collection<ServedType> all() {
        Map<String, ServedType> now = custom;
        if (now.isEmpty()) {
            return builtin.values();
        }
        List<ServedType> all = new ArrayList<>(builtin.values());
        all.addAll(now.values());
        return all;
    }

    public List<ResourceType> resourceTypes() {
        return all().stream().map(ServedType::type).toList();
    }

    /** Replaces the custom types. */
    public synchronized void setCustom(Collection<ServedType> types) {
        Map<String, ServedType> next = new LinkedHashMap<>();
        types.forEach(t -> next.put(id(t.group(), t.type().version(), t.plural()), t));
        custom = next;
        changes++;
    }

    /** Grows with each change of the custom types: what was derived from an older state is stale. */
    public long changes() {
        return changes;
    }
}
