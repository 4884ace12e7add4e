package io.skerry.node.pods;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.skerry.node.cri.ContainerEvents;
import io.skerry.node.cri.v1.ContainerFilter;
import io.skerry.node.cri.v1.ListContainersRequest;
import io.skerry.node.cri.v1.ListPodSandboxRequest;
import io.skerry.node.cri.v1.PodSandbox;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.lang.System.Logger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** The workers of all pods of the node, and what wakes them. */
public final class PodWorkers implements AutoCloseable {
    private static final Logger LOG = System.getLogger(PodWorkers.class.getName());

    /** Conditions of pods that nobody but their node sets or takes away. */
    public static final Set<String> OWN_CONDITIONS = Set.of(PodResize.PENDING, PodResize.IN_PROGRESS);

    private final PodParts parts;
    private final Map<String, PodWorker> workers = new ConcurrentHashMap<>();
    /** Ids of sandboxes and containers to the uid of their pod. */
    private final Map<String, String> owners = new ConcurrentHashMap<>();
    private final ContainerEvents events;

    public PodWorkers(PodParts parts) {
        this.parts = parts;
        events = new ContainerEvents(parts.cri(), id -> worker(id).ifPresent(w -> w.ended(id)), id -> worker(id).ifPresent(PodWorker::wake), this::wakeAll);
    }

    /** A pod that is bound to this node was added or has changed. */
    public void apply(Pod pod) {
        workers.compute(pod.getMetadata().getUid(), (uid, worker) -> {
            if (worker != null) {
                worker.update(pod);
                return worker;
            }
            return start(pod);
        });
    }

    /** A pod has gone from the API. */
    public void gone(Pod pod) {
        PodWorker worker = workers.get(pod.getMetadata().getUid());
        if (worker != null) worker.removed();
    }

    /** Takes away what belongs to pods that are not in the API any more. Call once all that are there have been applied. */
    public void removeOrphans() {
        for (PodSandbox sandbox : parts.cri().runtime().listPodSandbox(ListPodSandboxRequest.getDefaultInstance()).getItemsList()) {
            String uid = sandbox.getLabelsOrDefault(Names.POD_UID, sandbox.getMetadata().getUid());
            if (workers.containsKey(uid)) continue;
            LOG.log(Level.INFO, "pod {0}/{1} was deleted while this node was not looking", sandbox.getMetadata().getNamespace(), sandbox.getMetadata().getName());
            Pod skeleton = new PodBuilder().withNewMetadata().withNamespace(sandbox.getMetadata().getNamespace()).withName(sandbox.getMetadata().getName()).withUid(uid)
                    .withDeletionTimestamp(Instant.now().toString())
                    .withDeletionGracePeriodSeconds(graceSeconds(sandbox.getId())).endMetadata().withNewSpec().endSpec().build();
            workers.computeIfAbsent(uid, u -> start(skeleton)).removed();
        }
        Set<String> known = new HashSet<>(workers.keySet());
        try {
            for (String uid : parts.volumes().pods()) if (!known.contains(uid)) parts.volumes().tearDown(uid);
            for (String uid : parts.cgroups().pods()) if (!known.contains(uid)) parts.cgroups().remove(uid);
            removeLogs(known);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "leftovers of old pods stay: {0}", e.getMessage());
        }
        parts.allocations().complete();
    }

    /** The pod as the node has it. */
    public Optional<Pod> find(String namespace, String name) {
        return workers.values().stream().map(PodWorker::pod).filter(p -> p.getMetadata().getName().equals(name) && p.getMetadata().getNamespace().equals(namespace)).findFirst();
    }

    public List<Pod> pods() { return workers.values().stream().map(PodWorker::pod).toList(); }

    public void wakeAll() { workers.values().forEach(PodWorker::wake); }

    public void wake(String podUid) {
        PodWorker worker = workers.get(podUid);
        if (worker != null) worker.wake();
    }

    private PodWorker start(Pod pod) {
        String uid = pod.getMetadata().getUid();
        var worker = new PodWorker(parts, pod, (owner, id) -> owners.put(id, owner), () -> finished(pod));
        worker.start();
        LOG.log(Level.DEBUG, "working on pod {0}/{1} ({2})", pod.getMetadata().getNamespace(), pod.getMetadata().getName(), uid);
        return worker;
    }

    private void finished(Pod pod) {
        workers.remove(pod.getMetadata().getUid());
        owners.values().removeIf(pod.getMetadata().getUid()::equals);
        parts.allocations().release(pod.getMetadata().getUid());
        parts.api().forget(pod);
    }

    /** As its containers were made with; null when none says. */
    private Long graceSeconds(String sandboxId) {
        return parts.cri().runtime().listContainers(ListContainersRequest.newBuilder().setFilter(ContainerFilter.newBuilder().setPodSandboxId(sandboxId)).build()).getContainersList().stream()
                .map(c -> c.getAnnotationsOrDefault(Names.GRACE_PERIOD, "")).filter(g -> g.matches("\\d+")).map(Long::valueOf).findFirst().orElse(null);
    }

    private Optional<PodWorker> worker(String containerId) {
        String uid = owners.get(containerId);
        return uid == null ? Optional.empty() : Optional.ofNullable(workers.get(uid));
    }

    private void removeLogs(Set<String> known) throws IOException {
        if (!Files.isDirectory(parts.config().podLogsDir())) return;
        try (Stream<Path> folders = Files.list(parts.config().podLogsDir())) {
            for (Path folder : folders.toList()) {
                String name = folder.getFileName().toString();
                if (known.contains(name.substring(name.lastIndexOf('_') + 1))) continue;
                try (Stream<Path> tree = Files.walk(folder)) {
                    for (Path each : tree.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(each);
                }
            }
        }
    }

    /** Ends the workers; pods keep running. */
    @Override
    public void close() {
        events.close();
        workers.values().forEach(PodWorker::close);
    }
}
