package io.skerry.controllers.autoscaling;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What pods request of a resource, which is what a utilization is a percentage of. */
final class PodRequests {
    private PodRequests() {}

    /**
     * In thousandths of the resource's unit, by pod's name: of one container, or of all (sidecars included).
     *
     * @param container null for all
     * @throws MetricException when a container that counts requests nothing, or is not there
     */
    static Map<String, Long> of(List<Pod> pods, String resource, String container) throws MetricException {
        Map<String, Long> requests = new HashMap<>();
        for (Pod pod : pods) requests.put(pod.getMetadata().getName(), of(pod, resource, container));
        return requests;
    }

    private static long of(Pod pod, String resource, String container) throws MetricException {
        List<Container> containers = new ArrayList<>(pod.getSpec().getContainers());
        pod.getSpec().getInitContainers().stream().filter(c -> "Always".equals(c.getRestartPolicy())).forEach(containers::add);
        if (container != null) containers.removeIf(c -> !c.getName().equals(container));
        if (containers.isEmpty()) throw new MetricException("container " + container + " not found in Pod " + pod.getMetadata().getName());
        long sum = 0;
        for (Container c : containers) {
            Quantity request = c.getResources() == null || c.getResources().getRequests() == null ? null : c.getResources().getRequests().get(resource);
            if (request == null) {
                throw new MetricException("missing request for " + resource + " in container " + c.getName() + " of Pod " + pod.getMetadata().getName());
            }
            sum += milli(request);
        }
        return sum;
    }

    /** Thousandths, rounded up as upstream's {@code MilliValue}. */
    static long milli(Quantity quantity) {
        return quantity.getNumericalAmount().movePointRight(3).setScale(0, RoundingMode.CEILING).longValue();
    }
}
