package io.skerry.controllers.workload;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.skerry.controllers.runtime.Deletion;
import io.skerry.controllers.runtime.EventRecorder;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.OwnerReferences;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Makes and deletes the pods of a workload, tells of it in events, and returns when the caches have seen it. */
public final class PodControl {
    private final Informers informers;
    private final EventRecorder events;

    public PodControl(Informers informers, EventRecorder events) {
        this.informers = informers;
        this.events = events;
    }

    /** A pod of the template, controlled by {@code owner} and named after it by the server; change it before {@link #create}. */
    public static PodBuilder fromTemplate(PodTemplateSpec template, HasMetadata owner) {
        String prefix = owner.getMetadata().getName() + "-";
        return new PodBuilder().withNewMetadata().withNamespace(owner.getMetadata().getNamespace()).withGenerateName(prefix)
            .withLabels(template.getMetadata() == null ? null : template.getMetadata().getLabels())
            .withAnnotations(template.getMetadata() == null ? null : template.getMetadata().getAnnotations())
            .withFinalizers(template.getMetadata() == null ? List.of() : template.getMetadata().getFinalizers())
            .withOwnerReferences(OwnerReferences.controller(owner)).endMetadata()
            .withSpec(template.getSpec());
    }

    public Pod create(Pod pod, HasMetadata owner) {
        Pod created;
        try {
            created = informers.client().pods().inNamespace(pod.getMetadata().getNamespace()).resource(pod).create();
        } catch (KubernetesClientException e) {
            // In a namespace that is going away nothing can be made, and nothing needs to be said about it.
            if (!isNamespaceTerminating(e) && e.getCode() != 409) events.warning(owner, "FailedCreate", "Error creating: " + message(e));
            throw e;
        }
        events.normal(owner, "SuccessfulCreate", "Created pod: " + created.getMetadata().getName());
        return informers.awaitSeen(created);
    }

    /** Deletes the pod if it is still the same one; one that is gone already is no error. */
    public void delete(Pod pod, HasMetadata owner) {
        try {
            String path = "/api/v1/namespaces/" + pod.getMetadata().getNamespace() + "/pods/" + pod.getMetadata().getName();
            if (!Deletion.delete(informers.client(), path, pod.getMetadata().getUid(), null, null, null)) return;
        } catch (KubernetesClientException e) {
            events.warning(owner, "FailedDelete", "Error deleting: " + message(e));
            throw e;
        }
        events.normal(owner, "SuccessfulDelete", "Deleted pod: " + pod.getMetadata().getName());
        informers.awaitDeletionSeen(pod);
    }

    /**
     * Does things in batches of 1, 2, 4 ... side by side and stops after the first batch with a failure: a mistake that hits every pod
     * (a quota, say) then costs few calls.
     *
     * @throws Exception the first failure
     */
    public static void slowStart(List<? extends Callable<?>> calls) throws Exception {
        for (int from = 0, size = 1; from < calls.size(); from += size, size *= 2) {
            size = Math.min(size, calls.size() - from);
            together(calls.subList(from, from + size));
        }
    }

    /** Does things side by side. @throws Exception the first failure, when all have ended */
    public static void together(Collection<? extends Callable<?>> calls) throws Exception {
        if (calls.isEmpty()) return;
        if (calls.size() == 1) {
            calls.iterator().next().call();
            return;
        }
        Exception first = null;
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<? extends Future<?>> futures = calls.stream().map(threads::submit).toList();
            for (Future<?> f : futures) {
                try {
                    f.get();
                } catch (ExecutionException e) {
                    if (first == null) first = e.getCause() instanceof Exception x ? x : e;
                }
            }
        }
        if (first != null) throw first;
    }

    /** Whether an object was refused because its namespace is being deleted (reason Forbidden, cause NamespaceTerminating). */
    public static boolean isNamespaceTerminating(KubernetesClientException e) {
        return e.getCode() == 403 && e.getStatus() != null && e.getStatus().getDetails() != null
            && e.getStatus().getDetails().getCauses().stream().anyMatch(c -> "NamespaceTerminating".equals(c.getReason()));
    }

    /** The server's own words, without the client's frame around them. */
    public static String message(KubernetesClientException e) {
        return e.getStatus() != null && e.getStatus().getMessage() != null ? e.getStatus().getMessage() : e.getMessage();
    }
}
