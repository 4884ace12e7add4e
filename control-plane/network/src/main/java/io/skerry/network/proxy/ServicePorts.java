package io.skerry.network.proxy;

import io.fabric8.kubernetes.api.model.LoadBalancerIngress;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceSpec;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.skerry.network.Cidr;
import io.skerry.network.proxy.ServicePort.Target;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;

/**
 * Reads Services and their EndpointSlices into {@link ServicePort}s, with kube-proxy's choice of endpoints: the ready
 * ones; if there are none, those that still serve while they terminate (KEP-1669).
 */
final class ServicePorts {

    private static final String SERVICE_NAME = "kubernetes.io/service-name";
    private static final String OTHER_PROXY = "service.kubernetes.io/service-proxy-name";
    private static final int DEFAULT_AFFINITY_SECONDS = 10800;

    private ServicePorts() {}

    /** IPv4 only; sorted by name. */
    static List<ServicePort> of(Collection<Service> services, Collection<EndpointSlice> slices, String nodeName) {
        Map<String, List<EndpointSlice>> slicesByService = new HashMap<>();
        for (EndpointSlice slice : slices) {
            String service = label(slice.getMetadata().getLabels(), SERVICE_NAME);
            if (service != null && "IPv4".equals(slice.getAddressType())) {
                slicesByService.computeIfAbsent(slice.getMetadata().getNamespace() + "/" + service, key -> new ArrayList<>()).add(slice);
            }
        }
        var ports = new ArrayList<ServicePort>();
        for (Service service : services) {
            List<String> clusterIps = clusterIps(service.getSpec());
            if (clusterIps.isEmpty() || label(service.getMetadata().getLabels(), OTHER_PROXY) != null) {
                continue;
            }
            String name = service.getMetadata().getNamespace() + "/" + service.getMetadata().getName();
            for (var port : service.getSpec().getPorts()) {
                ports.add(port(service, name, clusterIps, port, slicesByService.getOrDefault(name, List.of()), nodeName));
            }
        }
        ports.sort(Comparator.comparing(ServicePort::name).thenComparing(ServicePort::protocol));
        return ports;
    }

    private static List<String> clusterIps(ServiceSpec spec) {
        if (spec == null || "ExternalName".equals(spec.getType())) {
            return List.of();
        }
        var all = new TreeSet<String>();
        if (spec.getClusterIPs() != null) {
            all.addAll(spec.getClusterIPs());
        }
        if (spec.getClusterIP() != null) {
            all.add(spec.getClusterIP());
        }
        return all.stream().filter(Cidr::isAddress).toList(); // which "None" isn't
    }

    private static ServicePort port(Service service, String name, List<String> clusterIps, io.fabric8.kubernetes.api.model.ServicePort port,
                                    List<EndpointSlice> slices, String nodeName) {
        ServiceSpec spec = service.getSpec();
        String protocol = port.getProtocol() == null ? "TCP" : port.getProtocol();
        var ready = new TreeSet<Target>();
        var readyHere = new TreeSet<Target>();
        var terminating = new TreeSet<Target>();
        var terminatingHere = new TreeSet<Target>();
        for (EndpointSlice slice : slices) {
            Integer number = targetPort(slice, port.getName(), protocol);
            if (number == null) {
                continue;
            }
            for (Endpoint endpoint : slice.getEndpoints()) {
                if (endpoint.getAddresses().isEmpty()) {
                    continue;
                }
                var target = new Target(endpoint.getAddresses().getFirst(), number);
                boolean here = nodeName.equals(endpoint.getNodeName());
                var conditions = endpoint.getConditions();
                if (conditions == null || !Boolean.FALSE.equals(conditions.getReady())) {
                    ready.add(target);
                    if (here) {
                        readyHere.add(target);
                    }
                } else if (!Boolean.FALSE.equals(conditions.getServing()) && Boolean.TRUE.equals(conditions.getTerminating())) {
                    terminating.add(target);
                    if (here) {
                        terminatingHere.add(target);
                    }
                }
            }
        }
        List<Target> cluster = List.copyOf(ready.isEmpty() ? terminating : ready);
        List<Target> local = List.copyOf(readyHere.isEmpty() ? terminatingHere : readyHere);
        boolean external = "NodePort".equals(spec.getType()) || "LoadBalancer".equals(spec.getType());
        int nodePort = external && port.getNodePort() != null ? port.getNodePort() : 0;
        String portName = port.getName() == null || port.getName().isEmpty() ? String.valueOf(port.getPort()) : port.getName();
        return new ServicePort(name + ":" + portName, protocol.toLowerCase(), clusterIps, externalIps(service), port.getPort(), nodePort, affinity(spec),
            "Local".equals(spec.getInternalTrafficPolicy()) ? local : cluster, cluster, "Local".equals(spec.getExternalTrafficPolicy()), local);
    }

    private static Integer targetPort(EndpointSlice slice, String name, String protocol) {
        for (var port : slice.getPorts()) {
            if (Objects.requireNonNullElse(port.getName(), "").equals(Objects.requireNonNullElse(name, ""))
                && Objects.requireNonNullElse(port.getProtocol(), "TCP").equals(protocol)) {
                return port.getPort();
            }
        }
        return null;
    }

    private static List<String> externalIps(Service service) {
        var all = new TreeSet<String>();
        if (service.getSpec().getExternalIPs() != null) {
            all.addAll(service.getSpec().getExternalIPs());
        }
        var status = service.getStatus();
        if (status != null && status.getLoadBalancer() != null && status.getLoadBalancer().getIngress() != null) {
            for (LoadBalancerIngress ingress : status.getLoadBalancer().getIngress()) {
                if (ingress.getIp() != null && !"Proxy".equals(ingress.getIpMode())) {
                    all.add(ingress.getIp());
                }
            }
        }
        return all.stream().filter(Cidr::isAddress).toList();
    }

    private static int affinity(ServiceSpec spec) {
        if (!"ClientIP".equals(spec.getSessionAffinity())) {
            return 0;
        }
        var config = spec.getSessionAffinityConfig();
        return config == null || config.getClientIP() == null || config.getClientIP().getTimeoutSeconds() == null
            ? DEFAULT_AFFINITY_SECONDS : config.getClientIP().getTimeoutSeconds();
    }

    private static String label(Map<String, String> labels, String key) {
        return labels == null ? null : labels.get(key);
    }
}
