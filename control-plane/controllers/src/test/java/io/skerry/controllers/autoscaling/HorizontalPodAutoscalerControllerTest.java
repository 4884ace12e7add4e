package io.skerry.controllers.autoscaling;

import static io.skerry.controllers.TestCluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerCondition;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerStatus;
import io.skerry.controllers.TestCluster;
import io.skerry.controllers.apps.DeploymentController;
import io.skerry.controllers.apps.ReplicaSetController;
import io.skerry.controllers.runtime.Patch;
import io.skerry.controllers.workload.Pods;
import io.skerry.machinery.json.Json;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HorizontalPodAutoscalerControllerTest {
    private static final AutoscalerOptions QUICK = AutoscalerOptions.DEFAULTS.withSyncPeriod(Duration.ofMillis(200));

    @TempDir Path folder;
    private TestCluster cluster;
    private MeasuredNode node;

    @BeforeEach void start() {
        cluster = new TestCluster(folder, i -> List.of(new DeploymentController(i), new ReplicaSetController(i), new HorizontalPodAutoscalerController(i, QUICK)));
        node = new MeasuredNode(cluster);
    }

    @AfterEach void stop() {
        cluster.close();
    }

    private void deployment(String name, int replicas) {
        cluster.apply("{apiVersion: apps/v1, kind: Deployment, metadata: {name: " + name + ", namespace: default}, spec: {replicas: " + replicas
            + ", selector: {matchLabels: {app: " + name + "}}, template: {metadata: {labels: {app: " + name + "}}, spec: {nodeName: n1, containers: [{name: c, image: i, resources: {requests: {cpu: 100m}}}]}}}}");
    }

    /** @param rest of the spec */
    private void autoscaler(String name, String target, String rest) {
        cluster.apply("{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: " + name + ", namespace: default}, spec: {scaleTargetRef: " + target + ", " + rest + "}}");
    }

    private static String deployed(String name) {
        return "{apiVersion: apps/v1, kind: Deployment, name: " + name + "}";
    }

    private int replicas(String name) {
        return cluster.client.apps().deployments().inNamespace("default").withName(name).get().getSpec().getReplicas();
    }

    private void scale(String name, int replicas) {
        Patch.MERGE.send(cluster.client, "/apis/apps/v1/namespaces/default/deployments/" + name + "/scale", Json.parse("{\"spec\":{\"replicas\":" + replicas + "}}"));
    }

    private HorizontalPodAutoscaler get(String name) {
        return cluster.client.autoscaling().v2().horizontalPodAutoscalers().inNamespace("default").withName(name).get();
    }

    private HorizontalPodAutoscalerCondition condition(String name, String type) {
        return get(name).getStatus().getConditions().stream().filter(c -> c.getType().equals(type)).findFirst().orElseThrow();
    }

    private void says(String name, String type, String status, String reason) {
        HorizontalPodAutoscalerCondition c = condition(name, type);
        assertThat(c.getStatus() + " " + c.getReason()).isEqualTo(status + " " + reason);
        assertThat(c.getLastTransitionTime()).isNotEmpty();
    }

    @Test void scalesUpByWhatPodsUseAndDownAgain() {
        node.milliCores = 200;
        deployment("web", 1);
        eventually(() -> assertThat(cluster.pods()).singleElement().satisfies(p -> assertThat(Pods.isReady(p)).isTrue()));
        autoscaler("web", deployed("web"), "maxReplicas: 5, behavior: {scaleDown: {stabilizationWindowSeconds: 0}}, "
            + "metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]");
        eventually(() -> assertThat(replicas("web")).isEqualTo(5));
        eventually(() -> {
            HorizontalPodAutoscalerStatus status = get("web").getStatus();
            assertThat(status.getCurrentReplicas()).isEqualTo(5);
            assertThat(status.getDesiredReplicas()).isEqualTo(5);
            assertThat(status.getLastScaleTime()).isNotEmpty();
            assertThat(status.getCurrentMetrics()).singleElement().satisfies(m -> {
                assertThat(m.getResource().getCurrent().getAverageUtilization()).isEqualTo(200);
                assertThat(m.getResource().getCurrent().getAverageValue().toString()).isEqualTo("200m");
            });
            says("web", "AbleToScale", "True", "ReadyForNewScale");
            says("web", "ScalingActive", "True", "ValidMetricFound");
            says("web", "ScalingLimited", "True", "TooManyReplicas");
        });
        assertThat(condition("web", "ScalingActive").getMessage())
            .isEqualTo("the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)");
        assertThat(cluster.events("SuccessfulRescale")).contains("New size: 4; reason: cpu resource utilization (percentage of request) above target");

        node.milliCores = 15;
        eventually(() -> assertThat(replicas("web")).isEqualTo(2));
        eventually(() -> assertThat(cluster.events("SuccessfulRescale")).contains("New size: 2; reason: All metrics below target"));
        // what five used two can do, and what two used one; then there is nothing left to do, and nothing to write
        eventually(() -> assertThat(replicas("web")).isEqualTo(1));
        eventually(() -> {
            says("web", "ScalingLimited", "False", "DesiredWithinRange");
            says("web", "AbleToScale", "True", "ReadyForNewScale");
            assertThat(get("web").getStatus().getCurrentReplicas()).isEqualTo(1);
        });
        String version = get("web").getMetadata().getResourceVersion();
        TestCluster.stays(() -> get("web").getMetadata().getResourceVersion().equals(version), Duration.ofSeconds(1));
    }

    @Test void waitsBeforeItScalesDown() {
        node.milliCores = 100;
        deployment("web", 3);
        autoscaler("web", deployed("web"), "minReplicas: 1, maxReplicas: 3, metrics: [{type: ContainerResource, containerResource: {name: cpu, container: c, target: {type: AverageValue, averageValue: 100m}}}]");
        eventually(() -> says("web", "AbleToScale", "True", "ReadyForNewScale"));
        node.milliCores = 10;
        eventually(() -> says("web", "AbleToScale", "True", "ScaleDownStabilized"));
        assertThat(replicas("web")).isEqualTo(3);
        assertThat(get("web").getStatus().getCurrentMetrics().getFirst().getContainerResource().getCurrent().getAverageValue().toString()).isEqualTo("10m");
    }

    @Test void keepsToItsBoundsWithoutAnyMetric() {
        node.milliCores = -1;
        deployment("web", 7);
        autoscaler("web", deployed("web"), "minReplicas: 2, maxReplicas: 5");
        eventually(() -> assertThat(replicas("web")).isEqualTo(5));
        eventually(() -> assertThat(cluster.events("SuccessfulRescale")).contains("New size: 5; reason: Current number of replicas above Spec.MaxReplicas"));
        scale("web", 1);
        eventually(() -> assertThat(replicas("web")).isEqualTo(2));
        eventually(() -> says("web", "ScalingActive", "False", "FailedGetResourceMetric"));
        assertThat(condition("web", "ScalingActive").getMessage()).isEqualTo("the HPA was unable to compute the replica count: failed to get cpu utilization: "
            + "unable to get metrics for resource cpu: no metrics returned from resource metrics API");
        assertThat(cluster.events("FailedComputeMetricsReplicas")).contains("invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: "
            + "failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API");

        scale("web", 0);
        eventually(() -> says("web", "ScalingActive", "False", "ScalingDisabled"));
        TestCluster.stays(() -> replicas("web") == 0, Duration.ofMillis(500));
    }

    @Test void saysWhatItCannotScale() {
        autoscaler("none", deployed("web"), "maxReplicas: 5");
        autoscaler("kind", "{apiVersion: example.org/v1, kind: Web, name: web}", "maxReplicas: 5");
        autoscaler("scale", "{apiVersion: v1, kind: ConfigMap, name: settings}", "maxReplicas: 5");
        cluster.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: default}}");
        String unable = "the HPA controller was unable to get the target's current scale: ";
        eventually(() -> {
            for (String name : List.of("none", "kind", "scale")) says(name, "AbleToScale", "False", "FailedGetScale");
            assertThat(condition("none", "AbleToScale").getMessage()).isEqualTo(unable + "deployments.apps \"web\" not found");
            assertThat(condition("kind", "AbleToScale").getMessage()).isEqualTo(unable + "no matches for kind \"Web\" in group \"example.org\"");
            assertThat(condition("scale", "AbleToScale").getMessage()).isEqualTo(unable + "the server could not find the requested resource");
            assertThat(cluster.events("FailedGetScale")).contains("deployments.apps \"web\" not found");
        });
        node.milliCores = 50;
        deployment("web", 1);
        eventually(() -> says("none", "AbleToScale", "True", "ReadyForNewScale"));
    }

    @Test void twoOfOnePodAreNone() {
        node.milliCores = 50;
        deployment("web", 1);
        autoscaler("a", deployed("web"), "maxReplicas: 5");
        autoscaler("b", deployed("web"), "maxReplicas: 5");
        eventually(() -> {
            says("a", "ScalingActive", "False", "AmbiguousSelector");
            says("b", "ScalingActive", "False", "AmbiguousSelector");
        });
        assertThat(condition("a", "ScalingActive").getMessage()).isEqualTo("pods by selector app=web are controlled by multiple HPAs: [default/a default/b]");
        cluster.client.autoscaling().v2().horizontalPodAutoscalers().inNamespace("default").withName("b").delete();
        eventually(() -> says("a", "ScalingActive", "True", "ValidMetricFound"));
    }

    @Test void asksForNothingWhereThereIsNoAutoscaler() {
        node.milliCores = 50;
        deployment("web", 1);
        autoscaler("web", deployed("web"), "maxReplicas: 5");
        eventually(() -> assertThat(node.asked.get()).isGreaterThan(2));
        cluster.client.autoscaling().v2().horizontalPodAutoscalers().inNamespace("default").withName("web").delete();
        eventually(() -> {
            int asked = node.asked.get();
            Thread.sleep(600);
            assertThat(node.asked.get()).isEqualTo(asked);
        });
    }

    @Test void scalesACustomResourceThatHasAScale() {
        node.milliCores = 200;
        cluster.apply("""
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: fleets.example.org}
            spec:
              group: example.org
              names: {plural: fleets, kind: Fleet}
              scope: Namespaced
              versions:
              - name: v1
                served: true
                storage: true
                schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
                subresources: {status: {}, scale: {specReplicasPath: .spec.size, statusReplicasPath: .status.size, labelSelectorPath: .spec.selector}}
            """);
        eventually(() -> cluster.apply("{apiVersion: example.org/v1, kind: Fleet, metadata: {name: boats, namespace: default}, spec: {size: 1, selector: 'app=boat'}}"));
        cluster.apply("{apiVersion: v1, kind: Pod, metadata: {name: boat, namespace: default, labels: {app: boat}}, spec: {nodeName: n1, containers: [{name: c, image: i, resources: {requests: {cpu: 100m}}}]}}");
        autoscaler("boats", "{apiVersion: example.org/v1, kind: Fleet, name: boats}", "maxReplicas: 3, metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}]");
        eventually(() -> {
            GenericKubernetesResource boats = cluster.client.genericKubernetesResources("example.org/v1", "Fleet").inNamespace("default").withName("boats").get();
            assertThat(((Map<?, ?>) boats.getAdditionalProperties().get("spec")).get("size")).isEqualTo(3);
        });
    }

    @Test void oneFailingMetricDoesNotHoldBackAnother() {
        node.milliCores = 100;
        deployment("web", 2);
        autoscaler("web", deployed("web"), "maxReplicas: 3, metrics: [{type: Pods, pods: {metric: {name: requests}, target: {type: AverageValue, averageValue: '10'}}}, "
            + "{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]");
        eventually(() -> assertThat(replicas("web")).as("one wants more").isEqualTo(3));
        eventually(() -> assertThat(cluster.events("FailedGetPodsMetric"))
            .contains("unable to get metric requests: unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered"));
        assertThat(get("web").getStatus().getCurrentMetrics()).extracting("type").containsExactly("", "Resource");
        node.milliCores = 1;
        eventually(() -> says("web", "ScalingActive", "False", "FailedGetPodsMetric"));
        assertThat(replicas("web")).as("the other might want to keep them").isEqualTo(3);
    }

    @Test void isServedInVersion1Too() {
        node.milliCores = 100;
        deployment("web", 1);
        cluster.apply("{apiVersion: autoscaling/v1, kind: HorizontalPodAutoscaler, metadata: {name: web, namespace: default}, spec: {scaleTargetRef: " + deployed("web")
            + ", minReplicas: 2, maxReplicas: 4, targetCPUUtilizationPercentage: 100}}");
        eventually(() -> assertThat(replicas("web")).isEqualTo(2));
        eventually(() -> assertThat(cluster.client.autoscaling().v1().horizontalPodAutoscalers().inNamespace("default").withName("web").get().getStatus()
            .getCurrentCPUUtilizationPercentage()).isEqualTo(100));
        Deployment d = cluster.client.apps().deployments().inNamespace("default").withName("web").get();
        assertThat(d.getMetadata().getGeneration()).as("changed once").isEqualTo(2);
    }
}
