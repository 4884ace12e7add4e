package io.skerry.network.proxy;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;

/** Services and their endpoints, as the API server gives them. */
final class Samples {

    private Samples() {}

    static Service service(String name, String clusterIp, String protocol, int port) {
        return new ServiceBuilder().withNewMetadata().withNamespace("default").withName(name).endMetadata()
            .withNewSpec().withType("ClusterIP").withClusterIP(clusterIp).withClusterIPs(clusterIp)
            .addNewPort().withName("main").withProtocol(protocol).withPort(port).endPort().endSpec().build();
    }

    static Service nodePort(String name, String clusterIp, int port, int nodePort, String externalTrafficPolicy) {
        return service(name, clusterIp, "TCP", port).edit().editSpec().withType("NodePort").withExternalTrafficPolicy(externalTrafficPolicy)
            .editFirstPort().withNodePort(nodePort).endPort().endSpec().build();
    }

    static EndpointSlice slice(String service, String protocol, int port, Ep... endpoints) {
        var slice = new EndpointSliceBuilder().withNewMetadata().withNamespace("default").withName(service + "-x").addToLabels("kubernetes.io/service-name", service).endMetadata()
            .withAddressType("IPv4").addNewPort().withName("main").withProtocol(protocol).withPort(port).endPort();
        for (Ep ep : endpoints) {
            slice.addNewEndpoint().withAddresses(ep.ip()).withNodeName(ep.node()).withNewConditions()
                .withReady(ep.ready()).withServing(ep.serving()).withTerminating(ep.terminating()).endConditions().endEndpoint();
        }
        return slice.build();
    }

    record Ep(String ip, String node, Boolean ready, Boolean serving, Boolean terminating) {}

    static Ep ready(String ip) {
        return new Ep(ip, "node-1", true, true, false);
    }

    static Ep elsewhere(String ip) {
        return new Ep(ip, "node-2", true, true, false);
    }

    static Ep unready(String ip) {
        return new Ep(ip, "node-1", false, false, false);
    }

    static Ep terminating(String ip) {
        return new Ep(ip, "node-1", false, true, true);
    }
}
