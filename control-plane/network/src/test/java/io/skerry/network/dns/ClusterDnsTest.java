package io.skerry.network.dns;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.network.NetworkConfig;
import io.skerry.network.TestCluster;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The cluster's names, from a real API server, asked for with dig; dnsmasq is the world outside. */
class ClusterDnsTest {

    @TempDir
    static Path folder;
    static TestCluster cluster;
    static Dnsmasq outside;
    static DnsServer server;
    static Dig dig;

    @BeforeAll
    static void start() throws Exception {
        cluster = new TestCluster(folder);
        cluster.apply("""
            apiVersion: v1
            kind: Service
            metadata: {name: web, namespace: default}
            spec:
              clusterIP: 10.43.0.20
              ports: [{name: http, port: 80}, {name: dns, port: 53, protocol: UDP}]
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: db, namespace: default}
            spec:
              clusterIP: None
              ports: [{name: sql, port: 5432}]
            ---
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: db-1, namespace: default, labels: {kubernetes.io/service-name: db}}
            addressType: IPv4
            ports: [{name: sql, port: 5432, protocol: TCP}]
            endpoints:
            - {addresses: [10.42.0.5], hostname: db-0, conditions: {ready: true}}
            - {addresses: [10.42.0.6], conditions: {ready: true}}
            - {addresses: [10.42.0.7], hostname: db-2, conditions: {ready: false}}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: nobody, namespace: default}
            spec: {clusterIP: None, ports: [{name: x, port: 1}]}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: outside, namespace: default}
            spec: {type: ExternalName, externalName: www.example.test}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: inside, namespace: default}
            spec: {type: ExternalName, externalName: web.default.svc.cluster.local}
            """);
        outside = new Dnsmasq("--host-record=www.example.test,192.0.2.7", "--local-ttl=60");
        server = new DnsServer(cluster.informers, NetworkConfig.defaults("node-1", folder, folder)
            .withDns("cluster.local", "127.0.0.1", 0, folder.resolve("none"), List.of("127.0.0.1:" + outside.port())));
        server.start();
        dig = new Dig(List.of(), server.address());
    }

    @AfterAll
    static void stop() throws Exception {
        if (server != null) {
            server.close();
        }
        if (outside != null) {
            outside.close();
        }
        cluster.close();
    }

    @Test
    void aServiceHasItsClusterIp() {
        assertThat(dig.answers("web.default.svc.cluster.local")).containsExactly("10.43.0.20");
        assertThat(dig.answers("+tcp", "web.default.svc.cluster.local")).containsExactly("10.43.0.20");
        assertThat(dig.raw("WeB.Default.SVC.cluster.local")).containsPattern("WeB.Default.SVC.cluster.local.\\s5\\sIN\tA\t10.43.0.20").contains("flags: qr aa rd ra");
    }

    @Test
    void whatIsNotThereIsSaidWithTheZonesSoa() {
        for (String name : List.of("none.default", "web.none", "x.web.default", "_x._tcp.web.default", "a.b.c.d.e")) {
            assertThat(dig.raw(name + ".svc.cluster.local")).as(name).contains("status: NXDOMAIN").contains("cluster.local.\t\t5\tIN\tSOA\tns.dns.cluster.local. hostmaster.cluster.local.");
        }
        assertThat(dig.status("www.example.test.default.svc.cluster.local")).isEqualTo("NXDOMAIN");
        assertThat(dig.status("www.example.test.cluster.local")).isEqualTo("NXDOMAIN");
        for (String name : List.of("web.default.svc", "default.svc", "svc", "pod", "default.pod")) {
            assertThat(dig.raw("AAAA", name + ".cluster.local")).as(name).contains("status: NOERROR").contains("ANSWER: 0").contains("SOA");
        }
    }

