package io.skerry.machinery.quota;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.yaml.Yaml;
import org.junit.jupiter.api.Test;

class PodResourcesTest {
    private static JsonNode pod(String condition) {
        return Yaml.parseAll("""
                spec: {containers: [{name: c, resources: {requests: {cpu: 300m, memory: 10Mi}, limits: {cpu: 400m}}}, {name: d, resources: {requests: {cpu: 50m}}}]}
                status:
                  conditions: [%s]
                  containerStatuses:
                  - {name: c, allocatedResources: {cpu: 100m, memory: 30Mi}, resources: {requests: {cpu: 200m, memory: 20Mi}, limits: {cpu: 600m}}}
                """.formatted(condition), "test").getFirst().root();
    }

    @Test
    void aResizedPodCountsForTheMostItHasOrWillHave() {
        assertThat(PodResources.total(pod(""), "requests")).hasToString("{cpu=350m, memory=10Mi}");
        assertThat(PodResources.reserved(pod(""), "requests")).hasToString("{cpu=350m, memory=30Mi}");
        assertThat(PodResources.reserved(pod(""), "limits")).hasToString("{cpu=600m}");
    }

    @Test
    void whatItsNodeCanNeverGiveDoesNotCount() {
        assertThat(PodResources.reserved(pod("{type: PodResizePending, status: 'True', reason: Infeasible}"), "requests")).hasToString("{cpu=250m, memory=30Mi}");
        assertThat(PodResources.reserved(pod("{type: PodResizePending, status: 'True', reason: Deferred}"), "requests")).hasToString("{cpu=350m, memory=30Mi}");
    }
}
