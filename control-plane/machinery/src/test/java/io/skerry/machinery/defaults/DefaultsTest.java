package io.skerry.machinery.defaults;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.schema.TypeTable;
import io.skerry.machinery.yaml.Yaml;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DefaultsTest {

    private static ResourceType type(String plural, String group) {
        return TypeTable.builtin().all().stream().filter(t -> t.plural().equals(plural) && t.group().equals(group)).findFirst().orElseThrow();
    }

    private static ObjectNode defaulted(String plural, String group, String yaml) {
        ResourceType type = type(plural, group);
        ObjectNode object = (ObjectNode) Yaml.parseAll(yaml, "test").getFirst().root();
        Defaults.apply(type, object);
        ObjectNode again = object.deepCopy();
        Defaults.apply(type, again);
        assertThat(again).as("defaulting what is defaulted changes nothing").isEqualTo(object);
        return object;
    }

    /** @param expected without the empty objects of the canonical form */
    private static void becomes(String plural, String group, String yaml, String expected) {
        JsonNode whole = Yaml.parseAll(expected, "expected").getFirst().root();
        CanonicalForm.apply(whole, type(plural, group).schema());
        assertThat(defaulted(plural, group, yaml)).isEqualTo(whole);
    }

    @Test
    void plainTextOfSecretsBecomesData() {
        becomes("secrets", "", "{data: {a: eA==, b: eQ==}, stringData: {b: new, c: 'grün'}}", "{type: Opaque, data: {a: eA==, b: bmV3, c: Z3LDvG4=}}");
        becomes("secrets", "", "{type: my, stringData: {}}", "{type: my}");
    }

    @Test
    void prioritiesOfRequests() {
        becomes("prioritylevelconfigurations", "flowcontrol.apiserver.k8s.io", "spec: {type: Limited, limited: {limitResponse: {type: Queue, queuing: {queues: 2}}}}",
                "spec: {type: Limited, limited: {limitResponse: {type: Queue, queuing: {queues: 2, handSize: 8, queueLengthLimit: 50}}, nominalConcurrencyShares: 30, lendablePercent: 0}}");
        becomes("prioritylevelconfigurations", "flowcontrol.apiserver.k8s.io", "spec: {type: Exempt, exempt: {lendablePercent: 50}}",
                "spec: {type: Exempt, exempt: {lendablePercent: 50, nominalConcurrencyShares: 0}}");
    }

    @Test
    void pod() {
        becomes("pods", "", """
                spec:
                  containers:
                  - name: a
                    image: nginx
                    ports: [{containerPort: 80}]
                    env: [{name: N, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
                    resources: {limits: {cpu: 1000m, memory: 1024Mi}, requests: {cpu: 0.5}}
                    livenessProbe: {httpGet: {port: 80}}
                    readinessProbe: {grpc: {port: 5}, periodSeconds: 3}
                    lifecycle: {preStop: {httpGet: {port: 1}}}
                  - {name: b, image: 'r.io:5000/b:1.2', imagePullPolicy: Never, terminationMessagePolicy: FallbackToLogsOnError}
                """, """
                spec:
                  containers:
                  - name: a
                    image: nginx
                    ports: [{containerPort: 80, protocol: TCP}]
                    env: [{name: N, valueFrom: {fieldRef: {fieldPath: metadata.name, apiVersion: v1}}}]
                    resources: {limits: {cpu: '1', memory: 1Gi}, requests: {cpu: 500m, memory: 1Gi}}
                    livenessProbe: {httpGet: {port: 80, path: /, scheme: HTTP}, timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3}
                    readinessProbe: {grpc: {port: 5, service: ''}, periodSeconds: 3, timeoutSeconds: 1, successThreshold: 1, failureThreshold: 3}
                    lifecycle: {preStop: {httpGet: {port: 1, path: /, scheme: HTTP}}}
                    imagePullPolicy: Always
                    terminationMessagePath: /dev/termination-log
                    terminationMessagePolicy: File
                  - {name: b, image: 'r.io:5000/b:1.2', imagePullPolicy: Never, terminationMessagePath: /dev/termination-log, terminationMessagePolicy: FallbackToLogsOnError}
                  restartPolicy: Always
                  terminationGracePeriodSeconds: 30
                  dnsPolicy: ClusterFirst
                  securityContext: {}
                  schedulerName: default-scheduler
                  enableServiceLinks: true
                """);
    }

    @Test
    void theAccountByItsOlderName() {
        assertThat(Json.text(defaulted("pods", "", "spec: {serviceAccount: a}"), "spec", "serviceAccountName")).isEqualTo("a");
        assertThat(Json.text(defaulted("pods", "", "spec: {serviceAccount: a, serviceAccountName: b}"), "spec", "serviceAccountName")).isEqualTo("b");
        assertThat(defaulted("pods", "", "spec: {}").path("spec").has("serviceAccountName")).isFalse();
    }

    @Test
    void hostNetworkPodsPorts() {
        ObjectNode pod = defaulted("pods", "", "spec: {hostNetwork: true, terminationGracePeriodSeconds: 0, containers: [{name: a, image: 'a:1', ports: [{containerPort: 80}]}]}");
        assertThat(Json.at(pod, "spec", "containers").get(0).path("ports")).isEqualTo(Json.parse("[{\"containerPort\":80,\"protocol\":\"TCP\",\"hostPort\":80}]"));
        assertThat(pod.path("spec").path("terminationGracePeriodSeconds").asInt()).as("0 is a value").isZero();
    }

    @ParameterizedTest
    @CsvSource({"nginx,Always", "nginx:latest,Always", "nginx:1,IfNotPresent", "r:5000/nginx,Always", "r:5000/nginx:1,IfNotPresent", "nginx@sha256:abc,IfNotPresent",
        "nginx:latest@sha256:abc,IfNotPresent", "nginx:latest@sha256:0123456789abcdef0123456789abcdef,Always", "nginx@sha256:0123456789abcdef0123456789abcdef,IfNotPresent",
        "Nginx,IfNotPresent", "'',IfNotPresent", "Reg.io/a__b/c-d,Always", "localhost/a,Always", "[::1]:5000/a:1,IfNotPresent", "a//b,IfNotPresent", "a b,IfNotPresent"})
    void pullPolicyFollowsTheTag(String image, String policy) {
        assertThat(PodDefaults.pullPolicy(image)).isEqualTo(policy);
    }

    @Test
    void volumes() {
        ObjectNode pod = defaulted("pods", "", """
                spec:
                  volumes:
                  - {name: a}
                  - {name: b, secret: {secretName: s}}
                  - {name: c, configMap: {name: c, defaultMode: 0400}}
                  - {name: d, hostPath: {path: /x}}
                  - {name: e, projected: {sources: [{serviceAccountToken: {path: t}}, {downwardAPI: {items: [{path: p, fieldRef: {fieldPath: metadata.name}}]}}]}}
                  - {name: f, ephemeral: {volumeClaimTemplate: {spec: {}}}}
                """);
        assertThat(Json.at(pod, "spec", "volumes")).isEqualTo(Yaml.parseAll("""
                - {name: a, emptyDir: {}}
                - {name: b, secret: {secretName: s, defaultMode: 420}}
                - {name: c, configMap: {name: c, defaultMode: 256}}
                - {name: d, hostPath: {path: /x, type: ''}}
                - {name: e, projected: {sources: [{serviceAccountToken: {path: t, expirationSeconds: 3600}}, {downwardAPI: {items: [{path: p, fieldRef: {fieldPath: metadata.name, apiVersion: v1}}]}}], defaultMode: 420}}
                - {name: f, ephemeral: {volumeClaimTemplate: {metadata: {}, spec: {resources: {}, volumeMode: Filesystem}}}}
                """, "expected").getFirst().root());
    }

    private static final String TEMPLATE = "template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: 'a:1', resources: {limits: {cpu: 1}}}]}}";
    private static final String TEMPLATE_DEFAULTED = "template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: 'a:1', resources: {limits: {cpu: '1'}}, imagePullPolicy: IfNotPresent, "
            + "terminationMessagePath: /dev/termination-log, terminationMessagePolicy: File}], restartPolicy: Always, terminationGracePeriodSeconds: 30, dnsPolicy: ClusterFirst, securityContext: {}, schedulerName: default-scheduler}}";

    private static final String EMPTY_DEFAULTED = "template: {spec: {restartPolicy: Always, terminationGracePeriodSeconds: 30, dnsPolicy: ClusterFirst, securityContext: {}, "
            + "schedulerName: default-scheduler}}";

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', value = {
        "deployments|apps|spec: {T}|spec: {D, replicas: 1, strategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 25%, maxSurge: 25%}}, revisionHistoryLimit: 10, progressDeadlineSeconds: 600}",
        "deployments|apps|spec: {replicas: 0, strategy: {type: Recreate}}|spec: {E, replicas: 0, strategy: {type: Recreate}, revisionHistoryLimit: 10, progressDeadlineSeconds: 600}",
        "deployments|apps|spec: {strategy: {rollingUpdate: {maxSurge: 1}}}|spec: {E, replicas: 1, strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 25%}}, revisionHistoryLimit: 10, progressDeadlineSeconds: 600}",
        "replicasets|apps|spec: {T}|spec: {D, replicas: 1}",
        "replicasets|apps|{}|spec: {E, replicas: 1}",
        "podtemplates||{}|{E}",
        "cronjobs|batch|{}|spec: {jobTemplate: {spec: {E}}, concurrencyPolicy: Allow, suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1}",
        "replicationcontrollers||spec: {T}|{metadata: {labels: {a: b}}, spec: {D, replicas: 1, selector: {a: b}}}",
        "daemonsets|apps|spec: {T}|spec: {D, updateStrategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 1, maxSurge: 0}}, revisionHistoryLimit: 10}",
        "statefulsets|apps|spec: {updateStrategy: {type: RollingUpdate}}|spec: {E, podManagementPolicy: OrderedReady, updateStrategy: {type: RollingUpdate}, persistentVolumeClaimRetentionPolicy: {whenDeleted: Retain, whenScaled: Retain}, replicas: 1, revisionHistoryLimit: 10}",
        "resourcequotas||spec: {hard: {cpu: 1500u, memory: 0.0001, pods: '3'}}|spec: {hard: {cpu: 2m, memory: 1m, pods: '3'}}",
        "csistoragecapacities|storage.k8s.io|capacity: 1500u|capacity: 1500u",
        "statefulsets|apps|spec: {T, volumeClaimTemplates: [{spec: {}}]}|spec: {D, volumeClaimTemplates: [{apiVersion: v1, kind: PersistentVolumeClaim, spec: {volumeMode: Filesystem}, status: {phase: Pending}}], podManagementPolicy: OrderedReady, updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 0}}, persistentVolumeClaimRetentionPolicy: {whenDeleted: Retain, whenScaled: Retain}, replicas: 1, revisionHistoryLimit: 10}",
        "jobs|batch|spec: {T}|{metadata: {labels: {a: b}}, spec: {D, completions: 1, parallelism: 1, backoffLimit: 6, completionMode: NonIndexed, suspend: false, podReplacementPolicy: TerminatingOrFailed}}",
        "jobs|batch|spec: {parallelism: 2, backoffLimitPerIndex: 1}|spec: {E, parallelism: 2, backoffLimitPerIndex: 1, backoffLimit: 2147483647, completionMode: NonIndexed, suspend: false, podReplacementPolicy: TerminatingOrFailed}",
        "cronjobs|batch|spec: {jobTemplate: {spec: {T}}}|spec: {jobTemplate: {spec: {D}}, concurrencyPolicy: Allow, suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1}",
        "services||spec: {ports: [{port: 80}, {port: 81, targetPort: x}]}|spec: {ports: [{port: 80, protocol: TCP, targetPort: 80}, {port: 81, targetPort: x, protocol: TCP}], sessionAffinity: None, type: ClusterIP, internalTrafficPolicy: Cluster}",
        "services||spec: {type: LoadBalancer, sessionAffinity: ClientIP}|spec: {type: LoadBalancer, sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 10800}}, externalTrafficPolicy: Cluster, internalTrafficPolicy: Cluster, allocateLoadBalancerNodePorts: true}",
        "services||spec: {type: ExternalName, externalName: a.b}|spec: {type: ExternalName, externalName: a.b, sessionAffinity: None}",
        "services||{spec: {type: NodePort, externalTrafficPolicy: Local}}|spec: {type: NodePort, externalTrafficPolicy: Local, sessionAffinity: None, internalTrafficPolicy: Cluster}",
        "endpoints||subsets: [{ports: [{port: 1}]}]|subsets: [{ports: [{port: 1, protocol: TCP}]}]",
        "endpointslices|discovery.k8s.io|ports: [{port: 1}]|ports: [{port: 1, name: '', protocol: TCP}]",
        "secrets||{}|type: Opaque",
        "namespaces||metadata: {name: x}|{metadata: {name: x, labels: {kubernetes.io/metadata.name: x}}, status: {phase: Active}}",
        "nodes||status: {capacity: {cpu: 2000m}}|status: {capacity: {cpu: '2'}, allocatable: {cpu: '2'}}",
        "persistentvolumeclaims||spec: {resources: {requests: {storage: 1024Mi}}}|{spec: {resources: {requests: {storage: 1Gi}}, volumeMode: Filesystem}, status: {phase: Pending}}",
        "persistentvolumes||spec: {hostPath: {path: /x}}|{spec: {hostPath: {path: /x, type: ''}, persistentVolumeReclaimPolicy: Retain, volumeMode: Filesystem}, status: {phase: Pending}}",
        "limitranges||spec: {limits: [{type: Container, max: {cpu: 2}, min: {memory: 1Mi}}]}|spec: {limits: [{type: Container, max: {cpu: '2'}, min: {memory: 1Mi}, default: {cpu: '2'}, defaultRequest: {cpu: '2', memory: 1Mi}}]}",
        "networkpolicies|networking.k8s.io|spec: {egress: [{ports: [{port: 53}]}]}|spec: {egress: [{ports: [{port: 53, protocol: TCP}]}], policyTypes: [Ingress, Egress]}",
        "networkpolicies|networking.k8s.io|spec: {}|spec: {policyTypes: [Ingress]}",
        "rolebindings|rbac.authorization.k8s.io|{roleRef: {kind: Role, name: r}, subjects: [{kind: User, name: u}, {kind: ServiceAccount, name: s}]}|{roleRef: {kind: Role, name: r, apiGroup: rbac.authorization.k8s.io}, subjects: [{kind: User, name: u, apiGroup: rbac.authorization.k8s.io}, {kind: ServiceAccount, name: s}]}",
        "horizontalpodautoscalers|autoscaling|spec: {maxReplicas: 3, metrics: [{type: Pods}]}|spec: {maxReplicas: 3, metrics: [{type: Pods}], minReplicas: 1}",
        "storageclasses|storage.k8s.io|provisioner: p|{provisioner: p, reclaimPolicy: Delete, volumeBindingMode: Immediate}",
        "priorityclasses|scheduling.k8s.io|value: 1|{value: 1, preemptionPolicy: PreemptLowerPriority}",
        "customresourcedefinitions|apiextensions.k8s.io|spec: {names: {kind: Widget, plural: widgets}}|spec: {names: {kind: Widget, plural: widgets, singular: widget, listKind: WidgetList}, conversion: {strategy: None}}",
        "validatingwebhookconfigurations|admissionregistration.k8s.io|webhooks: [{name: w, rules: [{}], clientConfig: {service: {name: s}}}]|webhooks: [{name: w, rules: [{scope: '*'}], clientConfig: {service: {name: s, port: 443}}, failurePolicy: Fail, matchPolicy: Equivalent, namespaceSelector: {}, objectSelector: {}, timeoutSeconds: 10}]",
        "configmaps||data: {a: b}|data: {a: b}"})
    void everyType(String plural, String group, String yaml, String expected) {
        becomes(plural, group == null ? "" : group, yaml.replace("{T", "{" + TEMPLATE), expected.replace("{D", "{" + TEMPLATE_DEFAULTED).replace("{E", "{" + EMPTY_DEFAULTED));
    }

    @Test
    void wrongTypesAreLeftForValidation() {
        becomes("pods", "", "spec: {containers: x, volumes: [1]}", "spec: {containers: x, volumes: [1], restartPolicy: Always, terminationGracePeriodSeconds: 30, dnsPolicy: ClusterFirst, "
                + "securityContext: {}, schedulerName: default-scheduler, enableServiceLinks: true}");
        becomes("deployments", "apps", "spec: x", "spec: x");
    }
}