    @Test
    void aHeadlessServiceHasItsReadyEndpoints() {
        assertThat(dig.answers("db.default.svc.cluster.local")).containsExactly("10.42.0.5", "10.42.0.6");
        assertThat(dig.answers("db-0.db.default.svc.cluster.local")).containsExactly("10.42.0.5");
        assertThat(dig.answers("10-42-0-6.db.default.svc.cluster.local")).containsExactly("10.42.0.6");
        assertThat(dig.status("db-2.db.default.svc.cluster.local")).isEqualTo("NXDOMAIN");
        assertThat(dig.status("nobody.default.svc.cluster.local")).isEqualTo("NXDOMAIN");
    }

    @Test
    void portsHaveSrvRecords() {
        assertThat(dig.answers("SRV", "_http._tcp.web.default.svc.cluster.local")).containsExactly("0 100 80 web.default.svc.cluster.local.");
        assertThat(dig.answers("SRV", "_dns._udp.web.default.svc.cluster.local")).containsExactly("0 100 53 web.default.svc.cluster.local.");
        assertThat(dig.status("SRV", "_dns._tcp.web.default.svc.cluster.local")).isEqualTo("NXDOMAIN");
        assertThat(dig.answers("SRV", "_sql._tcp.db.default.svc.cluster.local"))
            .containsExactly("0 100 5432 10-42-0-6.db.default.svc.cluster.local.", "0 100 5432 db-0.db.default.svc.cluster.local.");
        assertThat(dig.raw("SRV", "_sql._tcp.db.default.svc.cluster.local")).containsPattern("db-0.db.default.svc.cluster.local. 5 IN\tA\t10.42.0.5");
    }

    @Test
    void addressesLeadBackToNames() {
        assertThat(dig.answers("-x", "10.43.0.20")).containsExactly("web.default.svc.cluster.local.");
        assertThat(dig.answers("-x", "10.42.0.5")).containsExactly("db-0.db.default.svc.cluster.local.");
        assertThat(dig.status("-x", "10.42.9.9")).as("nobody outside is asked").isEqualTo("NXDOMAIN");
        assertThat(dig.answers("-x", "192.0.2.7")).containsExactly("www.example.test.");
    }

    @Test
    void podsHaveNamesOfTheirAddresses() {
        assertThat(dig.answers("10-42-0-77.default.pod.cluster.local")).containsExactly("10.42.0.77");
        assertThat(dig.status("10-42-0-77.none.pod.cluster.local")).isEqualTo("NXDOMAIN");
        assertThat(dig.status("10-42-0.default.pod.cluster.local")).isEqualTo("NXDOMAIN");
    }

    @Test
    void anExternalNameIsFollowed() {
        assertThat(dig.answers("outside.default.svc.cluster.local")).containsExactly("192.0.2.7", "www.example.test.");
        assertThat(dig.answers("CNAME", "outside.default.svc.cluster.local")).containsExactly("www.example.test.");
        assertThat(dig.answers("inside.default.svc.cluster.local")).containsExactly("10.43.0.20", "web.default.svc.cluster.local.");
    }

    @Test
    void theZoneDescribesItself() {
        assertThat(dig.answers("TXT", "dns-version.cluster.local")).containsExactly("\"1.1.0\"");
        assertThat(dig.answers("NS", "cluster.local")).containsExactly("ns.dns.cluster.local.");
        assertThat(dig.answers("ns.dns.cluster.local")).containsExactly("127.0.0.1");
        assertThat(dig.answers("SOA", "cluster.local").getFirst()).startsWith("ns.dns.cluster.local. hostmaster.cluster.local. ");
        assertThat(dig.status("AXFR", "cluster.local", "+tcp", "+noall", "+comments")).doesNotContain("NOERROR");
    }

