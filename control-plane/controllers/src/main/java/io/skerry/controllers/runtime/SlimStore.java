package io.skerry.controllers.runtime;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** Holds an informer's objects without their managedFields, which no controller reads and which often are half of an object. */
final class SlimStore<T extends HasMetadata> implements ItemStore<T> {
    private final ConcurrentHashMap<String, T> items = new ConcurrentHashMap<>();

    @Override public String getKey(T object) { return Cache.metaNamespaceKeyFunc(object); }

    /** The object has just been read from the wire and nobody else has it yet. */
    @Override public T put(String key, T object) {
        object.getMetadata().setManagedFields(List.of());
        return items.put(key, object);
    }

    @Override public T remove(String key) { return items.remove(key); }

    @Override public Stream<String> keySet() { return items.keySet().stream(); }

    @Override public Stream<T> values() { return items.values().stream(); }

    @Override public int size() { return items.size(); }

    @Override public T get(String key) { return items.get(key); }

    @Override public boolean isFullState() { return true; }
}
