package io.skerry.machinery.patch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.TypeTable;
import io.skerry.machinery.yaml.Yaml;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Patches as the real kubectl's own libraries do ({@code kubectl patch --local}), the API server's code. */
class PatchKubectlTest {

    record Case(String type, String target, String patch) {
        @Override
        public String toString() {
            return type + " " + patch.strip().replaceAll("\\s+", " ");
        }
    }

    private static final String POD = """
            apiVersion: v1
            kind: Pod
            metadata:
              name: p
              labels: {a: "1", b: "2"}
              finalizers: [x.io/a, x.io/b, x.io/c]
              ownerReferences:
              - {apiVersion: v1, kind: A, name: a, uid: u1}
            spec:
              nodeSelector: {disk: ssd}
              tolerations:
              - {key: k1, operator: Exists}
              imagePullSecrets: [{name: s1}]
              containers:
              - name: a
                image: a:1
                args: [x, y]
                env: [{name: E1, value: "1"}, {name: E2, value: "2"}, {name: E3, value: "3"}]
                ports: [{containerPort: 80, name: http}, {containerPort: 443, name: https}]
                volumeMounts: [{mountPath: /a, name: v1}, {mountPath: /b, name: v2}]
                resources: {limits: {cpu: "1", memory: 1Gi}}
              - name: b
                image: b:1
              - name: c
                image: c:1
              volumes:
              - name: v1
                emptyDir: {}
              - name: v2
                configMap: {name: m, items: [{key: k, path: p}]}
            """;
    private static final String DEPLOYMENT = """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: d}
            spec:
              replicas: 2
              strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}}
              selector: {matchLabels: {a: b}, matchExpressions: [{key: k, operator: In, values: [v]}]}
              template:
                spec:
                  containers: [{name: a, image: a:1}]
            """;
    private static final String SERVICE = """
            apiVersion: v1
            kind: Service
            metadata: {name: s}
            spec:
              ports: [{port: 53, protocol: UDP, name: udp}, {port: 53, protocol: TCP, name: tcp}]
            """;

