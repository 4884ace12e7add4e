package io.skerry.controllers.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.EndpointSubset;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.skerry.machinery.yaml.Yaml;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RepackedSubsetsTest {
    /** @param subsets YAML flow style; @return names of ports to addresses, with ! those that are not ready */
    private static Map<String, String> repacked(String... subsets) {
        List<EndpointSubset> parsed = Arrays.stream(subsets)
            .map(s -> Serialization.unmarshal(Yaml.parseAll(s, "test").getFirst().root().toString(), EndpointSubset.class)).toList();
        Map<String, String> result = new LinkedHashMap<>();
        RepackedSubsets.of(parsed).forEach((ports, addresses) -> result.put(
            String.join(" ", ports.stream().map(p -> p.getName() + ":" + p.getPort() + "/" + p.getProtocol()).toList()),
            String.join(" ", addresses.stream().map(a -> (a.ready() ? "" : "!") + a.address().getIp()
                + (a.address().getHostname() == null ? "" : "=" + a.address().getHostname())).toList())));
        return result;
    }

    @Test void joinsThePortsOfAnAddress() {
        assertThat(repacked("{addresses: [{ip: 192.0.2.1}], ports: [{name: b, port: 2, protocol: UDP}]}",
            "{addresses: [{ip: 192.0.2.1}], ports: [{name: a, port: 1}]}"))
            .isEqualTo(Map.of("a:1/TCP b:2/UDP", "192.0.2.1"));
    }

    @Test void joinsTheAddressesOfPorts() {
        assertThat(repacked("{addresses: [{ip: 192.0.2.3}, {ip: 192.0.2.1}], ports: [{port: 1}]}",
            "{addresses: [{ip: 192.0.2.1}], notReadyAddresses: [{ip: 192.0.2.2}], ports: [{port: 1}]}"))
            .isEqualTo(Map.of(":1/TCP", "192.0.2.1 192.0.2.3 !192.0.2.2"));
    }

    @Test void keepsApartWhoOffersOtherPorts() {
        assertThat(repacked("{addresses: [{ip: 192.0.2.1}, {ip: 192.0.2.2}], ports: [{name: a, port: 1}]}",
            "{addresses: [{ip: 192.0.2.2}], ports: [{name: b, port: 2}]}"))
            .isEqualTo(Map.of("a:1/TCP", "192.0.2.1 192.0.2.2", "b:2/TCP", "192.0.2.2"));
        assertThat(repacked("{addresses: [{ip: 192.0.2.1}], ports: [{name: a, port: 1}]}",
            "{notReadyAddresses: [{ip: 192.0.2.1}], ports: [{name: b, port: 2}]}"))
            .isEqualTo(Map.of("a:1/TCP", "192.0.2.1", "b:2/TCP", "!192.0.2.1"));
    }

    @Test void notReadyOutweighsReady() {
        for (List<String> order : List.of(List.of("addresses", "notReadyAddresses"), List.of("notReadyAddresses", "addresses"))) {
            assertThat(repacked("{" + order.get(0) + ": [{ip: 192.0.2.1}], ports: [{port: 1}]}", "{" + order.get(1) + ": [{ip: 192.0.2.1}], ports: [{port: 1}]}"))
                .isEqualTo(Map.of(":1/TCP", "!192.0.2.1"));
        }
    }

    @Test void keepsAddressesWithoutPorts() {
        assertThat(repacked("{addresses: [{ip: 192.0.2.1, hostname: a}]}")).isEqualTo(Map.of("", "192.0.2.1=a"));
    }

    @Test void tellsApartWhoSharesAnAddress() {
        assertThat(repacked("{addresses: [{ip: 192.0.2.1, hostname: a, targetRef: {uid: u1}}, {ip: 192.0.2.1, hostname: b, targetRef: {uid: u2}}, "
            + "{ip: 192.0.2.1, hostname: c, targetRef: {uid: u1}}], ports: [{port: 1}]}")).isEqualTo(Map.of(":1/TCP", "192.0.2.1=a 192.0.2.1=b"));
    }
}
