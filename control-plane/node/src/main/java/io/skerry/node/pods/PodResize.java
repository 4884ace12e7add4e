package io.skerry.node.pods;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerResizePolicy;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.grpc.StatusRuntimeException;
import io.skerry.node.cri.v1.UpdateContainerResourcesRequest;
import io.skerry.node.pods.PodView.Instance;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Resizes one pod in place (KEP-1287). Three amounts a container: what the spec wants, what the node has promised (only that is ever given to the
 * runtime), and what is in force. Confined to its worker's thread.
 */
final class PodResize {
    static final String PENDING = "PodResizePending", IN_PROGRESS = "PodResizeInProgress";
    private static final Duration RETRY = Duration.ofSeconds(10);

    /** @param sure false when a node that was ended may have given it something else since */
    private record InForce(ComputeResources amounts, boolean sure) { }

    private final PodParts parts;
    private final PodCgroup cgroup;
    private final Backoff restarts;
    private final Runnable wake;
    private final String uid;
    private final Map<String, ComputeResources> promised = new HashMap<>();
    /** By container id. */
    private final Map<String, InForce> inForce = new HashMap<>();
    /** Ids of containers that were killed to be started with other resources. */
    private final Set<String> replaced = new HashSet<>();
    private final Map<String, ContainerStatus> before = new HashMap<>();
    private final boolean sure;
    private PodCondition pending, progress;

    /** @param pod as it was found: its status says what it was promised */
    PodResize(PodParts parts, Pod pod, Backoff restarts, Runnable wake) {
        this.parts = parts;
        this.restarts = restarts;
        this.wake = wake;
        cgroup = new PodCgroup(parts.cgroups());
        uid = pod.getMetadata().getUid();
        SandboxConfigs.containers(pod.getSpec()).forEach(c -> {
            ContainerStatus status = ComputeResources.status(pod, c.getName());
            promised.put(c.getName(), ComputeResources.promised(c, status));
            if (status != null) before.put("" + status.getContainerID(), status);
        });
        Pod now = current(pod);
        sure = now == pod;
        if (!PodPhases.terminal(pod)) parts.allocations().add(uid, Allocations.Amount.of(now));
    }

    /** The pod with what it was promised. */
    Pod current(Pod desired) { return ComputeResources.in(desired, promised); }

    /** Asks for what the pod wants, and returns it with what it gets. */
    Pod allocate(Pod desired) {
        Pod now = current(desired);
        if (now == desired) {
            pending = null;
            return desired;
        }
        Optional<Allocations.Refusal> refusal = parts.allocations().resize(uid, Allocations.Amount.of(desired), wake);
        if (refusal.isPresent()) {
            if (refusal.get().reason() != null) pending = condition(PENDING, refusal.get().reason(), refusal.get().message());
            return now;
        }
        SandboxConfigs.containers(desired.getSpec()).forEach(c -> {
            ComputeResources wanted = ComputeResources.of(c);
            if (!wanted.sameAs(promised.put(c.getName(), wanted))) restarts.reset(c.getName()); // what did not come up with less may do so now
        });
        pending = null;
        return desired;
    }

    /** At its end: what it was promised is free. */
    void release() {
        parts.allocations().release(uid);
        pending = null;
        progress = null;
    }

    /** A container was made with what its pod was promised. */
    void created(Container container, String id) { inForce.put(id, new InForce(ComputeResources.of(container), true)); }

    /** Why a running container has to be started anew to get its new resources. */
    Optional<String> mustRestart(Container container, Instance running) {
        ComputeResources has = inForce(running).amounts, wanted = ComputeResources.of(container);
        if (has == null || !(!wanted.sameCpu(has) && restartsFor(container, "cpu") || !wanted.sameMemoryLimit(has) && restartsFor(container, "memory"))) return Optional.empty();
        replaced.add(running.status().getId());
        return Optional.of("Container " + container.getName() + " resize requires restart");
    }

    /** Whether it was killed to be started again, however it ended. */
    boolean replaced(Instance ended) { return replaced.contains(ended.status().getId()); }

