package io.skerry.controllers.gc;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.skerry.controllers.runtime.Discovery.ApiType;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Who owns whom, over all types: the identities of all objects and the edges of their owner references, nothing else of them. Safe to use
 * from several threads.
 */
final class Graph {
    static final String FOREGROUND = "foregroundDeletion", ORPHAN = "orphan";

    /** An object as far as garbage collection goes. */
    record Item(ApiType type, String namespace, String name, String uid, List<OwnerReference> owners, boolean deleting, boolean deletingDependents,
        boolean orphaning) {
        static Item of(ApiType type, ObjectMeta m) {
            boolean deleting = m.getDeletionTimestamp() != null;
            return new Item(type, m.getNamespace() == null ? "" : m.getNamespace(), m.getName(), m.getUid(), List.copyOf(m.getOwnerReferences()), deleting,
                deleting && m.getFinalizers().contains(FOREGROUND), deleting && m.getFinalizers().contains(ORPHAN));
        }

        OwnerReference owner(String ownerUid) {
            for (OwnerReference o : owners) if (o.getUid().equals(ownerUid)) return o;
            return null;
        }

        @Override public String toString() { return type.kind() + " " + (namespace.isEmpty() ? "" : namespace + "/") + name; }
    }

    private final Map<String, Item> items = new HashMap<>();
    private final Map<String, Set<String>> dependents = new HashMap<>();

    /** @return what was known of the object before, or null */
    synchronized Item put(Item item) {
        Item before = items.put(item.uid(), item);
        if (before != null) unlink(before);
        for (OwnerReference o : item.owners()) dependents.computeIfAbsent(o.getUid(), k -> new LinkedHashSet<>(2)).add(item.uid());
        return before;
    }

    synchronized Item remove(String uid) {
        Item before = items.remove(uid);
        if (before != null) unlink(before);
        return before;
    }

    private void unlink(Item item) {
        for (OwnerReference o : item.owners()) {
            Set<String> d = dependents.get(o.getUid());
            if (d != null && d.remove(item.uid()) && d.isEmpty()) dependents.remove(o.getUid());
        }
    }

    synchronized Item get(String uid) {
        return items.get(uid);
    }

    synchronized List<Item> dependentsOf(String uid) {
        return dependents.getOrDefault(uid, Set.of()).stream().map(items::get).filter(i -> i != null).toList();
    }

    /** Whether one of the item's owners is not known here: it may be gone. */
    synchronized boolean hasUnknownOwner(Item item) {
        return item.owners().stream().anyMatch(o -> {
            Item owner = items.get(o.getUid());
            return owner == null || !owner.namespace().isEmpty() && !owner.namespace().equals(item.namespace());
        });
    }

    synchronized List<Item> all() {
        return List.copyOf(items.values());
    }
}
