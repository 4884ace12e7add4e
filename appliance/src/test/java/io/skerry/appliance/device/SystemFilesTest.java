package io.skerry.appliance.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.appliance.config.ConfigFile;
import io.skerry.appliance.config.ServerOptions;
import io.skerry.appliance.server.KnownFlags;
import io.skerry.image.settings.Settings;
import io.skerry.image.settings.SettingsFile;
import io.skerry.node.host.Command;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SystemFilesTest {
    @TempDir
    Path folder;

    private static List<SystemFile> files(String yaml) throws Exception {
        Settings settings = SettingsFile.ofDevice(new KnownFlags()).parse(yaml.getBytes(StandardCharsets.UTF_8), "skerry.yaml");
        return SystemFiles.of(settings, "store-1", Optional.empty());
    }

    private static SystemFile file(List<SystemFile> files, String path) {
        return files.stream().filter(file -> file.path().equals(path)).findFirst().orElseThrow(() -> new AssertionError(path + " is not among " + files));
    }

    @Test
    void defaultsNameTheDeviceAndNothingElse() throws Exception {
        assertThat(files("")).extracting(SystemFile::path).containsExactly("/etc/hostname", "/etc/hosts", "/etc/skerry/config.yaml");
    }

    @Test
    void networkFilesAreNetworkds() throws Exception {
        List<SystemFile> files = files("""
                network:
                  interfaces:
                    eth0: {addresses: [192.0.2.10/24], gateway: 192.0.2.1, dns: [192.0.2.1, 192.0.2.2], search: [example.org], mtu: 1400, routes: [{to: 10.0.0.0/8, via: 192.0.2.9}]}
                    'en*': {}
                    shop: {vlan: {id: 42, link: eth1}, addresses: [198.51.100.2/24]}
                """);
        assertThat(file(files, "/etc/systemd/network/10-eth0.network").content()).isEqualTo("""
                [Match]
                Name=eth0

                [Link]
                MTUBytes=1400

                [Network]
                DHCP=no
                Address=192.0.2.10/24
                Gateway=192.0.2.1
                DNS=192.0.2.1
                DNS=192.0.2.2
                Domains=example.org

                [Route]
                Destination=10.0.0.0/8
                Gateway=192.0.2.9
                """);
        assertThat(file(files, "/etc/systemd/network/11-en_.network").content()).contains("Name=en*\n", "DHCP=yes\n", "UseHostname=no\n");
        assertThat(file(files, "/etc/systemd/network/12-shop.netdev").content()).isEqualTo("[NetDev]\nName=shop\nKind=vlan\n\n[VLAN]\nId=42\n");
        assertThat(file(files, "/etc/systemd/network/80-eth1.network").content()).contains("Name=eth1\n", "DHCP=yes\nVLAN=shop\n");
    }

    @Test
    void wifiIsForWpaSupplicantAndSecret() throws Exception {
        SystemFile file = file(files("network: {interfaces: {wlan0: {wifi: {ssid: 'Café \"x\"', password: correct horse, country: DE, hidden: true}}}}"),
                "/etc/wpa_supplicant/wpa_supplicant-wlan0.conf");
        assertThat(file.mode()).isEqualTo("rw-------");
        assertThat(file.content()).isEqualTo("""
                country=DE
                network={
                    ssid=436166c3a9202278%s
                    scan_ssid=1
                    key_mgmt=WPA-PSK WPA-PSK-SHA256 SAE
                    psk="correct horse"
                    ieee80211w=1
                }
                """.formatted("22"));
    }

    @Test
    void authoritiesOfTheOwnersAreAFileOfTheServers() throws Exception {
        Path pem = folder.resolve("ca.pem");
        Command.run(Duration.ofSeconds(20), "openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-keyout", folder.resolve("ca.key").toString(), "-out", pem.toString(), "-subj", "/CN=company");
        List<SystemFile> files = files("trust:\n  ca: |\n" + Files.readString(pem).indent(4));
        Path written = Files.writeString(folder.resolve("config.yaml"), file(files, "/etc/skerry/config.yaml").content());
        String named = ConfigFile.read(written, ServerOptions.names(), true).values("trust-ca-file").getFirst();
        assertThat(file(files, named).content()).isEqualTo(Files.readString(pem));
    }

    /** The server reads its own file: a flag that it does not know would be refused. */
    @Test
    void theServersFileIsOneThatItTakes() throws Exception {
        List<SystemFile> files = files("""
                labels: {site: harbour}
                fleet: {url: 'https://git.example.org/fleet.git', branch: prod, interval: 5m, username: me, password: secret}
                mqtt: {url: 'tcp://broker', username: me, password: secret}
                network: {proxy: {https: 'http://proxy:3128', noProxy: [.example.org]}}
                server: {disable: [dns, helm], fleet-branch: other}
                """);
        SystemFile config = file(files, "/etc/skerry/config.yaml");
        assertThat(config.mode()).isEqualTo("rw-------");
        Path written = Files.writeString(folder.resolve("config.yaml"), config.content());
        ConfigFile read = ConfigFile.read(written, ServerOptions.names(), true);
        assertThat(read.values("fleet-repo")).containsExactly("https://git.example.org/fleet.git");
        assertThat(read.values("datastore-auto-restore")).as("nobody is near").containsExactly("true");
        assertThat(read.values("fleet-branch")).as("the flag wins").containsExactly("other");
        assertThat(read.values("disable")).containsExactly("dns", "helm");
        assertThat(read.values("device-label")).containsExactly("site=harbour");
        assertThat(file(files, read.values("fleet-credentials-file").getFirst())).extracting(SystemFile::content, SystemFile::mode).containsExactly("me:secret\n", "rw-------");
        assertThat(file(files, read.values("mqtt-credentials-file").getFirst()).content()).isEqualTo("me:secret\n");
        assertThat(config.content()).doesNotContain("secret");
        assertThat(file(files, "/etc/skerry/environment")).extracting(SystemFile::content, SystemFile::mode).containsExactly(
                "HTTPS_PROXY=http://proxy:3128\nNO_PROXY=localhost,127.0.0.0/8,store-1,10.42.0.0/16,10.43.0.0/16,.svc,.cluster.local,.example.org\n", "rw-------");
    }

    @Test
    void theDeviceAndItsClusterAreReachedWithoutTheProxyWhateverTheirAddresses() throws Exception {
        assertThat(file(files("""
                network:
                  interfaces: {eth0: {addresses: [192.0.2.10/24, '2001:db8::10/64']}, eth1: {dhcp: true}}
                  proxy: {http: 'http://proxy:3128'}
                server: {cluster-cidr: 10.152.0.0/14, service-cidr: 10.160.0.0/20, cluster-dns: 10.160.0.10, cluster-domain: shop.example}
                """), "/etc/skerry/environment").content()).isEqualTo(
                "HTTP_PROXY=http://proxy:3128\nNO_PROXY=localhost,127.0.0.0/8,store-1,192.0.2.10,2001:db8::10,10.152.0.0/14,10.160.0.0/20,.svc,.shop.example\n");
    }

    @Test
    void sshFleetsHaveAKeyAndKnowTheirServer() throws Exception {
        List<SystemFile> files = files("""
                fleet:
                  url: ssh://git@git.example.org:2222/fleet.git
                  knownHosts: ['[git.example.org]:2222 ssh-ed25519 AAAA']
                  sshKey: |
                    -----BEGIN OPENSSH PRIVATE KEY-----
                    abc
                    -----END OPENSSH PRIVATE KEY-----
                """);
        assertThat(file(files, "/root/.ssh/config").content()).startsWith("Host git.example.org\n").contains("StrictHostKeyChecking yes");
        assertThat(file(files, "/root/.ssh/fleet").mode()).isEqualTo("rw-------");
    }
}
