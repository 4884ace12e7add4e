package io.skerry.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.network.dns.DnsServer;
import io.skerry.network.proxy.ServiceProxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All of it together: objects in a real API server become answers to a pod. */
class NodeNetworkTest {

    @TempDir
    Path folder;
    private TestCluster cluster;
    private NetworkLab lab;
    private ServiceProxy proxy;

    @BeforeEach
    void start() {
        cluster = new TestCluster(folder);
        lab = new NetworkLab(folder);
        proxy = new ServiceProxy(cluster.informers, lab.config);
        proxy.start();
    }

    @AfterEach
    void stop() {
        proxy.close();
        lab.close();
        cluster.close();
    }

    private void web(String endpoint) {
        cluster.apply("""
            apiVersion: v1
            kind: Service
            metadata: {name: web, namespace: default}
            spec: {clusterIP: 10.43.0.20, ports: [{name: http, port: 80}]}
            ---
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: web-1, namespace: default, labels: {kubernetes.io/service-name: web}}
            addressType: IPv4
            ports: [{name: http, port: 8080, protocol: TCP}]
            endpoints: [{addresses: [%s], conditions: {ready: true}}]
            """.formatted(endpoint));
    }

    private void eventually(NetworkLab.Pod client, String answer) {
        Awaitility.await().atMost(Duration.ofSeconds(5)).pollInterval(Duration.ofMillis(10)).ignoreExceptions()
            .until(() -> Echo.tcp(client.namespace(), "10.43.0.20", 80).startsWith(answer));
    }

    @Test
    void aServiceFollowsItsObjectsAndSurvivesTheProxy() throws Exception {
        var a = lab.pod("a");
        var b = lab.pod("b");
        var client = lab.pod("c");
        try (var serverA = new Echo(a.namespace(), 8080, "a"); var serverB = new Echo(b.namespace(), 8080, "b")) {
            web(a.ip());
            eventually(client, "a ");
            web(b.ip());
            eventually(client, "b ");
            proxy.close();
            assertThat(Echo.tcp(client.namespace(), "10.43.0.20", 80)).as("rules outlive the process").startsWith("b ");
            web(a.ip());
            proxy = new ServiceProxy(cluster.informers, lab.config);
            proxy.start();
            eventually(client, "a ");
            cluster.client.services().inNamespace("default").withName("web").delete();
            Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> !lab.commands.run("nft", "list", "table", "ip", lab.config.proxyTable()).contains("10.43.0.20"));
        }
    }

    @Test
    void podsAskTheClusterIpForNamesAndReachWhatItTellsThem() throws Exception {
        var a = lab.pod("a");
        var client = lab.pod("c");
        var dns = new DnsServer(cluster.informers, lab.config);
        Netns.in(lab.node, () -> {
            dns.start();
            return null;
        });
        var pod = new Commands(List.of("ip", "netns", "exec", client.namespace()));
        try (dns; var server = new Echo(a.namespace(), 8080, "a")) {
            web(a.ip());
            eventually(client, "a ");
            String ip = pod.run("dig", "@10.43.0.10", "+short", "web.default.svc.cluster.local").strip();
            assertThat(Echo.tcp(client.namespace(), ip, 80)).startsWith("a ");
            assertThat(pod.run("dig", "@10.43.0.10", "+tcp", "+short", "web.default.svc.cluster.local").strip()).isEqualTo(ip);
            assertThat(pod.run("dig", "@10.43.0.10", "+short", "-x", ip).strip()).isEqualTo("web.default.svc.cluster.local.");
            assertThat(new Commands(lab.config.commandPrefix()).run("dig", "@10.43.0.10", "+short", "web.default.svc.cluster.local").strip()).as("from the node").isEqualTo(ip);
        }
    }

    @Test
    void anAddressThatIsTakenIsSaid() throws Exception {
        var first = new DnsServer(cluster.informers, lab.config);
        Netns.in(lab.node, () -> {
            first.start();
            return null;
        });
        try (first; var second = new DnsServer(cluster.informers, lab.config)) {
            assertThatThrownBy(() -> Netns.in(lab.node, () -> {
                second.start();
                return null;
            })).isInstanceOf(NetworkException.class).hasMessageContaining("10.43.0.10:53").hasMessageContaining("in use");
        }
    }
}
