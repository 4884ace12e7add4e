package io.skerry.network.proxy;

import static io.skerry.network.proxy.Samples.elsewhere;
import static io.skerry.network.proxy.Samples.nodePort;
import static io.skerry.network.proxy.Samples.ready;
import static io.skerry.network.proxy.Samples.service;
import static io.skerry.network.proxy.Samples.slice;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.skerry.network.Commands;
import io.skerry.network.Echo;
import io.skerry.network.NetworkLab;
import io.skerry.network.Sysctls;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The rules in a real kernel: sockets in pods, on the node and outside, through a bridge made by the CNI plugins. */
class ServiceRulesTest {

    @TempDir
    static Path folder;
    static NetworkLab lab;
    static NetworkLab.Pod a;
    static NetworkLab.Pod b;
    static NetworkLab.Pod client;
    static final List<Echo> SERVERS = new ArrayList<>();

    private Ruleset applied;

    @BeforeAll
    static void makeNode() throws Exception {
        lab = new NetworkLab(folder);
        a = lab.pod("a");
        b = lab.pod("b");
        client = lab.pod("c");
        SERVERS.add(new Echo(a.namespace(), 8080, "a"));
        SERVERS.add(new Echo(b.namespace(), 8080, "b"));
        SERVERS.add(new Echo(lab.outside, 9000, "outside"));
        SERVERS.add(new Echo(lab.node, 6443, "node"));
    }

    @AfterAll
    static void removeNode() throws Exception {
        for (Echo server : SERVERS) {
            server.close();
        }
        if (lab != null) {
            lab.close();
        }
    }

    @BeforeEach
    void startFresh() {
        applied = null;
        apply(List.of(), List.of());
    }

    private void apply(List<Service> services, List<EndpointSlice> slices, Pod... pods) {
        Ruleset wanted = Ruleset.of(ServicePorts.of(services, slices, "node-1"), HostPort.of(List.of(pods)), lab.config);
        String script = applied == null ? NftScript.whole(wanted, lab.config) : NftScript.difference(applied, wanted, lab.config);
        if (!script.isEmpty()) {
            lab.commands.feed(script, "nft", "-f", "-");
        }
        applied = wanted;
    }

    private static Set<String> answers(String from, String address, int port) throws Exception {
        Set<String> names = new TreeSet<>();
        for (int i = 0; i < 30; i++) {
            names.add(Echo.tcp(from, address, port).split(" ")[0]);
        }
        return names;
    }

    @Test
    void podsReachPodsAndTheWorldButAreNotSeenThere() throws Exception {
        assertThat(Echo.tcp(client.namespace(), a.ip(), 8080)).isEqualTo("a " + client.ip());
        assertThat(Echo.tcp(client.namespace(), NetworkLab.OUTSIDE_IP, 9000)).isEqualTo("outside " + NetworkLab.NODE_IP);
        assertThat(Echo.tcp(client.namespace(), lab.config.gateway(), 6443)).isEqualTo("node " + client.ip());
    }

    @Test
    void aClusterIpBalancesOverItsEndpoints() throws Exception {
        apply(List.of(service("web", "10.43.0.20", "TCP", 80)), List.of(slice("web", "TCP", 8080, ready(a.ip()), ready(b.ip()))));
        assertThat(answers(client.namespace(), "10.43.0.20", 80)).containsExactly("a", "b");
        assertThat(answers(lab.node, "10.43.0.20", 80)).containsExactly("a", "b");
        assertThat(Echo.tcp(client.namespace(), "10.43.0.20", 80)).endsWith(" " + client.ip());
    }

    @Test
    void theNodeReachesServicesWithoutADefaultRoute() throws Exception {
        apply(List.of(service("web", "10.43.0.20", "TCP", 80)), List.of(slice("web", "TCP", 8080, ready(a.ip()))));
        lab.commands.run("ip", "route", "delete", "default");
        try {
            assertThat(Echo.tcp(lab.node, "10.43.0.20", 80)).isEqualTo("a 10.42.0.1");
        } finally {
            lab.commands.run("ip", "route", "add", "default", "via", NetworkLab.OUTSIDE_IP);
        }
    }

    @Test
    void aPodReachesItselfByItsService() throws Exception {
        apply(List.of(service("web", "10.43.0.20", "TCP", 80)), List.of(slice("web", "TCP", 8080, ready(a.ip()))));
        assertThat(Echo.tcp(a.namespace(), "10.43.0.20", 80)).isEqualTo("a 10.42.0.1");
    }

