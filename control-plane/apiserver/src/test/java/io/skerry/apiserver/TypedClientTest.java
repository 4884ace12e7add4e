package io.skerry.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.skerry.apiserver.inprocess.InProcessClient;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What controllers, node and agent do with fabric8's client over the in-process transport. */
@Timeout(30)
class TypedClientTest {
    @AutoClose
    final TestServer api = new TestServer();

    private static Pod pod() {
        return new PodBuilder().withNewMetadata().withName("p").withNamespace("default").endMetadata()
                .withNewSpec().addNewContainer().withName("c").withImage("busybox").endContainer().endSpec().build();
    }

    private static Deployment deployment(int replicas) {
        return new DeploymentBuilder().withNewMetadata().withName("d").withNamespace("default").endMetadata().withNewSpec().withReplicas(replicas)
                .withNewSelector().addToMatchLabels("a", "b").endSelector().withNewTemplate().withNewMetadata().addToLabels("a", "b").endMetadata()
                .withNewSpec().addNewContainer().withName("c").withImage("busybox").endContainer().endSpec().endTemplate().endSpec().build();
    }

    @Test
    void statusIsWrittenApart() {
        api.client.resource(pod()).create();
        var resource = api.client.pods().inNamespace("default").withName("p");
        resource.editStatus(p -> new PodBuilder(p).editStatus().withPhase("Running").withPodIP("10.42.0.9").addNewCondition().withType("Ready").withStatus("True")
                .endCondition().endStatus().build());
        assertThat(resource.get().getStatus().getPodIP()).isEqualTo("10.42.0.9");
        api.client.resource(new PodBuilder(resource.get()).editStatus().withPhase("Failed").endStatus().build()).updateStatus();
        assertThat(resource.get().getStatus().getPhase()).isEqualTo("Failed");
        assertThat(api.client.pods().inAnyNamespace().withField("status.phase", "Failed").list().getItems()).hasSize(1);
    }

    @Test
    void waitsEndWithTheChange() throws Exception {
        CompletableFuture<Pod> ready = CompletableFuture.supplyAsync(() ->
                api.client.pods().inNamespace("default").withName("p").waitUntilReady(10, TimeUnit.SECONDS));
        api.client.resource(pod()).create();
        api.client.pods().inNamespace("default").withName("p").editStatus(p -> new PodBuilder(p).editOrNewStatus().addNewCondition().withType("Ready")
                .withStatus("True").endCondition().endStatus().build());
        assertThat(ready.get(10, TimeUnit.SECONDS).getMetadata().getName()).isEqualTo("p");
    }

    @Test
    void applyPatchAndManagers() {
        api.client.resource(deployment(1)).fieldManager("one").serverSideApply();
        assertThatThrownBy(() -> api.client.resource(deployment(2)).fieldManager("two").serverSideApply())
                .isInstanceOfSatisfying(KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(409));
        Deployment forced = api.client.resource(deployment(2)).fieldManager("two").forceConflicts().serverSideApply();
        assertThat(forced.getSpec().getReplicas()).isEqualTo(2);
        Deployment patched = api.client.apps().deployments().inNamespace("default").withName("d")
                .patch(PatchContext.of(PatchType.STRATEGIC_MERGE), "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"nginx\"}]}}}}");
        assertThat(patched.getSpec().getTemplate().getSpec().getContainers()).singleElement().extracting(c -> c.getImage()).isEqualTo("nginx");
        // a client without a field manager is known by its user
        assertThat(patched.getMetadata().getManagedFields()).extracting(m -> m.getManager()).contains("one", "two");
        assertThat(api.client.apps().deployments().inNamespace("default").withName("d").scale(5).getSpec().getReplicas()).isEqualTo(5);
    }

    @Test
    void propagationBecomesAFinalizer() {
        api.client.resource(deployment(1)).create();
        var resource = api.client.apps().deployments().inNamespace("default").withName("d");
        resource.withPropagationPolicy(DeletionPropagation.FOREGROUND).delete();
        assertThat(resource.get().getMetadata().getFinalizers()).containsExactly("foregroundDeletion");
        resource.edit(d -> new DeploymentBuilder(d).editMetadata().withFinalizers().endMetadata().build());
        assertThat(resource.get()).isNull();
    }

    @Test
    void genericResourcesNeedNoClass() {
        GenericKubernetesResource map = new GenericKubernetesResource();
        map.setApiVersion("v1");
        map.setKind("ConfigMap");
        map.setMetadata(pod().getMetadata());
        map.setAdditionalProperty("data", Map.of("a", "b"));
        var maps = api.client.genericKubernetesResources(new ResourceDefinitionContext.Builder()
                .withVersion("v1").withKind("ConfigMap").withPlural("configmaps").withNamespaced(true).build()).inNamespace("default");
        maps.resource(map).create();
        assertThat(maps.withName("p").get().<String>get("data", "a")).isEqualTo("b");
        assertThat(api.client.getApiResources("apps/v1").getResources()).extracting(r -> r.getName()).contains("deployments");
        assertThat(api.client.getKubernetesVersion().getMinor()).isEqualTo("33");
    }

    @Test
    void closingEndsWatches() throws Exception {
        CompletableFuture<Void> ended = new CompletableFuture<>();
        var client = InProcessClient.create((request, response) -> {
            api.server.handle(request, response);
            if (request.query() != null && request.query().contains("watch=true")) {
                ended.complete(null);
            }
        }, TestServer.ADMIN);
        client.pods().inAnyNamespace().watch(new Watcher<>() {
            @Override
            public void eventReceived(Action action, Pod pod) {
            }

            @Override
            public void onClose(WatcherException cause) {
            }
        });
        Thread.sleep(100);
        assertThat(ended).isNotDone();
        client.close();
        ended.get(5, TimeUnit.SECONDS);
    }
}
