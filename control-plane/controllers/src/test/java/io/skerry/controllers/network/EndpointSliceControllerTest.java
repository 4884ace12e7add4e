package io.skerry.controllers.network;

import static io.skerry.controllers.TestCluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.skerry.controllers.TestCluster;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EndpointSliceControllerTest {
    private static final String SERVICE = """
        apiVersion: v1
        kind: Service
        metadata: {name: web, namespace: default, labels: {team: blue}}
        spec:
          selector: {app: web}
          ports:
          - {name: http, port: 80, targetPort: http}
          - {name: metrics, port: 9090, targetPort: 9191}
        """;

    @TempDir Path folder;
    private TestCluster cluster;

    @BeforeEach void start() {
        cluster = new TestCluster(folder, i -> List.of(new EndpointSliceController(i), new EndpointsController(i)));
    }

    @AfterEach void stop() {
        cluster.close();
    }

    private Pod pod(String name, String port) {
        return cluster.apply("""
            apiVersion: v1
            kind: Pod
            metadata: {name: NAME, namespace: default, labels: {app: web}, finalizers: [test.skerry.io/keep]}
            spec: {nodeName: n1, hostname: h-NAME, subdomain: web, containers: [{name: web, image: "web:1", ports: [{name: PORT, containerPort: 8080}]}]}
            """.replace("NAME", name).replace("PORT", port));
    }

    private List<EndpointSlice> slices() {
        return cluster.client.discovery().v1().endpointSlices().inNamespace("default").withLabel("kubernetes.io/service-name", "web").list().getItems();
    }

    private Endpoint endpoint(String pod) {
        return slices().stream().flatMap(s -> s.getEndpoints().stream()).filter(e -> e.getTargetRef().getName().equals(pod)).findFirst().orElseThrow();
    }

    private Endpoints endpoints() {
        return cluster.client.endpoints().inNamespace("default").withName("web").get();
    }

    @Test void followsReadinessAndTermination() {
        cluster.apply(SERVICE);
        eventually(() -> assertThat(slices()).singleElement().satisfies(s -> assertThat(s.getEndpoints()).isEmpty()));
        Pod a = pod("a", "http"), b = pod("b", "http");
        cluster.ready(a, true);
        cluster.ready(b, false);
        eventually(() -> {
            assertThat(slices()).singleElement().satisfies(s -> {
                assertThat(s.getAddressType()).isEqualTo("IPv4");
                assertThat(s.getMetadata().getName()).startsWith("web-");
                assertThat(s.getMetadata().getLabels()).containsEntry("endpointslice.kubernetes.io/managed-by", "endpointslice-controller.k8s.io")
                    .containsEntry("team", "blue");
                assertThat(s.getMetadata().getOwnerReferences()).singleElement().satisfies(o -> assertThat(o.getKind()).isEqualTo("Service"));
                assertThat(s.getPorts()).extracting(p -> p.getName() + ":" + p.getPort()).containsExactlyInAnyOrder("http:8080", "metrics:9191");
            });
            assertThat(endpoint("a").getConditions().getReady()).isTrue();
            assertThat(endpoint("a").getHostname()).isEqualTo("h-a");
            assertThat(endpoint("a").getNodeName()).isEqualTo("n1");
            assertThat(endpoint("b").getConditions().getReady()).isFalse();
            assertThat(endpoint("b").getConditions().getServing()).isFalse();
            assertThat(endpoints().getSubsets()).singleElement().satisfies(s -> {
                assertThat(s.getAddresses()).extracting(x -> x.getTargetRef().getName()).containsExactly("a");
                assertThat(s.getNotReadyAddresses()).extracting(x -> x.getTargetRef().getName()).containsExactly("b");
            });
        });
        cluster.client.pods().inNamespace("default").withName("a").delete();
        eventually(() -> {
            assertThat(endpoint("a").getConditions().getReady()).isFalse();
            assertThat(endpoint("a").getConditions().getServing()).isTrue();
            assertThat(endpoint("a").getConditions().getTerminating()).isTrue();
            assertThat(endpoints().getSubsets().getFirst().getAddresses()).isEmpty();
        });
        cluster.phase(b, "Succeeded");
        eventually(() -> assertThat(slices().stream().flatMap(s -> s.getEndpoints().stream())).extracting(e -> e.getTargetRef().getName())
            .containsExactly("a"));
        cluster.client.services().inNamespace("default").withName("web").delete();
        eventually(() -> {
            assertThat(slices()).isEmpty();
            assertThat(endpoints()).isNull();
        });
    }

    @Test void podsWithOtherPortsGetTheirOwnSlice() {
        cluster.apply(SERVICE);
        cluster.ready(pod("a", "http"), true);
        cluster.ready(pod("b", "other"), true);
        eventually(() -> {
            assertThat(slices()).hasSize(2);
            assertThat(slices()).extracting(s -> s.getPorts().size()).containsExactlyInAnyOrder(1, 2);
        });
    }

    @Test void notReadyAddressesAreReadyWhereTheyArePublished() {
        cluster.apply(SERVICE.replace("spec:\n", "spec:\n  clusterIP: None\n  publishNotReadyAddresses: true\n"));
        cluster.ready(pod("a", "http"), false);
        eventually(() -> {
            assertThat(endpoint("a").getConditions().getReady()).isTrue();
            assertThat(slices().getFirst().getMetadata().getLabels()).containsEntry("service.kubernetes.io/headless", "");
            assertThat(endpoints().getSubsets().getFirst().getAddresses()).hasSize(1);
        });
    }

    @Test void aSliceHoldsAHundred() {
        cluster.apply(SERVICE);
        for (int i = 0; i < 130; i++) cluster.ready(pod("p" + i, "http"), true);
        eventually(() -> {
            assertThat(slices().stream().mapToInt(s -> s.getEndpoints().size()).sum()).isEqualTo(130);
            assertThat(slices()).hasSize(2).allSatisfy(s -> assertThat(s.getEndpoints().size()).isLessThanOrEqualTo(100));
        });
        for (int i = 0; i < 130; i++) cluster.phase(cluster.client.pods().inNamespace("default").withName("p" + i).get(), "Failed");
        eventually(() -> assertThat(slices()).singleElement().satisfies(s -> assertThat(s.getEndpoints()).isEmpty()));
    }
}
