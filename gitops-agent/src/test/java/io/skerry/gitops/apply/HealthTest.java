package io.skerry.gitops.apply;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.gitops.apply.Health.State;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.yaml.Yaml;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HealthTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', textBlock = """
            Current    | v1         | ConfigMap   | {data: {a: b}}
            Terminating| v1         | ConfigMap   | {metadata: {deletionTimestamp: now}}
            InProgress | apps/v1    | Deployment  | {}
            InProgress | apps/v1    | Deployment  | {metadata: {generation: 2}, status: {observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1}}
            Current    | apps/v1    | Deployment  | {metadata: {generation: 2}, status: {observedGeneration: 2, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1}}
            Current    | apps/v1    | Deployment  | {spec: {replicas: 0}, status: {observedGeneration: 1}}
            InProgress | apps/v1    | Deployment  | {spec: {replicas: 2}, status: {observedGeneration: 1, replicas: 3, updatedReplicas: 2, readyReplicas: 3, availableReplicas: 3}}
            InProgress | apps/v1    | Deployment  | {spec: {replicas: 2}, status: {observedGeneration: 1, replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 1}}
            Failed     | apps/v1    | Deployment  | {status: {observedGeneration: 1, conditions: [{type: Progressing, status: "False", reason: ProgressDeadlineExceeded}]}}
            Current    | apps/v1    | StatefulSet | {spec: {replicas: 2}, status: {replicas: 2, readyReplicas: 2, updatedReplicas: 2, currentRevision: a, updateRevision: a}}
            InProgress | apps/v1    | StatefulSet | {spec: {replicas: 2}, status: {replicas: 2, readyReplicas: 2, updatedReplicas: 1, currentRevision: a, updateRevision: b}}
            Current    | apps/v1    | StatefulSet | {spec: {replicas: 2, updateStrategy: {rollingUpdate: {partition: 1}}}, status: {replicas: 2, readyReplicas: 2, updatedReplicas: 1, currentRevision: a, updateRevision: b}}
            Current    | apps/v1    | StatefulSet | {spec: {updateStrategy: {type: OnDelete}}}
            Current    | apps/v1    | DaemonSet   | {status: {observedGeneration: 1, desiredNumberScheduled: 1, currentNumberScheduled: 1, updatedNumberScheduled: 1, numberAvailable: 1, numberReady: 1}}
            InProgress | apps/v1    | DaemonSet   | {status: {observedGeneration: 1, desiredNumberScheduled: 1, currentNumberScheduled: 1, updatedNumberScheduled: 1, numberReady: 1}}
            InProgress | apps/v1    | DaemonSet   | {}
            InProgress | batch/v1   | Job         | {status: {active: 1}}
            Current    | batch/v1   | Job         | {status: {conditions: [{type: Complete, status: "True"}]}}
            Failed     | batch/v1   | Job         | {status: {conditions: [{type: Failed, status: "True", message: deadline}]}}
            Current    | v1         | Pod         | {status: {phase: Running, conditions: [{type: Ready, status: "True"}]}}
            InProgress | v1         | Pod         | {status: {phase: Running, conditions: [{type: Ready, status: "False"}]}}
            Current    | v1         | Pod         | {status: {phase: Succeeded}}
            Failed     | v1         | Pod         | {status: {phase: Failed}}
            InProgress | v1         | PersistentVolumeClaim | {status: {phase: Pending}}
            Current    | v1         | PersistentVolumeClaim | {status: {phase: Bound}}
            Current    | v1         | Service     | {spec: {clusterIP: 10.43.0.5}}
            InProgress | apiextensions.k8s.io/v1 | CustomResourceDefinition | {}
            Current    | apiextensions.k8s.io/v1 | CustomResourceDefinition | {status: {conditions: [{type: NamesAccepted, status: "True"}, {type: Established, status: "True"}]}}
            Failed     | apiextensions.k8s.io/v1 | CustomResourceDefinition | {status: {conditions: [{type: NamesAccepted, status: "False"}]}}
            InProgress | helm.cattle.io/v1 | HelmChart | {}
            Failed     | helm.cattle.io/v1 | HelmChart | {status: {conditions: [{type: Failed, status: "True", message: no such value}]}}
            Current    | helm.cattle.io/v1 | HelmChart | {status: {conditions: [{type: Failed, status: "False"}, {type: Ready, status: "True"}]}}
            InProgress | appliance.skerry.io/v1 | OSImage | {}
            InProgress | appliance.skerry.io/v1 | OSImage | {status: {conditions: [{type: Ready, status: "False"}, {type: Reconciling, status: "True", message: 12 of 180 MB}]}}
            Failed     | appliance.skerry.io/v1 | OSImage | {status: {conditions: [{type: Ready, status: "False"}, {type: Stalled, status: "True", message: kernel panic}]}}
            Current    | appliance.skerry.io/v1 | OSImage | {status: {conditions: [{type: Ready, status: "True"}]}}
            Current    | example.com/v1 | Thing | {}
            InProgress | example.com/v1 | Thing | {status: {conditions: [{type: Ready, status: "False"}]}}
            Failed     | example.com/v1 | Thing | {status: {conditions: [{type: Stalled, status: "True"}]}}
            """)
    void judgesAsKstatus(State expected, String apiVersion, String kind, String fields) {
        var object = Yaml.parseAll("apiVersion: " + apiVersion + "\nkind: " + kind, "test").getFirst().root().deepCopy();
        ((ObjectNode) object).setAll((ObjectNode) Yaml.parseAll(fields, "test").stream().findFirst()
                .map(Yaml.Document::root).orElseGet(Json::object));
        Health health = Health.of(object);
        assertThat(health.state()).as(health.message()).isEqualTo(expected);
        assertThat(health.message().isEmpty()).isEqualTo(expected == State.Current);
    }
}