    @Test
    void aServiceMayLeadToTheNodeItself() throws Exception {
        apply(List.of(service("kubernetes", "10.43.0.1", "TCP", 443)), List.of(slice("kubernetes", "TCP", 6443, elsewhere(NetworkLab.NODE_IP))));
        assertThat(Echo.tcp(client.namespace(), "10.43.0.1", 443)).isEqualTo("node " + client.ip());
        assertThat(Echo.tcp(lab.node, "10.43.0.1", 443)).startsWith("node ");
    }

    @Test
    void withoutEndpointsConnectionsAreRefusedAtOnce() throws Exception {
        apply(List.of(nodePort("web", "10.43.0.20", 80, 30080, "Cluster")), List.of(slice("web", "TCP", 8080)));
        for (String from : List.of(client.namespace(), lab.node)) {
            assertThatThrownBy(() -> Echo.tcp(from, "10.43.0.20", 80)).isInstanceOf(ConnectException.class).hasMessageContaining("refused");
        }
        assertThatThrownBy(() -> Echo.tcp(lab.outside, NetworkLab.NODE_IP, 30080)).isInstanceOf(ConnectException.class).hasMessageContaining("refused");
        assertThatThrownBy(() -> Echo.tcp(lab.node, "127.0.0.1", 30080)).isInstanceOf(ConnectException.class).hasMessageContaining("refused");
    }

    @Test
    void aPortThatTheServiceHasNotIsRefusedAndAnUnknownClusterIpLeadsNowhere() throws Exception {
        apply(List.of(service("web", "10.43.0.20", "TCP", 80)), List.of(slice("web", "TCP", 8080, ready(a.ip()))));
        assertThatThrownBy(() -> Echo.tcp(client.namespace(), "10.43.0.20", 81)).isInstanceOf(ConnectException.class).hasMessageContaining("refused");
        assertThatThrownBy(() -> Echo.tcp(client.namespace(), "10.43.0.99", 80)).isInstanceOf(SocketTimeoutException.class);
    }

    @Test
    void udpWorksAndFlowsToAnEndpointThatIsGoneMoveOn() throws Exception {
        List<Service> services = List.of(service("dns", "10.43.0.30", "UDP", 53));
        List<EndpointSlice> before = List.of(slice("dns", "UDP", 8080, ready(a.ip())));
        List<EndpointSlice> after = List.of(slice("dns", "UDP", 8080, ready(b.ip())));
        apply(services, before);
        try (var socket = Echo.udpClient(client.namespace()); var other = Echo.udpClient(lab.node)) {
            assertThat(Echo.udp(socket, "10.43.0.30", 53)).isEqualTo("a " + client.ip());
            assertThat(Echo.udp(other, "10.43.0.30", 53)).startsWith("a ");
            apply(services, after);
            assertThat(Echo.udp(socket, "10.43.0.30", 53)).as("the kernel holds on to a flow").startsWith("a ");
            new StaleFlows(lab.commands).forget(ServicePorts.of(services, before, "node-1"), ServicePorts.of(services, after, "node-1"));
            assertThat(Echo.udp(socket, "10.43.0.30", 53)).isEqualTo("b " + client.ip());
            apply(services, List.of());
            new StaleFlows(lab.commands).forget(ServicePorts.of(services, after, "node-1"), ServicePorts.of(services, List.of(), "node-1"));
            socket.connect(new InetSocketAddress("10.43.0.30", 53));
            assertThatThrownBy(() -> Echo.udp(socket, "10.43.0.30", 53)).isInstanceOf(PortUnreachableException.class);
        }
    }

    @Test
    void aNodePortIsReachedFromOutsideFromPodsAndOnLoopback() throws Exception {
        apply(List.of(nodePort("web", "10.43.0.20", 80, 30080, "Cluster")), List.of(slice("web", "TCP", 8080, ready(a.ip()), ready(b.ip()))));
        assertThat(answers(lab.outside, NetworkLab.NODE_IP, 30080)).containsExactly("a", "b");
        assertThat(Echo.tcp(lab.outside, NetworkLab.NODE_IP, 30080)).endsWith(" 10.42.0.1");
        assertThat(answers(client.namespace(), NetworkLab.NODE_IP, 30080)).containsExactly("a", "b");
        assertThat(answers(lab.node, "127.0.0.1", 30080)).containsExactly("a", "b");
        assertThat(answers(lab.node, NetworkLab.NODE_IP, 30080)).containsExactly("a", "b");
    }

