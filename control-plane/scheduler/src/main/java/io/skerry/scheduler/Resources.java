package io.skerry.scheduler;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Amounts of resources by name, as whole numbers: {@code cpu} in thousandths of a core, everything else in its own unit (bytes, pieces), rounded up. */
public final class Resources {
    public static final String CPU = "cpu", MEMORY = "memory", EPHEMERAL_STORAGE = "ephemeral-storage", PODS = "pods";
    /** What a container without requests is taken to need when nodes are compared (not when they are filtered). */
    private static final long UNSTATED_CPU = 100, UNSTATED_MEMORY = 200L * 1024 * 1024;

    private Resources() {}

    public static Map<String, Long> of(Map<String, Quantity> quantities) {
        Map<String, Long> all = new HashMap<>();
        if (quantities != null) quantities.forEach((name, q) -> all.put(name, amount(name, q)));
        return all;
    }

    static long amount(String name, Quantity q) {
        BigDecimal n = q.getNumericalAmount();
        return (name.equals(CPU) ? n.movePointRight(3) : n).setScale(0, RoundingMode.CEILING).longValue();
    }

    /**
     * What a pod asks of its node: the sum of its containers, or more if its init containers need more at some time; sidecars (init
     * containers with restartPolicy Always) run beside everything after them. Plus the overhead of its runtime class. While it is resized in
     * place, a container counts for the most that it is to have, was promised or still has (KEP-1287).
     */
    public static Map<String, Long> requests(Pod pod) {
        return requests(pod, false);
    }

    /** {@link #requests}, with a small amount assumed for containers that state none, so that such pods spread as well. */
    public static Map<String, Long> requestsForScoring(Pod pod) {
        return requests(pod, true);
    }

    private static Map<String, Long> requests(Pod pod, boolean assume) {
        Map<String, Long> sum = new HashMap<>(), sidecars = new HashMap<>(), peak = new HashMap<>();
        boolean infeasible = resizeIsInfeasible(pod);
        List<ContainerStatus> main = pod.getStatus() == null ? List.of() : pod.getStatus().getContainerStatuses(), init = pod.getStatus() == null ? List.of() : pod.getStatus().getInitContainerStatuses();
        for (Container c : pod.getSpec().getContainers()) add(sum, of(c, main, infeasible, assume));
        for (Container c : pod.getSpec().getInitContainers()) {
            Map<String, Long> needs = of(c, init, infeasible, assume);
            if ("Always".equals(c.getRestartPolicy())) {
                add(sum, needs);
                add(sidecars, needs);
                max(peak, sidecars);
            } else {
                Map<String, Long> now = new HashMap<>(sidecars);
                add(now, needs);
                max(peak, now);
            }
        }
        max(sum, peak);
        add(sum, of(pod.getSpec().getOverhead()));
        return sum;
    }

    /** Its node can never give what the pod is to have: it goes on with what it has. */
    private static boolean resizeIsInfeasible(Pod pod) {
        return pod.getStatus() != null && pod.getStatus().getConditions().stream().anyMatch(c -> "PodResizePending".equals(c.getType()) && "Infeasible".equals(c.getReason()));
    }

    private static Map<String, Long> of(Container c, List<ContainerStatus> statuses, boolean infeasible, boolean assume) {
        Map<String, Long> r = of(c.getResources() == null ? null : c.getResources().getRequests());
        ContainerStatus status = statuses.stream().filter(s -> s.getName().equals(c.getName()) && s.getResources() != null).findFirst().orElse(null);
        if (status != null) {
            if (infeasible) r.clear();
            max(r, of(status.getResources().getRequests()));
            max(r, of(status.getAllocatedResources()));
        }
        if (assume) {
            r.putIfAbsent(CPU, UNSTATED_CPU);
            r.putIfAbsent(MEMORY, UNSTATED_MEMORY);
        }
        return r;
    }

    public static void add(Map<String, Long> to, Map<String, Long> more) {
        more.forEach((name, n) -> to.merge(name, n, Long::sum));
    }

    static void subtract(Map<String, Long> from, Map<String, Long> less) {
        less.forEach((name, n) -> from.merge(name, -n, Long::sum));
    }

    /** Whether any of the amounts is smaller than the other's. */
    static boolean less(Map<String, Long> some, Map<String, Long> others) {
        return others.entrySet().stream().anyMatch(other -> some.getOrDefault(other.getKey(), 0L) < other.getValue());
    }

    private static void max(Map<String, Long> to, Map<String, Long> other) {
        other.forEach((name, n) -> to.merge(name, n, Math::max));
    }
}
