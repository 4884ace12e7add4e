package io.skerry.node.api;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.skerry.node.api.PodReferences.Reference;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * One watch for each config map and secret that a pod of this node refers to, as kubelet does: a node must not see, or hold in memory,
 * those of others.
 */
final class ObjectWatches implements AutoCloseable {
    private final KubernetesClient client;
    private final Consumer<Reference> changed;
    private final Map<Reference, SharedIndexInformer<? extends HasMetadata>> informers = new ConcurrentHashMap<>();

    /** @param changed told of every object that came, changed or went */
    ObjectWatches(KubernetesClient client, Consumer<Reference> changed) {
        this.client = client;
        this.changed = changed;
    }

    /** As the watch last said; asked of the API server when the watch has just begun. Null: there is none. */
    <T extends HasMetadata> T get(Class<T> type, String namespace, String name) {
        var reference = new Reference(type, namespace, name);
        SharedIndexInformer<? extends HasMetadata> informer = informers.computeIfAbsent(reference, r -> watch(type, r));
        if (!informer.hasSynced()) return client.resources(type).inNamespace(namespace).withName(name).get();
        return type.cast(informer.getStore().getByKey(namespace + "/" + name));
    }

    private <T extends HasMetadata> SharedIndexInformer<T> watch(Class<T> type, Reference reference) {
        SharedIndexInformer<T> informer = client.resources(type).inNamespace(reference.namespace()).withName(reference.name()).runnableInformer(0);
        informer.exceptionHandler((started, failure) -> true); // the API server comes back
        informer.addEventHandler(new ResourceEventHandler<T>() {
            @Override public void onAdd(T object) { changed.accept(reference); }
            @Override public void onUpdate(T before, T after) { changed.accept(reference); }
            @Override public void onDelete(T object, boolean finalStateUnknown) { changed.accept(reference); }
        });
        informer.start();
        return informer;
    }

    /** Ends the watches of what is no longer referred to. */
    void retain(Set<Reference> wanted) {
        informers.entrySet().removeIf(e -> {
            if (wanted.contains(e.getKey())) return false;
            e.getValue().stop();
            return true;
        });
    }

    @Override
    public void close() { retain(Set.of()); }
}
