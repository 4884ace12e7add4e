package io.skerry.node.pods;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.skerry.node.host.Cgroups;
import java.math.BigDecimal;

/** Limits of a pod as a whole, which CRI has no words for. */
final class PodCgroup {
    /** Enough for any sane pod and far below what takes a machine down. */
    private static final long MAX_PROCESSES = 4096;

    private final Cgroups cgroups;

    PodCgroup(Cgroups cgroups) { this.cgroups = cgroups; }

    void limit(Pod pod) {
        String parent = cgroups.parentOf(Qos.of(pod), pod.getMetadata().getUid());
        cgroups.set(parent, "pids", "pids.max", Long.toString(MAX_PROCESSES));
        BigDecimal cpus = pod.getSpec().getContainers().stream().map(c -> Qos.amount(Qos.requests(c), "cpu")).reduce(BigDecimal.ZERO, BigDecimal::add);
        long shares = Qos.cpuShares(cpus);
        cgroups.set(parent, "cpu", "cpu.shares", Long.toString(shares));
        cgroups.set(parent, "cpu", "cpu.weight", Long.toString(1 + (shares - 2) * 9999 / 262_142));
        long memory = 0;
        for (Container c : pod.getSpec().getContainers()) {
            long limit = Qos.memoryLimitBytes(c);
            if (limit == 0) return; // one container without a limit leaves the pod without one
            memory += limit;
        }
        long init = pod.getSpec().getInitContainers().stream().mapToLong(Qos::memoryLimitBytes).max().orElse(0);
        if (pod.getSpec().getInitContainers().stream().anyMatch(c -> Qos.memoryLimitBytes(c) == 0)) return;
        long sidecars = pod.getSpec().getInitContainers().stream().filter(PodActions::sidecar).mapToLong(Qos::memoryLimitBytes).sum();
        String limit = Long.toString(Math.max(memory + sidecars, init));
        cgroups.set(parent, "memory", "memory.limit_in_bytes", limit);
        cgroups.set(parent, "memory", "memory.max", limit);
    }
}
