package io.skerry.controllers.gc;

import static io.skerry.controllers.TestCluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.skerry.controllers.TestCluster;
import io.skerry.controllers.apps.DeploymentController;
import io.skerry.controllers.apps.ReplicaSetController;
import io.skerry.controllers.runtime.ControllerManager;
import io.skerry.controllers.runtime.Discovery.ApiType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GarbageCollectorTest {
    private static final String DEPLOYMENT = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, namespace: default}
        spec:
          replicas: 2
          selector: {matchLabels: {app: web}}
          template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "web:1"}]}}
        """;

    private static final String NEVER_WAS = "00000000-0000-0000-0000-000000000000";

    @TempDir Path folder;
    private TestCluster cluster;

    @BeforeEach void start() {
        cluster = new TestCluster(folder, i -> List.of(new DeploymentController(i), new ReplicaSetController(i), new GarbageCollector(i)));
    }

    @AfterEach void stop() {
        cluster.close();
    }

    private void deploy() {
        cluster.actAsNode();
        cluster.apply(DEPLOYMENT);
        eventually(() -> assertThat(cluster.pods()).hasSize(2));
    }

    private int sets() {
        return cluster.client.apps().replicaSets().inNamespace("default").list().getItems().size();
    }

    private void deleteDeployment(DeletionPropagation policy) {
        cluster.client.apps().deployments().inNamespace("default").withName("web").withPropagationPolicy(policy).delete();
    }

    private boolean deploymentIsThere() {
        return cluster.client.apps().deployments().inNamespace("default").withName("web").get() != null;
    }

    @Test void backgroundDeletionTakesWhatIsOwned() {
        deploy();
        deleteDeployment(DeletionPropagation.BACKGROUND);
        assertThat(deploymentIsThere()).isFalse();
        eventually(() -> {
            assertThat(sets()).isZero();
            assertThat(cluster.pods()).isEmpty();
        });
    }

    @Test void foregroundDeletionTakesTheOwnerLast() {
        deploy();
        // A pod that does not go holds up its ReplicaSet, and that the Deployment.
        String name = cluster.pods().getFirst().getMetadata().getName();
        eventually(() -> cluster.client.pods().inNamespace("default").withName(name)
            .edit(p -> p.edit().editMetadata().addToFinalizers("test.skerry.io/hold").endMetadata().build()));
        deleteDeployment(DeletionPropagation.FOREGROUND);
        eventually(() -> assertThat(cluster.pods()).hasSize(1));
        TestCluster.stays(() -> deploymentIsThere() && sets() == 1, Duration.ofMillis(500));
        eventually(() -> cluster.client.pods().inNamespace("default").withName(name)
            .edit(p -> p.edit().editMetadata().withFinalizers(List.of()).endMetadata().build()));
        eventually(() -> {
            assertThat(cluster.pods()).isEmpty();
            assertThat(sets()).isZero();
            assertThat(deploymentIsThere()).isFalse();
        });
    }

    @Test void orphansStayAndAreFree() {
        deploy();
        deleteDeployment(DeletionPropagation.ORPHAN);
        eventually(() -> {
            assertThat(deploymentIsThere()).isFalse();
            assertThat(cluster.client.apps().replicaSets().inNamespace("default").list().getItems()).singleElement()
                .satisfies(rs -> assertThat(rs.getMetadata().getOwnerReferences()).isEmpty());
        });
        TestCluster.stays(() -> cluster.pods().size() == 2 && sets() == 1, Duration.ofMillis(500));
        // The same Deployment made again adopts them.
        String pod = cluster.pods().getFirst().getMetadata().getName();
        cluster.apply(DEPLOYMENT);
        eventually(() -> assertThat(cluster.client.apps().replicaSets().inNamespace("default").list().getItems()).singleElement()
            .satisfies(rs -> assertThat(rs.getMetadata().getOwnerReferences()).hasSize(1)));
        assertThat(cluster.pods()).extracting(p -> p.getMetadata().getName()).contains(pod);
    }

    @Test void anObjectLivesWhileOneOfItsOwnersDoes() {
        ConfigMap a = cluster.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: default}}");
        ConfigMap b = cluster.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: b, namespace: default}}");
        cluster.apply("{apiVersion: v1, kind: Secret, metadata: {name: child, namespace: default, ownerReferences: ["
            + reference("a", a.getMetadata().getUid()) + "," + reference("b", b.getMetadata().getUid()) + "]}}");
        cluster.client.configMaps().inNamespace("default").withName("a").delete();
        eventually(() -> assertThat(cluster.client.secrets().inNamespace("default").withName("child").get().getMetadata().getOwnerReferences())
            .extracting("name").containsExactly("b"));
        cluster.client.configMaps().inNamespace("default").withName("b").delete();
        eventually(() -> assertThat(cluster.client.secrets().inNamespace("default").withName("child").get()).isNull());
    }

    @Test void anObjectWhoseOwnerNeverWasGoes() {
        cluster.apply("{apiVersion: v1, kind: Secret, metadata: {name: child, namespace: default, ownerReferences: ["
            + reference("nobody", NEVER_WAS) + "]}}");
        eventually(() -> assertThat(cluster.client.secrets().inNamespace("default").withName("child").get()).isNull());
    }

    @Test void anObjectWithAnOwnerOfAnUnknownKindStays() {
        cluster.apply("{apiVersion: v1, kind: Secret, metadata: {name: child, namespace: default, ownerReferences: [{apiVersion: example.com/v1, kind: Widget, name: w, uid: 00000000-0000-0000-0000-000000000000}]}}");
        TestCluster.stays(() -> cluster.client.secrets().inNamespace("default").withName("child").get() != null, Duration.ofMillis(700));
    }

    @Test void customResourcesOwnAndAreOwned() {
        cluster.apply("""
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: widgets.example.com}
            spec:
              group: example.com
              scope: Namespaced
              names: {plural: widgets, singular: widget, kind: Widget}
              versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]
            """);
        var widgets = new ApiType("example.com", "v1", "widgets", "Widget", true, Set.of()).of(cluster.client).inNamespace("default");
        GenericKubernetesResource widget = new GenericKubernetesResource();
        widget.setApiVersion("example.com/v1");
        widget.setKind("Widget");
        widget.setMetadata(new ObjectMetaBuilder().withNamespace("default").withName("w").build());
        eventually(() -> assertThat(widgets.resource(widget).create()).isNotNull());
        String uid = widgets.withName("w").get().getMetadata().getUid();
        cluster.apply("{apiVersion: v1, kind: Secret, metadata: {name: child, namespace: default, ownerReferences: [{apiVersion: example.com/v1, kind: Widget, name: w, uid: " + uid + "}]}}");
        TestCluster.stays(() -> cluster.client.secrets().inNamespace("default").withName("child").get() != null, Duration.ofMillis(500));
        widgets.withName("w").delete();
        eventually(() -> assertThat(cluster.client.secrets().inNamespace("default").withName("child").get()).isNull());
    }

    private void define(String plural, String kind, String more) {
        cluster.apply("{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: " + plural + ".example.com}, spec: {group: example.com, "
            + "scope: Namespaced, names: {plural: " + plural + ", kind: " + kind + "}, versions: [" + version("v1", true) + ", " + version("v2", false) + "]" + more + "}}");
    }

    private static String version(String name, boolean stored) {
        return "{name: " + name + ", served: true, storage: " + stored + ", schema: {openAPIV3Schema: {type: object}}}";
    }

    private Resource<GenericKubernetesResource> make(String plural, String kind, String... owners) {
        GenericKubernetesResource made = new GenericKubernetesResource();
        made.setApiVersion("example.com/v1");
        made.setKind(kind);
        made.setMetadata(new ObjectMetaBuilder().withNamespace("default").withName("x").build());
        for (String owner : owners) made.getMetadata().getOwnerReferences().add(new OwnerReferenceBuilder().withApiVersion("v1").withKind("ConfigMap").withName(owner).withUid(NEVER_WAS).build());
        var all = new ApiType("example.com", "v1", plural, kind, true, Set.of()).of(cluster.client).inNamespace("default");
        eventually(() -> assertThat(all.resource(made).create()).isNotNull());
        return all.withName("x");
    }

    @Test void aTypeThatCannotBeListedDoesNotHoldUpTheOthers() {
        cluster.close();
        cluster = new TestCluster(folder, i -> List.of());
        define("widgets", "Widget", "");
        String uid = make("widgets", "Widget").get().getMetadata().getUid();
        // Widgets are stored as v1 and listed as v2; who would convert them is gone.
        define("widgets", "Widget", ", conversion: {strategy: Webhook, webhook: {clientConfig: {url: 'https://127.0.0.1:1/'}, conversionReviewVersions: [v1]}}");
        cluster.apply("{apiVersion: v1, kind: Secret, metadata: {name: kept, namespace: default, ownerReferences: [{apiVersion: example.com/v2, kind: Widget, name: x, uid: " + uid + "}]}}");
        cluster.apply("{apiVersion: v1, kind: Secret, metadata: {name: child, namespace: default, ownerReferences: [" + reference("nobody", NEVER_WAS) + "]}}");
        try (ControllerManager controllers = new ControllerManager(cluster.informers, List.of(new GarbageCollector(cluster.informers, Duration.ofMillis(300))))) {
            controllers.start();
            eventually(() -> assertThat(cluster.client.secrets().inNamespace("default").withName("child").get()).isNull());
            define("gadgets", "Gadget", "");
            var later = make("gadgets", "Gadget", "nobody");
            eventually(() -> assertThat(later.get()).isNull());
            assertThat(cluster.client.secrets().inNamespace("default").withName("kept").get()).as("nobody knows that its owner is gone").isNotNull();
        }
    }

    private static String reference(String name, String uid) {
        return "{apiVersion: v1, kind: ConfigMap, name: " + name + ", uid: " + uid + "}";
    }
}
