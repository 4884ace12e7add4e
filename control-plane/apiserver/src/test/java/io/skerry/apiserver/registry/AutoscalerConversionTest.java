package io.skerry.apiserver.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import org.junit.jupiter.api.Test;

class AutoscalerConversionTest {
    @Test
    void whatVersionOneDoesNotKnowSurvivesIt() {
        ObjectNode v2 = (ObjectNode) Json.parse("""
                {"metadata":{"name":"h"},"spec":{"maxReplicas":3,"behavior":{"scaleDown":{"stabilizationWindowSeconds":5}},"metrics":[
                {"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":50}}},
                {"type":"Pods","pods":{"metric":{"name":"rps"},"target":{"type":"AverageValue","averageValue":"10"}}}]},
                "status":{"currentReplicas":1,"currentMetrics":[{"type":"Resource","resource":{"name":"cpu","current":{"averageUtilization":40}}}],
                "conditions":[{"type":"AbleToScale","status":"True"}]}}""");
        ObjectNode object = v2.deepCopy();
        AutoscalerConversion.toV1(object);
        assertThat(Json.at(object, "spec", "targetCPUUtilizationPercentage").asInt()).isEqualTo(50);
        assertThat(Json.at(object, "status", "currentCPUUtilizationPercentage").asInt()).isEqualTo(40);
        assertThat(object.path("spec").has("metrics")).isFalse();
        AutoscalerConversion.toV2(object);
        assertThat(object).isEqualTo(v2);
    }

    @Test
    void versionOneWithoutAMetricIsForCpu() {
        ObjectNode object = (ObjectNode) Json.parse("{\"metadata\":{\"name\":\"h\"},\"spec\":{\"maxReplicas\":3,\"targetCPUUtilizationPercentage\":null}}");
        AutoscalerConversion.toV2(object);
        assertThat(Json.at(object, "spec", "metrics")).hasToString(
                "[{\"type\":\"Resource\",\"resource\":{\"name\":\"cpu\",\"target\":{\"type\":\"Utilization\",\"averageUtilization\":80}}}]");
        AutoscalerConversion.toV1(object);
        assertThat(Json.at(object, "spec", "targetCPUUtilizationPercentage").asInt()).isEqualTo(80);
    }

    @Test
    void anotherMetricStaysAlone() {
        ObjectNode v2 = (ObjectNode) Json.parse("""
                {"metadata":{"name":"h"},"spec":{"maxReplicas":3,"metrics":[
                {"type":"Pods","pods":{"metric":{"name":"rps"},"target":{"type":"AverageValue","averageValue":"10"}}}]}}""");
        ObjectNode object = v2.deepCopy();
        AutoscalerConversion.toV1(object);
        AutoscalerConversion.toV2(object);
        assertThat(object).isEqualTo(v2);
    }
}
