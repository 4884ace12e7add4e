package io.skerry.controllers.network;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** Which of a pod's ports stand behind a service's ports, and which pods stand behind a service at all. */
final class ServicePorts {
    /** One port as endpoints carry it; the name is "" when the service's only port has none. */
    record Port(String name, int port, String protocol, String appProtocol) {}

    private ServicePorts() {}

    /** The pod's ports for every service port that it has; a named target port that no container declares is left out. */
    static List<Port> of(Service service, Pod pod) {
        return service.getSpec().getPorts().stream().flatMap(p -> {
            OptionalInt number = number(p, pod);
            return number.isEmpty() ? Stream.<Port>empty()
                : Stream.of(new Port(Objects.requireNonNullElse(p.getName(), ""), number.getAsInt(), protocol(p), p.getAppProtocol()));
        }).toList();
    }

    private static String protocol(ServicePort p) {
        return p.getProtocol() == null ? "TCP" : p.getProtocol();
    }

    private static OptionalInt number(ServicePort p, Pod pod) {
        IntOrString target = p.getTargetPort();
        if (target == null || target.getIntVal() != null && target.getIntVal() == 0) return OptionalInt.of(p.getPort());
        if (target.getIntVal() != null) return OptionalInt.of(target.getIntVal());
        if (target.getStrVal().isEmpty()) return OptionalInt.of(p.getPort());
        // Sidecars are init containers that keep running, and may serve as well.
        Stream<Container> serving = Stream.concat(pod.getSpec().getContainers().stream(),
            pod.getSpec().getInitContainers().stream().filter(c -> "Always".equals(c.getRestartPolicy())));
        return serving.flatMap(c -> c.getPorts().stream()).filter(c -> target.getStrVal().equals(c.getName()) && protocol(p).equals(protocol(c)))
            .mapToInt(ContainerPort::getContainerPort).findFirst();
    }

    private static String protocol(ContainerPort p) {
        return p.getProtocol() == null ? "TCP" : p.getProtocol();
    }

    /** Whether endpoints are made for this service: it selects pods and is no mere DNS alias. */
    static boolean hasEndpoints(Service s) {
        return s.getMetadata().getDeletionTimestamp() == null && s.getSpec().getSelector() != null && !s.getSpec().getSelector().isEmpty()
            && !"ExternalName".equals(s.getSpec().getType());
    }

    static boolean isHeadless(Service s) {
        return "None".equals(s.getSpec().getClusterIP());
    }
}
