package io.skerry.controllers.core;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.skerry.controllers.runtime.Controller;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.Key;
import io.skerry.controllers.runtime.Watch;
import io.skerry.controllers.workload.PodControl;
import java.util.List;
import java.util.Set;

/** Makes the service account {@code default} in every active namespace, and makes it again when someone deletes it. */
public final class ServiceAccountController implements Controller {
    private final Informers informers;

    public ServiceAccountController(Informers informers) {
        this.informers = informers;
    }

    @Override public String name() { return "serviceaccount-controller"; }

    @Override public List<Watch<?>> watches() {
        return List.of(Watch.self(Namespace.class), new Watch<>(ServiceAccount.class, (before, after) ->
            after == null && before.getMetadata().getName().equals("default") ? List.of(new Key("", before.getMetadata().getNamespace())) : List.of()));
    }

    @Override public Set<Class<? extends HasMetadata>> writes() { return Set.of(ServiceAccount.class); }

    @Override public void reconcile(Key key) throws Exception {
        Namespace namespace = informers.get(Namespace.class, key);
        if (!NamespaceController.isActive(namespace) || informers.get(ServiceAccount.class, key.name(), "default") != null) return;
        try {
            informers.awaitSeen(informers.client().serviceAccounts().inNamespace(key.name())
                .resource(new ServiceAccountBuilder().withNewMetadata().withNamespace(key.name()).withName("default").endMetadata().build()).create());
        } catch (KubernetesClientException e) {
            if (e.getCode() != 409 && !PodControl.isNamespaceTerminating(e)) throw e;
        }
    }
}
