package io.skerry.image.settings;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.machinery.yaml.Yaml;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SecretsTest {
    private static List<String> in(String yaml) {
        return Secrets.in(Yaml.parseAllYaml12(yaml, "skerry.yaml").getFirst().root());
    }

    @Test
    void theKeysOfSecretsAreNamedAndNoValue() {
        assertThat(in("""
                fleet: {url: 'https://git.example.org/fleet.git', username: device, password: hush, sshKey: hush}
                mqtt: {url: 'ssl://broker.example.org:8883', password: hush, certificate: public, key: hush}
                enrolment: {token: hush}
                network:
                  interfaces:
                    wlan0: {wifi: {ssid: shop, password: hush hush, country: NO}}
                    eth0: {dhcp: true}
                ssh: {keys: ['ssh-ed25519 AAAA']}
                """)).containsExactly("fleet.password", "fleet.sshKey", "mqtt.password", "mqtt.key", "enrolment.token", "network.interfaces.wlan0.wifi.password");
    }

    @Test
    void anAddressMayHoldOneToo() {
        assertThat(in("fleet: {url: 'https://token@git.example.org/fleet.git'}")).containsExactly("fleet.url");
        assertThat(in("fleet: {url: 'ssh://git@git.example.org/fleet.git'}")).isEmpty();
        assertThat(in("mqtt: {url: 'ssl://me:hush@broker:8883'}")).containsExactly("mqtt.url");
        assertThat(in("server: {datastore-endpoint: 'postgres://skerry:hush@db.example.org/skerry', node-label: [a=b]}")).containsExactly("server.datastore-endpoint");
        assertThat(in("server: {tls-san: [a.example.org, 'x://y:hush@z']}")).containsExactly("server.tls-san");
    }

    @Test
    void otherSettingsHoldNone() {
        assertThat(in("hostname: store-{serial}\nlabels: {site: 'a@b'}\nnetwork: {ntp: [192.0.2.1], proxy: {http: 'http://proxy:3128'}}\nusers: [{name: me}]\n")).isEmpty();
        assertThat(in("- no settings")).isEmpty();
        assertThat(in("password: hush")).as("a key that is not known").isEmpty();
    }

    /** A key that is called like a secret must be marked as one. */
    @Test
    void everySecretOfTheTableIsMarked() {
        List<String> unmarked = new ArrayList<>();
        collect(SettingsSchema.keys(), unmarked);
        assertThat(unmarked).isEmpty();
    }

    private static void collect(List<Key> keys, List<String> unmarked) {
        for (Key key : keys) {
            if (Set.of("password", "token", "key", "sshKey").contains(key.name()) && !key.secret()) {
                unmarked.add(key.name());
            }
            Shape shape = key.shape() instanceof Shape.Items items ? items.of() : key.shape() instanceof Shape.Named named ? named.of() : key.shape();
            if (shape instanceof Shape.Section section) {
                collect(section.keys(), unmarked);
            }
        }
    }
}
