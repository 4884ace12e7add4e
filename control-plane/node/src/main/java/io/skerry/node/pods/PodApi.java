package io.skerry.node.pods;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.authentication.TokenRequest;
import io.skerry.node.volumes.References;
import java.util.List;

/** What a pod's worker asks of the API server. Calls throw {@link io.fabric8.kubernetes.client.KubernetesClientException} while it is away. */
public interface PodApi extends References {
    /**
     * Writes status unless the pod is gone or another of the same name.
     *
     * @return the pod as it is now, or null when it is gone
     */
    Pod updateStatus(Pod pod, PodStatus status);

    /** Deletes for good (grace period 0) the pod with this uid; nothing when it is gone. */
    void delete(Pod pod);

    /** The services whose variables a pod of the namespace gets: its own and default/kubernetes. */
    List<Service> services(String namespace);

    /** A bound token of a service account. */
    TokenRequest token(String namespace, String serviceAccount, TokenRequest request);

    /** The pod is no more; nothing it referred to needs to be watched for it. */
    void forget(Pod pod);

    /** The volume that a claim is bound to, or null while it is bound to none. */
    PersistentVolume claimedVolume(String namespace, String claim);

    /** The handler that a RuntimeClass names, or null when there is no such class. */
    String runtimeHandler(String runtimeClass);

    /** Keeps an event of the pod; never blocks or fails. @param container its name, or null for the pod as a whole @param type Normal or Warning */
    void event(Pod pod, String container, String type, String reason, String message);
}
