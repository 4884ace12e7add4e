package io.skerry.node.pods;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Quality of service: a pod's class and what it means for its containers. Source: kubernetes.io "Pod Quality of Service Classes". */
public final class Qos {
    public static final String GUARANTEED = "Guaranteed", BURSTABLE = "Burstable", BEST_EFFORT = "BestEffort";
    private static final long MIN_SHARES = 2, MAX_SHARES = 262_144, CPU_PERIOD_MICROS = 100_000, MIN_QUOTA_MICROS = 1_000;

    private Qos() {
    }

    public static String of(Pod pod) {
        List<Container> containers = Stream.concat(pod.getSpec().getContainers().stream(), pod.getSpec().getInitContainers().stream()).toList();
        boolean any = false, all = true;
        for (Container c : containers) {
            for (String resource : List.of("cpu", "memory")) {
                BigDecimal request = amount(requests(c), resource), limit = amount(limits(c), resource);
                any |= request.signum() > 0 || limit.signum() > 0;
                all &= limit.signum() > 0 && (request.signum() == 0 || request.compareTo(limit) == 0);
            }
        }
        return !any ? BEST_EFFORT : all ? GUARANTEED : BURSTABLE;
    }

    /** -997 for what must not be killed, 1000 for what goes first, in between by the share of memory that was asked for. */
    public static int oomScoreAdj(Pod pod, Container container, long machineBytes) {
        if (pod.getSpec().getPriorityClassName() != null && pod.getSpec().getPriorityClassName().equals("system-node-critical")) return -997;
        return switch (of(pod)) {
            case GUARANTEED -> -997;
            case BEST_EFFORT -> 1000;
            default -> {
                long asked = bytes(requests(container), "memory");
                yield (int) Math.clamp(1000 - 1000 * asked / machineBytes, 3, 999);
            }
        };
    }

    /** What the pod asks its node for: its containers and sidecars together, or more when an init container needs more before they run. */
    static BigDecimal podRequest(Pod pod, String resource) {
        BigDecimal sidecars = BigDecimal.ZERO, most = BigDecimal.ZERO;
        for (Container c : pod.getSpec().getInitContainers()) {
            BigDecimal asked = amount(requests(c), resource).add(sidecars);
            if (PodActions.sidecar(c)) sidecars = asked;
            most = most.max(asked);
        }
        BigDecimal together = pod.getSpec().getContainers().stream().map(c -> amount(requests(c), resource)).reduce(sidecars, BigDecimal::add);
        return together.max(most).add(amount(of(pod.getSpec().getOverhead()), resource));
    }

    /** What the pod as a whole may have, the overhead of its runtime included; 0 without a limit, as when a single container has none. */
    static long podMemoryLimitBytes(Pod pod) {
        List<Container> init = pod.getSpec().getInitContainers();
        if (SandboxConfigs.containers(pod.getSpec()).anyMatch(c -> memoryLimitBytes(c) == 0)) return 0;
        long together = pod.getSpec().getContainers().stream().mapToLong(Qos::memoryLimitBytes).sum() + init.stream().filter(PodActions::sidecar).mapToLong(Qos::memoryLimitBytes).sum();
        return Math.max(together, init.stream().mapToLong(Qos::memoryLimitBytes).max().orElse(0)) + bytes(of(pod.getSpec().getOverhead()), "memory");
    }

    /** cpu.shares: the request in 1/1024 of a CPU; without one a limit counts as the request. */
    static long cpuShares(Container container) {
        BigDecimal cpus = amount(requests(container), "cpu");
        if (cpus.signum() == 0 && !requests(container).containsKey("cpu")) cpus = amount(limits(container), "cpu");
        return cpuShares(cpus);
    }

    static long cpuShares(BigDecimal cpus) {
        return Math.clamp(cpus.multiply(BigDecimal.valueOf(1024)).longValue(), MIN_SHARES, MAX_SHARES);
    }

    static long cpuPeriodMicros() { return CPU_PERIOD_MICROS; }

    /** CFS quota in microseconds a period; 0 without a limit. */
    static long cpuQuotaMicros(Container container) {
        BigDecimal limit = amount(limits(container), "cpu");
        return limit.signum() == 0 ? 0 : Math.max(MIN_QUOTA_MICROS, limit.multiply(BigDecimal.valueOf(CPU_PERIOD_MICROS)).longValue());
    }

    static long memoryLimitBytes(Container container) { return bytes(limits(container), "memory"); }

    static Map<String, Quantity> requests(Container c) { return of(c.getResources() == null ? null : c.getResources().getRequests()); }

    static Map<String, Quantity> limits(Container c) { return of(c.getResources() == null ? null : c.getResources().getLimits()); }

    static BigDecimal amount(Map<String, Quantity> resources, String name) {
        Quantity quantity = resources.get(name);
        return quantity == null ? BigDecimal.ZERO : quantity.getNumericalAmount();
    }

    private static long bytes(Map<String, Quantity> resources, String name) { return amount(resources, name).setScale(0, RoundingMode.CEILING).longValue(); }

    private static Map<String, Quantity> of(Map<String, Quantity> resources) { return resources == null ? Map.of() : resources; }
}
