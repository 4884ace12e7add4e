package io.skerry.node.pods;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QosTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "{}|BestEffort|1000",
        "{requests: {cpu: 100m}}|Burstable|999",
        "{requests: {memory: 512Mi}}|Burstable|500",
        "{limits: {cpu: 1, memory: 1Gi}}|Guaranteed|-997",
        "{limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 1000m, memory: 1024Mi}}|Guaranteed|-997",
        "{limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 500m}}|Burstable|999",
        "{limits: {memory: 1Gi}}|Burstable|999"})
    void classes(String resources, String expected, int oomScore) {
        Pod pod = Serialization.unmarshal("spec: {containers: [{name: c, resources: " + resources + "}]}", Pod.class);
        assertThat(Qos.of(pod)).isEqualTo(expected);
        assertThat(Qos.oomScoreAdj(pod, pod.getSpec().getContainers().getFirst(), 1L << 30)).isEqualTo(oomScore);
    }

    @Test
    void cpu() {
        Pod pod = Serialization.unmarshal("spec: {containers: [{name: c, resources: {requests: {cpu: 250m}, limits: {cpu: 1500m}}}, {name: d}, {name: e, resources: {limits: {cpu: 5m}}}]}", Pod.class);
        var containers = pod.getSpec().getContainers();
        assertThat(Qos.cpuShares(containers.get(0))).isEqualTo(256);
        assertThat(Qos.cpuQuotaMicros(containers.get(0))).isEqualTo(150_000);
        assertThat(Qos.cpuShares(containers.get(1))).isEqualTo(2);
        assertThat(Qos.cpuQuotaMicros(containers.get(1))).isZero();
        assertThat(Qos.cpuShares(containers.get(2))).isEqualTo(5);
        assertThat(Qos.cpuQuotaMicros(containers.get(2))).as("the kernel takes no less").isEqualTo(1000);
    }

    @Test
    void aPodsMemoryIsItsContainersAndItsRuntimes() {
        String limited = "{name: c, resources: {limits: {memory: 64Mi}}}";
        assertThat(podMemoryLimitBytes("containers: [" + limited + "]")).isEqualTo(64L << 20);
        assertThat(podMemoryLimitBytes("overhead: {cpu: 10m, memory: 24Mi}, containers: [" + limited + ", " + limited + "]")).isEqualTo((64L + 64 + 24) << 20);
        assertThat(podMemoryLimitBytes("overhead: {memory: 24Mi}, initContainers: [{name: i, resources: {limits: {memory: 100Mi}}}], containers: [" + limited + "]"))
                .isEqualTo((100L + 24) << 20);
        assertThat(podMemoryLimitBytes("overhead: {memory: 24Mi}, containers: [" + limited + ", {name: d}]")).as("no limit").isZero();
    }

    private static long podMemoryLimitBytes(String spec) { return Qos.podMemoryLimitBytes(Serialization.unmarshal("spec: {" + spec + "}", Pod.class)); }
}
