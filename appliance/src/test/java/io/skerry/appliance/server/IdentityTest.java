package io.skerry.appliance.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.appliance.UserError;
import io.skerry.appliance.config.ServerOptions;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class IdentityTest {
    @Test
    void addressesFollowFromTheRanges() {
        Identity identity = Identity.of(options(o -> { }));
        assertThat(identity.podRange().toString()).isEqualTo("10.42.0.0/24");
        assertThat(identity.podGateway()).isEqualTo("10.42.0.1");
        assertThat(identity.apiService()).isEqualTo("10.43.0.1");
        assertThat(identity.deviceName()).isEqualTo("edge-1");
        assertThat(identity.servingNames(options(o -> o.tlsSan.add("api.example.org"))))
                .contains("localhost", "127.0.0.1", "10.43.0.1", "edge-1", "192.0.2.7", "kubernetes.default.svc.cluster.local", "api.example.org");
    }

    @Test
    void whatCannotBeIsNamedByItsFlag() {
        refused(o -> o.clusterCidr = "10.42.0.0", "--cluster-cidr: '10.42.0.0' is not an IPv4 network");
        refused(o -> o.serviceCidr = "10.43.0.0/33", "--service-cidr: ");
        refused(o -> o.serviceCidr = "10.42.128.0/17", "overlap");
        refused(o -> o.clusterDns = "10.99.0.10", "--cluster-dns 10.99.0.10 is not within --service-cidr 10.43.0.0/16");
        refused(o -> o.nodeIp = "fe80::1", "--node-ip fe80::1 is not an IPv4 address");
        refused(o -> o.advertiseAddress = "api.example.org", "--advertise-address api.example.org is not an IPv4 address that pods can reach");
        refused(o -> o.advertiseAddress = "010.0.0.1", "--advertise-address 010.0.0.1 is not");
        refused(o -> o.nodeName = "Edge_1", "--node-name 'Edge_1' is not a DNS-1123 subdomain");
    }

    private static void refused(Consumer<ServerOptions> change, String message) {
        assertThatThrownBy(() -> Identity.of(options(change))).isInstanceOf(UserError.class).hasMessageContaining(message);
    }

    private static ServerOptions options(Consumer<ServerOptions> change) {
        ServerOptions options = new ServerOptions();
        options.clusterCidr = "10.42.0.0/16";
        options.serviceCidr = "10.43.0.0/16";
        options.clusterDns = "10.43.0.10";
        options.clusterDomain = "cluster.local";
        options.bindAddress = "0.0.0.0";
        options.nodeName = "edge-1";
        options.nodeIp = "192.0.2.7";
        change.accept(options);
        return options;
    }
}
