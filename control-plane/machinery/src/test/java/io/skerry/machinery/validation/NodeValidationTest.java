package io.skerry.machinery.validation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NodeValidationTest {

    @ParameterizedTest
    @ValueSource(strings = {"", "status"})
    void anOrdinaryNode(String endpoint) {
        String node = "{spec: {podCIDR: 10.42.0.0/24, podCIDRs: [10.42.0.0/24], providerID: 'skerry://a', taints: [{key: a, effect: NoSchedule}, {key: a, effect: NoExecute}]}, status: {"
                + "capacity: {cpu: 3800m, memory: 3Gi, pods: '110', hugepages-2Mi: '0', example.com/gpu: '2'}, addresses: [{type: InternalIP, address: 10.0.0.1}, {type: Hostname, address: a}]}}";
        assertThat(StatusValidationTest.errors("nodes", "{}", node, endpoint)).isEmpty();
        assertThat(StatusValidationTest.errors("nodes", node, node, endpoint)).isEmpty();
    }

    /** A write of the status is held to the rules of the whole, as upstream's. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "{}|spec: {taints: [{key: a, effect: Never}]}|metadata.taints[0].effect: Unsupported value: \"Never\": supported values: \"NoSchedule\", \"PreferNoSchedule\", \"NoExecute\"",
        "{}|spec: {taints: [{key: a, effect: NoExecute}, {key: a, effect: NoExecute}]}|metadata.taints[1]: Duplicate value: {\"key\":\"a\",\"effect\":\"NoExecute\"}: taints must be unique by "
            + "key and effect pair",
        "{}|status: {capacity: {cpu: '-1'}}|status.capacity.cpu: Invalid value: \"-1\": must be greater than or equal to 0",
        "{}|status: {allocatable: {pods: 1500m}}|status.allocatable.pods: Invalid value: \"1500m\": must be an integer",
        "{}|status: {addresses: [{type: Hostname, address: a}, {type: Hostname, address: a}]}|status.addresses[1]: Duplicate value: {\"type\":\"Hostname\",\"address\":\"a\"}",
        "spec: {podCIDRs: [10.42.0.0/24]}|spec: {podCIDRs: [10.42.1.0/24]}|spec.podCIDRs: Forbidden: node updates may not change podCIDR except from \"\" to valid",
        "spec: {podCIDRs: [10.42.0.0/24]}|{}|spec.podCIDRs: Forbidden: node updates may not change podCIDR except from \"\" to valid",
        "spec: {providerID: a}|{}|spec.providerID: Forbidden: node updates may not change providerID except from \"\" to valid",
        "spec: {externalID: a}|{}|spec.externalID: Forbidden: may not be updated",
        "{}|spec: {configSource: {}}|spec.configSource: Invalid value: {}: exactly one reference subfield must be non-nil",
        "{}|spec: {configSource: {configMap: {namespace: a, name: b, kubeletConfigKey: c, uid: d}}}|spec.configSource.configMap.uid: Forbidden: uid must not be set in spec",
        "{}|status: {config: {active: {configMap: {namespace: a, name: b, kubeletConfigKey: c, uid: d}}}}|status.config.active.configMap.resourceVersion: Required value: resourceVersion must "
            + "be set in status"})
    void updatesAndStatuses(String before, String after, String expected) {
        for (String endpoint : List.of("", "status")) {
            assertThat(StatusValidationTest.errors("nodes", before, after, endpoint)).as(endpoint).containsExactly(expected);
        }
    }

    @Test
    void podRangesOfANewNode() {
        assertThat(created("[10.42.0.0/24, 'fd00::/64']")).isEmpty();
        assertThat(created("[10.42.0.0]")).containsExactly("spec.podCIDRs[0]: Invalid value: \"10.42.0.0\": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
        assertThat(created("[10.42.0.0/24, 10.42.0.0/24]")).containsExactly("spec.podCIDRs: Invalid value: [\"10.42.0.0/24\",\"10.42.0.0/24\"]: may specify no more than one CIDR for each IP "
                + "family", "spec.podCIDRs[1]: Duplicate value: \"10.42.0.0/24\"");
    }

    private static List<String> created(String cidrs) {
        return StatusValidationTest.errors("nodes", null, "spec: {podCIDRs: " + cidrs + "}", "");
    }
}
