package io.skerry.controllers.core;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import io.skerry.controllers.runtime.Controller;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.Key;
import io.skerry.controllers.runtime.Watch;
import io.skerry.controllers.workload.PodControl;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Puts the API server's CA into the ConfigMap {@code kube-root-ca.crt} of every active namespace, from where projected service account volumes take it. */
public final class RootCaPublisher implements Controller {
    private static final String NAME = "kube-root-ca.crt", DESCRIPTION = "kubernetes.io/description";
    private static final String TEXT = "The CA certificates that verify the API server under its in-cluster names, such as kubernetes.default.svc. Not meant for anything else.";

    private final Informers informers;
    private final String caPem;
    private volatile SharedIndexInformer<ConfigMap> published;

    /** @param caPem the CA certificates in PEM */
    public RootCaPublisher(Informers informers, String caPem) {
        this.informers = informers;
        this.caPem = caPem;
    }

    @Override public String name() { return "root-ca-certificate-publisher-controller"; }

    @Override public List<Watch<?>> watches() { return List.of(Watch.self(Namespace.class)); }

    /** Only these config maps: a cache of all of them would be the size of everyone's configuration. */
    @Override public void sources(Consumer<Key> queue) {
        published = informers.client().configMaps().inAnyNamespace().withField("metadata.name", NAME).runnableInformer(0);
        published.exceptionHandler((started, failure) -> true);
        published.addEventHandler(new ResourceEventHandler<ConfigMap>() {
            @Override public void onAdd(ConfigMap c) { queue.accept(new Key("", c.getMetadata().getNamespace())); }
            @Override public void onUpdate(ConfigMap before, ConfigMap after) { onAdd(after); }
            @Override public void onDelete(ConfigMap c, boolean unknown) { onAdd(c); }
        });
        published.start();
    }

    @Override public void stop() {
        if (published != null) published.stop();
    }

    @Override public Set<Class<? extends HasMetadata>> writes() { return Set.of(ConfigMap.class); }

    @Override public void reconcile(Key key) throws Exception {
        if (!NamespaceController.isActive(informers.get(Namespace.class, key))) return;
        // The cache is only what wakes this; the few times there is something to do, the server is asked.
        var api = informers.client().configMaps().inNamespace(key.name());
        SharedIndexInformer<ConfigMap> cache = published; // null for a moment at the start
        ConfigMap there = cache == null ? null : cache.getStore().getByKey(Cache.namespaceKeyFunc(key.name(), NAME));
        if (isRight(there)) return;
        there = api.withName(NAME).get();
        if (isRight(there)) return;
        Map<String, String> data = Map.of("ca.crt", caPem);
        try {
            if (there == null) {
                api.resource(new ConfigMapBuilder().withNewMetadata().withNamespace(key.name()).withName(NAME).addToAnnotations(DESCRIPTION, TEXT).endMetadata()
                    .withData(data).build()).create();
            } else {
                api.resource(new ConfigMapBuilder(there).editMetadata().addToAnnotations(DESCRIPTION, TEXT).endMetadata().withData(data).build()).update();
            }
        } catch (KubernetesClientException e) {
            if (!PodControl.isNamespaceTerminating(e)) throw e;
        }
    }

    private boolean isRight(ConfigMap c) {
        return c != null && Map.of("ca.crt", caPem).equals(c.getData()) && c.getMetadata().getAnnotations() != null && c.getMetadata().getAnnotations().containsKey(DESCRIPTION);
    }
}
