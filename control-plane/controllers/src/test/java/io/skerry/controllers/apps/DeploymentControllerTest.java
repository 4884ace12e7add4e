package io.skerry.controllers.apps;

import static io.skerry.controllers.TestCluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.apps.DeploymentCondition;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.skerry.controllers.TestCluster;
import io.skerry.controllers.workload.Pods;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeploymentControllerTest {
    private static final String WEB = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, namespace: default, annotations: {team: blue}}
        spec:
          replicas: 3
          progressDeadlineSeconds: 600
          selector: {matchLabels: {app: web}}
          strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
          template:
            metadata: {labels: {app: web}}
            spec:
              containers: [{name: web, image: "web:1", ports: [{containerPort: 80}]}]
        """;

    @TempDir Path folder;
    private TestCluster cluster;

    @BeforeEach void start() {
        cluster = new TestCluster(folder, i -> List.of(new DeploymentController(i), new ReplicaSetController(i)));
    }

    @AfterEach void stop() {
        cluster.close();
    }

    private Deployment get() {
        return cluster.client.apps().deployments().inNamespace("default").withName("web").get();
    }

    private List<ReplicaSet> sets() {
        return cluster.client.apps().replicaSets().inNamespace("default").list().getItems();
    }

    private void edit(java.util.function.UnaryOperator<DeploymentBuilder> change) {
        eventually(() -> cluster.client.apps().deployments().inNamespace("default").withName("web").edit(d -> change.apply(new DeploymentBuilder(d)).build()));
    }

    private static DeploymentBuilder image(DeploymentBuilder d, String image) {
        return d.editSpec().editTemplate().editSpec().editContainer(0).withImage(image).endContainer().endSpec().endTemplate().endSpec();
    }

    private static DeploymentCondition condition(Deployment d, String type) {
        return DeploymentConditions.find(d.getStatus().getConditions(), type).orElse(null);
    }

    private void converged(String image, int replicas) {
        eventually(() -> {
            Deployment d = get();
            assertThat(d.getStatus().getObservedGeneration()).isEqualTo(d.getMetadata().getGeneration());
            assertThat(d.getStatus().getUpdatedReplicas()).isEqualTo(replicas);
            assertThat(d.getStatus().getReplicas()).isEqualTo(replicas);
            assertThat(d.getStatus().getAvailableReplicas()).isEqualTo(replicas);
            assertThat(cluster.pods()).hasSize(replicas).allSatisfy(p -> assertThat(p.getSpec().getContainers().getFirst().getImage()).isEqualTo(image));
        });
    }

    @Test void bringsUpPodsAndSaysSo() {
        cluster.actAsNode();
        cluster.apply(WEB);
        converged("web:1", 3);
        eventually(() -> {
            assertThat(condition(get(), "Available").getStatus()).isEqualTo("True");
            assertThat(condition(get(), "Progressing").getReason()).isEqualTo("NewReplicaSetAvailable");
        });
        ReplicaSet rs = sets().getFirst();
        String hash = rs.getMetadata().getLabels().get("pod-template-hash");
        assertThat(rs.getMetadata().getName()).isEqualTo("web-" + hash);
        assertThat(rs.getSpec().getSelector().getMatchLabels()).containsEntry("pod-template-hash", hash);
        assertThat(rs.getMetadata().getAnnotations()).containsEntry("deployment.kubernetes.io/revision", "1")
            .containsEntry("deployment.kubernetes.io/desired-replicas", "3")
            .containsEntry("deployment.kubernetes.io/max-replicas", "4").containsEntry("team", "blue");
        assertThat(get().getMetadata().getAnnotations()).containsEntry("deployment.kubernetes.io/revision", "1");
        Pod pod = cluster.pods().getFirst();
        assertThat(pod.getMetadata().getName()).startsWith("web-" + hash + "-");
        assertThat(pod.getMetadata().getLabels()).containsEntry("app", "web").containsEntry("pod-template-hash", hash);
        eventually(() -> assertThat(cluster.events("ScalingReplicaSet")).containsExactly("Scaled up replica set web-" + hash + " from 0 to 3"));
    }

    @Test void rollsWithoutFallingBelowWhatMustBeAvailableAndUndoesToTheOldReplicaSet() {
        cluster.actAsNode();
        cluster.apply(WEB);
        converged("web:1", 3);
        String first = sets().getFirst().getMetadata().getName();
        AtomicInteger least = new AtomicInteger(3), most = new AtomicInteger(3);
        cluster.informers.subscribe(Pod.class, (before, after) -> {
            List<Pod> all = cluster.informers.list(Pod.class).stream().filter(Pods::isActive).toList();
            least.accumulateAndGet((int) all.stream().filter(Pods::isReady).count(), Math::min);
            most.accumulateAndGet(all.size(), Math::max);
        });
        edit(d -> image(d, "web:2"));
        converged("web:2", 3);
        assertThat(least.get()).isEqualTo(3);
        assertThat(most.get()).isEqualTo(4);
        assertThat(sets()).hasSize(2);
        eventually(() -> assertThat(get().getMetadata().getAnnotations()).containsEntry("deployment.kubernetes.io/revision", "2"));

        edit(d -> image(d, "web:1"));
        converged("web:1", 3);
        assertThat(sets()).hasSize(2);
        ReplicaSet back = sets().stream().filter(rs -> rs.getMetadata().getName().equals(first)).findFirst().orElseThrow();
        assertThat(back.getSpec().getReplicas()).isEqualTo(3);
        assertThat(back.getMetadata().getAnnotations()).containsEntry("deployment.kubernetes.io/revision", "3")
            .containsEntry("deployment.kubernetes.io/revision-history", "1");
    }

    @Test void keepsTheOldPodsWhenTheNewOnesDoNotComeUpAndReportsTheDeadline() {
        cluster.actAsNode();
        cluster.apply(WEB.replace("DeadlineSeconds: 600", "DeadlineSeconds: 2"));
        converged("web:1", 3);
        cluster.comesUp = p -> !p.getSpec().getContainers().getFirst().getImage().equals("web:broken");
        edit(d -> image(d, "web:broken"));
        eventually(() -> {
            DeploymentCondition c = condition(get(), "Progressing");
            assertThat(c.getStatus()).isEqualTo("False");
            assertThat(c.getReason()).isEqualTo("ProgressDeadlineExceeded");
        });
        assertThat(cluster.pods().stream().filter(Pods::isReady)).hasSize(3);
        assertThat(condition(get(), "Available").getStatus()).isEqualTo("True");
        edit(d -> image(d, "web:1"));
        converged("web:1", 3);
        eventually(() -> assertThat(condition(get(), "Progressing").getReason()).isEqualTo("NewReplicaSetAvailable"));
    }

    @Test void recreateNeverRunsTwoRevisionsAtATime() {
        cluster.actAsNode();
        cluster.apply(WEB.replace("{type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}", "{type: Recreate}"));
        converged("web:1", 3);
        AtomicInteger most = new AtomicInteger();
        cluster.informers.subscribe(Pod.class, (before, after) -> most.accumulateAndGet(
            (int) cluster.informers.list(Pod.class).stream().map(p -> p.getSpec().getContainers().getFirst().getImage()).distinct().count(), Math::max));
        edit(d -> image(d, "web:2"));
        converged("web:2", 3);
        assertThat(most.get()).isEqualTo(1);
    }

    @Test void scalesAndPauses() {
        cluster.actAsNode();
        cluster.apply(WEB);
        converged("web:1", 3);
        cluster.client.apps().deployments().inNamespace("default").withName("web").scale(5);
        converged("web:1", 5);
        edit(d -> image(d.editSpec().withPaused(true).endSpec(), "web:2"));
        eventually(() -> assertThat(condition(get(), "Progressing").getReason()).isEqualTo("DeploymentPaused"));
        cluster.client.apps().deployments().inNamespace("default").withName("web").scale(2);
        eventually(() -> assertThat(cluster.pods()).hasSize(2)
            .allSatisfy(p -> assertThat(p.getSpec().getContainers().getFirst().getImage()).isEqualTo("web:1")));
        assertThat(sets()).hasSize(1);
        edit(d -> d.editSpec().withPaused(false).endSpec());
        converged("web:2", 2);
    }

    @Test void forgetsRevisionsBeyondTheLimit() {
        cluster.actAsNode();
        cluster.apply(WEB.replace("replicas: 3", "replicas: 1\n  revisionHistoryLimit: 1"));
        for (int i = 1; i <= 4; i++) {
            String image = "web:" + i;
            edit(d -> image(d, image));
            converged(image, 1);
        }
        eventually(() -> assertThat(sets()).extracting(Revisions::of).containsExactlyInAnyOrder(3L, 4L));
    }

    @Test void waitsForMinReadySeconds() {
        cluster.actAsNode();
        cluster.apply(WEB.replace("replicas: 3", "replicas: 1\n  minReadySeconds: 2"));
        long start = System.nanoTime();
        converged("web:1", 1);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(1500));
    }
}
