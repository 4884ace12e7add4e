package io.skerry.controllers.policy;

import static io.skerry.controllers.TestCluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetStatus;
import io.skerry.controllers.TestCluster;
import io.skerry.controllers.apps.DeploymentController;
import io.skerry.controllers.apps.ReplicaSetController;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DisruptionControllerTest {
    @TempDir Path folder;

    private static PodDisruptionBudgetStatus status(TestCluster cluster) {
        return cluster.client.policy().v1().podDisruptionBudget().inNamespace("default").withName("web").get().getStatus();
    }

    @Test void allowsWhatTheBudgetLeaves() {
        try (TestCluster cluster = new TestCluster(folder, i ->
            List.of(new DeploymentController(i), new ReplicaSetController(i), new DisruptionController(i)))) {
            cluster.apply("{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: web, namespace: default}, spec: {maxUnavailable: 50%, selector: {matchLabels: {app: web}}}}");
            cluster.apply("{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: default}, spec: {replicas: 4, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: i}]}}}}");
            eventually(() -> {
                assertThat(cluster.pods()).hasSize(4);
                assertThat(status(cluster).getExpectedPods()).isEqualTo(4);
                assertThat(status(cluster).getDesiredHealthy()).isEqualTo(2);
                assertThat(status(cluster).getDisruptionsAllowed()).isZero();
                assertThat(status(cluster).getConditions()).anySatisfy(c -> assertThat(c.getReason()).isEqualTo("InsufficientPods"));
            });
            List<Pod> pods = cluster.pods();
            for (Pod p : pods) cluster.ready(p, true);
            eventually(() -> assertThat(status(cluster).getDisruptionsAllowed()).isEqualTo(2));
            cluster.ready(pods.getFirst(), false);
            eventually(() -> {
                assertThat(status(cluster).getDisruptionsAllowed()).isEqualTo(1);
                assertThat(status(cluster).getCurrentHealthy()).isEqualTo(3);
                assertThat(status(cluster).getConditions()).anySatisfy(c -> assertThat(c.getReason()).isEqualTo("SufficientPods"));
            });
        }
    }
}
