package io.skerry.controllers.rbac;

import static io.skerry.controllers.TestCluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.controllers.TestCluster;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterRoleAggregationControllerTest {
    @TempDir Path folder;

    private static String part(String name, String resource) {
        return "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: " + name
            + ", labels: {to-reader: 'true'}}, rules: [{apiGroups: [''], resources: [" + resource + "], verbs: [get]}]}";
    }

    @Test void collectsRulesAndFollowsThem() {
        try (TestCluster cluster = new TestCluster(folder, i -> List.of(new ClusterRoleAggregationController(i)))) {
            cluster.apply("{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: reader}, aggregationRule: {clusterRoleSelectors: [{matchLabels: {to-reader: 'true'}}]}}");
            cluster.apply(part("b", "pods"));
            cluster.apply(part("a", "secrets"));
            eventually(() -> assertThat(resources(cluster)).containsExactly("secrets", "pods"));
            cluster.apply(part("b", "nodes"));
            eventually(() -> assertThat(resources(cluster)).containsExactly("secrets", "nodes"));
            cluster.client.rbac().clusterRoles().withName("a").delete();
            eventually(() -> assertThat(resources(cluster)).containsExactly("nodes"));
        }
    }

    private static List<String> resources(TestCluster cluster) {
        return cluster.client.rbac().clusterRoles().withName("reader").get().getRules().stream().flatMap(r -> r.getResources().stream()).toList();
    }
}
