package io.skerry.network.proxy;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.Pod;
import io.skerry.network.Cidr;
import io.skerry.network.proxy.ServicePort.Target;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * A container's port that is to be had on the node (spec.containers[].ports[].hostPort). The CNI plugin for it needs
 * iptables; here it is one more verdict in the table.
 *
 * @param name namespace/pod:port, for people
 * @param protocol tcp, udp or sctp
 * @param address the node's address to have it on, or "" for all
 */
record HostPort(String name, String protocol, String address, int port, Target target) {

    /** Those of the pods on one node, sorted; of two pods that want the same the first has it, as the scheduler allows no second. */
    static List<HostPort> of(Collection<Pod> podsOfTheNode) {
        var all = new ArrayList<HostPort>();
        for (Pod pod : podsOfTheNode) {
            if (wants(pod) && pod.getStatus() != null && Cidr.isAddress(pod.getStatus().getPodIP()) && !ended(pod)) {
                for (Container container : pod.getSpec().getContainers()) {
                    for (ContainerPort port : container.getPorts()) {
                        if (port.getHostPort() != null && port.getHostPort() > 0) {
                            all.add(of(pod, port));
                        }
                    }
                }
            }
        }
        all.sort(Comparator.comparing(HostPort::name).thenComparing(HostPort::protocol).thenComparing(HostPort::port));
        return all;
    }

    private static HostPort of(Pod pod, ContainerPort port) {
        String address = port.getHostIP() == null || port.getHostIP().equals("0.0.0.0") ? "" : port.getHostIP();
        return new HostPort(pod.getMetadata().getNamespace() + "/" + pod.getMetadata().getName() + ":" + port.getContainerPort(),
            port.getProtocol() == null ? "tcp" : port.getProtocol().toLowerCase(), address, port.getHostPort(), new Target(pod.getStatus().getPodIP(), port.getContainerPort()));
    }

    /** Whether a pod has any: most have none, and their changes need no look at the rules. */
    static boolean wants(Pod pod) {
        return pod != null && pod.getSpec() != null && !Boolean.TRUE.equals(pod.getSpec().getHostNetwork())
            && pod.getSpec().getContainers().stream().anyMatch(container -> container.getPorts().stream().anyMatch(port -> port.getHostPort() != null && port.getHostPort() > 0));
    }

    private static boolean ended(Pod pod) {
        return "Succeeded".equals(pod.getStatus().getPhase()) || "Failed".equals(pod.getStatus().getPhase());
    }

    /** As the node port of a service with one endpoint, which it resembles where flows are concerned. */
    ServicePort asNodePort() {
        List<Target> only = List.of(target);
        return new ServicePort("hostPort " + name, protocol, List.of(), address.isEmpty() ? List.of() : List.of(address), port, address.isEmpty() ? port : 0, 0, only, only, true, only);
    }
}
