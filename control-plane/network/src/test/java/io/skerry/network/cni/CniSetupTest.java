package io.skerry.network.cni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.machinery.json.Json;
import io.skerry.network.Commands;
import io.skerry.network.Echo;
import io.skerry.network.NetworkConfig;
import io.skerry.network.NetworkException;
import io.skerry.network.NetworkLab;
import io.skerry.network.Teardown;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bridge in a network namespace, with pods put on it by the real plugins. */
class CniSetupTest {

    @TempDir
    Path folder;
    private NetworkLab lab;

    @BeforeEach
    void makeNode() {
        lab = new NetworkLab(folder);
    }

    @AfterEach
    void removeNode() {
        lab.close();
    }

    @Test
    void theBridgeHasTheGatewayAndTheDnsAddress() {
        assertThat(lab.commands.run("ip", "-br", "-4", "addr", "show", "dev", "cni0")).contains("10.42.0.1/24 10.43.0.10/32");
        assertThat(lab.commands.run("ip", "route", "show", "10.43.0.0/16")).contains("dev lo").contains("src 10.42.0.1");
        assertThat(lab.commands.run("cat", "/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/bridge/bridge-nf-call-iptables")).isEqualTo("1\n1\n");
    }

    @Test
    void aRestartDisturbsNothing() throws Exception {
        var pod = lab.pod("a");
        String before = lab.commands.run("ip", "-d", "addr", "show", "dev", "cni0").replaceAll("(?m)^.*timer.*$", "");
        Path file = lab.config.cniConfDir().resolve(CniSetup.FILE);
        var written = Files.getLastModifiedTime(file);
        new CniSetup(lab.config).start();
        assertThat(lab.commands.run("ip", "-d", "addr", "show", "dev", "cni0").replaceAll("(?m)^.*timer.*$", "")).isEqualTo(before);
        assertThat(Files.getLastModifiedTime(file)).isEqualTo(written);
        try (var server = new Echo(pod.namespace(), 8080, "a")) {
            assertThat(Echo.tcp(lab.node, pod.ip(), 8080)).isEqualTo("a 10.42.0.1");
        }
        assertThat(lab.pod("b").ip()).isNotEqualTo(pod.ip());
    }

    @Test
    void wrongAddressesAreRepaired() throws Exception {
        lab.commands.run("ip", "addr", "flush", "dev", "cni0");
        lab.commands.run("ip", "addr", "add", "10.99.0.1/24", "dev", "cni0");
        new CniSetup(lab.config).start();
        theBridgeHasTheGatewayAndTheDnsAddress();
        assertThat(lab.pod("a").ip()).startsWith("10.42.0.");
    }

    @Test
    void theConfigurationIsWhatTheRuntimeReads() throws Exception {
        var list = Json.parse(Files.readAllBytes(lab.config.cniConfDir().resolve(CniSetup.FILE)));
        assertThat(list.path("cniVersion").asText()).isEqualTo("1.0.0");
        assertThat(list.path("plugins").findValuesAsText("type")).containsExactly("bridge", "host-local");
        assertThat(list.at("/plugins/0/ipam/ranges/0/0/subnet").asText()).isEqualTo("10.42.0.0/24");
    }

    @Test
    void missingPluginsAreNamedWithTheirPackage() {
        var config = lab.config;
        var without = new NetworkConfig(config.nodeName(), config.podCidr(), config.clusterCidr(), config.serviceCidr(), config.clusterDomain(), config.dnsIp(), config.dnsPort(),
            config.bridge(), config.mtu(), config.cniConfDir(), List.of(folder), config.stateDir(), config.resolvConf(), config.upstreams(), config.commandPrefix());
        assertThatThrownBy(() -> new CniSetup(without).start()).isInstanceOf(NetworkException.class).hasMessageContaining("containernetworking-plugins").hasMessageContaining(folder.toString());
    }

    @Test
    void aTeardownLeavesNothingAndMayBeRunAgain() {
        lab.commands.feed("add table ip " + lab.config.proxyTable() + "\n", "nft", "-f", "-");
        for (int i = 0; i < 2; i++) {
            new Teardown(lab.config).run();
            assertThat(lab.commands.run("nft", "list", "ruleset")).isBlank();
            assertThat(lab.commands.run("ip", "-br", "link")).doesNotContain("cni0");
            assertThat(lab.commands.run("ip", "route")).doesNotContain("10.4");
            assertThat(lab.commands.run("cat", "/proc/sys/net/ipv4/ip_forward").strip()).as("as it was").isEqualTo("0");
            assertThat(folder).isDirectoryNotContaining("glob:**/run/network").isDirectoryRecursivelyContaining("glob:**/net.d");
            assertThat(lab.config.cniConfDir()).isEmptyDirectory();
            assertThat(lab.config.stateDir()).doesNotExist();
        }
        new CniSetup(lab.config).start();
        theBridgeHasTheGatewayAndTheDnsAddress();
    }

    @Test
    void aFailingCommandIsToldWithItsComplaint() {
        assertThatThrownBy(() -> new Commands(List.of()).run("ip", "link", "show", "dev", "none0"))
            .isInstanceOf(NetworkException.class).hasMessageContaining("'ip link show dev none0' failed").hasMessageContaining("does not exist");
        assertThatThrownBy(() -> new Commands(List.of()).run("no-such-tool")).isInstanceOf(NetworkException.class).hasMessageContaining("install");
    }
}
