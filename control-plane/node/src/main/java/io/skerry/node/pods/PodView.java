package io.skerry.node.pods;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.skerry.node.cri.Cri;
import io.skerry.node.cri.v1.Container;
import io.skerry.node.cri.v1.ContainerFilter;
import io.skerry.node.cri.v1.ContainerState;
import io.skerry.node.cri.v1.ContainerStatus;
import io.skerry.node.cri.v1.ContainerStatusRequest;
import io.skerry.node.cri.v1.ListContainersRequest;
import io.skerry.node.cri.v1.ListPodSandboxRequest;
import io.skerry.node.cri.v1.PodSandbox;
import io.skerry.node.cri.v1.PodSandboxFilter;
import io.skerry.node.cri.v1.PodSandboxState;
import io.skerry.node.cri.v1.PodSandboxStatus;
import io.skerry.node.cri.v1.PodSandboxStatusRequest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the runtime has of one pod at one moment.
 *
 * @param sandboxes  newest first
 * @param sandbox    status of the newest, or null
 * @param containers by name, newest first, from every sandbox
 */
record PodView(List<PodSandbox> sandboxes, PodSandboxStatus sandbox, Map<String, List<Instance>> containers) {

    /** One run of a container. */
    record Instance(String sandboxId, ContainerStatus status) {
        boolean running() { return status.getState() == ContainerState.CONTAINER_RUNNING; }

        /** Unknown is what a reboot leaves: it has ended, nobody saw how. */
        boolean exited() { return status.getState() == ContainerState.CONTAINER_EXITED || status.getState() == ContainerState.CONTAINER_UNKNOWN; }

        boolean created() { return status.getState() == ContainerState.CONTAINER_CREATED; }

        int exitCode() { return status.getState() == ContainerState.CONTAINER_UNKNOWN ? 137 : status.getExitCode(); }

        Instant finished() { return instant(status.getFinishedAt() == 0 ? status.getCreatedAt() : status.getFinishedAt()); }

        int attempt() { return status.getMetadata().getAttempt(); }
    }

    static PodView read(Cri cri, String podUid) {
        List<PodSandbox> sandboxes = cri.runtime().listPodSandbox(ListPodSandboxRequest.newBuilder()
                        .setFilter(PodSandboxFilter.newBuilder().putLabelSelector(Names.POD_UID, podUid)).build())
                .getItemsList().stream().sorted(Comparator.comparingLong(PodSandbox::getCreatedAt).reversed()).toList();
        PodSandboxStatus sandbox = null;
        if (!sandboxes.isEmpty()) {
            try {
                sandbox = cri.runtime().podSandboxStatus(PodSandboxStatusRequest.newBuilder().setPodSandboxId(sandboxes.getFirst().getId()).build()).getStatus();
            } catch (StatusRuntimeException e) {
                if (e.getStatus().getCode() != Status.Code.NOT_FOUND) throw e;
            }
        }
        var containers = new LinkedHashMap<String, List<Instance>>();
        for (Container c : cri.runtime().listContainers(ListContainersRequest.newBuilder().setFilter(ContainerFilter.newBuilder().putLabelSelector(Names.POD_UID, podUid)).build())
                .getContainersList()) {
            try {
                ContainerStatus status = cri.runtime().containerStatus(ContainerStatusRequest.newBuilder().setContainerId(c.getId()).build()).getStatus();
                containers.computeIfAbsent(c.getMetadata().getName(), n -> new ArrayList<>()).add(new Instance(c.getPodSandboxId(), status));
            } catch (StatusRuntimeException e) {
                if (e.getStatus().getCode() != Status.Code.NOT_FOUND) throw e; // removed since the list was made
            }
        }
        containers.values().forEach(runs -> runs.sort(Comparator.comparingInt(Instance::attempt).thenComparingLong(i -> i.status.getCreatedAt()).reversed()));
        return new PodView(sandboxes, sandbox, containers);
    }

    boolean sandboxReady() { return sandbox != null && sandbox.getState() == PodSandboxState.SANDBOX_READY; }

    Optional<Instance> newest(String container) { return containers.getOrDefault(container, List.of()).stream().findFirst(); }

    /** The newest in the newest sandbox: what ran in an earlier sandbox does not count for a pod that was started over. */
    Optional<Instance> active(String container) {
        return newest(container).filter(i -> sandbox != null && i.sandboxId.equals(sandbox.getId()));
    }

    List<Instance> running() { return containers.values().stream().flatMap(List::stream).filter(Instance::running).toList(); }

    List<String> ips() {
        if (sandbox == null || sandbox.getNetwork().getIp().isEmpty()) return List.of();
        var ips = new ArrayList<String>();
        ips.add(sandbox.getNetwork().getIp());
        sandbox.getNetwork().getAdditionalIpsList().forEach(more -> ips.add(more.getIp()));
        return ips;
    }

    static Instant instant(long nanos) { return Instant.ofEpochSecond(0, nanos); }
}