    /** Gives what was promised to the containers that run and to the pod's cgroup; returns when to try again, or null. */
    Instant actuate(Pod pod, PodView view, Predicate<String> stopping) {
        if (!view.sandboxReady()) return null;
        List<Container> behind = new ArrayList<>();
        boolean waits = false;
        for (Container c : SandboxConfigs.containers(pod.getSpec()).toList()) {
            Instance run = view.active(c.getName()).filter(Instance::running).orElse(null);
            if (run == null) continue;
            if (stopping.test(run.status().getId()) || replaced(run)) waits = true;
            else if (!given(c, run)) behind.add(c);
        }
        String failure = null;
        try {
            cgroup.grow(pod);
            // what gives back comes first, so that there is room for what takes more
            behind.sort(Comparator.comparing(c -> grows(c, view)));
            for (Container c : behind) update(pod, c, view.active(c.getName()).orElseThrow());
            if (!waits) cgroup.shrink(pod);
        } catch (StatusRuntimeException e) {
            failure = e.getStatus().getDescription();
        } catch (IOException e) {
            failure = e.getMessage();
        }
        progress = failure != null ? condition(IN_PROGRESS, "Error", failure) : waits && !replaced.isEmpty() ? condition(IN_PROGRESS, null, null) : null;
        inForce.keySet().retainAll(ids(view));
        replaced.retainAll(ids(view));
        return failure == null ? null : Instant.now().plus(RETRY);
    }

    /** What the pod's conditions say of it. */
    List<PodCondition> conditions() {
        var all = new ArrayList<PodCondition>();
        if (pending != null) all.add(pending);
        if (progress != null) all.add(progress);
        return all;
    }

    /** What a container has: while it runs what is in force, else what it was promised. */
    ResourceRequirements resources(Container container, Instance run) {
        ComputeResources has = run.running() ? inForce(run).amounts : null;
        if (has == null) has = ComputeResources.of(container);
        var all = new ResourceRequirementsBuilder();
        if (container.getResources() != null) all.withRequests(container.getResources().getRequests()).withLimits(container.getResources().getLimits());
        for (String resource : List.of("cpu", "memory")) {
            all.removeFromRequests(resource).removeFromLimits(resource);
            if (has.requests().containsKey(resource)) all.addToRequests(resource, has.requests().get(resource));
            if (has.limits().containsKey(resource)) all.addToLimits(resource, has.limits().get(resource));
        }
        return all.build();
    }

    private boolean given(Container container, Instance run) {
        InForce has = inForce(run);
        ComputeResources wanted = ComputeResources.of(container);
        if (!has.sure || !wanted.sameForRuntime(has.amounts)) return false;
        if (!wanted.sameAs(has.amounts)) inForce.put(run.status().getId(), new InForce(wanted, true));
        return true;
    }

    private boolean grows(Container container, PodView view) {
        ComputeResources has = inForce(view.active(container.getName()).orElseThrow()).amounts, wanted = ComputeResources.of(container);
        return has != null && Qos.amount(wanted.limits(), "memory").compareTo(Qos.amount(has.limits(), "memory")) > 0;
    }

    private void update(Pod pod, Container container, Instance run) {
        parts.cri().runtime().updateContainerResources(UpdateContainerResourcesRequest.newBuilder().setContainerId(run.status().getId())
                .setLinux(ContainerConfigs.resources(pod, container)).build());
        inForce.put(run.status().getId(), new InForce(ComputeResources.of(container), true));
    }

    /** Of a container that was there before this worker, its last status says it. */
    private InForce inForce(Instance run) {
        return inForce.computeIfAbsent(run.status().getId(), id -> {
            ComputeResources said = ComputeResources.inForce(before.get("containerd://" + id));
            return new InForce(said, sure && said != null);
        });
    }

    private static Set<String> ids(PodView view) {
        var ids = new HashSet<String>();
        view.containers().values().forEach(runs -> runs.forEach(r -> ids.add(r.status().getId())));
        return ids;
    }

    private static boolean restartsFor(Container container, String resource) {
        List<ContainerResizePolicy> policies = container.getResizePolicy() == null ? List.of() : container.getResizePolicy();
        return policies.stream().anyMatch(p -> resource.equals(p.getResourceName()) && "RestartContainer".equals(p.getRestartPolicy()));
    }

    private static PodCondition condition(String type, String reason, String message) { return new PodCondition(null, null, message, null, reason, "True", type); }
}
