package io.skerry.machinery.validation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Names that differ by type, quotas, limits, priorities and the rest of what a cluster is run with. */
class ClusterValidationTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "poddisruptionbudgets.policy|spec: {minAvailable: 1}",
        "csidrivers.storage.k8s.io|spec: {}",
        "certificatesigningrequests.certificates.k8s.io|spec: {request: eA==, signerName: a.b/c, usages: [client auth]}"})
    void namesThatAreNoDomains(String type, String yaml) {
        assertThat(ValidationTest.errors(type, "metadata: {name: My.Name}\n" + yaml)).isEmpty();
        assertThat(ValidationTest.errors(type, "metadata: {name: a/b}\n" + yaml)).contains("metadata.name: Invalid value: \"a/b\": may not contain '/'");
    }

    @Test
    void finalizers() {
        assertThat(ValidationTest.errors("leases.coordination.k8s.io", "metadata: {finalizers: [mine]}")).isEmpty();
        assertThat(ValidationTest.errors("configmaps", "metadata: {finalizers: [orphan, foregroundDeletion]}"))
                .containsExactly("metadata.finalizers: Invalid value: [\"orphan\",\"foregroundDeletion\"]: finalizer orphan and foregroundDeletion cannot be both set");
        assertThat(ValidationTest.errors("namespaces", "spec: {finalizers: [mine, a.b/c, kubernetes]}"))
                .containsExactly("spec.finalizers: Invalid value: \"mine\": name is neither a standard finalizer name nor is it fully qualified");
        assertThat(ValidationTest.updateErrors("namespaces", "spec: {finalizers: [mine]}", "{spec: {finalizers: [mine]}, metadata: {labels: {a: b}}}")).isEmpty();
    }

    @Test
    void subjectsWithoutNames() {
        assertThat(ValidationTest.errors("rolebindings.rbac.authorization.k8s.io", "{roleRef: {kind: Role, name: r}, subjects: [{kind: Group}]}"))
                .containsExactly("subjects[0].name: Required value", "subjects[0].name: Invalid value: \"\": group name cannot be empty");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', nullValues = "-", value = {
        "system-node-critical|{value: 2000001000}|-",
        "system-node-critical|{value: 1}|metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: "
            + "value of system-node-critical PriorityClass must be 2000001000",
        "system-cluster-critical|{value: 2000000000, globalDefault: true}|metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: "
            + "globalDefault of system-cluster-critical PriorityClass must be false",
        "system-mine|{value: 1}|metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-mine is not a known system priority class"})
    void systemPriorities(String name, String yaml, String expected) {
        assertThat(ValidationTest.errors("priorityclasses.scheduling.k8s.io", "metadata: {name: " + name + "}\n---\n" + yaml)).isEqualTo(expected == null ? List.of() : List.of(expected));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', nullValues = "-", value = {
        "{type: example.com/thing, max: {a.b/c: 1}}|-",
        "{type: Node}|spec.limits[0].type: Invalid value: \"Node\": must be a standard limit type or fully qualified",
        "{type: Container, max: {storage: 1}}|spec.limits[0].max[storage]: Invalid value: \"storage\": must be a standard resource type or fully qualified;"
            + "spec.limits[0].max[storage]: Invalid value: \"storage\": must be a standard resource for containers;"
            + "spec.limits[0].default[storage]: Invalid value: \"storage\": must be a standard resource type or fully qualified;"
            + "spec.limits[0].default[storage]: Invalid value: \"storage\": must be a standard resource for containers;"
            + "spec.limits[0].defaultRequest[storage]: Invalid value: \"storage\": must be a standard resource type or fully qualified;"
            + "spec.limits[0].defaultRequest[storage]: Invalid value: \"storage\": must be a standard resource for containers",
        "{type: Pod, max: {cpu: 2}, default: {cpu: 1}}|spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'",
        "{type: PersistentVolumeClaim, max: {storage: 1Gi}}|-",
        "{type: PersistentVolumeClaim}|spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided",
        "{type: Pod, maxLimitRequestRatio: {cpu: 500m}}|spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: \"500m\": ratio 500m is less than 1",
        "{type: Pod, min: {cpu: 1}, max: {cpu: 3}, maxLimitRequestRatio: {cpu: 4}}|spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: \"4\": ratio 4 is greater than max/min = 3.000000",
        "{type: Container, default: {hugepages-2Mi: 4Mi}, defaultRequest: {hugepages-2Mi: 2Mi}}|spec.limits[0].defaultRequest[hugepages-2Mi]: Invalid value: \"2Mi\": "
            + "default value 4Mi must equal to defaultRequest value 2Mi in hugepages-2Mi"})
    void limits(String limit, String expected) {
        assertThat(ValidationTest.errors("limitranges", "spec: {limits: [" + limit + "]}")).isEqualTo(expected == null ? List.of() : List.of(expected.split(";")));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', nullValues = "-", value = {
        "{hard: {cpu: 1, requests.storage: 1Gi, requests.hugepages-2Mi: 4Mi, count/deployments.apps: 3, requests.example.com/gpu: 1, gold.storageclass.storage.k8s.io/requests.storage: 1Gi}}|-",
        "{hard: {limits.hugepages-2Mi: 4Mi}}|spec.hard[limits.hugepages-2Mi]: Invalid value: \"limits.hugepages-2Mi\": must be a standard resource type or fully qualified;"
            + "spec.hard[limits.hugepages-2Mi]: Invalid value: \"limits.hugepages-2Mi\": must be a standard resource for quota",
        "{hard: {storage: 1}}|spec.hard[storage]: Invalid value: \"storage\": must be a standard resource for quota",
        "{hard: {count/jobs.batch: 500m}}|spec.hard[count/jobs.batch]: Invalid value: \"500m\": must be an integer",
        "{hard: {pods: 1}, scopes: [CrossNamespacePodAffinity]}|-",
        "{hard: {services: 1}, scopes: [Terminating]}|spec.scopes: Invalid value: [\"Terminating\"]: unsupported scope applied to resource",
        "{scopes: [Odd]}|spec.scopes: Invalid value: [\"Odd\"]: unsupported scope",
        "{scopeSelector: {matchExpressions: [{scopeName: Odd, operator: Exists}]}}|spec.scopeSelector.matchExpressions.scopeName: Invalid value: \"Odd\": unsupported scope",
        "{hard: {cpu: 1}, scopeSelector: {matchExpressions: [{scopeName: BestEffort, operator: Exists}]}}|spec.scopeSelector.matchExpressions: Invalid value: "
            + "{\"matchExpressions\":[{\"scopeName\":\"BestEffort\",\"operator\":\"Exists\"}]}: unsupported scope applied to resource"})
    void quotas(String spec, String expected) {
        assertThat(ValidationTest.errors("resourcequotas", "spec: " + spec)).isEqualTo(expected == null ? List.of() : List.of(expected.split(";")));
    }

    @Test
    void aQuotaKeepsItsScopesButNotTheirOrder() {
        String hard = "spec: {hard: {pods: 1}, scopes: [Terminating, NotBestEffort]}";
        assertThat(ValidationTest.updateErrors("resourcequotas", hard, hard.replace("Terminating, NotBestEffort", "NotBestEffort, Terminating"))).isEmpty();
        assertThat(ValidationTest.updateErrors("resourcequotas", hard, hard.replace(", NotBestEffort", ""))).containsExactly("spec.scopes: Invalid value: [\"Terminating\"]: field is immutable");
        assertThat(ValidationTest.updateErrors("resourcequotas", "spec: {hard: {pods: 1}}", "spec: {hard: {pods: 1}, scopeSelector: {matchExpressions: [{scopeName: Terminating, operator: Exists}]}}"))
                .as("selectors may change").isEmpty();
    }

    @Test
    void indexedJobsNameTheirPods() {
        String job = "spec: {manualSelector: true, completionMode: Indexed, completions: %d, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, "
                + "spec: {restartPolicy: Never, containers: [{name: a, image: a}]}}}";
        String name = "a".repeat(61);
        assertThat(ValidationTest.errors("jobs.batch", "metadata: {name: " + name + "}\n" + job.formatted(10))).isEmpty();
        assertThat(ValidationTest.errors("jobs.batch", "metadata: {name: " + name + "}\n" + job.formatted(11)))
                .containsExactly("metadata.name: Invalid value: \"" + name + "\": will not able to create pod with invalid DNS label: " + name + "-10");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "daemonsets.apps|updateStrategy: {type: X}|spec.updateStrategy: Unsupported value: {\"type\":\"X\"}: supported values: \"RollingUpdate\", \"OnDelete\"",
        "statefulsets.apps|updateStrategy: {type: X}|spec.updateStrategy: Invalid value: {\"type\":\"X\"}: must be 'RollingUpdate' or 'OnDelete'",
        "statefulsets.apps|podManagementPolicy: X|spec.podManagementPolicy: Invalid value: \"X\": must be 'OrderedReady' or 'Parallel'",
        "statefulsets.apps|template: {metadata: {labels: {a: b}}, spec: {activeDeadlineSeconds: 1, containers: [{name: a, image: a}]}}|spec.template.spec.activeDeadlineSeconds: Forbidden: "
            + "activeDeadlineSeconds in StatefulSet is not Supported",
        "deployments.apps|template: {metadata: {labels: {a: b}}}|spec.template.spec.containers: Required value"})
    void workloads(String type, String more, String expected) {
        String template = more.contains("template:") ? "" : ", template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: a}]}}";
        assertThat(ValidationTest.errors(type, "spec: {selector: {matchLabels: {a: b}}, " + more + template + "}")).containsExactly(expected);
    }

    @Test
    void aDeploymentOfNothing() {
        assertThat(ValidationTest.errors("deployments.apps", "{}")).containsExactly("spec.selector: Required value",
                "spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`", "spec.template.spec.containers: Required value");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "path: /a/.., pathType: Exact, backend: {service: {name: s, port: {number: 80}}}|.path: Invalid value: \"/a/..\": cannot end with '/..'",
        "path: a//b, pathType: Prefix, backend: {service: {name: s, port: {number: 80}}}|.path: Invalid value: \"a//b\": must be an absolute path;.path: Invalid value: \"a//b\": must not contain '//'",
        "path: /|.pathType: Required value: pathType must be specified",
        "pathType: ImplementationSpecific, backend: {resource: {apiGroup: A, kind: a/b}}|.backend.resource.apiGroup: Invalid value: \"A\": a lowercase RFC 1123 subdomain must consist of lower case "
            + "alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
            + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*');.backend.resource.kind: Invalid value: \"a/b\": may not contain '/';.backend.resource.name: Required value"})
    void pathsOfIngresses(String path, String expected) {
        assertThat(ValidationTest.errors("ingresses.networking.k8s.io", "spec: {rules: [{http: {paths: [{" + path + "}]}}]}"))
                .containsExactly(Arrays.stream(expected.split(";")).map(each -> "spec.rules[0].http.paths[0]" + each).toArray(String[]::new));
    }

    @Test
    void parametersOfIngressClasses() {
        assertThat(ValidationTest.errors("ingressclasses.networking.k8s.io", "spec: {controller: a.b/c, parameters: {kind: a%b, name: n, scope: Namespace, namespace: A}}"))
                .satisfiesExactly(e -> assertThat(e).isEqualTo("spec.parameters.kind: Invalid value: \"a%b\": may not contain '%'"),
                        e -> assertThat(e).startsWith("spec.parameters.namespace: Invalid value: \"A\": a lowercase RFC 1123 label"));
    }

    @Test
    void aRevisionHasData() {
        assertThat(ValidationTest.errors("controllerrevisions.apps", "revision: 1")).containsExactly("data: Required value: data is mandatory");
    }
}
