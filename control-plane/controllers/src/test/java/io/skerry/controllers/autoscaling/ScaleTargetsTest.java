package io.skerry.controllers.autoscaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.CrossVersionObjectReference;
import io.skerry.controllers.TestCluster;
import io.skerry.controllers.autoscaling.ScaleTargets.Scale;
import io.skerry.controllers.runtime.Patch;
import io.skerry.machinery.json.Json;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScaleTargetsTest {
    @TempDir Path folder;

    @Test void yieldsOnlyToWhoScales() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, i -> List.of())) {
            Deployment web = cluster.apply("{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: default}, spec: {replicas: 2, selector: {matchLabels: {app: web}}, "
                + "template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: i}]}}}}");
            ScaleTargets targets = new ScaleTargets(cluster.client);
            CrossVersionObjectReference reference = new CrossVersionObjectReference("apps/v1", "Deployment", "web");
            Scale scale = targets.get("default", reference);
            assertThat(scale.wanted()).isEqualTo(2);
            assertThat(scale.selector()).isEqualTo("app=web");
            Patch.MERGE.send(cluster.client, web, "status", Json.parse("{\"status\":{\"replicas\":2}}"));
            targets.set(scale, 3);
            Scale later = targets.get("default", reference);
            assertThat(later.wanted()).isEqualTo(3);
            assertThat(later.running()).isEqualTo(2);

            Patch.MERGE.send(cluster.client, web, null, Json.parse("{\"spec\":{\"replicas\":7}}"));
            assertThatThrownBy(() -> targets.set(later, 4)).isInstanceOf(ScaleException.class).hasMessageContaining("the object has been modified");
            assertThat(targets.get("default", reference).wanted()).isEqualTo(7);
        }
    }

    @Test void scalesAReplicationController() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, i -> List.of())) {
            cluster.apply("{apiVersion: v1, kind: ReplicationController, metadata: {name: web, namespace: default}, spec: {replicas: 2, selector: {app: web}, "
                + "template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: i}]}}}}");
            ScaleTargets targets = new ScaleTargets(cluster.client);
            CrossVersionObjectReference reference = new CrossVersionObjectReference("v1", "ReplicationController", "web");
            Scale scale = targets.get("default", reference);
            assertThat(scale.wanted()).isEqualTo(2);
            assertThat(scale.selector()).isEqualTo("app=web");
            targets.set(scale, 3);
            assertThat(cluster.client.replicationControllers().inNamespace("default").withName("web").get().getSpec().getReplicas()).isEqualTo(3);
        }
    }
}
