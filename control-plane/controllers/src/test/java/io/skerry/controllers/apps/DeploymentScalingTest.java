package io.skerry.controllers.apps;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetBuilder;
import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Sharing out and rounding, with the figures of the documentation's examples. */
class DeploymentScalingTest {
    private static Deployment deployment(int replicas, String surge, String unavailable) {
        return new DeploymentBuilder().withNewMetadata().withName("web").endMetadata().withNewSpec().withReplicas(replicas)
            .withNewStrategy().withType("RollingUpdate").withNewRollingUpdate().withMaxSurge(value(surge)).withMaxUnavailable(value(unavailable))
            .endRollingUpdate().endStrategy()
            .endSpec().withNewStatus().endStatus().build();
    }

    private static IntOrString value(String s) {
        return s.endsWith("%") ? new IntOrString(s) : new IntOrString(Integer.parseInt(s));
    }

    private static ReplicaSet set(String name, int replicas, int max, String created) {
        return new ReplicaSetBuilder().withNewMetadata().withName(name).withCreationTimestamp(created)
            .withAnnotations(Map.of(Revisions.MAX, "" + max)).endMetadata()
            .withNewSpec().withReplicas(replicas).endSpec().build();
    }

    private static Map<String, Integer> scaled(Deployment d, ReplicaSet... sets) {
        Map<String, Integer> sizes = new LinkedHashMap<>();
        DeploymentScaling.proportional(d, List.of(sets)).forEach((rs, n) -> sizes.put(rs.getMetadata().getName(), n));
        return sizes;
    }

    @Test void growsInProportion() {
        // 10 replicas, surge 3, unavailable 2, stuck at 8 old and 5 new; scaled to 15: 5 more, 3 for the old and 2 for the new.
        assertThat(scaled(deployment(15, "3", "2"), set("old", 8, 13, "2026-01-01T00:00:00Z"), set("new", 5, 13, "2026-01-02T00:00:00Z")))
            .containsEntry("old", 11).containsEntry("new", 7);
    }

    @Test void givesTheRestToTheLargest() {
        assertThat(scaled(deployment(6, "0", "1"), set("old", 2, 5, "2026-01-01T00:00:00Z"), set("new", 3, 5, "2026-01-02T00:00:00Z")))
            .containsEntry("new", 4).containsEntry("old", 2);
        assertThat(scaled(deployment(0, "1", "1"), set("old", 2, 5, "2026-01-01T00:00:00Z"), set("new", 3, 5, "2026-01-02T00:00:00Z")))
            .containsEntry("new", 0).containsEntry("old", 0);
    }

    @Test void roundsSurgeUpAndUnavailableDown() {
        assertThat(RollingUpdateMath.maxSurge(deployment(10, "25%", "25%"))).isEqualTo(3);
        assertThat(RollingUpdateMath.maxUnavailable(deployment(10, "25%", "25%"))).isEqualTo(2);
        assertThat(RollingUpdateMath.maxUnavailable(deployment(1, "0", "25%"))).isEqualTo(1);
        assertThat(RollingUpdateMath.maxUnavailable(deployment(1, "1", "25%"))).isZero();
        assertThat(RollingUpdateMath.maxUnavailable(deployment(2, "1", "5"))).isEqualTo(2);
    }

    @Test void hashesByMeaning() {
        JsonNode a = Json.parse("{\"metadata\":{\"labels\":{\"a\":\"1\",\"b\":\"2\"}},\"spec\":{\"containers\":[{\"name\":\"x\",\"env\":[]}]}}");
        JsonNode b = Json.parse("{\"spec\":{\"containers\":[{\"name\":\"x\"}]},\"metadata\":{\"labels\":{\"b\":\"2\",\"a\":\"1\"},\"annotations\":null}}");
        JsonNode c = Json.parse("{\"spec\":{\"containers\":[{\"name\":\"y\"}]},\"metadata\":{\"labels\":{\"b\":\"2\",\"a\":\"1\"}}}");
        assertThat(PodTemplateHash.of(a, null)).isEqualTo(PodTemplateHash.of(b, null)).isNotEqualTo(PodTemplateHash.of(c, null))
            .isNotEqualTo(PodTemplateHash.of(a, 1)).matches("[bcdfghjklmnpqrstvwxz2456789]{5,10}");
        assertThat(PodTemplateHash.safeEncode("0123456789")).isEqualTo("456789bcdf");
    }
}
