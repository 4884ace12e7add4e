package io.skerry.image.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.security.KeyPairGenerator;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SettingsFileTest {
    private static final String SSH_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5eYQV3hQq1qzWn0xX8uBOeD0zC0rQ0o3bZ4jW5W1dS me@example";

    private static Settings read(String text) throws SettingsException {
        return SettingsFile.ofDevice(ServerFlags.of(Set.of("disable", "node-label"))).parse(text.getBytes(StandardCharsets.UTF_8), "skerry.yaml");
    }

    private static List<String> problems(String text) {
        SettingsException e = catchThrowableOfType(SettingsException.class, () -> read(text));
        assertThat(e).as("refused").isNotNull();
        return e.problems().stream().map(Problem::toString).toList();
    }

    @Test
    void readsEverything() throws Exception {
        String pem = "-----BEGIN PUBLIC KEY-----\n    " + Base64.getEncoder().encodeToString(KeyPairGenerator.getInstance("Ed25519").generateKeyPair().getPublic().getEncoded())
                + "\n    -----END PUBLIC KEY-----";
        Settings settings = read("""
                hostname: store-{serial}
                role: server
                labels: {site: harbour, example.org/tier: edge}
                fleet:
                  url: ssh://git@git.example.org/fleet.git
                  branch: prod
                  interval: 5m
                  knownHosts: ['git.example.org %1$s']
                trust:
                  os:
                  - |
                    %2$s
                mqtt: {url: 'ssl://broker:8883', username: me, password: secret}
                network:
                  interfaces:
                    eth0:
                      addresses: [192.0.2.10/24, '2001:db8::10/64']
                      gateway: 192.0.2.1
                      dns: [192.0.2.1]
                      routes: [{to: 10.0.0.0/8, via: 192.0.2.9}]
                      mtu: 1400
                    eth0.42: {vlan: {id: 42, link: eth0}}
                    wlan0: {wifi: {ssid: shop, password: correct horse, country: NO}}
                  proxy: {https: 'http://proxy:3128', noProxy: [.example.org]}
                  ntp: [ntp.example.org, 192.0.2.1]
                ssh: {keys: ['%1$s']}
                users: [{name: operator, sshKeys: ['%1$s'], groups: [adm]}]
                timezone: Europe/Berlin
                journal: {forwardTo: '192.0.2.5:19532'}
                server: {disable: [dns], node-label: a=b}
                """.formatted(SSH_KEY, pem));
        assertThat(settings.hostname()).contains("store-{serial}");
        assertThat(settings.role()).isEqualTo(Settings.Role.SERVER);
        assertThat(settings.labels()).containsExactly(Map.entry("site", "harbour"), Map.entry("example.org/tier", "edge"));
        assertThat(settings.fleet().orElseThrow().branch()).contains("prod");
        assertThat(settings.trust().os()).hasSize(1);
        assertThat(settings.network().interfaces()).extracting(Settings.Interface::name, Settings.Interface::dhcp).containsExactly(
                org.assertj.core.groups.Tuple.tuple("eth0", false), org.assertj.core.groups.Tuple.tuple("eth0.42", true), org.assertj.core.groups.Tuple.tuple("wlan0", true));
        assertThat(settings.network().interfaces().getLast().wifi()).contains(new Settings.Wifi("shop", Optional.of("correct horse"), "NO", false));
        assertThat(settings.users()).containsExactly(new Settings.User("operator", List.of(SSH_KEY), List.of("adm")));
        assertThat(settings.server()).containsExactly(Map.entry("disable", List.of("dns")), Map.entry("node-label", List.of("a=b")));
        assertThat(settings.warnings()).extracting(Problem::toString).containsExactly(
                "skerry.yaml:2: role: other nodes cannot join yet; until they can, 'server' is the same as 'standalone'");
    }

    @Test
    void anEmptyFileMeansTheDefaults() throws Exception {
        assertThat(read("# nothing\n")).isEqualTo(Settings.defaults());
        assertThat(Settings.defaults().role()).isEqualTo(Settings.Role.STANDALONE);
    }

    @Test
    void saysEverythingThatIsWrongInTheOrderOfTheFile() {
        assertThat(problems("""
                hostname: Store_1
                lables: {a: b}
                fleet:
                  branch: main
                network:
                  interfaces:
                    eth0:
                      addresses: [192.0.2.300/24]
                      mtu: 20
                      dhcp: yes
                server: {disabel: dns}
                """)).containsExactly(
                "skerry.yaml:1: hostname: 'Store_1' must be " + Format.HOSTNAME.allowed(),
                "skerry.yaml:2: lables: unknown key 'lables'; did you mean 'labels'?; known here: enrolment, fleet, hostname, journal, labels, mqtt, network, role, server, ssh, timezone, trust, users",
                "skerry.yaml:3: fleet: 'url' is missing; it must be " + Format.GIT_URL.allowed(),
                "skerry.yaml:8: network.interfaces.eth0.addresses[0]: '192.0.2.300/24' must be " + Format.CIDR.allowed(),
                "skerry.yaml:9: network.interfaces.eth0.mtu: '20' must be a whole number from 576 to 9216",
                "skerry.yaml:10: network.interfaces.eth0.dhcp: 'yes' must be true or false",
                "skerry.yaml:11: server.disabel: unknown key 'disabel'; did you mean 'disable'?; known here: disable, node-label");
    }

    @Test
    void neverShowsASecret() {
        assertThat(problems("network: {interfaces: {wlan0: {wifi: {ssid: x, country: DE, password: short}}}}")).singleElement().asString()
                .isEqualTo("skerry.yaml:1: network.interfaces.wlan0.wifi.password: must be " + Format.WIFI_PASSWORD.allowed());
        assertThat(problems("fleet: {url: 'https://x/y', password: 12345678}")).singleElement().asString().contains("put it in quotes").doesNotContain("12345678");
    }

    @Test
    void numbersWhereTextIsMeantWouldChange() {
        assertThat(problems("hostname: 0042")).singleElement().asString().contains("is a number to YAML; put it in quotes");
    }

    @Test
    void whatCannotBeTogether() {
        assertThat(problems("network: {interfaces: {eth0: {dhcp: false}}}")).singleElement().asString().contains("neither DHCP nor addresses");
        assertThat(problems("network: {interfaces: {eth0: {addresses: [192.0.2.10/24], gateway: 198.51.100.1}}}")).singleElement().asString()
                .isEqualTo("skerry.yaml:1: network.interfaces.eth0.gateway: '198.51.100.1' is in none of the networks 192.0.2.10/24");
        assertThat(problems("network: {interfaces: {'eth*': {wifi: {ssid: x, country: DE}}}}")).singleElement().asString().contains("whole name");
        assertThat(problems("fleet: {url: 'ssh://git@host/x'}")).singleElement().asString().contains("knownHosts");
        assertThat(problems("mqtt: {url: 'tcp://b', username: x}")).singleElement().asString().contains("go together");
        assertThat(problems("users: [{name: backup, sshKeys: ['" + SSH_KEY + "']}]")).singleElement().asString().startsWith("skerry.yaml:1: users[0].name: 'backup' must be").contains("system's own accounts");
        assertThat(problems("users: [{name: a, sshKeys: []}, {name: a, sshKeys: []}]")).singleElement().asString().startsWith("skerry.yaml:1: users[1].name: there are two");
    }

    @Test
    void buildIsForImages() throws Exception {
        String text = "hostname: a\nbuild: {packages: [tcpdump], files: [{path: /etc/motd, content: hi}], images: [a.tar]}\n";
        assertThat(problems(text)).singleElement().asString().startsWith("skerry.yaml:2: build: is for image.yaml");
        Settings settings = SettingsFile.ofImage(ServerFlags.UNKNOWN).parse(text.getBytes(StandardCharsets.UTF_8), "image.yaml");
        assertThat(settings.build().packages()).containsExactly("tcpdump");
        assertThat(new String(SettingsFile.write(settings.deviceTree()), StandardCharsets.UTF_8)).isEqualTo("hostname: a\n");
    }

    @Test
    void whatIsNoYamlOrNoSettings() {
        assertThat(problems("hostname: a\n\tlabels: {}\n")).singleElement().asString().startsWith("skerry.yaml:2: ").contains("tabs");
        assertThat(problems("- a\n")).containsExactly("skerry.yaml:1: must be a mapping, such as 'hostname: store-0042'");
        assertThat(problems("role: agents\n")).containsExactly("skerry.yaml:1: role: 'agents' must be one of standalone, server, agent; did you mean 'agent'?");
        SettingsException e = catchThrowableOfType(SettingsException.class, () -> SettingsFile.ofDevice(ServerFlags.UNKNOWN).parse(new byte[] {'a', ':', (byte) 0xff}, "x"));
        assertThat(e).hasMessage("x:1: is not text in UTF-8; save it as UTF-8 in the editor");
    }

    @Test
    void warnsOfWhatHasNoEffectYet() throws Exception {
        assertThat(read("enrolment: {token: abc}\n").warnings()).extracting(Problem::path).containsExactly("enrolment.token");
        String mqtt = "mqtt: {url: 'tcp://b'}\n";
        assertThat(read(mqtt).warnings()).singleElement().asString().startsWith("skerry.yaml:1: mqtt: status is reported by the GitOps agent");
        assertThat(read(mqtt + "fleet: {url: 'https://git.example.org/f.git'}\n").warnings()).isEmpty();
        assertThat(SettingsFile.ofImage(ServerFlags.UNKNOWN).parse((mqtt + "build: {fleet: f.bundle}\n").getBytes(StandardCharsets.UTF_8), "image.yaml").warnings()).isEmpty();
        assertThat(read("role: standalone\n").warnings()).isEmpty();
        assertThat(read("role: agent\n").role()).isEqualTo(Settings.Role.AGENT);
        assertThat(read("role: agent\n").warnings()).extracting(Problem::toString)
                .containsExactly("skerry.yaml:1: role: a device cannot join another's cluster yet; until it can, 'agent' is the same as 'standalone'");
    }
}