    @Test
    void theServerIsAServiceItself() {
        // 127.0.0.1 is no ClusterIP, so the API server refuses this test's; the server goes on without.
        assertThat(cluster.client.services().inNamespace("kube-system").withName("kube-dns").get()).isNull();
        DnsService.ensure(cluster.client, NetworkConfig.defaults("node-1", folder, folder));
        DnsService.ensure(cluster.client, NetworkConfig.defaults("node-1", folder, folder));
        var service = cluster.client.services().inNamespace("kube-system").withName("kube-dns").get();
        assertThat(service.getSpec().getClusterIP()).isEqualTo("10.43.0.10");
        Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> dig.answers("kube-dns.kube-system.svc.cluster.local").equals(List.of("10.43.0.10")));
    }

    @Test
    void changesAreSeen() {
        cluster.apply("""
            apiVersion: v1
            kind: Service
            metadata: {name: new, namespace: default}
            spec: {clusterIP: 10.43.0.99, ports: [{port: 80}]}
            """);
        Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> dig.answers("new.default.svc.cluster.local").equals(List.of("10.43.0.99")));
        assertThat(dig.answers("-x", "10.43.0.99")).containsExactly("new.default.svc.cluster.local.");
        cluster.client.services().inNamespace("default").withName("new").delete();
        Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> dig.status("new.default.svc.cluster.local").equals("NXDOMAIN"));
        assertThat(dig.status("-x", "10.43.0.99")).isEqualTo("NXDOMAIN");
    }

    @Test
    void anAnswerTooLargeIsCutByUdpAndWholeByTcp() {
        var endpoints = new StringBuilder();
        List<String> addresses = new ArrayList<>();
        IntStream.rangeClosed(1, 100).forEach(i -> {
            addresses.add("10.42.1." + i);
            endpoints.append("- {addresses: [10.42.1.").append(i).append("], conditions: {ready: true}}\n");
        });
        cluster.apply("""
            apiVersion: v1
            kind: Service
            metadata: {name: many, namespace: default}
            spec: {clusterIP: None, ports: [{name: x, port: 1}]}
            ---
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: many-1, namespace: default, labels: {kubernetes.io/service-name: many}}
            addressType: IPv4
            ports: [{name: x, port: 1, protocol: TCP}]
            endpoints:
            """ + endpoints);
        Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> dig.status("many.default.svc.cluster.local").equals("NOERROR"));
        String plain = dig.raw("+noedns", "+ignore", "many.default.svc.cluster.local");
        assertThat(plain).contains("flags: qr aa tc rd ra").contains("ANSWER: 29");
        assertThat(plain.replaceAll("(?s).*MSG SIZE  rcvd: (\\d+).*", "$1")).satisfies(size -> assertThat(Integer.parseInt(size)).isBetween(490, 512));
        assertThat(dig.raw("+bufsize=4096", "+ignore", "many.default.svc.cluster.local")).contains("flags: qr aa tc rd ra").contains("ANSWER: 73");
        assertThat(dig.answers("many.default.svc.cluster.local")).as("dig asks again by TCP").containsExactlyInAnyOrderElementsOf(addresses);
    }

    /** Whatever comes by the net, the server goes on; what has a header gets FORMERR. */
    @Test
    void garbageDoesNoHarm() throws Exception {
        var random = new Random(5);
        InetSocketAddress to = server.address();
        try (var socket = new DatagramSocket()) {
            for (int i = 0; i < 200; i++) {
                byte[] packet = new byte[random.nextInt(80)];
                random.nextBytes(packet);
                if (packet.length > 6 && i % 2 == 0) {
                    packet[2] = 1;
                    packet[4] = 0;
                    packet[5] = 1;
                }
                socket.send(new DatagramPacket(packet, packet.length, to));
            }
        }
        try (var socket = new DatagramSocket()) {
            socket.setSoTimeout(5000);
            byte[] twoQuestions = {7, 7, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0};
            socket.send(new DatagramPacket(twoQuestions, twoQuestions.length, to));
            var answer = new DatagramPacket(new byte[512], 512);
            socket.receive(answer);
            assertThat(answer.getData()).startsWith(7, 7);
            assertThat(answer.getData()[3] & 15).isEqualTo(DnsType.FORMERR);
        }
        assertThat(dig.answers("web.default.svc.cluster.local")).containsExactly("10.43.0.20");
    }
}
