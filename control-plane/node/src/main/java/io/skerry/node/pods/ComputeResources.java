package io.skerry.node.pods;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** CPU and memory of one container: the part of its resources that may change while it runs. */
record ComputeResources(Map<String, Quantity> requests, Map<String, Quantity> limits) {
    private static final List<String> COMPUTE = List.of("cpu", "memory");

    static ComputeResources of(Container container) { return new ComputeResources(Qos.requests(container), Qos.limits(container)); }

    /**
     * What a container was promised when its node last spoke of it. A node says of requests what it has promised, of limits what is in force; limits
     * need no promise, so those of the spec hold where the requests do.
     */
    static ComputeResources promised(Container container, ContainerStatus status) {
        if (status == null || status.getResources() == null) return of(container);
        Map<String, Quantity> requests = orEmpty(status.getAllocatedResources());
        return same(requests, Qos.requests(container)) ? of(container) : new ComputeResources(requests, orEmpty(status.getResources().getLimits()));
    }

    /** What its node last said to be in force; null when it has not said. */
    static ComputeResources inForce(ContainerStatus status) {
        ResourceRequirements resources = status == null ? null : status.getResources();
        return resources == null ? null : new ComputeResources(orEmpty(resources.getRequests()), orEmpty(resources.getLimits()));
    }

    boolean sameAs(ComputeResources other) { return other != null && same(requests, other.requests) && same(limits, other.limits); }

    /** Whether the runtime would have nothing else to do: it does not know of requests for memory. */
    boolean sameForRuntime(ComputeResources other) { return sameCpu(other) && sameMemoryLimit(other); }

    boolean sameCpu(ComputeResources other) { return same(requests, other.requests, "cpu") && same(limits, other.limits, "cpu"); }

    boolean sameMemoryLimit(ComputeResources other) { return same(limits, other.limits, "memory"); }

    /** The pod with these amounts in its containers and sidecars, by name; the same pod when they are what it has. */
    static Pod in(Pod pod, Map<String, ComputeResources> amounts) {
        if (SandboxConfigs.containers(pod.getSpec()).allMatch(c -> !amounts.containsKey(c.getName()) || of(c).sameAs(amounts.get(c.getName())))) return pod;
        return new PodBuilder(pod).editSpec().withContainers(in(pod.getSpec().getContainers(), amounts)).withInitContainers(in(pod.getSpec().getInitContainers(), amounts)).endSpec().build();
    }

    private static List<Container> in(List<Container> containers, Map<String, ComputeResources> amounts) {
        return containers.stream().map(c -> {
            ComputeResources wanted = amounts.get(c.getName());
            return wanted == null || of(c).sameAs(wanted) ? c
                    : new ContainerBuilder(c).editOrNewResources().withRequests(wanted.requests).withLimits(wanted.limits).endResources().build();
        }).toList();
    }

    /** The status of a container or init container; null when there is none. */
    static ContainerStatus status(Pod pod, String container) {
        if (pod.getStatus() == null) return null;
        return Stream.concat(pod.getStatus().getContainerStatuses().stream(), pod.getStatus().getInitContainerStatuses().stream()).filter(s -> s.getName().equals(container)).findFirst().orElse(null);
    }

    private static boolean same(Map<String, Quantity> a, Map<String, Quantity> b) { return COMPUTE.stream().allMatch(resource -> same(a, b, resource)); }

    private static boolean same(Map<String, Quantity> a, Map<String, Quantity> b, String resource) {
        return a.containsKey(resource) == b.containsKey(resource) && Qos.amount(a, resource).compareTo(Qos.amount(b, resource)) == 0;
    }

    private static Map<String, Quantity> orEmpty(Map<String, Quantity> amounts) { return amounts == null ? Map.of() : amounts; }
}
