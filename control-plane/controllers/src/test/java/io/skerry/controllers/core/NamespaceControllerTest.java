package io.skerry.controllers.core;

import static io.skerry.controllers.TestCluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.skerry.controllers.TestCluster;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A namespace's life: what it is given at its beginning, and how it ends. */
class NamespaceControllerTest {
    private static final String CA = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    @TempDir Path folder;
    private TestCluster cluster;

    @BeforeEach void start() {
        cluster = new TestCluster(folder, i -> List.of(new NamespaceController(i), new ServiceAccountController(i), new RootCaPublisher(i, CA)));
    }

    @AfterEach void stop() {
        cluster.close();
    }

    private Namespace namespace() {
        return cluster.client.namespaces().withName("shop").get();
    }

    private ConfigMap ca(String namespace) {
        return cluster.client.configMaps().inNamespace(namespace).withName("kube-root-ca.crt").get();
    }

    @Test void givesEveryNamespaceItsAccountAndCaAndGivesThemAgain() {
        cluster.apply("{apiVersion: v1, kind: Namespace, metadata: {name: shop}}");
        eventually(() -> {
            for (String n : List.of("default", "kube-system", "shop")) {
                assertThat(ca(n).getData()).containsEntry("ca.crt", CA);
                assertThat(cluster.client.serviceAccounts().inNamespace(n).withName("default").get()).isNotNull();
            }
        });
        ServiceAccount first = cluster.client.serviceAccounts().inNamespace("shop").withName("default").get();
        cluster.client.serviceAccounts().inNamespace("shop").withName("default").delete();
        eventually(() -> cluster.client.configMaps().inNamespace("shop").withName("kube-root-ca.crt")
            .edit(c -> c.edit().withData(java.util.Map.of("ca.crt", "forged")).build()));
        eventually(() -> {
            assertThat(cluster.client.serviceAccounts().inNamespace("shop").withName("default").get().getMetadata().getUid())
                .isNotEqualTo(first.getMetadata().getUid());
            assertThat(ca("shop").getData()).containsEntry("ca.crt", CA);
        });
    }

    @Test void emptiesANamespaceAndWaitsForFinalizers() {
        cluster.apply("{apiVersion: v1, kind: Namespace, metadata: {name: shop}}");
        cluster.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: plain, namespace: shop}}");
        cluster.apply("{apiVersion: v1, kind: Secret, metadata: {name: held, namespace: shop, finalizers: [test.skerry.io/hold]}}");
        cluster.apply("{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}}}");
        cluster.client.namespaces().withName("shop").delete();
        eventually(() -> {
            assertThat(namespace().getStatus().getPhase()).isEqualTo("Terminating");
            assertThat(namespace().getStatus().getConditions()).anySatisfy(c -> {
                assertThat(c.getType()).isEqualTo("NamespaceContentRemaining");
                assertThat(c.getStatus()).isEqualTo("True");
                assertThat(c.getMessage()).isEqualTo("Some resources are remaining: secrets. has 1 resource instances");
            }).anySatisfy(c -> {
                assertThat(c.getType()).isEqualTo("NamespaceFinalizersRemaining");
                assertThat(c.getMessage()).isEqualTo("Some content in the namespace has finalizers remaining: test.skerry.io/hold in 1 resource instances");
            });
        });
        assertThat(cluster.client.configMaps().inNamespace("shop").list().getItems()).isEmpty();
        assertThat(cluster.client.apps().deployments().inNamespace("shop").list().getItems()).isEmpty();
        cluster.client.secrets().inNamespace("shop").withName("held").edit(s -> s.edit().editMetadata().withFinalizers(List.of()).endMetadata().build());
        eventually(() -> assertThat(namespace()).isNull());
        assertThat(cluster.client.serviceAccounts().inNamespace("shop").list().getItems()).isEmpty();
        // A new namespace of that name starts afresh.
        cluster.apply("{apiVersion: v1, kind: Namespace, metadata: {name: shop}}");
        eventually(() -> assertThat(ca("shop")).isNotNull());
    }
}
