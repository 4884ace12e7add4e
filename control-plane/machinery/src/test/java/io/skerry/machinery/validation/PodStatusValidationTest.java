package io.skerry.machinery.validation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PodStatusValidationTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', nullValues = "-", value = {
        "{}|{}|{podIPs: [{ip: 10.42.0.5}, {ip: 'fd00::5'}], conditions: [{type: Ready}, {type: example.com/gate}]}|-",
        "{}|{}|{conditions: [{type: a b}]}|metadata.conditions[0].Type: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with "
            + "an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
        "{}|{}|{podIPs: [{ip: 10.42.0.5}, {ip: 10.42.0.6}]}|status.podIPs: Invalid value: [{\"ip\":\"10.42.0.5\"},{\"ip\":\"10.42.0.6\"}]: may specify no more than one IP for each IP family",
        "{}|{}|{hostIP: here, hostIPs: [{ip: here}]}|status.hostIPs[0]: Invalid value: \"here\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
        "{}|{}|{hostIP: 10.0.0.1, hostIPs: [{ip: 10.0.0.2}]}|status.hostIPs[0].ip: Invalid value: \"10.0.0.2\": must be equal to `hostIP`",
        "{}|{qosClass: BestEffort}|{qosClass: Guaranteed}|status.qosClass: Invalid value: \"Guaranteed\": field is immutable",
        "{}|{}|{resourceClaimStatuses: [{name: a}]}|status.resourceClaimStatuses[0].name: Invalid value: \"a\": must match the name of an entry in `spec.resourceClaims`",
        "{resourceClaims: [{name: a}]}|{}|{resourceClaimStatuses: [{name: a, resourceClaimName: b}]}|-",
        "{resourceClaims: [{name: a}]}|{}|{resourceClaimStatuses: [{name: a}, {name: a}]}|status.resourceClaimStatuses[1].name: Duplicate value: \"a\"",
        "{}|{}|{containerStatuses: [{name: a, user: {linux: {uid: -1, gid: 0}}}]}|status.containerStatuses[0].linux.uid: Invalid value: -1: must be between 0 and 2147483647, inclusive",
        "{os: {name: windows}}|{}|{containerStatuses: [{name: a, user: {linux: {uid: 1, gid: 0}}}]}|status.containerStatuses[0].linux: Forbidden: cannot be set for a windows pod",
        "{containers: [{name: a, resources: {requests: {example.com/gpu: 1}}}]}|{}|{containerStatuses: [{name: a, allocatedResourcesStatus: [{name: example.com/gpu, resources: "
            + "[{resourceID: x, health: Healthy}]}]}]}|-",
        "{containers: [{name: a}]}|{}|{containerStatuses: [{name: a, allocatedResourcesStatus: [{name: example.com/gpu}]}]}|status.containerStatuses[0].allocatedResourcesStatus[0].name: Invalid "
            + "value: \"example.com/gpu\": must match one of the container's resource requests",
        "{}|{}|{containerStatuses: [{name: a, allocatedResourcesStatus: [{name: b, resources: [{resourceID: x, health: Ill}]}]}]}|"
            + "status.containerStatuses[0].allocatedResourcesStatus[0].resources[0].health: Unsupported value: \"Ill\": supported values: \"Healthy\", \"Unhealthy\", \"Unknown\"",
        "{}|{}|{ephemeralContainerStatuses: [{name: a, allocatedResourcesStatus: [{name: b}]}]}|status.ephemeralContainerStatuses[0].allocatedResourcesStatus: Forbidden: must not be specified in "
            + "container status"})
    void whatANodeReports(String spec, String before, String after, String expected) {
        assertThat(errors(spec, before, after)).isEqualTo(expected == null ? List.of() : List.of(expected));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "containerStatuses|{restartPolicy: Always}|1|true",
        "containerStatuses|{restartPolicy: OnFailure}|1|true",
        "containerStatuses|{restartPolicy: OnFailure}|0|false",
        "containerStatuses|{restartPolicy: Never}|1|false",
        "initContainerStatuses|{restartPolicy: Never, initContainers: [{name: a}]}|0|false",
        "initContainerStatuses|{restartPolicy: Never, initContainers: [{name: a, restartPolicy: Always}]}|0|true",
        "ephemeralContainerStatuses|{restartPolicy: Always}|1|false"})
    void whatEndedRunsAgainOnlyIfItMay(String list, String spec, int code, boolean may) {
        String ended = "{" + list + ": [{name: a, state: {terminated: {exitCode: " + code + "}}}]}";
        assertThat(errors(spec, ended, ended)).isEmpty();
        assertThat(errors(spec, ended, "{" + list + ": [{name: a, state: {running: {}}}]}"))
                .isEqualTo(may ? List.of() : List.of("status." + list + "[0].state: Forbidden: may not be transitioned to non-terminated state"));
    }

    private static List<String> errors(String spec, String before, String after) {
        return StatusValidationTest.errors("pods", "{spec: " + spec + ", status: " + before + "}", "{spec: " + spec + ", status: " + after + "}", "status");
    }
}