    static List<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (String patch : List.of(
                "metadata: {labels: {a: null, c: '3'}}",
                "metadata: {labels: null}",
                "metadata: {annotations: {a: null, b: x}}",
                "spec: {containers: [{name: b, image: 'b:2'}]}",
                "spec: {containers: [{name: d, image: 'd:1'}]}",
                "spec: {containers: [{name: d, image: 'd:1'}, {name: a, image: 'a:2'}]}",
                "spec: {containers: [{name: b, $patch: delete}]}",
                "spec: {containers: [{name: z, $patch: delete}]}",
                "spec: {containers: [{$patch: replace}, {name: n, image: 'n:1'}]}",
                "spec: {containers: [{$patch: replace}]}",
                "spec: {containers: [{name: a, $patch: merge, image: x}]}",
                "spec: {containers: [{name: a, $patch: bogus}]}",
                "spec: {containers: [{$patch: delete}]}",
                "spec: {containers: [{name: a, $patch: replace, image: 'only:1'}]}",
                "spec: {containers: [{image: 'b:2'}]}",
                "spec: {containers: null}",
                "spec: {containers: []}",
                "spec: {containers: {name: a}}",
                "spec: {containers: [a, b]}",
                "spec: {containers: [{name: a, args: [z]}]}",
                "spec: {containers: [{name: a, args: null}]}",
                "spec: {containers: [{name: a, env: [{name: E2, value: null, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}]}",
                "spec: {containers: [{name: a, env: [{name: E2, $patch: delete}, {name: E4, value: '4'}]}]}",
                "spec: {containers: [{name: a, $setElementOrder/env: [{name: E3}, {name: E1}, {name: E2}]}]}",
                "spec: {containers: [{name: a, $setElementOrder/env: [{name: E4}, {name: E1}], env: [{name: E4, value: '4'}]}]}",
                "spec: {$setElementOrder/containers: [{name: c}, {name: a}], containers: [{name: c, image: 'c:2'}]}",
                "spec: {$setElementOrder/containers: [{name: c}, {name: n}, {name: b}], containers: [{name: n, image: 'n:1'}]}",
                "spec: {$setElementOrder/containers: [{name: c}, {name: a}], containers: [{name: a, image: x}, {name: c, image: y}]}",
                "spec: {$setElementOrder/containers: [{name: a}], containers: [{name: b, $patch: delete}]}",
                "spec: {$setElementOrder/containers: [{name: a}]}",
                "spec: {$setElementOrder/initContainers: [{name: i}], initContainers: [{name: i, image: x}]}",
                "spec: {$setElementOrder/initContainers: [{name: i}]}",
                "spec: {$setElementOrder/containers: {name: a}}",
                "spec: {containers: [{name: a, ports: [{containerPort: 80, protocol: TCP}]}]}",
                "spec: {containers: [{name: a, ports: [{containerPort: 8080}]}]}",
                "spec: {containers: [{name: a, volumeMounts: [{mountPath: /a, name: v2}]}]}",
                "spec: {containers: [{name: a, resources: {$patch: replace, requests: {cpu: 1m}}}]}",
                "spec: {containers: [{name: a, resources: {$patch: delete}}]}",
                "spec: {nodeSelector: {$patch: replace, zone: a}}",
                "spec: {nodeSelector: {$patch: bogus}}",
                "spec: {tolerations: [{key: k2, operator: Exists}]}",
                "spec: {imagePullSecrets: [{name: s2}]}",
                "spec: {volumes: [{name: v1, $retainKeys: [name, hostPath], hostPath: {path: /x}}]}",
                "spec: {volumes: [{name: v1, $retainKeys: [name], hostPath: {path: /x}}]}",
                "spec: {volumes: [{name: v1, emptyDir: null, hostPath: {path: /x}}]}",
                "spec: {volumes: [{name: v2, configMap: {items: [{key: k2, path: p2}]}}]}",
                "metadata: {finalizers: [x.io/d]}",
                "metadata: {finalizers: [x.io/d, x.io/b]}",
                "metadata: {$deleteFromPrimitiveList/finalizers: [x.io/b]}",
                "metadata: {$deleteFromPrimitiveList/finalizers: [x.io/b], $setElementOrder/finalizers: [x.io/c, x.io/d, x.io/a], finalizers: [x.io/d]}",
                "metadata: {$setElementOrder/finalizers: [x.io/c, x.io/a]}",
                "metadata: {ownerReferences: [{uid: u2, name: b, kind: B, apiVersion: v1}]}",
                "metadata: {ownerReferences: [{uid: u1, $patch: delete}]}",
                "spec: {dnsConfig: {nameservers: [1.1.1.1], options: [{name: a, $patch: delete}]}}",
                "spec: {hostNetwork: true, affinity: {nodeAffinity: null}}")) {
            cases.add(new Case("strategic", POD, patch));
        }
        for (String patch : List.of(
                "spec: {strategy: {$retainKeys: [type], type: Recreate}}",
                "spec: {strategy: {type: Recreate, rollingUpdate: null}}",
                "spec: {strategy: {$patch: replace, type: Recreate}}",
                "spec: {selector: {matchExpressions: [{key: z, operator: Exists}]}}",
                "spec: {replicas: 5, template: {metadata: {annotations: {x: y}}, spec: {containers: [{name: a, image: 'a:2'}]}}}",
                "spec: {replicas: null}")) {
            cases.add(new Case("strategic", DEPLOYMENT, patch));
        }
        cases.add(new Case("strategic", SERVICE, "spec: {ports: [{port: 53, protocol: TCP, targetPort: 5353}]}"));
        cases.add(new Case("strategic", SERVICE, "spec: {ports: [{port: 53, $patch: delete}]}"));
        for (String patch : List.of("metadata: {labels: {a: null, c: {d: null}}}", "spec: {containers: [{name: x}]}", "metadata: null", "spec: {nodeSelector: x}",
                "spec: {nodeName: {a: {b: null, c: 1}}}", "spec: {containers: {a: 1}}")) {
            cases.add(new Case("merge", POD, patch));
        }
        for (String patch : List.of(
                "[{op: add, path: /metadata/labels/c, value: '3'}]",
                "[{op: add, path: /metadata/labels/x.io~1c, value: '3'}]",
                "[{op: add, path: /metadata/annotations/c, value: '3'}]",
                "[{op: add, path: /spec/containers/-, value: {name: z}}]",
                "[{op: add, path: /spec/containers/0, value: {name: z}}]",
                "[{op: add, path: /spec/containers/-1, value: {name: z}}]",
                "[{op: add, path: /spec/containers/3, value: {name: z}}]",
                "[{op: add, path: /spec/containers/4, value: {name: z}}]",
                "[{op: replace, path: /spec/containers/1/image, value: 'b:2'}]",
                "[{op: replace, path: /spec/containers/-1/image, value: 'b:2'}]",
                "[{op: replace, path: /spec/nodeName, value: x}]",
                "[{op: replace, path: /spec/containers/7, value: x}]",
                "[{op: remove, path: /spec/containers/0}]",
                "[{op: remove, path: /spec/containers/-1}]",
                "[{op: remove, path: /spec/nodeName}]",
                "[{op: remove, path: /spec/containers/9}]",
                "[{op: remove, path: /nope/a}]",
                "[{op: copy, from: /spec/containers/0, path: /spec/containers/-}]",
                "[{op: move, from: /metadata/labels/a, path: /metadata/labels/z}]",
                "[{op: move, from: /spec/containers/0, path: /spec/containers/2}]",
                "[{op: test, path: /metadata/name, value: p}, {op: remove, path: /metadata/labels}]",
                "[{op: test, path: /metadata/name, value: q}]",
                "[{op: test, path: /spec/nodeName, value: q}]",
                "[{op: test, path: /spec/nodeName, value: null}]",
                "[{op: test, path: /spec/containers/0/ports, value: [{containerPort: 80, name: http}, {name: https, containerPort: 443}]}]",
                "[{op: bogus, path: /metadata/name, value: q}]",
                "[{op: replace, path: /spec/containers, value: null}]",
                "[{op: add, path: /spec/containers/x, value: {}}]")) {
            cases.add(new Case("json", POD, patch));
        }
        return cases;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void agreesWithKubectl(Case c, @TempDir Path dir) throws Exception {
        JsonNode target = Yaml.parseAll(c.target, "target").getFirst().root();
        JsonNode patch = Yaml.parseAll(c.patch, "patch").getFirst().root();
        JsonNode before = target.deepCopy();
        JsonNode patchBefore = patch.deepCopy();
        Path file = Files.writeString(dir.resolve("target.json"), target.toString());
        Result theirs = kubectl("patch", "--local", "-f", file.toString(), "--type", c.type, "-p", patch.toString(), "-o", "json");
        JsonNode ours = null;
        String error = "";
        try {
            ours = switch (c.type) {
                case "json" -> JsonPatch.apply(target, patch);
                case "merge" -> MergePatch.apply(target, patch);
                default -> StrategicMergePatch.apply(target, patch, TypeTable.builtin().kind(target.path("apiVersion").asText().equals("apps/v1") ? "apps" : "", "v1",
                        target.path("kind").asText()).orElseThrow().schema());
            };
        } catch (PatchException e) {
            error = e.getMessage();
        }
        assertThat(target).as("the target is not modified").isEqualTo(before);
        assertThat(patch).as("the patch is not modified").isEqualTo(patchBefore);
        if (theirs.exit != 0) {
            assertThat(error).as("kubectl says: " + theirs.output).isNotEmpty();
        } else {
            assertThat(ours).as("our error: " + error).isEqualTo(Json.parse(theirs.output));
        }
    }

    private record Result(int exit, String output) {}

    private static Result kubectl(String... arguments) throws InterruptedException {
        List<String> command = new ArrayList<>(List.of("kubectl"));
        command.addAll(List.of(arguments));
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Result(process.waitFor(), output);
        } catch (IOException e) {
            return Assertions.fail("kubectl is not on the PATH: install Debian's kubernetes-client", e);
        }
    }
}
