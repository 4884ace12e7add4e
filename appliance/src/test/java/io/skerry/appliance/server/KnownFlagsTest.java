package io.skerry.appliance.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.image.settings.SettingsException;
import io.skerry.image.settings.SettingsFile;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a device would only find out when its server starts, over and over, is found before. */
class KnownFlagsTest {
    private static List<String> problems(String yaml) {
        try {
            SettingsFile.ofDevice(new KnownFlags()).parse(yaml.getBytes(StandardCharsets.UTF_8), "skerry.yaml");
            return List.of();
        } catch (SettingsException e) {
            return e.problems().stream().map(Object::toString).toList();
        }
    }

    @Test
    void whatTheServerTakesIsRight() {
        assertThat(problems("""
                server:
                  disable: [dns, Helm]
                  debug: true
                  https-listen-port: 7443
                  fleet-interval: 1h30m
                  node-label: [a=b, c=d]
                  node-taint: 'edge=yes:NoSchedule'
                  cluster-cidr: 10.50.0.0/16
                  service-cidr: 10.51.0.0/16
                  cluster-dns: 10.51.0.10
                  kube-apiserver-arg: [audit-log-maxage=30]
                  kube-controller-manager-arg: [horizontal-pod-autoscaler-sync-period=30s]
                  fleet-repo: https://git.example.org/fleet.git
                """)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
        "disable: [dsn]|disable|dsn",
        "debug: perhaps|debug|perhaps",
        "https-listen-port: many|https-listen-port|many",
        "https-listen-port: 99999|https-listen-port|it must be 1 to 65535",
        "bind-address: here|bind-address|is not an IP address",
        "advertise-address: 127.0.0.1|advertise-address|is not an IPv4 address that pods can reach",
        "fleet-interval: often|fleet-interval|'often' is not a duration",
        "node-label: x|node-label|KEY=VALUE",
        "node-taint: 'a=b:Never'|node-taint|is not a taint",
        "cluster-cidr: nonsense|cluster-cidr|nonsense",
        "service-cidr: 10.42.0.0/16|service-cidr|overlap",
        "cluster-dns: 192.0.2.1|cluster-dns|is not within --service-cidr",
        "node-name: Store_1|node-name|DNS-1123",
        "service-node-port-range: 9-1|service-node-port-range|not a range of ports",
        "write-kubeconfig-mode: '9'|write-kubeconfig-mode|not a file mode",
        "datastore-endpoint: 'oracle://x'|datastore-endpoint|is of no known kind",
        "kube-apiserver-arg: feature-gates=x|kube-apiserver-arg|is no argument of this API server",
        "kube-controller-manager-arg: leader-elect=false|kube-controller-manager-arg|is no argument of this controller manager",
        "disabel: dns|disabel|did you mean 'disable'?"})
    void whatTheServerRefusesIsNamedByItsLine(String flag, String path, String words) {
        assertThat(problems("hostname: a\nserver:\n  " + flag + "\n")).singleElement().asString().startsWith("skerry.yaml:3: server." + path + ": ").contains(words).doesNotContain("\n");
    }

    @Test
    void everyWrongOneIsNamed() {
        assertThat(problems("server:\n  debug: perhaps\n  fleet-interval: often\n  disable: {dns: true}\n")).hasSize(3);
    }

    @Test
    void knowsTheNamesWithoutDashes() {
        assertThat(new KnownFlags().names()).contains("disable", "cluster-cidr").doesNotContain("config");
        assertThat(new KnownFlags().problems(Map.of())).isEmpty();
    }
}
