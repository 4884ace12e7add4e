package io.skerry.node.pods;

import io.fabric8.kubernetes.api.model.Pod;
import io.skerry.node.host.Cgroups;
import java.io.IOException;

/** Limits of a pod as a whole, which CRI has no words for. */
final class PodCgroup {
    /** Enough for any sane pod and far below what takes a machine down. */
    private static final long MAX_PROCESSES = 4096;

    private final Cgroups cgroups;
    private String shares, limit;

    PodCgroup(Cgroups cgroups) { this.cgroups = cgroups; }

    /** Of a new one. */
    void limit(Pod pod) throws IOException {
        cgroups.set(parent(pod), "pids", "pids.max", Long.toString(MAX_PROCESSES));
        grow(pod);
        shrink(pod);
    }

    /** Before its containers get other resources: what lets them have more, and their share of the CPU. */
    void grow(Pod pod) throws IOException {
        String wanted = Long.toString(Qos.cpuShares(Qos.podRequest(pod, "cpu")));
        if (!wanted.equals(shares)) {
            cgroups.set(parent(pod), "cpu", "cpu.shares", wanted);
            cgroups.set(parent(pod), "cpu", "cpu.weight", Long.toString(1 + (Long.parseLong(wanted) - 2) * 9999 / 262_142));
            shares = wanted;
        }
        long memory = Qos.podMemoryLimitBytes(pod);
        if (memory > 0 && !Long.toString(memory).equals(limit) && memory > cgroups.memoryLimitBytes(parent(pod))) set(pod, memory);
    }

    /**
     * After its containers have got their resources: what holds them to less.
     *
     * @throws IOException when they use more than that: the kernel would kill them
     */
    void shrink(Pod pod) throws IOException {
        long memory = Qos.podMemoryLimitBytes(pod);
        if (memory == 0 || Long.toString(memory).equals(limit)) return;
        long used = cgroups.memoryUsedBytes(parent(pod));
        if (used < 0) return;
        if (memory < cgroups.memoryLimitBytes(parent(pod)) && used >= memory) {
            throw new IOException("attempting to set pod memory limit (" + memory + ") below current usage (" + used + ")");
        }
        set(pod, memory);
        if (cgroups.memoryLimitBytes(parent(pod)) > memory) {
            limit = null;
            throw new IOException("the pod's memory limit could not be set to " + memory + ": it uses more");
        }
    }

    private void set(Pod pod, long memory) {
        limit = Long.toString(memory);
        cgroups.set(parent(pod), "memory", "memory.limit_in_bytes", limit);
        cgroups.set(parent(pod), "memory", "memory.max", limit);
    }

    private String parent(Pod pod) { return cgroups.parentOf(Qos.of(pod), pod.getMetadata().getUid()); }
}
