package io.skerry.node.api;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.authentication.TokenRequest;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.skerry.controllers.runtime.Informers;
import io.skerry.machinery.json.Json;
import io.skerry.node.api.PodReferences.Reference;
import io.skerry.node.pods.PodApi;
import io.skerry.node.pods.PodWorkers;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Pods' dealings with the API server, over the process's shared caches where there are such. */
public final class ClientPodApi implements PodApi, AutoCloseable {
    private final Informers informers;
    private final KubernetesClient client;
    private final ObjectWatches objects;
    private final EventRecorder events;
    private volatile PodWorkers workers;

    public ClientPodApi(Informers informers, String nodeName) {
        this.informers = informers;
        client = informers.client();
        objects = new ObjectWatches(client, this::changed);
        events = new EventRecorder(client, nodeName);
    }

    /** Whom to wake when something that pods refer to has changed. */
    public void attach(PodWorkers podWorkers) { workers = podWorkers; }

    @Override
    public Pod updateStatus(Pod pod, PodStatus status) {
        Pod target = pod;
        while (true) {
            try {
                return client.pods().inNamespace(pod.getMetadata().getNamespace()).resource(new PodBuilder(target).withStatus(status).build()).updateStatus();
            } catch (KubernetesClientException e) {
                if (e.getCode() == 404) return null;
                if (e.getCode() != 409) throw e;
                target = client.pods().inNamespace(pod.getMetadata().getNamespace()).withName(pod.getMetadata().getName()).get();
                if (target == null || !target.getMetadata().getUid().equals(pod.getMetadata().getUid())) return null;
                status = withForeignConditions(status, target.getStatus());
            }
        }
    }

    /** Others (readiness gates, the scheduler) have conditions of their own in the list. */
    private static PodStatus withForeignConditions(PodStatus ours, PodStatus theirs) {
        if (theirs == null || theirs.getConditions() == null) return ours;
        Set<String> types = new HashSet<>(PodWorkers.OWN_CONDITIONS);
        ours.getConditions().forEach(c -> types.add(c.getType()));
        List<PodCondition> all = new ArrayList<>(ours.getConditions());
        theirs.getConditions().stream().filter(c -> !types.contains(c.getType())).forEach(all::add);
        return new PodStatusBuilder(ours).withConditions(all).build();
    }

    @Override
    public void delete(Pod pod) {
        var options = Json.object().put("kind", "DeleteOptions").put("apiVersion", "v1").put("gracePeriodSeconds", 0);
        options.putObject("preconditions").put("uid", pod.getMetadata().getUid());
        try {
            client.raw("/api/v1/namespaces/" + pod.getMetadata().getNamespace() + "/pods/" + pod.getMetadata().getName(), "DELETE", options);
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404 && e.getCode() != 409) throw e; // gone, or another pod has the name by now
        }
    }

    @Override
    public List<Service> services(String namespace) {
        var services = new ArrayList<>(informers.inNamespace(Service.class, namespace));
        Service master = namespace.equals("default") ? null : informers.get(Service.class, "default", "kubernetes");
        if (master != null) services.addFirst(master);
        return services;
    }

    @Override
    public TokenRequest token(String namespace, String serviceAccount, TokenRequest request) {
        return client.serviceAccounts().inNamespace(namespace).withName(serviceAccount).tokenRequest(request);
    }

    @Override
    public ConfigMap configMap(String namespace, String name) { return objects.get(ConfigMap.class, namespace, name); }

    @Override
    public Secret secret(String namespace, String name) { return objects.get(Secret.class, namespace, name); }

    @Override
    public PersistentVolume claimedVolume(String namespace, String claim) {
        PersistentVolumeClaim bound = client.persistentVolumeClaims().inNamespace(namespace).withName(claim).get();
        if (bound == null || bound.getSpec().getVolumeName() == null || bound.getStatus() == null || !"Bound".equals(bound.getStatus().getPhase())) return null;
        return client.persistentVolumes().withName(bound.getSpec().getVolumeName()).get();
    }

    @Override
    public String runtimeHandler(String runtimeClass) {
        String found = client.raw("/apis/node.k8s.io/v1/runtimeclasses/" + runtimeClass);
        return found == null ? null : Json.text(Json.parse(found), "handler");
    }

    @Override
    public void event(Pod pod, String container, String type, String reason, String message) {
        var object = new ObjectReferenceBuilder().withApiVersion("v1").withKind("Pod").withNamespace(pod.getMetadata().getNamespace()).withName(pod.getMetadata().getName())
                .withUid(pod.getMetadata().getUid()).withResourceVersion(pod.getMetadata().getResourceVersion());
        if (container != null) {
            boolean init = pod.getSpec().getInitContainers().stream().anyMatch(c -> c.getName().equals(container));
            object.withFieldPath("spec." + (init ? "initContainers" : "containers") + "{" + container + "}");
        }
        events.record(object.build(), type, reason, message);
    }

    @Override
    public void forget(Pod pod) {
        Set<Reference> wanted = new HashSet<>();
        if (workers != null) workers.pods().forEach(p -> wanted.addAll(PodReferences.of(p)));
        objects.retain(wanted);
    }

    private void changed(Reference reference) {
        if (workers == null) return;
        workers.pods().stream().filter(p -> p.getMetadata().getNamespace().equals(reference.namespace()) && PodReferences.of(p).contains(reference))
                .forEach(p -> workers.wake(p.getMetadata().getUid()));
    }

    @Override
    public void close() {
        objects.close();
        events.close();
    }
}
