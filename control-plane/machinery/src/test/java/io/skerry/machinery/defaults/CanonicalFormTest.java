package io.skerry.machinery.defaults;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.schema.TypeTable;
import io.skerry.machinery.yaml.Yaml;
import org.junit.jupiter.api.Test;

/** What a client in Go sends back of an object that it has only read. */
class CanonicalFormTest {

    private static void becomes(String definition, String yaml, String expected) {
        JsonNode value = parse(yaml);
        CanonicalForm.apply(value, TypeTable.builtin().schema(definition).orElseThrow());
        assertThat(value).isEqualTo(parse(expected));
    }

    private static JsonNode parse(String yaml) {
        return Yaml.parseAll(yaml, "test").getFirst().root();
    }

    @Test
    void structsThatAreNoPointersAreThere() {
        becomes("io.k8s.api.core.v1.Container", "{name: a}", "{name: a, resources: {}}");
        becomes("io.k8s.api.apps.v1.Deployment", "{}", "{metadata: {}, spec: {strategy: {}, template: {metadata: {}, spec: {}}}, status: {}}");
        becomes("io.k8s.api.batch.v1.CronJob", "spec: {jobTemplate: null}",
                "{metadata: {}, spec: {jobTemplate: {metadata: {}, spec: {template: {metadata: {}, spec: {}}}}}, status: {}}");
        becomes("io.k8s.api.core.v1.ContainerStatus", "{name: a, state: {waiting: {}}}", "{name: a, state: {waiting: {}}, lastState: {}}");
    }

    @Test
    void theirRequiredNumbersAndBooleansAreThere() {
        becomes("io.k8s.api.apps.v1.ReplicaSet", "{status: {observedGeneration: 2}}", "{metadata: {}, spec: {template: {metadata: {}, spec: {}}}, status: {observedGeneration: 2, replicas: 0}}");
        becomes("io.k8s.api.core.v1.NodeDaemonEndpoints", "{}", "{kubeletEndpoint: {Port: 0}}");
        becomes("io.k8s.api.storage.v1.VolumeAttachment", "{spec: {attacher: a}}", "{metadata: {}, spec: {attacher: a, source: {}}, status: {attached: false}}");
        becomes("io.k8s.api.core.v1.Container", "{name: c, ports: [{name: p}]}", "{name: c, ports: [{name: p}], resources: {}}");
    }

    @Test
    void aNumberWithoutOmitemptyIsThere() {
        becomes("io.k8s.api.apps.v1.StatefulSetStatus", "{replicas: 2, readyReplicas: 0}", "{replicas: 2, availableReplicas: 0}");
        becomes("io.k8s.api.apps.v1.StatefulSetStatus", "{replicas: 2, availableReplicas: 1}", "{replicas: 2, availableReplicas: 1}");
    }

    @Test
    void aQuantityThatIsNoPointerIsZero() {
        becomes("io.k8s.api.core.v1.ResourceFieldSelector", "{resource: limits.cpu}", "{resource: limits.cpu, divisor: '0'}");
        becomes("io.k8s.api.core.v1.EmptyDirVolumeSource", "{}", "{}");
    }

    @Test
    void zeroIsNothingUnlessItIsPointedTo() {
        becomes("io.k8s.api.core.v1.PodSpec", "{hostNetwork: false, nodeName: '', nodeSelector: {}, tolerations: [], enableServiceLinks: false, priority: 0, "
                + "automountServiceAccountToken: false, securityContext: {}, containers: []}",
                "{enableServiceLinks: false, priority: 0, automountServiceAccountToken: false, securityContext: {}, containers: []}");
        becomes("io.k8s.api.core.v1.EnvVar", "{name: '', value: ''}", "{name: ''}");
        becomes("io.k8s.api.core.v1.VolumeMount", "{name: a, mountPath: /a, readOnly: false, subPath: ''}", "{name: a, mountPath: /a}");
        becomes("io.k8s.api.core.v1.Volume", "{name: a, emptyDir: {medium: ''}}", "{name: a, emptyDir: {}}");
        becomes("io.k8s.api.core.v1.SecurityContext", "{runAsUser: 0, privileged: false, capabilities: {add: []}}", "{runAsUser: 0, privileged: false, capabilities: {}}");
        becomes("io.k8s.api.apps.v1.DeploymentSpec", "{replicas: 0, minReadySeconds: 0.0, paused: false, selector: {}, strategy: {}, template: {metadata: {}, spec: {}}}",
                "{replicas: 0, selector: {}, strategy: {}, template: {metadata: {}, spec: {}}}");
        becomes("io.k8s.api.core.v1.Toleration", "{key: '', operator: Exists, tolerationSeconds: 0}", "{operator: Exists, tolerationSeconds: 0}");
    }

    @Test
    void valuesOfMapsAreKept() {
        becomes("io.k8s.api.core.v1.ConfigMap", "{metadata: {labels: {a: ''}, annotations: {}}, data: {a: ''}, binaryData: {}}", "{metadata: {labels: {a: ''}}, data: {a: ''}}");
        becomes("io.k8s.api.core.v1.ConfigMap", "{metadata: {labels: {a: }}, data: {b: }}", "{metadata: {labels: {a: ''}}, data: {b: ''}}");
    }

    @Test
    void nothingInAListIsZero() {
        becomes("io.k8s.api.core.v1.Container", "{name: a, resources: {}, args: [null, b], env: [null], command: []}", "{name: a, resources: {}, args: ['', b], env: [{}]}");
        becomes("io.k8s.api.core.v1.ServiceSpec", "{ports: [null]}", "{ports: [{}]}");
        becomes("io.k8s.api.core.v1.PodSecurityContext", "{supplementalGroups: [null]}", "{supplementalGroups: [0]}");
    }

    @Test
    void whatHasAnotherTypeIsLeftForValidation() {
        becomes("io.k8s.api.core.v1.Container", "{name: a, image: 0, env: {}, tty: '', resources: ''}", "{name: a, image: 0, env: {}, tty: '', resources: ''}");
    }
}
