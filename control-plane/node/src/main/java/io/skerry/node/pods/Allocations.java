package io.skerry.node.pods;

import io.fabric8.kubernetes.api.model.Pod;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What of the node's CPU and memory its pods were promised, and whether one may have more (KEP-1287). Kept in memory only: the status of each
 * pod says what it was promised, so a node that starts over reads it there.
 */
final class Allocations {
    /** What a pod requests in all, as the scheduler counts it. */
    record Amount(long cpuMillis, long memoryBytes) {
        static Amount of(Pod pod) {
            return new Amount(whole(Qos.podRequest(pod, "cpu").movePointRight(3)), whole(Qos.podRequest(pod, "memory")));
        }

        private static long whole(BigDecimal amount) { return amount.setScale(0, RoundingMode.CEILING).longValue(); }
    }

    /** @param reason Deferred, Infeasible, or null while the node does not know all its pods yet */
    record Refusal(String reason, String message) { }

    private final Amount allocatable;
    private final Map<String, Amount> promised = new HashMap<>();
    /** Pods to look at again when room was made, by uid. */
    private final Map<String, Runnable> refused = new HashMap<>();
    private boolean complete;

    Allocations(Amount allocatable) { this.allocatable = allocatable; }

    /** A pod that has its place on the node already. */
    synchronized void add(String uid, Amount has) { promised.put(uid, has); }

    /** All pods that are bound to the node are known: from now on it can be told what is left. */
    synchronized void complete() {
        complete = true;
        retry();
    }

    /**
     * Promises the pod what it wants instead of what it has, or says why not. What is not wanted more of is never refused.
     *
     * @param again called once after a refusal, when there is more room than there was
     */
    synchronized Optional<Refusal> resize(String uid, Amount wanted, Runnable again) {
        Amount has = promised.getOrDefault(uid, new Amount(0, 0));
        Refusal refusal = refusal(uid, has, wanted);
        if (refusal != null) {
            refused.put(uid, again);
            return Optional.of(refusal);
        }
        refused.remove(uid);
        promised.put(uid, wanted);
        if (wanted.cpuMillis < has.cpuMillis || wanted.memoryBytes < has.memoryBytes) retry();
        return Optional.empty();
    }

    /** The pod is at its end. */
    synchronized void release(String uid) {
        refused.remove(uid);
        if (promised.remove(uid) != null) retry();
    }

    private Refusal refusal(String uid, Amount has, Amount wanted) {
        if (wanted.memoryBytes > allocatable.memoryBytes) return infeasible("memory", wanted.memoryBytes, allocatable.memoryBytes);
        if (wanted.cpuMillis > allocatable.cpuMillis) return infeasible("cpu", wanted.cpuMillis, allocatable.cpuMillis);
        if (!complete) return new Refusal(null, null);
        long cpu = 0, memory = 0;
        for (var each : promised.entrySet()) {
            if (each.getKey().equals(uid)) continue;
            cpu += each.getValue().cpuMillis;
            memory += each.getValue().memoryBytes;
        }
        if (wanted.cpuMillis > has.cpuMillis && wanted.cpuMillis > allocatable.cpuMillis - cpu) return deferred("cpu", wanted.cpuMillis, cpu, allocatable.cpuMillis);
        if (wanted.memoryBytes > has.memoryBytes && wanted.memoryBytes > allocatable.memoryBytes - memory) return deferred("memory", wanted.memoryBytes, memory, allocatable.memoryBytes);
        return null;
    }

    private static Refusal infeasible(String resource, long requested, long capacity) {
        return new Refusal("Infeasible", "Node didn't have enough capacity: " + resource + ", requested: " + requested + ", capacity: " + capacity);
    }

    private static Refusal deferred(String resource, long requested, long used, long capacity) {
        return new Refusal("Deferred", "Node didn't have enough resource: " + resource + ", requested: " + requested + ", used: " + used + ", capacity: " + capacity);
    }

    private void retry() {
        refused.values().forEach(Runnable::run);
        refused.clear();
    }
}
