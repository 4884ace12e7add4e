package io.skerry.network.proxy;

import static io.skerry.network.proxy.Samples.elsewhere;
import static io.skerry.network.proxy.Samples.ready;
import static io.skerry.network.proxy.Samples.service;
import static io.skerry.network.proxy.Samples.slice;
import static io.skerry.network.proxy.Samples.terminating;
import static io.skerry.network.proxy.Samples.unready;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.skerry.network.proxy.ServicePort.Target;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which endpoints traffic goes to. */
class ServicePortsTest {

    private static ServicePort one(Service service, EndpointSlice... slices) {
        List<ServicePort> ports = ServicePorts.of(List.of(service), List.of(slices), "node-1");
        assertThat(ports).hasSize(1);
        return ports.getFirst();
    }

    private static List<String> addresses(List<Target> targets) {
        return targets.stream().map(Target::address).toList();
    }

    @Test
    void readyOnesAndOnlyIfThereAreNoneThoseThatServeWhileTheyEnd() {
        Service web = service("web", "10.43.0.20", "TCP", 80);
        assertThat(addresses(one(web, slice("web", "TCP", 8080, ready("10.42.0.5"), unready("10.42.0.6"), terminating("10.42.0.7"))).cluster())).containsExactly("10.42.0.5");
        assertThat(addresses(one(web, slice("web", "TCP", 8080, unready("10.42.0.6"), terminating("10.42.0.7"))).cluster())).containsExactly("10.42.0.7");
        assertThat(one(web, slice("web", "TCP", 8080, unready("10.42.0.6"))).cluster()).isEmpty();
        var unknown = new Samples.Ep("10.42.0.8", null, null, null, null);
        assertThat(addresses(one(web, slice("web", "TCP", 8080, unknown)).cluster())).as("no condition means ready").containsExactly("10.42.0.8");
    }

    @Test
    void severalSlicesAreOneServiceAndAnotherPortOrProtocolIsNot() {
        Service web = service("web", "10.43.0.20", "TCP", 80);
        EndpointSlice second = slice("web", "TCP", 9090, ready("10.42.0.6"), ready("10.42.0.5"));
        EndpointSlice udp = slice("web", "UDP", 8080, ready("10.42.0.9"));
        EndpointSlice otherName = slice("web", "TCP", 8080, ready("10.42.0.10"));
        otherName.getPorts().getFirst().setName("admin");
        assertThat(one(web, slice("web", "TCP", 8080, ready("10.42.0.5")), second, udp, otherName).cluster())
            .containsExactly(new Target("10.42.0.5", 8080), new Target("10.42.0.5", 9090), new Target("10.42.0.6", 9090));
    }

    @Test
    void trafficPoliciesChooseLocalOnes() {
        Service web = service("web", "10.43.0.20", "TCP", 80);
        web.getSpec().setInternalTrafficPolicy("Local");
        ServicePort port = one(web, slice("web", "TCP", 8080, ready("10.42.0.5"), elsewhere("10.42.1.5")));
        assertThat(addresses(port.internal())).containsExactly("10.42.0.5");
        assertThat(addresses(port.cluster())).containsExactly("10.42.0.5", "10.42.1.5");
        assertThat(port.externalLocal()).isFalse();
        assertThat(one(web, slice("web", "TCP", 8080, elsewhere("10.42.1.5"))).internal()).isEmpty();
    }

    @Test
    void servicesWithoutAnAddressOrForAnotherProxyAreLeftOut() {
        Service headless = service("a", "None", "TCP", 80);
        Service external = service("b", "", "TCP", 80).edit().editSpec().withType("ExternalName").withExternalName("x.test").endSpec().build();
        Service six = service("c", "fd00::1", "TCP", 80);
        Service others = service("d", "10.43.0.21", "TCP", 80).edit().editMetadata().addToLabels("service.kubernetes.io/service-proxy-name", "other").endMetadata().build();
        assertThat(ServicePorts.of(List.of(headless, external, six, others), List.of(), "node-1")).isEmpty();
    }

    @Test
    void addressesFromOutsideAreTheExternalOnesAndTheLoadBalancers() {
        Service web = service("web", "10.43.0.20", "TCP", 80).edit().editSpec().withType("LoadBalancer").withExternalIPs("203.0.113.7")
            .editFirstPort().withNodePort(30080).endPort().endSpec()
            .withNewStatus().withNewLoadBalancer().addNewIngress().withIp("203.0.113.8").endIngress()
            .addNewIngress().withIp("203.0.113.9").withIpMode("Proxy").endIngress().endLoadBalancer().endStatus().build();
        ServicePort port = one(web);
        assertThat(port.externalIps()).containsExactly("203.0.113.7", "203.0.113.8");
        assertThat(port.nodePort()).isEqualTo(30080);
        assertThat(port.name()).isEqualTo("default/web:main");
    }

    @Test
    void affinityHasItsTimeInSeconds() {
        Service web = service("web", "10.43.0.20", "TCP", 80);
        assertThat(one(web).affinitySeconds()).isZero();
        web.getSpec().setSessionAffinity("ClientIP");
        assertThat(one(web).affinitySeconds()).isEqualTo(10800);
        Service timed = web.edit().editSpec().withNewSessionAffinityConfig().withNewClientIP(60).endSessionAffinityConfig().endSpec().build();
        assertThat(one(timed).affinitySeconds()).isEqualTo(60);
    }
}
