package io.skerry.controllers.gc;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import io.skerry.controllers.runtime.Discovery.ApiType;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

/** Watches one type untyped and keeps of every object only what tells it apart; the specs of a whole cluster would be most of the process. */
final class Monitor implements AutoCloseable {
    private final SharedIndexInformer<GenericKubernetesResource> informer;
    private final CompletionStage<Void> synced;

    /** @param change called with (before, after) as in {@code Informers.subscribe}; of {@code before} only name, namespace and uid are there */
    Monitor(KubernetesClient client, ApiType type, BiConsumer<ObjectMeta, ObjectMeta> change) {
        informer = type.of(client).inAnyNamespace().runnableInformer(0);
        informer.removeNamespaceIndex();
        informer.itemStore(new Identities());
        informer.exceptionHandler((started, failure) -> true);
        informer.addEventHandler(new ResourceEventHandler<GenericKubernetesResource>() {
            @Override public void onAdd(GenericKubernetesResource o) { change.accept(null, o.getMetadata()); }
            @Override public void onUpdate(GenericKubernetesResource b, GenericKubernetesResource a) { change.accept(b.getMetadata(), a.getMetadata()); }
            @Override public void onDelete(GenericKubernetesResource o, boolean unknown) { change.accept(o.getMetadata(), null); }
        });
        synced = informer.start();
    }

    CompletionStage<Void> synced() { return synced; }

    boolean isSynced() { return synced.toCompletableFuture().isDone(); }

    @Override public void close() { informer.stop(); }

    private static final class Identities implements ItemStore<GenericKubernetesResource> {
        private final ConcurrentHashMap<String, GenericKubernetesResource> items = new ConcurrentHashMap<>();

        @Override public String getKey(GenericKubernetesResource o) { return Cache.metaNamespaceKeyFunc(o); }

        @Override public GenericKubernetesResource put(String key, GenericKubernetesResource o) { return items.put(key, stripped(o)); }

        @Override public GenericKubernetesResource remove(String key) { return items.remove(key); }

        @Override public Stream<String> keySet() { return items.keySet().stream(); }

        @Override public Stream<GenericKubernetesResource> values() { return items.values().stream(); }

        @Override public int size() { return items.size(); }

        @Override public GenericKubernetesResource get(String key) { return items.get(key); }

        @Override public boolean isFullState() { return false; }

        private static GenericKubernetesResource stripped(GenericKubernetesResource o) {
            GenericKubernetesResource s = new GenericKubernetesResource();
            s.setMetadata(new ObjectMetaBuilder().withNamespace(o.getMetadata().getNamespace()).withName(o.getMetadata().getName())
                .withUid(o.getMetadata().getUid()).withResourceVersion(o.getMetadata().getResourceVersion()).build());
            return s;
        }
    }
}
