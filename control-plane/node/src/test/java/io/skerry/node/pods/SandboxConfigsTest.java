package io.skerry.node.pods;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.skerry.node.NodeConfig;
import io.skerry.node.cri.v1.NamespaceMode;
import io.skerry.node.cri.v1.PodSandboxConfig;
import io.skerry.node.host.Cgroups;
import io.skerry.node.host.Host;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class SandboxConfigsTest {
    @Test
    void dnsFollowsThePolicy() {
        var dns = of("{containers: [{name: c}]}").getDnsConfig();
        assertThat(dns.getServersList()).containsExactly("10.43.0.10");
        assertThat(dns.getSearchesList()).startsWith("shop.svc.cluster.local", "svc.cluster.local", "cluster.local");
        assertThat(dns.getOptionsList()).containsExactly("ndots:5");
        assertThat(of("{hostNetwork: true, containers: [{name: c}]}").getDnsConfig().getServersList()).doesNotContain("10.43.0.10");
        assertThat(of("{hostNetwork: true, dnsPolicy: ClusterFirstWithHostNet, containers: [{name: c}]}").getDnsConfig().getServersList()).containsExactly("10.43.0.10");
        var own = of("{dnsPolicy: None, dnsConfig: {nameservers: [192.0.2.3], searches: [a.test], options: [{name: ndots, value: '2'}, {name: edns0}]}, containers: [{name: c}]}").getDnsConfig();
        assertThat(own.getServersList()).containsExactly("192.0.2.3");
        assertThat(own.getSearchesList()).containsExactly("a.test");
        assertThat(own.getOptionsList()).containsExactly("ndots:2", "edns0");
        assertThat(of("{dnsConfig: {options: [{name: ndots, value: '1'}]}, containers: [{name: c}]}").getDnsConfig().getOptionsList()).containsExactly("ndots:1");
    }

    @Test
    void namespacesPortsAndNames() {
        PodSandboxConfig own = of("{containers: [{name: c, ports: [{containerPort: 80, hostPort: 8080, protocol: UDP}, {containerPort: 81}]}], securityContext: {sysctls: [{name: net.ipv4.ip_forward, value: '1'}], fsGroup: 5}}");
        assertThat(own.getPortMappingsList()).singleElement().satisfies(p -> assertThat(p.getHostPort()).isEqualTo(8080));
        assertThat(own.getLinux().getSysctlsMap()).containsEntry("net.ipv4.ip_forward", "1");
        assertThat(own.getLinux().getSecurityContext().getSupplementalGroupsList()).containsExactly(5L);
        assertThat(own.getLinux().getSecurityContext().getNamespaceOptions().getPid()).isEqualTo(NamespaceMode.CONTAINER);
        assertThat(own.getHostname()).isEqualTo("p");
        assertThat(own.getLinux().getCgroupParent()).isEqualTo("/kubepods/besteffort/podu-1");
        assertThat(own.getLogDirectory()).isEqualTo("/d/agent/logs/pods/shop_p_u-1");
        PodSandboxConfig host = of("{hostNetwork: true, hostPID: true, containers: [{name: c, ports: [{containerPort: 80, hostPort: 80}]}]}");
        assertThat(host.getPortMappingsList()).isEmpty();
        assertThat(host.getHostname()).isEmpty();
        assertThat(host.getLinux().getSecurityContext().getNamespaceOptions().getNetwork()).isEqualTo(NamespaceMode.NODE);
        assertThat(host.getLinux().getSecurityContext().getNamespaceOptions().getPid()).isEqualTo(NamespaceMode.NODE);
        assertThat(of("{hostname: h, subdomain: s, setHostnameAsFQDN: true, containers: [{name: c}]}").getHostname()).isEqualTo("h.s.shop.svc.cluster.local");
    }

    private static PodSandboxConfig of(String spec) {
        Pod pod = new PodBuilder(Serialization.unmarshal("spec:\n" + spec.indent(2), Pod.class)).withNewMetadata().withName("p").withNamespace("shop").withUid("u-1").endMetadata().build();
        return new SandboxConfigs(NodeConfig.of("n", Path.of("/d"), Path.of("/r"), "192.0.2.1"), new Cgroups("kubepods", new Host(false, false, false, true))).of(pod, 0);
    }
}
