package io.skerry.controllers.core;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.Key;
import java.util.List;
import java.util.function.Consumer;

/** A cache of the Secrets of one type: one of all of them would hold everyone's secrets once more. */
final class SecretsOfType {
    private final Informers informers;
    private final String type;
    private volatile SharedIndexInformer<Secret> secrets;

    SecretsOfType(Informers informers, String type) {
        this.informers = informers;
        this.type = type;
    }

    /** @param queue is told of those that are there, come or change */
    void start(Consumer<Key> queue) {
        secrets = informers.client().secrets().inAnyNamespace().withField("type", type).runnableInformer(0);
        secrets.exceptionHandler((started, failure) -> true);
        secrets.addEventHandler(new ResourceEventHandler<Secret>() {
            @Override public void onAdd(Secret s) { queue.accept(Key.of(s)); }
            @Override public void onUpdate(Secret before, Secret after) { onAdd(after); }
            @Override public void onDelete(Secret s, boolean unknown) { /* nothing is left to do */ }
        });
        secrets.start();
    }

    /** The cached object, or null. */
    Secret get(Key key) {
        return secrets.getStore().getByKey(Cache.namespaceKeyFunc(key.namespace(), key.name()));
    }

    /** None before {@link #start}. */
    List<Secret> inNamespace(String namespace) {
        return secrets == null ? List.of() : secrets.getIndexer().byIndex(Cache.NAMESPACE_INDEX, namespace);
    }

    void stop() {
        if (secrets != null) secrets.stop();
    }
}
