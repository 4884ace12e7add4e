package io.skerry.controllers.core;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.skerry.controllers.runtime.Controller;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.Key;
import io.skerry.controllers.runtime.Watch;
import io.skerry.controllers.workload.PodControl;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Puts the API server's CA into the ConfigMap {@code kube-root-ca.crt} of every active namespace, from where projected service account volumes take it. */
public final class RootCaPublisher implements Controller {
    private static final String NAME = "kube-root-ca.crt", DESCRIPTION = "kubernetes.io/description";
    private static final String TEXT = "The CA certificates that verify the API server under its in-cluster names, such as kubernetes.default.svc. Not meant for anything else.";

    private final Informers informers;
    private final String caPem;

    /** @param caPem the CA certificates in PEM */
    public RootCaPublisher(Informers informers, String caPem) {
        this.informers = informers;
        this.caPem = caPem;
    }

    @Override public String name() { return "root-ca-certificate-publisher-controller"; }

    @Override public List<Watch<?>> watches() {
        return List.of(Watch.self(Namespace.class), Watch.each(ConfigMap.class, c -> c.getMetadata().getName().equals(NAME)
            ? List.of(new Key("", c.getMetadata().getNamespace())) : List.of()));
    }

    @Override public Set<Class<? extends HasMetadata>> writes() { return Set.of(ConfigMap.class); }

    @Override public void reconcile(Key key) throws Exception {
        if (!NamespaceController.isActive(informers.get(Namespace.class, key))) return;
        ConfigMap there = informers.get(ConfigMap.class, key.name(), NAME);
        Map<String, String> data = Map.of("ca.crt", caPem);
        if (there != null && data.equals(there.getData()) && there.getMetadata().getAnnotations() != null
            && there.getMetadata().getAnnotations().containsKey(DESCRIPTION)) return;
        var api = informers.client().configMaps().inNamespace(key.name());
        try {
            informers.awaitSeen(there == null
                ? api.resource(new ConfigMapBuilder().withNewMetadata().withNamespace(key.name()).withName(NAME).addToAnnotations(DESCRIPTION, TEXT)
                .endMetadata().withData(data).build()).create()
                : api.resource(new ConfigMapBuilder(there).editMetadata().addToAnnotations(DESCRIPTION, TEXT).endMetadata().withData(data).build()).update());
        } catch (KubernetesClientException e) {
            if (!PodControl.isNamespaceTerminating(e)) throw e;
        }
    }
}
