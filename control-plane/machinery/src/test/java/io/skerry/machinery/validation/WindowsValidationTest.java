package io.skerry.machinery.validation;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each line is a pod's spec and all that is to be said against it; {@code -} for nothing. */
class WindowsValidationTest {

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '\u0001', textBlock = """
            {os: {name: windows}, securityContext: {windowsOptions: {runAsUserName: 'NT AUTHORITY\\SYSTEM', gmsaCredentialSpecName: web.spec}}, C} => -
            {os: {name: linux}, securityContext: {windowsOptions: {runAsUserName: a}}, C} => spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod
            {os: {name: linux}, containers: [{name: a, image: a, securityContext: {windowsOptions: {}}}]} => spec.containers[0].securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod
            {securityContext: {windowsOptions: {runAsUserName: a}}, C} => -
            {os: {name: windows}, hostPID: true, hostUsers: true, shareProcessNamespace: false, C} => spec.hostUsers: Forbidden: cannot be set for a windows pod | spec.shareProcessNamespace: Forbidden: cannot be set for a windows pod | spec.hostPID: Forbidden: cannot be set for a windows pod
            {os: {name: windows}, hostPID: false, securityContext: {runAsUser: 0, fsGroup: 1, sysctls: []}, C} => spec.securityContext.fsGroup: Forbidden: cannot be set for a windows pod | spec.securityContext.runAsUser: Forbidden: cannot be set for a windows pod
            {os: {name: windows}, securityContext: {seccompProfile: {type: RuntimeDefault}, supplementalGroups: [1]}, C} => spec.securityContext.seccompProfile: Forbidden: cannot be set for a windows pod | spec.securityContext.supplementalGroups: Forbidden: cannot be set for a windows pod
            {os: {name: windows}, initContainers: [{name: i, image: a, securityContext: {privileged: false, capabilities: {drop: [ALL]}}}], C} => spec.initContainers[0].securityContext.capabilities: Forbidden: cannot be set for a windows pod | spec.initContainers[0].securityContext.privileged: Forbidden: cannot be set for a windows pod
            {securityContext: {windowsOptions: {gmsaCredentialSpecName: A, gmsaCredentialSpec: ''}}, C} => spec.securityContext.windowsOptions.gmsaCredentialSpecName: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*') | spec.securityContext.windowsOptions.gmsaCredentialSpec: Invalid value: "": gmsaCredentialSpec cannot be an empty string
            {hostNetwork: true, securityContext: {windowsOptions: {hostProcess: true}}, C} => -
            {securityContext: {windowsOptions: {hostProcess: true}}, C} => spec.hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any hostProcess containers
            {hostNetwork: true, securityContext: {windowsOptions: {hostProcess: true}}, containers: [{name: a, image: a}, {name: b, image: b, securityContext: {windowsOptions: {hostProcess: false}}}]} => spec.containers[1].securityContext.windowsOptions.hostProcess: Invalid value: false: pod hostProcess value must be identical if both are specified, was true | spec: Invalid value: "": If pod contains any hostProcess containers then all containers must be HostProcess containers
            """)
    void pods(String spec, String expected) {
        DetailedValidationTest.assertErrors("pods", "spec: " + spec, expected);
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '\u0001', textBlock = """
            ContainerUser => -
            corp.example.com\\web => -
            'A B\\web' => -
            '' => runAsUserName cannot be an empty string
            a\\b\\c => runAsUserName cannot contain more than one backslash
            "a\\u0007" => runAsUserName cannot contain control characters
            .corp\\web => runAsUserName's Domain doesn't match the NetBios nor the DNS format
            corp\\ => runAsUserName's User cannot be empty
            '. .' => runAsUserName's User cannot contain only periods or spaces
            a@b => runAsUserName's User cannot contain the following characters: "/\\:;|=,+*?<>@[]
            """)
    void users(String name, String expected) {
        String complaint = expected.equals("-") ? "-" : "spec.securityContext.windowsOptions.runAsUserName: Invalid value: " + quoted(name) + ": " + expected;
        DetailedValidationTest.assertErrors("pods", "spec: {securityContext: {windowsOptions: {runAsUserName: " + name + "}}, C}", complaint);
    }

    /** As JSON, of a YAML scalar. */
    private static String quoted(String yaml) {
        String plain = yaml.startsWith("'") ? yaml.substring(1, yaml.length() - 1) : yaml;
        return plain.startsWith("\"") ? plain : "\"" + plain.replace("\\", "\\\\") + "\"";
    }

    @Test
    void longNames() {
        DetailedValidationTest.assertErrors("pods", "spec: {securityContext: {windowsOptions: {runAsUserName: " + "a".repeat(104) + "}}, C}", "-");
        DetailedValidationTest.assertErrors("pods", "spec: {securityContext: {windowsOptions: {runAsUserName: " + "a".repeat(105) + "}}, C}",
                "spec.securityContext.windowsOptions.runAsUserName: Invalid value: \"" + "a".repeat(105) + "\": runAsUserName's User length must not be longer than 104 characters");
    }

    /** What an earlier version of the server let in stays writable, but a new template has to be right. */
    @Test
    void templatesThatStayAreLeftAlone() {
        String wrong = "spec: {replicas: 1, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {os: {name: linux}, securityContext: {windowsOptions: {}}, C}}}";
        String error = "spec.template.spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod";
        DetailedValidationTest.assertErrors("deployments.apps", wrong, error);
        DetailedValidationTest.assertUpdateErrors("deployments.apps", wrong, wrong.replace("replicas: 1", "replicas: 2"), "-");
        DetailedValidationTest.assertUpdateErrors("deployments.apps", wrong, wrong.replace("labels: {a: b}}, spec: {", "labels: {a: b}}, spec: {hostname: h, "), error);
        String pod = "spec: {os: {name: linux}, securityContext: {windowsOptions: {}}, containers: [{name: a, image: 'a:1'}]}";
        DetailedValidationTest.assertUpdateErrors("pods", pod, pod.replace("a:1", "a:2"), "-");
        String jobs = "spec: {schedule: '0 0 * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, os: {name: linux}, securityContext: {windowsOptions: {}}, C}}}}}";
        DetailedValidationTest.assertErrors("cronjobs.batch", jobs, "spec.jobTemplate." + error);
    }
}
