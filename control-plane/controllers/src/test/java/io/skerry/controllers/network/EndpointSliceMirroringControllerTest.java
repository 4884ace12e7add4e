package io.skerry.controllers.network;

import static io.skerry.controllers.TestCluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.skerry.controllers.TestCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EndpointSliceMirroringControllerTest {
    private static final String SERVICE = """
        apiVersion: v1
        kind: Service
        metadata: {name: db, namespace: default}
        spec: {ports: [{name: sql, port: 5432}]}
        """;
    private static final String ENDPOINTS = """
        apiVersion: v1
        kind: Endpoints
        metadata:
          name: db
          namespace: default
          labels: {team: blue}
          annotations: {note: by hand, kubectl.kubernetes.io/last-applied-configuration: "{}"}
        subsets:
        - addresses:
          - {ip: 192.0.2.1, hostname: first, nodeName: n1, targetRef: {kind: Pod, namespace: default, name: db-0, uid: u-0}}
          - {ip: "2001:db8::1"}
          notReadyAddresses: [{ip: 192.0.2.2}]
          ports: [{name: sql, port: 5432, appProtocol: postgresql}]
        """;

    @TempDir Path folder;
    private TestCluster cluster;

    @BeforeEach void start() {
        cluster = new TestCluster(folder, i ->
            List.of(new EndpointSliceController(i), new EndpointsController(i), new EndpointSliceMirroringController(i)));
    }

    @AfterEach void stop() {
        cluster.close();
    }

    private List<EndpointSlice> slices() {
        return cluster.client.discovery().v1().endpointSlices().inNamespace("default")
            .withLabel("endpointslice.kubernetes.io/managed-by", "endpointslicemirroring-controller.k8s.io").list().getItems().stream()
            .sorted(Comparator.comparing(EndpointSlice::getAddressType)).toList();
    }

    /** Each slice as its ports, then its addresses, with ! those that are not ready. */
    private List<String> contents() {
        return slices().stream().map(s -> s.getPorts().stream().map(p -> p.getName() + ":" + p.getPort()).collect(Collectors.joining(",")) + " "
            + s.getEndpoints().stream().map(e -> (e.getConditions().getReady() ? "" : "!") + e.getAddresses().getFirst()).collect(Collectors.joining(","))).toList();
    }

    private void mirrors(String... contents) {
        eventually(() -> assertThat(contents()).containsExactlyInAnyOrder(contents));
    }

    private void staysWithout() {
        TestCluster.stays(() -> slices().isEmpty(), Duration.ofMillis(300));
    }

    @Test void followsEndpointsWrittenByHand() {
        cluster.apply(SERVICE);
        cluster.apply(ENDPOINTS);
        mirrors("sql:5432 192.0.2.1,!192.0.2.2", "sql:5432 2001:db8::1");
        EndpointSlice four = slices().getFirst(), six = slices().getLast();
        assertThat(four.getAddressType()).isEqualTo("IPv4");
        assertThat(six.getAddressType()).isEqualTo("IPv6");
        for (EndpointSlice s : slices()) {
            assertThat(s.getMetadata().getName()).startsWith("db-");
            assertThat(s.getMetadata().getLabels()).containsOnly(Map.entry("team", "blue"), Map.entry("kubernetes.io/service-name", "db"),
                Map.entry("endpointslice.kubernetes.io/managed-by", "endpointslicemirroring-controller.k8s.io"));
            assertThat(s.getMetadata().getAnnotations()).containsOnly(Map.entry("note", "by hand"));
            assertThat(s.getMetadata().getOwnerReferences()).singleElement().satisfies(o -> {
                assertThat(o.getKind()).isEqualTo("Endpoints");
                assertThat(o.getUid()).isEqualTo(cluster.client.endpoints().inNamespace("default").withName("db").get().getMetadata().getUid());
                assertThat(o.getController()).isTrue();
            });
            assertThat(s.getPorts()).singleElement().satisfies(p -> {
                assertThat(p.getProtocol()).isEqualTo("TCP");
                assertThat(p.getAppProtocol()).isEqualTo("postgresql");
            });
        }
        assertThat(four.getEndpoints().getFirst()).satisfies(e -> {
            assertThat(e.getHostname()).isEqualTo("first");
            assertThat(e.getNodeName()).isEqualTo("n1");
            assertThat(e.getTargetRef().getName()).isEqualTo("db-0");
        });
        TestCluster.stays(() -> slices().equals(List.of(four, six)), Duration.ofMillis(500)); // and is not written again and again

        cluster.apply(ENDPOINTS.replace("192.0.2.2", "192.0.2.3").replace("5432", "5433").replace("blue", "red")
            .replace("  - {ip: \"2001:db8::1\"}\n", ""));
        mirrors("sql:5433 192.0.2.1,!192.0.2.3");
        assertThat(slices().getFirst().getMetadata().getLabels()).containsEntry("team", "red");
        assertThat(slices().getFirst().getMetadata().getUid()).isEqualTo(four.getMetadata().getUid()); // reused for the other port

        cluster.client.discovery().v1().endpointSlices().inNamespace("default").withName(four.getMetadata().getName()).delete();
        mirrors("sql:5433 192.0.2.1,!192.0.2.3");
        cluster.client.endpoints().inNamespace("default").withName("db").delete();
        mirrors();
    }

    @Test void keepsASliceForEachSetOfPorts() {
        cluster.apply(ENDPOINTS.substring(0, ENDPOINTS.indexOf("subsets:")) + """
            subsets:
            - {addresses: [{ip: 192.0.2.1}], ports: [{name: a, port: 1}]}
            - {addresses: [{ip: 192.0.2.1}, {ip: 192.0.2.2}], ports: [{name: b, port: 2}]}
            """);
        staysWithout(); // there is no such service yet
        cluster.apply(SERVICE);
        mirrors("a:1 192.0.2.1", "b:2 192.0.2.1,192.0.2.2");
        cluster.apply(ENDPOINTS.substring(0, ENDPOINTS.indexOf("subsets:")) + "subsets:\n- {addresses: [{ip: 192.0.2.1}], ports: [{port: 3}]}\n");
        mirrors(":3 192.0.2.1");
        cluster.client.services().inNamespace("default").withName("db").delete();
        mirrors();
    }

    @Test void leavesAloneWhatIsNotItsOwn() {
        cluster.apply(SERVICE);
        cluster.apply(ENDPOINTS.replace("team: blue", "endpointslice.kubernetes.io/skip-mirror: \"true\""));
        staysWithout();
        cluster.apply(ENDPOINTS.replace("note: by hand", "control-plane.alpha.kubernetes.io/leader: \"{}\""));
        staysWithout();
        cluster.apply(ENDPOINTS);
        eventually(() -> assertThat(slices()).hasSize(2));
        cluster.apply(ENDPOINTS.replace("team: blue", "endpointslice.kubernetes.io/skip-mirror: \"true\""));
        mirrors();
        cluster.apply(ENDPOINTS);
        eventually(() -> assertThat(slices()).hasSize(2));
        cluster.apply(SERVICE.replace("spec: {", "spec: {selector: {app: db}, ")); // from now on the Endpoints are the other controllers' as well
        mirrors();
        eventually(() -> assertThat(cluster.client.endpoints().inNamespace("default").withName("db").get().getSubsets()).isEmpty());
        staysWithout();
    }

    @Test void stopsAtAThousand() {
        cluster.apply(SERVICE);
        cluster.apply(ENDPOINTS.substring(0, ENDPOINTS.indexOf("subsets:")) + "subsets:\n- ports: [{name: sql, port: 5432}]\n  addresses: ["
            + IntStream.range(0, 1010).mapToObj(i -> "{ip: 10.1." + i / 250 + "." + (i % 250 + 1) + "}").collect(Collectors.joining(", ")) + "]\n");
        eventually(() -> {
            assertThat(slices()).singleElement().satisfies(s -> assertThat(s.getEndpoints()).hasSize(1000));
            assertThat(cluster.events("TooManyAddressesToMirror")).anySatisfy(m -> assertThat(m).contains("10 addresses were skipped"));
        });
    }
}