    @Test
    void localTrafficPolicyKeepsTheSourceAndStaysOnTheNode() throws Exception {
        apply(List.of(nodePort("web", "10.43.0.20", 80, 30080, "Local")), List.of(slice("web", "TCP", 8080, elsewhere(a.ip()), ready(b.ip()))));
        assertThat(answers(lab.outside, NetworkLab.NODE_IP, 30080)).containsExactly("b");
        assertThat(Echo.tcp(lab.outside, NetworkLab.NODE_IP, 30080)).isEqualTo("b " + NetworkLab.OUTSIDE_IP);
        assertThat(answers(client.namespace(), NetworkLab.NODE_IP, 30080)).as("pods get the whole service").containsExactly("a", "b");
        assertThat(answers(lab.node, "127.0.0.1", 30080)).containsExactly("a", "b");
        apply(List.of(nodePort("web", "10.43.0.20", 80, 30080, "Local")), List.of(slice("web", "TCP", 8080, elsewhere(a.ip()))));
        assertThatThrownBy(() -> Echo.tcp(lab.outside, NetworkLab.NODE_IP, 30080)).as("no local endpoint: dropped").isInstanceOf(SocketTimeoutException.class);
    }

    @Test
    void anExternalIpIsServedLikeANodePort() throws Exception {
        Service web = service("web", "10.43.0.20", "TCP", 80).edit().editSpec().withExternalIPs("203.0.113.7").endSpec().build();
        apply(List.of(web), List.of(slice("web", "TCP", 8080, ready(a.ip()))));
        new Commands(List.of("ip", "netns", "exec", lab.outside)).run("ip", "route", "replace", "203.0.113.7/32", "via", NetworkLab.NODE_IP);
        assertThat(Echo.tcp(lab.outside, "203.0.113.7", 80)).isEqualTo("a 10.42.0.1");
    }

    @Test
    void clientsWithAffinityStayWhereTheyAre() throws Exception {
        Service web = service("web", "10.43.0.20", "TCP", 80).edit().editSpec().withSessionAffinity("ClientIP").endSpec().build();
        apply(List.of(web), List.of(slice("web", "TCP", 8080, ready(a.ip()), ready(b.ip()))));
        Set<String> first = answers(client.namespace(), "10.43.0.20", 80);
        assertThat(first).hasSize(1);
        // Another service's change does not disturb it, the endpoint's end moves it.
        apply(List.of(web, service("x", "10.43.0.21", "TCP", 80)), List.of(slice("web", "TCP", 8080, ready(a.ip()), ready(b.ip()))));
        assertThat(answers(client.namespace(), "10.43.0.20", 80)).isEqualTo(first);
        String other = first.contains("a") ? "b" : "a";
        apply(List.of(web), List.of(slice("web", "TCP", 8080, ready(other.equals("a") ? a.ip() : b.ip()))));
        assertThat(answers(client.namespace(), "10.43.0.20", 80)).containsExactly(other);
    }

    private static Pod hostPort(String name, String ip, int port, String hostIp) {
        return new PodBuilder().withNewMetadata().withNamespace("default").withName(name).endMetadata().withNewSpec().withNodeName("node-1")
            .addNewContainer().withName("c").addNewPort().withContainerPort(8080).withHostPort(port).withHostIP(hostIp).endPort().endContainer().endSpec()
            .withNewStatus().withPhase("Running").withPodIP(ip).endStatus().build();
    }

    @Test
    void aHostPortLeadsToItsPodAndKeepsTheSource() throws Exception {
        apply(List.of(), List.of(), hostPort("a", a.ip(), 8888, null), hostPort("b", b.ip(), 8889, "127.0.0.1"), hostPort("c", client.ip(), 53, null));
        assertThat(Echo.tcp(lab.outside, NetworkLab.NODE_IP, 8888)).isEqualTo("a " + NetworkLab.OUTSIDE_IP);
        assertThat(Echo.tcp(client.namespace(), NetworkLab.NODE_IP, 8888)).isEqualTo("a " + client.ip());
        assertThat(Echo.tcp(a.namespace(), NetworkLab.NODE_IP, 8888)).as("its own").startsWith("a ");
        assertThat(Echo.tcp(lab.node, NetworkLab.NODE_IP, 8888)).startsWith("a ");
        assertThat(Echo.tcp(lab.node, "127.0.0.1", 8888)).startsWith("a ");
        assertThat(Echo.tcp(lab.node, "127.0.0.1", 8889)).startsWith("b ");
        assertThatThrownBy(() -> Echo.tcp(lab.outside, NetworkLab.NODE_IP, 8889)).as("on loopback only").isInstanceOf(ConnectException.class);
        try (var dns = new Echo(lab.node, 53, "dns"); var socket = Echo.udpClient(a.namespace())) {
            assertThat(Echo.udp(socket, "10.43.0.10", 53)).as("cluster DNS is not taken over").startsWith("dns ");
        }
        apply(List.of(), List.of());
        assertThatThrownBy(() -> Echo.tcp(lab.outside, NetworkLab.NODE_IP, 8888)).isInstanceOf(ConnectException.class);
    }

