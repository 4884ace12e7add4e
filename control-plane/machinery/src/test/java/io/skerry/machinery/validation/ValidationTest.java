package io.skerry.machinery.validation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.defaults.Defaults;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.schema.TypeTable;
import io.skerry.machinery.yaml.Yaml;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ValidationTest {

    private static ResourceType type(String id) {
        String[] parts = id.split("\\.", 2);
        return TypeTable.builtin().all().stream().filter(t -> t.plural().equals(parts[0]) && t.group().equals(parts.length > 1 ? parts[1] : "")).findFirst().orElseThrow();
    }

    private static ObjectNode object(ResourceType type, String yaml) {
        ObjectNode object = Json.object();
        Json.ensureObject(object, "metadata").put("name", "x");
        if (type.namespaced()) {
            Json.ensureObject(object, "metadata").put("namespace", "ns");
        }
        Yaml.parseAll(yaml, "test").forEach(document -> {
            ObjectNode given = (ObjectNode) document.root();
            if (given.get("metadata") instanceof ObjectNode metadata) {
                ((ObjectNode) object.get("metadata")).setAll(metadata);
                given.remove("metadata");
            }
            object.setAll(given);
        });
        Defaults.apply(type, object);
        return object;
    }

    static List<String> errors(String id, String yaml) {
        ResourceType type = type(id);
        return Validation.validate(type, object(type, yaml), null).stream().map(FieldError::toString).toList();
    }

    static List<String> updateErrors(String id, String before, String after) {
        ResourceType type = type(id);
        return Validation.validate(type, object(type, after), object(type, before)).stream().map(FieldError::toString).toList();
    }

    private static final String CONTAINERS = "containers: [{name: a, image: 'a:1'}]";
    private static final String TEMPLATE = "template: {metadata: {labels: {a: b}}, spec: {" + CONTAINERS + "}}";
    private static final String SELECTED = "selector: {matchLabels: {a: b}}, " + TEMPLATE;

    static Stream<Arguments> valid() {
        return Stream.of(
            new String[] {"pods", "spec: {C}"},
            new String[] {"pods", """
                spec:
                  initContainers: [{name: i, image: i}, {name: s, image: s, restartPolicy: Always, livenessProbe: {tcpSocket: {port: http}}}]
                  containers:
                  - name: a
                    image: r.io/a@sha256:0000
                    ports: [{containerPort: 80, name: http}, {containerPort: 53, protocol: UDP}]
                    env: [{name: A, value: b}, {name: B, valueFrom: {fieldRef: {fieldPath: "metadata.labels['x']"}}}, {name: D, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}, {name: E, valueFrom: {secretKeyRef: {name: s, key: k}}}]
                    envFrom: [{configMapRef: {name: c}, prefix: P_}]
                    volumeMounts: [{name: v, mountPath: /v}, {name: w, mountPath: /w, subPath: a/b}]
                    resources: {limits: {cpu: 1, memory: 1Gi, example.com/gpu: 1}, requests: {cpu: 500m}}
                    livenessProbe: {exec: {command: [x]}}
                    readinessProbe: {httpGet: {path: /, port: http}, successThreshold: 3}
                    lifecycle: {preStop: {sleep: {seconds: 1}}}
                  volumes: [{name: v, emptyDir: {sizeLimit: 1Gi}}, {name: w, projected: {sources: [{serviceAccountToken: {path: token}}, {configMap: {name: c, items: [{key: ca.crt, path: ca.crt}]}}, {downwardAPI: {items: [{path: ns, fieldRef: {fieldPath: metadata.namespace}}]}}]}}]
                  tolerations: [{operator: Exists}, {key: a, effect: NoExecute, tolerationSeconds: 300, operator: Exists}]
                  topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {a: b}}}]
                  affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Gt, values: ['1']}]}]}},
                    podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, podAffinityTerm: {topologyKey: kubernetes.io/hostname, labelSelector: {}}}]}}
                """},
            new String[] {"deployments.apps", "spec: {S}"},
            new String[] {"replicasets.apps", "spec: {S}"},
            new String[] {"daemonsets.apps", "spec: {S}"},
            new String[] {"statefulsets.apps", "spec: {serviceName: s, selector: {matchLabels: {a: b}}, volumeClaimTemplates: [{metadata: {name: data}, spec: {}}], template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: a, volumeMounts: [{name: data, mountPath: /d}]}]}}}"},
            new String[] {"jobs.batch", "spec: {manualSelector: true, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {restartPolicy: Never, C}}}"},
            new String[] {"cronjobs.batch", "spec: {schedule: '*/5 0-3 1,15 * MON-FRI', timeZone: Europe/Berlin, jobTemplate: {spec: {template: {spec: {restartPolicy: OnFailure, C}}}}}"},
            new String[] {"cronjobs.batch", "spec: {schedule: '@every 1h', jobTemplate: {spec: {template: {spec: {restartPolicy: OnFailure, C}}}}}"},
            new String[] {"services", "spec: {clusterIP: 10.43.0.5, ports: [{port: 80, name: a}, {port: 80, protocol: UDP, name: b, targetPort: dns}]}"},
            new String[] {"services", "spec: {clusterIP: None, selector: {a: b}}"},
            new String[] {"services", "spec: {type: ExternalName, externalName: example.com.}"},
            new String[] {"services", "spec: {type: LoadBalancer, ports: [{port: 80, nodePort: 30080}], loadBalancerSourceRanges: [10.0.0.0/8]}"},
            new String[] {"configmaps", "{data: {a.b: c}, binaryData: {d: AAE=}}"},
            new String[] {"secrets", "{type: kubernetes.io/tls, data: {tls.crt: '', tls.key: ''}}"},
            new String[] {"secrets", "{type: kubernetes.io/dockerconfigjson, data: {.dockerconfigjson: e30=}}"},
            new String[] {"ingresses.networking.k8s.io", "spec: {rules: [{host: '*.a.b', http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: s, port: {name: http}}}}]}}]}"},
            new String[] {"networkpolicies.networking.k8s.io", "spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}, {namespaceSelector: {}}], ports: [{port: 80, endPort: 90}]}]}"},
            new String[] {"roles.rbac.authorization.k8s.io", "{metadata: {name: 'system:x'}, rules: [{apiGroups: [''], resources: [pods], verbs: [get]}]}"},
            new String[] {"clusterroles.rbac.authorization.k8s.io", "rules: [{nonResourceURLs: [/healthz], verbs: [get]}]"},
            new String[] {"rolebindings.rbac.authorization.k8s.io", "{roleRef: {kind: Role, name: r}, subjects: [{kind: User, name: u}, {kind: ServiceAccount, name: s}]}"},
            new String[] {"persistentvolumeclaims", "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}"},
            new String[] {"persistentvolumes", "spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, hostPath: {path: /x}}"},
            new String[] {"storageclasses.storage.k8s.io", "provisioner: rancher.io/local-path"},
            new String[] {"horizontalpodautoscalers.autoscaling", "spec: {scaleTargetRef: {kind: Deployment, name: d}, maxReplicas: 3}"},
            new String[] {"poddisruptionbudgets.policy", "spec: {minAvailable: 50%}"},
            new String[] {"namespaces", "{}"},
            new String[] {"nodes", "spec: {podCIDRs: [10.42.0.0/24], taints: [{key: a, effect: NoSchedule}]}"},
            new String[] {"priorityclasses.scheduling.k8s.io", "value: 1000"},
            new String[] {"endpointslices.discovery.k8s.io", "{addressType: IPv4, endpoints: [{addresses: [10.42.0.5]}], ports: [{port: 80}]}"},
            new String[] {"leases.coordination.k8s.io", "spec: {holderIdentity: a, leaseDurationSeconds: 40}"},
            new String[] {"limitranges", "spec: {limits: [{type: Container, max: {cpu: 2}, min: {cpu: 1m}}]}"}).map(a -> Arguments.of(a[0], fill(a[1])));
    }

    static String fill(String yaml) {
        return yaml.replace("{S}", "{" + SELECTED + "}").replace(" S}", " " + SELECTED + "}").replace("{C}", "{" + CONTAINERS + "}").replace(" C}", " " + CONTAINERS + "}").replace("{C,", "{" + CONTAINERS + ",");
    }

    @ParameterizedTest
    @MethodSource("valid")
    void accepts(String type, String yaml) {
        assertThat(errors(type, yaml)).isEmpty();
        assertThat(updateErrors(type, yaml, yaml)).as("and an update that changes nothing").isEmpty();
    }

    static Stream<Arguments> invalid() {
        String label = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', "
                + "regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
        return Stream.of(
            // metadata
            new String[] {"configmaps", "metadata: {name: ''}", "metadata.name: Required value: name or generateName is required"},
            new String[] {"namespaces", "metadata: {name: A}", "metadata.name: Invalid value: \"A\": " + label},
            new String[] {"namespaces", "metadata: {name: a, namespace: b}", "metadata.namespace: Forbidden: not allowed on this type"},
            new String[] {"configmaps", "metadata: {labels: {'a b': c}}", "metadata.labels: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
                + "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"},
            new String[] {"configmaps", "metadata: {finalizers: [x]}", "metadata.finalizers[0]: Invalid value: \"x\": name is neither a standard finalizer name nor is it fully qualified"},
            new String[] {"configmaps", "metadata: {ownerReferences: [{apiVersion: v1, kind: A, name: a, uid: u, controller: true}, {apiVersion: v1, kind: B, name: b, uid: v, controller: true}]}",
                "metadata.ownerReferences: Invalid value: [{\"apiVersion\":\"v1\",\"kind\":\"A\",\"name\":\"a\",\"uid\":\"u\",\"controller\":true},{\"apiVersion\":\"v1\",\"kind\":\"B\",\"name\":\"b\",\"uid\":\"v\",\"controller\":true}]: "
                + "Only one reference can have Controller set to true. Found \"true\" in references for A/a and B/b"},
            // pods
            new String[] {"pods", "spec: {}", "spec.containers: Required value"},
            new String[] {"pods", "{}", "spec.containers: Required value"},
            new String[] {"pods", "spec: {containers: [{}]}", "spec.containers[0].name: Required value|spec.containers[0].image: Required value"},
            new String[] {"pods", "spec: {containers: [{name: A_, image: ' x'}]}", "spec.containers[0].name: Invalid value: \"A_\": " + label
                + "|spec.containers[0].image: Invalid value: \" x\": must not have leading or trailing whitespace"},
            new String[] {"pods", "spec: {containers: [{name: a, image: x}, {name: a, image: x}]}", "spec.containers[1].name: Duplicate value: \"a\""},
            new String[] {"pods", "spec: {restartPolicy: Sometimes, dnsPolicy: X, C}", "spec.restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"OnFailure\", \"Never\""
                + "|spec.dnsPolicy: Unsupported value: \"X\": supported values: \"ClusterFirstWithHostNet\", \"ClusterFirst\", \"Default\", \"None\""},
            new String[] {"pods", "spec: {containers: [{name: a, image: x, imagePullPolicy: Maybe}]}", "spec.containers[0].imagePullPolicy: Unsupported value: \"Maybe\": supported values: \"Always\", \"IfNotPresent\", \"Never\""},
            new String[] {"pods", "spec: {containers: [{name: a, image: x, ports: [{containerPort: 70000}, {name: HTTP, containerPort: 1, protocol: X}, {}]}]}",
                "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive|spec.containers[0].ports[1].name: Invalid value: \"HTTP\": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"
                + "|spec.containers[0].ports[1].name: Invalid value: \"HTTP\": must contain at least one letter (a-z)|spec.containers[0].ports[1].protocol: Unsupported value: \"X\": supported values: \"SCTP\", \"TCP\", \"UDP\""
                + "|spec.containers[0].ports[2].containerPort: Required value"},
            new String[] {"pods", "spec: {containers: [{name: a, image: x, env: [{name: ''}, {name: 'a=b'}, {name: A, value: v, valueFrom: {fieldRef: {fieldPath: metadata.name}}}, {name: B, valueFrom: {fieldRef: {fieldPath: spec.x}}}, {name: D, valueFrom: {}}]}]}",
                "spec.containers[0].env[0].name: Required value|spec.containers[0].env[1].name: Invalid value: \"a=b\": a valid environment variable name must consist only of printable ASCII "
                    + "characters other than '='|spec.containers[0].env[2].valueFrom: Invalid value: \"\": may not be specified when `value` is not empty|spec.containers[0].env[3].valueFrom.fieldRef.fieldPath: Invalid value: \"spec.x\": "
                + "error converting fieldPath: field label not supported: spec.x"
                + "|spec.containers[0].env[4].valueFrom: Invalid value: \"\": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"},
            new String[] {"pods", "spec: {containers: [{name: a, image: x, volumeMounts: [{name: v, mountPath: /a}, {name: w, mountPath: /a, subPath: ../x}]}], volumes: [{name: w, emptyDir: {}}]}",
                "spec.containers[0].volumeMounts[0].name: Not found: \"v\"|spec.containers[0].volumeMounts[1].mountPath: Invalid value: \"/a\": must be unique|spec.containers[0].volumeMounts[1].subPath: Invalid value: \"../x\": must not contain '..'"},
            new String[] {"pods", "spec: {containers: [{name: a, image: x, resources: {limits: {cpu: 1}, requests: {cpu: 2, x: 1, memory: '-1'}}}]}",
                "spec.containers[0].resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1|spec.containers[0].resources.requests[x]: Invalid value: \"x\": must be a standard resource type or fully qualified"
                + "|spec.containers[0].resources.requests[x]: Invalid value: \"x\": must be a standard resource for containers|spec.containers[0].resources.requests[memory]: Invalid value: \"-1\": must be greater than or equal to 0"},
            new String[] {"pods", "spec: {containers: [{name: a, image: x, resources: {requests: {cpu: lots}}}]}",
                "spec.containers[0].resources.requests[cpu]: Invalid value: \"lots\": quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"},
            new String[] {"pods", "spec: {containers: [{name: a, image: x, livenessProbe: {successThreshold: 2}, readinessProbe: {httpGet: {port: 0}, tcpSocket: {port: 1}, periodSeconds: -1}}]}",
                "spec.containers[0].livenessProbe: Required value: must specify a handler type|spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1|spec.containers[0].readinessProbe.httpGet.port: Invalid value: 0: must be between 1 "
                + "and 65535, inclusive|spec.containers[0].readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type|spec.containers[0].readinessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0"},
            new String[] {"pods", "spec: {C, initContainers: [{name: i, image: i, readinessProbe: {exec: {command: [x]}}}]}", "spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always"},
            new String[] {"pods", "spec: {C, volumes: [{name: A, secret: {}}, {name: b, emptyDir: {}, hostPath: {path: /x}}, {name: b, hostPath: {path: /a/../b}}, {name: d, configMap: {name: x, defaultMode: 512, items: [{key: k, path: /x}]}}]}",
                "spec.volumes[0].name: Invalid value: \"A\": " + label + "|spec.volumes[0].secret.secretName: Required value|spec.volumes[1].hostPath: Forbidden: may not specify more than 1 volume type|spec.volumes[2].name: Duplicate value: \"b\""
                + "|spec.volumes[2].hostPath.path: Invalid value: \"/a/../b\": must not contain '..'|spec.volumes[3].configMap.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive"
                + "|spec.volumes[3].configMap.items[0].path: Invalid value: \"/x\": must be a relative path"},
            new String[] {"pods", "spec: {C, tolerations: [{key: a, operator: Exists, value: b}, {effect: X, operator: Exists}]}",
                "spec.tolerations[0].operator: Invalid value: \"b\": value must be empty when `operator` is 'Exists'|spec.tolerations[1].effect: Unsupported value: \"X\": supported values: \"NoSchedule\", \"PreferNoSchedule\", \"NoExecute\""},
            new String[] {"pods", "spec: {dnsPolicy: None, C}", "spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"},
            // workloads
            new String[] {"deployments.apps", "spec: {" + TEMPLATE + "}", "spec.selector: Required value|spec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: `selector` does not match template `labels`"},
            new String[] {"deployments.apps", "spec: {selector: {}, " + TEMPLATE + "}", "spec.selector: Invalid value: {}: empty selector is invalid for deployment"},
            new String[] {"deployments.apps", "spec: {selector: {matchLabels: {a: c}}, " + TEMPLATE + "}", "spec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: `selector` does not match template `labels`"},
            new String[] {"deployments.apps", "spec: {replicas: -1, S}", "spec.replicas: Invalid value: -1: must be greater than or equal to 0"},
            new String[] {"deployments.apps", "spec: {strategy: {type: Recreate, rollingUpdate: {maxSurge: 1}}, S}", "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"},
            new String[] {"deployments.apps", "spec: {strategy: {type: X}, S}", "spec.strategy: Unsupported value: {\"type\":\"X\"}: supported values: \"Recreate\", \"RollingUpdate\""},
            new String[] {"deployments.apps", "spec: {strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0%}}, S}", "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"0%\": may not be 0 when `maxSurge` is 0"},
            new String[] {"deployments.apps", "spec: {minReadySeconds: 600, S}", "spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds"},
            new String[] {"deployments.apps", "spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {restartPolicy: Never, C}}}", "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\""},
            new String[] {"daemonsets.apps", "spec: {updateStrategy: {rollingUpdate: {maxSurge: 1}}, S}", "spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero"},
            new String[] {"jobs.batch", "spec: {manualSelector: true, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {C}}}", "spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\""},
            new String[] {"jobs.batch", "spec: {manualSelector: true, selector: {matchLabels: {a: b}}, completionMode: Indexed, parallelism: 1, template: {metadata: {labels: {a: b}}, spec: {restartPolicy: Never, C}}}", "spec.completions: Required value: when completion mode is Indexed"},
            new String[] {"jobs.batch", "spec: {template: {spec: {restartPolicy: Never, C}}}", "spec.selector: Required value"},
            new String[] {"cronjobs.batch", "spec: {schedule: '* * *', timeZone: Mars/X, jobTemplate: {spec: {template: {spec: {restartPolicy: Never, C}}}}}",
                "spec.schedule: Invalid value: \"* * *\": expected exactly 5 fields, found 3: [* * *]|spec.timeZone: Invalid value: \"Mars/X\": unknown time zone Mars/X"},
            new String[] {"cronjobs.batch", "spec: {schedule: '61 * * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, C}}}}}", "spec.schedule: Invalid value: \"61 * * * *\": end of range (61) above maximum (59): 61"},
            new String[] {"horizontalpodautoscalers.autoscaling", "spec: {scaleTargetRef: {kind: Deployment, name: d}, minReplicas: 3, maxReplicas: 2}", "spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`"},
            new String[] {"poddisruptionbudgets.policy", "spec: {minAvailable: 1, maxUnavailable: 101%}", "spec: Invalid value: {\"minAvailable\":1,\"maxUnavailable\":\"101%\"}: minAvailable and maxUnavailable cannot be both set"
                + "|spec.maxUnavailable: Invalid value: \"101%\": must not be greater than 100%"},
            // services
            new String[] {"services", "spec: {}", "spec.ports: Required value"},
            new String[] {"services", "metadata: {name: 1a}\nspec: {ports: [{port: 80}]}", "metadata.name: Invalid value: \"1a\": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end "
                + "with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"},
            new String[] {"services", "spec: {ports: [{port: 80}, {port: 0, name: b}]}", "spec.ports[0].name: Required value|spec.ports[1].port: Invalid value: 0: must be between 1 and 65535, inclusive|spec.ports[1].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive"},
            new String[] {"services", "spec: {ports: [{port: 80, name: a}, {port: 80, name: a}]}", "spec.ports[1].name: Duplicate value: \"a\"|spec.ports[1]: Duplicate value: {\"protocol\":\"TCP\",\"port\":80}"},
            new String[] {"services", "spec: {type: X, ports: [{port: 80}]}", "spec.type: Unsupported value: \"X\": supported values: \"ClusterIP\", \"ExternalName\", \"LoadBalancer\", \"NodePort\""},
            new String[] {"services", "spec: {type: ExternalName}", "spec.externalName: Required value"},
            new String[] {"services", "spec: {clusterIP: 1.2.3, ports: [{port: 80, nodePort: 30000}]}", "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"
                + "|spec.clusterIPs[0]: Invalid value: \"1.2.3\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"},
            // configuration
            new String[] {"configmaps", "data: {'a b': c}", "data[a b]: Invalid value: \"a b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"},
            new String[] {"configmaps", "{data: {a: c}, binaryData: {a: AA==}}", "data[a]: Invalid value: \"a\": duplicate of key present in binaryData"},
            new String[] {"secrets", "type: kubernetes.io/tls", "data[tls.crt]: Required value|data[tls.key]: Required value"},
            new String[] {"secrets", "{type: kubernetes.io/dockerconfigjson, data: {.dockerconfigjson: eA==}}", "data[.dockerconfigjson]: Invalid value: \"<secret contents redacted>\": must be base64 of valid JSON"},
            // network
            new String[] {"ingresses.networking.k8s.io", "spec: {}", "spec: Invalid value: {}: either `defaultBackend` or `rules` must be specified"},
            new String[] {"ingresses.networking.k8s.io", "spec: {rules: [{host: 1.2.3.4, http: {paths: [{path: a, pathType: Prefix, backend: {service: {name: s, port: {number: 80}}}}, {path: /, backend: {service: {name: s}}}, {path: /, pathType: Exact, backend: {service: {name: s}}}]}}]}",
                "spec.rules[0].host: Invalid value: \"1.2.3.4\": must be a DNS name, not an IP address|spec.rules[0].http.paths[0].path: Invalid value: \"a\": must be an absolute path|spec.rules[0].http.paths[1].pathType: Required value: pathType must be specified"
                + "|spec.rules[0].http.paths[2].backend: Required value: port name or number is required"},
            new String[] {"networkpolicies.networking.k8s.io", "spec: {podSelector: {}, ingress: [{from: [{}, {ipBlock: {cidr: x}}]}]}", "spec.ingress[0].from[0]: Required value: must specify a peer"
                + "|spec.ingress[0].from[1].ipBlock.cidr: Invalid value: \"x\": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"},
            new String[] {"endpointslices.discovery.k8s.io", "{addressType: IPv4, endpoints: [{addresses: ['::1']}, {addresses: []}]}", "endpoints[0].addresses[0]: Invalid value: \"::1\": must be a valid IPv4 address|endpoints[1].addresses: Required value: must contain at least 1 address"},
            // rbac
            new String[] {"roles.rbac.authorization.k8s.io", "rules: [{nonResourceURLs: [/x], verbs: [get]}, {}]", "rules[0].nonResourceURLs: Invalid value: [\"/x\"]: namespaced rules cannot apply to non-resource URLs|rules[1].verbs: Required value: verbs must contain at least one value"
                + "|rules[1].apiGroups: Required value: resource rules must supply at least one api group|rules[1].resources: Required value: resource rules must supply at least one resource"},
            new String[] {"clusterrolebindings.rbac.authorization.k8s.io", "{roleRef: {kind: Role, name: r}, subjects: [{kind: ServiceAccount, name: s}, {kind: X, name: z}]}", "roleRef.kind: Unsupported value: \"Role\": supported values: \"ClusterRole\""
                + "|subjects[0].namespace: Required value|subjects[1].kind: Unsupported value: \"X\": supported values: \"ServiceAccount\", \"User\", \"Group\""},
            // storage
            new String[] {"persistentvolumeclaims", "spec: {}", "spec.accessModes: Required value: at least 1 access mode is required|spec.resources[storage]: Required value"},
            new String[] {"persistentvolumes", "spec: {accessModes: [X], capacity: {storage: 0}}", "spec.accessModes: Unsupported value: \"X\": supported values: \"ReadOnlyMany\", \"ReadWriteMany\", \"ReadWriteOnce\", \"ReadWriteOncePod\""
                + "|spec.capacity[storage]: Invalid value: \"0\": must be greater than zero|spec: Required value: must specify a volume type"},
            // cluster
            new String[] {"nodes", "spec: {taints: [{key: a, effect: X}]}", "metadata.taints[0].effect: Unsupported value: \"X\": supported values: \"NoSchedule\", \"PreferNoSchedule\", \"NoExecute\""},
            new String[] {"priorityclasses.scheduling.k8s.io", "value: 2000000000", "value: Forbidden: maximum allowed value of a user defined priority is 1000000000"},
            new String[] {"limitranges", "spec: {limits: [{type: Container, max: {cpu: 1}, min: {cpu: 2}}]}", "spec.limits[0].min[cpu]: Invalid value: \"2\": min value 2 is greater than max value 1|spec.limits[0].defaultRequest[cpu]: Invalid value: \"1\": min value 2 is greater than default request value 1"
                + "|spec.limits[0].default[cpu]: Invalid value: \"1\": min value 2 is greater than default value 1"})
            .map(a -> Arguments.of(a[0], fill(a[1]), a[2]));
    }

    @ParameterizedTest
    @MethodSource("invalid")
    void refuses(String type, String yaml, String expected) {
        assertThat(errors(type, yaml)).containsExactly(expected.split("\\|"));
    }

    static Stream<Arguments> updates() {
        String pod = "spec: {containers: [{name: a, image: 'a:1', env: [{name: A, value: b}]}], tolerations: [{key: k, operator: Exists}]}";
        String service = "spec: {clusterIP: 10.43.0.5, clusterIPs: [10.43.0.5], ports: [{port: 80}]}";
        String job = "spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {restartPolicy: Never, C}}}";
        String claim = "{spec: {accessModes: [ReadWriteOnce], volumeName: v, resources: {requests: {storage: 2Gi}}}, status: {phase: Bound, capacity: {storage: 2Gi}}}";
        return Stream.of(
            new String[] {"configmaps", "metadata: {uid: a}", "metadata: {uid: b}", "metadata.uid: Invalid value: \"b\": field is immutable"},
            new String[] {"configmaps", "metadata: {deletionTimestamp: '2026-01-01T00:00:00Z'}", "metadata: {deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: [a.b/c]}",
                "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{\"a.b/c\"}"},
            new String[] {"deployments.apps", "spec: {S}", "spec: {selector: {matchLabels: {a: b, c: d}}, template: {metadata: {labels: {a: b, c: d}}, spec: {C}}}", "spec.selector: Invalid value: {\"matchLabels\":{\"a\":\"b\",\"c\":\"d\"}}: field is immutable"},
            new String[] {"statefulsets.apps", "spec: {serviceName: a, S}", "spec: {serviceName: b, replicas: 3, S}",
                "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"},
            new String[] {"pods", pod, pod.replace("a:1", "a:2").replace("tolerations: [", "activeDeadlineSeconds: 5, tolerations: [{key: z, operator: Exists}, "), ""},
            new String[] {"pods", pod, pod.replace("value: b", "value: c"),
                "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
                + "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\nchanged: spec.containers[0].env[0].value"},
            new String[] {"pods", pod, pod.replace(", tolerations: [{key: k, operator: Exists}]", ""), "spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds"},
            new String[] {"pods", pod, pod.replace("containers: [", "containers: [{name: b, image: b}, "), "spec.containers: Forbidden: pod updates may not add or remove containers"},
            new String[] {"services", service, service.replace("10.43.0.5", "10.43.0.6"), "spec.clusterIPs[0]: Invalid value: [\"10.43.0.6\"]: may not change once set"},
            new String[] {"services", service, "spec: {type: ExternalName, externalName: a.b}", ""},
            new String[] {"jobs.batch", job, job.replace("C}", "containers: [{name: a, image: 'a:2'}]}"), null},
            new String[] {"jobs.batch", job, job.replace("spec: {sel", "spec: {parallelism: 2, completions: 1, sel"), ""},
            new String[] {"configmaps", "{immutable: true, data: {a: b}}", "{immutable: true, data: {a: c}}", "data: Forbidden: field is immutable when `immutable` is set"},
            new String[] {"configmaps", "{immutable: true, data: {a: b}}", "{data: {a: b}}", "immutable: Forbidden: field is immutable when `immutable` is set"},
            new String[] {"secrets", "{type: a.b/c}", "{type: a.b/d}", "type: Invalid value: \"a.b/d\": field is immutable"},
            new String[] {"rolebindings.rbac.authorization.k8s.io", "roleRef: {kind: Role, name: a}", "roleRef: {kind: Role, name: b}",
                "roleRef: Invalid value: {\"kind\":\"Role\",\"name\":\"b\",\"apiGroup\":\"rbac.authorization.k8s.io\"}: cannot change roleRef"},
            new String[] {"persistentvolumeclaims", claim, claim.replace("requests: {storage: 2Gi}", "requests: {storage: 3Gi}"), ""},
            new String[] {"persistentvolumeclaims", claim, claim.replace("requests: {storage: 2Gi}", "requests: {storage: 1Gi}"), "spec.resources.requests.storage: Forbidden: field can not be less than status.capacity"},
            new String[] {"persistentvolumeclaims", claim, claim.replace("volumeName: v", "volumeName: w"), "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"},
            new String[] {"persistentvolumes", "spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, hostPath: {path: /x}}", "spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, hostPath: {path: /y}}",
                "spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation"},
            new String[] {"storageclasses.storage.k8s.io", "{provisioner: p, parameters: {a: b}}", "{provisioner: p, parameters: {a: c}}", "parameters: Forbidden: updates to parameters are forbidden."},
            new String[] {"priorityclasses.scheduling.k8s.io", "value: 1", "value: 2", "value: Forbidden: may not be changed in an update."})
            .map(a -> Arguments.of(a[0], fill(a[1]), fill(a[2]), a[3]));
    }

    @ParameterizedTest
    @MethodSource("updates")
    void updatesAreChecked(String type, String before, String after, String expected) {
        List<String> errors = updateErrors(type, before, after);
        if (expected == null) {
            assertThat(errors).singleElement().asString().startsWith("spec.template: Invalid value: ").endsWith(": field is immutable");
        } else {
            assertThat(errors).isEqualTo(expected.isEmpty() ? List.of() : List.of(expected));
        }
    }

    @Test
    void aConfigMapHasItsLimit() {
        ResourceType type = type("configmaps");
        ObjectNode full = object(type, "{}");
        full.putObject("data").put("a", "x".repeat(1 << 20));
        assertThat(Validation.validate(type, full, null)).isEmpty();
        full.withObject("data").put("b", "x");
        assertThat(Validation.validate(type, full, null)).extracting(FieldError::message).containsExactly("Too long: may not be more than 1048576 bytes");
    }

    @Test
    void causesCarryReasonAndMessage() {
        ResourceType type = type("configmaps");
        FieldError error = Validation.validate(type, object(type, "metadata: {name: ''}"), null).getFirst();
        assertThat(error.type().reason()).isEqualTo("FieldValueRequired");
        assertThat(error.field()).isEqualTo("metadata.name");
        assertThat(error.message()).isEqualTo("Required value: name or generateName is required");
    }

    @Test
    void podSubresourcesMayChangeWhatThePodItselfMayNot() {
        ResourceType type = type("pods");
        ObjectNode old = object(type, fill("spec: {C}"));
        ObjectNode bound = old.deepCopy();
        bound.withObject("spec").put("nodeName", "n1");
        assertThat(Validation.validate(type, bound, old)).hasSize(1);
        assertThat(Validation.validate(type, bound, old, "binding")).isEmpty();
        assertThat(Validation.validate(type, bound, old, "status")).isEmpty();
        bound.withObject("spec").put("nodeName", "N_");
        assertThat(Validation.validate(type, bound, old, "binding")).hasSize(1);
    }

    @Test
    void everyBuiltInTypeIsValidatedWithoutFailing() {
        List<String> names = new ArrayList<>();
        for (ResourceType type : TypeTable.builtin().all()) {
            ObjectNode bare = object(type, "{}");
            Validation.validate(type, bare, null);
            Validation.validate(type, bare, bare);
            ObjectNode odd = object(type, "{spec: x, data: [1], rules: {a: b}, subjects: 1, status: [], endpoints: [1], ports: x, subsets: [x]}");
            Validation.validate(type, odd, bare);
            names.add(type.plural());
        }
        assertThat(names).hasSizeGreaterThan(50);
    }
}
