package io.skerry.apiserver.registry;

import io.skerry.apiserver.cache.WatchCache;
import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.schema.Schema;
import io.skerry.machinery.schema.TypeTable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Everything that is served: the built-in types and those of CustomResourceDefinitions, which come and go. */
public final class ServedTypes {
    private final Map<String, ServedType> builtin = new LinkedHashMap<>();
    private final Source source;
    private volatile Custom custom = new Custom(-1, Map.of());

    /** Where the custom types come from. */
    public interface Source {
        /** Grows with each change. */
        long revision();

        List<ServedType> types();

        /** Adds the names that a group's types have or are to have, but for one definition's. */
        void addNames(NamesInUse names, String group, String butDefinition);
    }

    /** The custom types at a revision of their source; a request sees one state. */
    private record Custom(long revision, Map<String, ServedType> types) {
    }

    public ServedTypes(TypeTable table, Strategies strategies, Source source) {
        this.source = source;
        Map<String, Map<String, Schema>> schemas = new HashMap<>();
        Map<String, Set<String>> paths = new HashMap<>();
        for (ResourceType type : table.all()) {
            String prefix = WatchCache.prefix(storageGroup(type), type.plural());
            schemas.computeIfAbsent(prefix, p -> new HashMap<>()).put(type.apiVersion(), type.schema());
            Set<String> shared = paths.computeIfAbsent(prefix, p -> new HashSet<>());
            SelectableFields.builtin(type).forEach(field -> shared.addAll(field.paths()));
        }
        for (ResourceType type : table.all()) {
            String storageGroup = storageGroup(type);
            String prefix = WatchCache.prefix(storageGroup, type.plural());
            String storageVersion = isEvent(type) ? "v1" : type.group().equals("autoscaling") ? "autoscaling/v2" : type.apiVersion();
            builtin.put(id(type.group(), type.version(), type.plural()), new ServedType(type, storageGroup, storageVersion, false,
                    strategies.of(type, this), Conversion::convert, schemas.get(prefix), SelectableFields.of(SelectableFields.builtin(type), paths.get(prefix))));
        }
    }

    private static boolean isEvent(ResourceType type) {
        return type.plural().equals("events");
    }

    /** Event is one set of objects in two groups, stored as core/v1. */
    private static String storageGroup(ResourceType type) {
        return isEvent(type) ? "" : type.group();
    }

    private static String id(String group, String version, String plural) {
        return group + "/" + version + "/" + plural;
    }

    /** The type or null. */
    public ServedType find(String group, String version, String plural) {
        String id = id(group, version, plural);
        ServedType type = builtin.get(id);
        return type != null ? type : custom().types().get(id);
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

    /** The versions in which the same objects are served, the given one first. */
    public List<ServedType> versions(ServedType type) {
        List<ServedType> versions = new ArrayList<>(List.of(type));
        if (type.custom() || type.plural().equals("events") || type.group().equals("autoscaling")) {
            all().stream().filter(other -> other != type && other.storagePrefix().equals(type.storagePrefix())).forEach(versions::add);
        }
        return versions;
    }

    public Collection<ServedType> all() {
        Map<String, ServedType> now = custom().types();
        if (now.isEmpty()) {
            return builtin.values();
        }
        List<ServedType> all = new ArrayList<>(builtin.values());
        all.addAll(now.values());
        return all;
    }

    /** The names of a group's built-in types, and those that its CustomResourceDefinitions were given, but for one of them. */
    public NamesInUse namesInUse(String group, String butDefinition) {
        NamesInUse names = new NamesInUse();
        builtin.values().stream().filter(served -> served.group().equals(group)).map(ServedType::type).forEach(type -> {
            names.resources().addAll(List.of(type.plural(), type.singular()));
            names.resources().addAll(type.shortNames());
            names.kinds().addAll(List.of(type.kind(), type.listKind()));
        });
        source.addNames(names, group, butDefinition);
        return names;
    }

    public List<ResourceType> resourceTypes() {
        return all().stream().map(ServedType::type).toList();
    }

    /** Read when asked for: a type is served as soon as its definition is in the cache, with no one to wait for. */
    private Custom custom() {
        long revision = source.revision();
        Custom known = custom;
        if (known.revision() < revision) {
            Map<String, ServedType> types = new LinkedHashMap<>();
            source.types().forEach(t -> types.put(id(t.group(), t.type().version(), t.plural()), t));
            known = new Custom(revision, types);
            custom = known;
        }
        return known;
    }

    /** Grows with each change of the custom types: what was derived from an older state is stale. */
    public long changes() {
        return custom().revision();
    }
}
