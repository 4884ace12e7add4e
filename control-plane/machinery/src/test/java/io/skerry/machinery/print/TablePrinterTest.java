package io.skerry.machinery.print;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.PrinterColumn;
import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.schema.Schema;
import io.skerry.machinery.schema.TypeTable;
import io.skerry.machinery.yaml.Yaml;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class TablePrinterTest {

    private static final Instant NOW = Instant.parse("2026-01-01T01:00:00Z");

    private static ObjectNode object(String yaml) {
        return (ObjectNode) Yaml.parseAll(yaml, "test").getFirst().root();
    }

    private static ResourceType type(String plural, String group) {
        return TypeTable.builtin().all().stream().filter(t -> t.plural().equals(plural) && t.group().equals(group)).findFirst().orElseThrow();
    }

    private static ObjectNode table(String plural, String group, ObjectNode... objects) {
        return TablePrinter.table(type(plural, group), List.of(objects), "7", null, null, "None", NOW);
    }

    private static List<String> cells(String plural, String group, String yaml) {
        ObjectNode object = object("metadata: {name: x, namespace: ns, creationTimestamp: '2026-01-01T00:00:00Z'}\n" + yaml);
        List<String> cells = new ArrayList<>();
        table(plural, group, object).path("rows").path(0).path("cells").forEach(c -> cells.add(c.asText()));
        return cells;
    }

    private static List<String> names(JsonNode table) {
        List<String> names = new ArrayList<>();
        table.path("columnDefinitions").forEach(c -> names.add(c.path("name").asText() + (c.path("priority").asInt() > 0 ? "*" : "")));
        return names;
    }

    @Test
    void isATable() {
        ObjectNode pod = object("{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {b: c}}, spec: {}, status: {phase: Succeeded}}");
        ObjectNode table = TablePrinter.table(type("pods", ""), List.of(pod), "42", "token", 3L, null, NOW);
        assertThat(table.path("kind").asText() + table.path("apiVersion").asText()).isEqualTo("Tablemeta.k8s.io/v1");
        assertThat(table.path("metadata")).hasToString("{\"resourceVersion\":\"42\",\"continue\":\"token\",\"remainingItemCount\":3}");
        assertThat(names(table)).containsExactly("Name", "Ready", "Status", "Restarts", "Age", "IP*", "Node*", "Nominated Node*", "Readiness Gates*");
        assertThat(table.path("columnDefinitions").path(0).path("format").asText()).isEqualTo("name");
        JsonNode row = table.path("rows").path(0);
        assertThat(row.path("object")).isEqualTo(Json.parse("{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":{\"name\":\"a\",\"labels\":{\"b\":\"c\"}}}"));
        assertThat(row.path("conditions").path(0).path("reason").asText()).isEqualTo("Succeeded");
        assertThat(TablePrinter.table(type("pods", ""), List.of(pod), "42", null, null, "Object", NOW).path("rows").path(0).path("object")).isEqualTo(pod);
        ObjectNode none = TablePrinter.table(type("pods", ""), List.of(pod), "42", null, null, "None", NOW);
        assertThat(none.path("rows").path(0).has("object")).isFalse();
        assertThat(none.path("metadata").has("continue")).isFalse();
    }

    static List<String[]> pods() {
        String running = "state: {running: {}}, ready: true, restartCount: 0";
        String two = "spec: {containers: [{name: a}, {name: b}]}\n";
        String init = "spec: {containers: [{name: a}], initContainers: [{name: i}, {name: j}]}\n";
        String sidecar = "spec: {containers: [{name: a}], initContainers: [{name: i, restartPolicy: Always}, {name: j}]}\n";
        String finished = "lastState: {terminated: {finishedAt: '2026-01-01T00:57:00Z'}}";
        return List.of(
            new String[] {two + "status: {phase: Pending}", "0/2 Pending 0"},
            new String[] {two + "status: {phase: Pending, conditions: [{type: PodScheduled, status: 'False', reason: SchedulingGated}]}", "0/2 SchedulingGated 0"},
            new String[] {two + "status: {phase: Pending, containerStatuses: [{state: {waiting: {reason: ContainerCreating}}}, {state: {waiting: {reason: ContainerCreating}}}]}", "0/2 ContainerCreating 0"},
            new String[] {two + "status: {phase: Running, containerStatuses: [{" + running + "}, {" + running + "}]}", "2/2 Running 0"},
            new String[] {two + "status: {phase: Running, containerStatuses: [{" + running + "}, {state: {waiting: {reason: CrashLoopBackOff}}, restartCount: 4, " + finished + "}]}", "1/2 CrashLoopBackOff 4 (3m ago)"},
            new String[] {two + "status: {phase: Running, containerStatuses: [{state: {waiting: {reason: ErrImagePull}}}, {state: {waiting: {reason: CrashLoopBackOff}}, restartCount: 1}]}", "0/2 ErrImagePull 1"},
            new String[] {two + "status: {phase: Failed, containerStatuses: [{state: {terminated: {reason: OOMKilled, exitCode: 137}}}, {state: {terminated: {reason: Error, exitCode: 1}}}]}", "0/2 OOMKilled 0"},
            new String[] {two + "status: {phase: Failed, containerStatuses: [{state: {terminated: {exitCode: 3}}}]}", "0/2 ExitCode:3 0"},
            new String[] {two + "status: {phase: Failed, containerStatuses: [{state: {terminated: {signal: 9}}}]}", "0/2 Signal:9 0"},
            new String[] {two + "status: {phase: Failed, reason: Evicted}", "0/2 Evicted 0"},
            new String[] {two + "status: {phase: Succeeded, containerStatuses: [{state: {terminated: {reason: Completed, exitCode: 0}}}, {state: {terminated: {reason: Completed, exitCode: 0}}}]}", "0/2 Completed 0"},
            new String[] {two + "status: {phase: Running, containerStatuses: [{state: {terminated: {reason: Completed, exitCode: 0}}}, {" + running + "}]}", "1/2 NotReady 0"},
            new String[] {two + "status: {phase: Running, conditions: [{type: Ready, status: 'True'}], containerStatuses: [{state: {terminated: {reason: Completed, exitCode: 0}}}, {" + running + "}]}", "1/2 Running 0"},
            new String[] {init + "status: {phase: Pending, initContainerStatuses: [{name: i, state: {running: {}}}]}", "0/1 Init:0/2 0"},
            new String[] {init + "status: {phase: Pending, initContainerStatuses: [{name: i, state: {terminated: {exitCode: 0}}, restartCount: 2, " + finished + "}, {name: j, state: {waiting: {reason: PodInitializing}}}]}", "0/1 Init:1/2 2 (3m ago)"},
            new String[] {init + "status: {phase: Pending, initContainerStatuses: [{name: i, state: {waiting: {reason: CrashLoopBackOff}}, restartCount: 2}]}", "0/1 Init:CrashLoopBackOff 2"},
            new String[] {init + "status: {phase: Pending, initContainerStatuses: [{name: i, state: {terminated: {exitCode: 1, reason: Error}}}]}", "0/1 Init:Error 0"},
            new String[] {init + "status: {phase: Pending, initContainerStatuses: [{name: i, state: {terminated: {exitCode: 1}}}]}", "0/1 Init:ExitCode:1 0"},
            new String[] {init + "status: {phase: Running, containerStatuses: [{" + running + "}], initContainerStatuses: [{name: i, state: {terminated: {exitCode: 0}}, restartCount: 5}]}", "1/1 Running 0"},
            new String[] {sidecar + "status: {phase: Pending, initContainerStatuses: [{name: i, started: true, ready: true, restartCount: 1}, {name: j, state: {running: {}}}]}", "1/2 Init:1/2 1"},
            new String[] {sidecar + "status: {phase: Running, containerStatuses: [{" + running + "}], initContainerStatuses: [{name: i, started: true, ready: true, restartCount: 1}, {name: j, state: {terminated: {exitCode: 0}}, restartCount: 7}]}", "2/2 Running 1"},
            new String[] {"metadata: {name: x, creationTimestamp: '2026-01-01T00:00:00Z', deletionTimestamp: '2026-01-01T00:59:00Z'}\n" + two + "status: {phase: Running}", "0/2 Terminating 0"},
            new String[] {"metadata: {name: x, creationTimestamp: '2026-01-01T00:00:00Z', deletionTimestamp: '2026-01-01T00:59:00Z'}\n" + two + "status: {phase: Running, reason: NodeLost}", "0/2 Unknown 0"},
            new String[] {"metadata: {name: x, creationTimestamp: '2026-01-01T00:00:00Z', deletionTimestamp: '2026-01-01T00:59:00Z'}\n" + two + "status: {phase: Failed}", "0/2 Failed 0"});
    }

    @ParameterizedTest
    @MethodSource("pods")
    void podStatus(String yaml, String expected) {
        ObjectNode pod = object(yaml.startsWith("metadata") ? yaml : "metadata: {name: x, creationTimestamp: '2026-01-01T00:00:00Z'}\n" + yaml);
        JsonNode cells = table("pods", "", pod).path("rows").path(0).path("cells");
        assertThat(cells.path(1).asText() + " " + cells.path(2).asText() + " " + cells.path(3).asText()).isEqualTo(expected);
        assertThat(cells.path(4).asText()).isEqualTo("60m");
    }

    @Test
    void widePod() {
        assertThat(cells("pods", "", "spec: {nodeName: n1, containers: [{name: a}], readinessGates: [{conditionType: g}, {conditionType: h}]}\n"
                + "status: {phase: Running, podIPs: [{ip: 10.42.0.5}], conditions: [{type: g, status: 'True'}]}").subList(5, 9)).containsExactly("10.42.0.5", "n1", "<none>", "1/2");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '#', value = {
        "deployments#apps#spec: {replicas: 3, selector: {matchLabels: {a: b}}, template: {spec: {containers: [{name: c, image: i:1}, {name: d, image: j}]}}}\\nstatus: {readyReplicas: 2, updatedReplicas: 3, availableReplicas: 2}#x;2/3;3;2;60m;c,d;i:1,j;a=b",
        "replicasets#apps#spec: {replicas: 3, selector: {matchLabels: {a: b}}, template: {spec: {containers: [{name: c, image: i:1}]}}}\\nstatus: {replicas: 2, readyReplicas: 1}#x;3;2;1;60m;c;i:1;a=b",
        "replicationcontrollers##spec: {replicas: 1, selector: {a: b, c: d}, template: {spec: {containers: [{name: c, image: i:1}]}}}#x;1;0;0;60m;c;i:1;a=b,c=d",
        "statefulsets#apps#spec: {replicas: 3, template: {spec: {containers: [{name: c, image: i}]}}}\\nstatus: {readyReplicas: 1}#x;1/3;60m;c;i",
        "daemonsets#apps#spec: {selector: {matchLabels: {a: b}}, template: {spec: {nodeSelector: {z: '1', disk: ssd}, containers: [{name: c, image: i}]}}}\\nstatus: {desiredNumberScheduled: 4, currentNumberScheduled: 3, numberReady: 2, updatedNumberScheduled: 1}#x;4;3;2;1;0;disk=ssd,z=1;60m;c;i;a=b",
        "jobs#batch#spec: {completions: 3, template: {spec: {containers: [{name: c, image: i}]}}}\\nstatus: {succeeded: 1, startTime: '2026-01-01T00:50:00Z'}#x;Running;1/3;10m;60m;c;i;<none>",
        "jobs#batch#spec: {parallelism: 4}\\nstatus: {succeeded: 1, startTime: '2026-01-01T00:50:00Z', completionTime: '2026-01-01T00:50:07Z', conditions: [{type: Complete, status: 'True'}]}#x;Complete;1/1 of 4;7s;60m;;;<none>",
        "cronjobs#batch#spec: {schedule: '* * * * *', suspend: false}\\nstatus: {active: [{}], lastScheduleTime: '2026-01-01T00:59:30Z'}#x;* * * * *;<none>;False;1;30s;60m;;;<none>",
        "horizontalpodautoscalers#autoscaling#spec: {scaleTargetRef: {kind: Deployment, name: d}, minReplicas: 1, maxReplicas: 5, metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]}\\nstatus: {currentReplicas: 2, currentMetrics: [{type: Resource, resource: {name: cpu, current: {averageUtilization: 70}}}]}#x;Deployment/d;cpu: 70%/50%;1;5;2;60m",
        "services##spec: {type: ClusterIP, clusterIP: 10.43.0.1, clusterIPs: [10.43.0.1], ports: [{port: 443, protocol: TCP}], selector: {a: b}}#x;ClusterIP;10.43.0.1;<none>;443/TCP;60m;a=b",
        "services##spec: {type: NodePort, clusterIP: 10.43.0.2, externalIPs: [1.2.3.4], ports: [{port: 80, nodePort: 30080, protocol: TCP}, {port: 53, protocol: UDP}]}#x;NodePort;10.43.0.2;1.2.3.4;80:30080/TCP,53/UDP;60m;<none>",
        "services##spec: {type: LoadBalancer, clusterIP: 10.43.0.3, ports: [{port: 80}]}#x;LoadBalancer;10.43.0.3;<pending>;80/TCP;60m;<none>",
        "services##spec: {type: LoadBalancer, clusterIP: 10.43.0.3, ports: [{port: 80}]}\\nstatus: {loadBalancer: {ingress: [{ip: 9.9.9.9}, {hostname: h}]}}#x;LoadBalancer;10.43.0.3;9.9.9.9,h;80/TCP;60m;<none>",
        "services##spec: {type: ExternalName, externalName: a.b}#x;ExternalName;<none>;a.b;<none>;60m;<none>",
        "services##spec: {type: ClusterIP, clusterIP: None}#x;ClusterIP;None;<none>;<none>;60m;<none>",
        "endpoints##subsets: [{addresses: [{ip: 1.1.1.1}, {ip: 1.1.1.2}], ports: [{port: 80}, {port: 443}]}]#x;1.1.1.1:80,1.1.1.2:80,1.1.1.1:443 + 1 more...;60m",
        "endpointslices#discovery.k8s.io#addressType: IPv4\\nports: [{port: 80}]\\nendpoints: [{addresses: [1.1.1.1]}, {addresses: [1.1.1.2]}]#x;IPv4;80;1.1.1.1,1.1.1.2;60m",
        "endpointslices#discovery.k8s.io#addressType: IPv4#x;IPv4;<unset>;<unset>;60m",
        "ingresses#networking.k8s.io#spec: {ingressClassName: c, tls: [{}], rules: [{host: a.b}, {host: c.d}]}\\nstatus: {loadBalancer: {ingress: [{ip: 1.2.3.4}]}}#x;c;a.b,c.d;1.2.3.4;80, 443;60m",
        "ingresses#networking.k8s.io#spec: {rules: [{http: {}}]}#x;<none>;*;;80;60m",
        "ingressclasses#networking.k8s.io#spec: {controller: c/d, parameters: {apiGroup: g, kind: K, name: m}}#x;c/d;K.g/m;60m",
        "networkpolicies#networking.k8s.io#spec: {podSelector: {}}#x;<none>;60m",
        "namespaces##status: {phase: Active}#x;Active;60m",
        "configmaps##data: {a: b}\\nbinaryData: {c: ZA==}#x;2;60m",
        "secrets##type: Opaque\\ndata: {a: b}#x;Opaque;1;60m",
        "serviceaccounts##secrets: [{name: a}]#x;1;60m",
        "persistentvolumes##spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteMany, ReadWriteOnce], persistentVolumeReclaimPolicy: Retain, claimRef: {namespace: ns, name: c}, storageClassName: s, volumeMode: Filesystem}\\nstatus: {phase: Bound}#x;1Gi;RWO,RWX;Retain;Bound;ns/c;s;<unset>;;60m;Filesystem",
        "persistentvolumeclaims##spec: {volumeName: v, storageClassName: s}\\nstatus: {phase: Bound, capacity: {storage: 2Gi}, accessModes: [ReadWriteOnce]}#x;Bound;v;2Gi;RWO;s;<unset>;60m;<unset>",
        "persistentvolumeclaims##spec: {storageClassName: s, resources: {requests: {storage: 1Gi}}}\\nstatus: {phase: Pending}#x;Pending;;;;s;<unset>;60m;<unset>",
        "storageclasses#storage.k8s.io#provisioner: p#x;p;Delete;Immediate;false;60m",
        "roles#rbac.authorization.k8s.io#rules: []#x;2026-01-01T00:00:00Z",
        "rolebindings#rbac.authorization.k8s.io#roleRef: {kind: Role, name: r}\\nsubjects: [{kind: User, name: u}, {kind: ServiceAccount, namespace: ns, name: s}, {kind: Group, name: g}]#x;Role/r;60m;u;g;ns/s",
        "leases#coordination.k8s.io#spec: {holderIdentity: me}#x;me;60m",
        "poddisruptionbudgets#policy#spec: {minAvailable: 50%}\\nstatus: {disruptionsAllowed: 1}#x;50%;N/A;1;60m",
        "priorityclasses#scheduling.k8s.io#value: 1000\\nglobalDefault: true#x;1000;true;60m;PreemptLowerPriority",
        "certificatesigningrequests#certificates.k8s.io#spec: {signerName: s, username: u, expirationSeconds: 3600}\\nstatus: {certificate: Zg==, conditions: [{type: Approved}]}#x;60m;s;u;60m;Approved,Issued",
        "resourcequotas##status: {hard: {pods: '10', limits.cpu: '2000m', requests.cpu: '1'}, used: {pods: '1'}}#x;pods: 1/10, requests.cpu: 0/1;limits.cpu: 0/2;60m",
        "controllerrevisions#apps#metadata2: 1\\nrevision: 3#x;<none>;3;60m",
        "customresourcedefinitions#apiextensions.k8s.io#spec: {}#x;2026-01-01T00:00:00Z",
        "limitranges##spec: {}#x;2026-01-01T00:00:00Z",
        "runtimeclasses#node.k8s.io#handler: h#x;h;60m",
        "apiservices#apiregistration.k8s.io#spec: {service: {namespace: ns, name: s}}\\nstatus: {conditions: [{type: Available, status: 'False', reason: R}]}#x;ns/s;False (R);60m"})
    void everyType(String plural, String group, String yaml, String expected) {
        assertThat(cells(plural, group == null ? "" : group, yaml.replace("\\n", "\n"))).containsExactly(expected.split(";", -1));
    }

    @Test
    void node() {
        assertThat(cells("nodes", "", "spec: {unschedulable: true}\nstatus: {conditions: [{type: Ready, status: 'True'}], addresses: [{type: InternalIP, address: 10.0.0.1}], nodeInfo: {kubeletVersion: v1.33.1+skerry1, osImage: Debian}}"))
                .containsExactly("x", "Ready,SchedulingDisabled", "<none>", "60m", "v1.33.1+skerry1", "10.0.0.1", "<none>", "Debian", "<unknown>", "<unknown>");
        ObjectNode node = object("metadata: {name: n, labels: {node-role.kubernetes.io/master: '', node-role.kubernetes.io/control-plane: 'true', kubernetes.io/role: edge}}\nstatus: {conditions: [{type: Ready, status: Unknown}]}");
        JsonNode cells = table("nodes", "", node).path("rows").path(0).path("cells");
        assertThat(cells.path(1).asText()).isEqualTo("NotReady");
        assertThat(cells.path(2).asText()).isEqualTo("control-plane,edge,master");
        assertThat(cells.path(3).asText()).isEqualTo("<unknown>");
    }

    @Test
    void events() {
        assertThat(cells("events", "", "type: Warning\nreason: BackOff\nmessage: \"m \\n\"\ncount: 4\nfirstTimestamp: '2026-01-01T00:30:00Z'\nlastTimestamp: '2026-01-01T00:59:50Z'\n"
                + "involvedObject: {kind: Pod, name: p, fieldPath: f}\nsource: {component: kubelet, host: h}")).containsExactly("10s", "Warning", "BackOff", "pod/p", "f", "kubelet, h", "m", "30m", "4", "x");
        assertThat(cells("events", "events.k8s.io", "type: Normal\nreason: Scheduled\nnote: done\neventTime: '2026-01-01T00:59:00.000000Z'\nregarding: {kind: Pod, name: p}\nreportingController: s\nreportingInstance: s-1"))
                .containsExactly("60s", "Normal", "Scheduled", "pod/p", "", "s, s-1", "done", "60s", "1", "x");
        assertThat(names(table("events", ""))).containsExactly("Last Seen", "Type", "Reason", "Object", "Subobject*", "Source*", "Message", "First Seen*", "Count*", "Name*");
    }

    @Test
    void everyRowHasACellForEachColumn() {
        for (ResourceType type : TypeTable.builtin().all()) {
            ObjectNode table = TablePrinter.table(type, List.of(object("metadata: {name: x}")), "1", null, null, "None", NOW);
            assertThat(table.path("rows").path(0).path("cells")).as(type.plural()).hasSameSizeAs(table.path("columnDefinitions"));
        }
    }

    private static ResourceType custom(PrinterColumn... columns) {
        return new ResourceType("example.io", "v1", "widgets", "widget", "Widget", true, List.of(), List.of(), Set.of(), List.of(), Schema.any(), List.of(columns));
    }

    @Test
    void customResources() {
        ResourceType type = custom(new PrinterColumn("Size", "integer", "int32", "How big", 0, ".spec.size"), new PrinterColumn("Ready", "string", "", "", 0, ".status.conditions[?(@.type==\"Ready\")].status"),
                new PrinterColumn("Age", "date", "", "", 0, ".metadata.creationTimestamp"), new PrinterColumn("Label", "string", "", "", 1, ".metadata.labels.a\\.b/c"), new PrinterColumn("Text", "integer", "", "", 0, ".spec.text"));
        ObjectNode widget = object("metadata: {name: w, creationTimestamp: '2026-01-01T00:00:00Z', labels: {a.b/c: d}}\nspec: {size: 3, text: no}\nstatus: {conditions: [{type: X, status: 'False'}, {type: Ready, status: 'True'}]}");
        ObjectNode table = TablePrinter.table(type, List.of(widget, object("metadata: {name: v}")), "1", null, null, "None", NOW);
        assertThat(names(table)).containsExactly("Name", "Size", "Ready", "Age", "Label*", "Text");
        assertThat(table.path("rows").path(0).path("cells")).hasToString("[\"w\",3,\"True\",\"60m\",\"d\",null]");
        assertThat(table.path("rows").path(1).path("cells")).isEqualTo(Json.parse("[\"v\",null,null,null,null,null]"));
        ObjectNode plain = TablePrinter.table(custom(), List.of(widget), "1", null, null, "None", NOW);
        assertThat(names(plain)).containsExactly("Name", "Age");
        assertThat(plain.path("rows").path(0).path("cells").path(1).asText()).isEqualTo("60m");
    }
}