    /** A pod with routes of its own sends packets for 127.0.0.1 to its node, which would take them (CVE-2020-8558). */
    @Test
    void podsCannotReachTheNodesLoopback() throws Exception {
        String evil = lab.pod("evil").namespace();
        var pod = new Commands(List.of("ip", "netns", "exec", evil));
        new Sysctls(pod, folder.resolve("evil")).set("net.ipv4.conf.all.route_localnet", "1");
        pod.run("ip", "route", "add", "127.0.0.0/8", "via", "10.42.0.1", "table", "77");
        pod.run("ip", "rule", "add", "pref", "2", "lookup", "local");
        pod.run("ip", "rule", "add", "pref", "1", "to", "127.0.0.0/8", "lookup", "77");
        pod.run("ip", "rule", "delete", "pref", "0");
        try (var loopback = new Echo(lab.node, 7777, "loopback")) {
            assertThatThrownBy(() -> Echo.tcp(evil, "127.0.0.1", 7777)).isInstanceOf(SocketTimeoutException.class);
            lab.commands.run("nft", "flush", "chain", "ip", lab.config.proxyTable(), "guard-loopback");
            assertThat(Echo.tcp(evil, "127.0.0.1", 7777)).as("it is the guard that stops it").startsWith("loopback ");
        }
    }

    /** After any walk of changes the table is the same as if it had been written anew. */
    @Test
    void differencesLeadWhereAWholeWriteLeads() {
        var random = new Random(11);
        for (int step = 0; step < 25; step++) {
            var services = new ArrayList<Service>();
            var slices = new ArrayList<EndpointSlice>();
            for (int i = 0; i < 8; i++) {
                if (random.nextInt(3) == 0) {
                    continue;
                }
                Service service = random.nextBoolean() ? service("s" + i, "10.43.1." + i, "TCP", 80 + random.nextInt(2))
                    : nodePort("s" + i, "10.43.1." + i, 80, 31000 + i + random.nextInt(2) * 20, random.nextBoolean() ? "Local" : "Cluster");
                if (random.nextInt(3) == 0) {
                    service.getSpec().setSessionAffinity("ClientIP");
                }
                services.add(service);
                var endpoints = new ArrayList<Samples.Ep>();
                for (int e = random.nextInt(4); e > 0; e--) {
                    String ip = "10.42.0." + (100 + random.nextInt(5));
                    endpoints.add(random.nextBoolean() ? ready(ip) : elsewhere(ip));
                }
                slices.add(slice("s" + i, "TCP", 8080, endpoints.toArray(Samples.Ep[]::new)));
            }
            apply(services, slices);
            String incremental = listing();
            applied = null;
            apply(services, slices);
            assertThat(incremental).as("step " + step).isEqualTo(listing());
        }
    }

    /** The table's parts, in one order. */
    private static String listing() {
        String all = lab.commands.run("nft", "-s", "list", "table", "ip", lab.config.proxyTable()).replaceAll("\\s+", " ");
        var parts = new TreeSet<>(List.of(all.split("(?= chain | set | map )")));
        parts.removeIf(part -> part.startsWith("table "));
        return String.join("\n", parts.stream().map(ServiceRulesTest::sortedElements).toList()).replaceAll("[ }]*$", "");
    }

    private static String sortedElements(String part) {
        int start = part.indexOf("elements = {");
        if (start < 0) {
            return part.replaceAll("[ }]*$", "");
        }
        return part.substring(0, start) + new TreeSet<>(List.of(part.substring(start + 12).replaceAll("[{}]", "").strip().split(", ?")));
    }
}
