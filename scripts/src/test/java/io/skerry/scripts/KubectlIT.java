package io.skerry.scripts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.skerry.machinery.json.Json;
import io.skerry.scripts.conformance.Client;
import io.skerry.scripts.conformance.Shows;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What real kubectl (1.32 or newer) is tried with, each asserted on: version, get (table, wide, yaml, json, jsonpath, selectors,
 * all namespaces, -w), describe, create, apply (client-side and server-side), diff, edit, patch (strategic, merge, JSON), label,
 * annotate, set image, scale, rollout status/history/undo/restart, logs (-f, --previous, --tail), exec (exit code, stdin),
 * port-forward, expose, delete, wait, explain, api-resources, api-versions, auth can-i/whoami, top-level errors.
 */
@Client("kubectl")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public class KubectlIT {
    private static final String IMAGE = "docker.io/skerry/demo-web:1";

    @TempDir
    Path folder;
    private Kubectl kubectl;
    private String namespace;

    @BeforeEach
    void namespace(DemoStack stack, TestInfo test) throws Exception {
        kubectl = stack.kubectl;
        namespace = "it-" + Integer.toHexString(test.getDisplayName().hashCode());
        kubectl.out("create", "namespace", namespace);
    }

    @AfterEach
    void deleteNamespace() throws Exception {
        kubectl.out("delete", "namespace", namespace, "--wait=false");
    }

    @Test
    @Shows("version")
    void versionAndHealth() throws Exception {
        JsonNode version = Json.parse(kubectl.out("version", "-o", "json"));
        assertThat(version.at("/clientVersion/minor").asInt()).isGreaterThanOrEqualTo(32);
        assertThat(version.at("/serverVersion/minor").asText()).isEqualTo("33");
        for (String path : List.of("/healthz", "/livez", "/readyz")) {
            assertThat(kubectl.out("get", "--raw", path)).isEqualTo("ok");
        }
        assertThat(kubectl.run("version").err()).doesNotContain("WARNING");
    }

    @Test
    @Shows({"api-resources", "api-versions"})
    void apiResourcesAndVersions() throws Exception {
        assertThat(kubectl.out("api-resources", "--no-headers").lines().map(line -> line.split(" +")[0]))
                .contains("pods", "deployments", "networkpolicies", "helmcharts", "customresourcedefinitions", "horizontalpodautoscalers");
        assertThat(kubectl.out("api-resources", "--namespaced=false", "-o", "name").lines()).contains("nodes", "clusterroles.rbac.authorization.k8s.io");
        assertThat(kubectl.out("api-versions").lines()).contains("v1", "apps/v1", "batch/v1", "helm.cattle.io/v1", "discovery.k8s.io/v1");
    }

    @Test
    @Shows("explain")
    void explain() throws Exception {
        assertThat(kubectl.out("explain", "deployment.spec.strategy"))
                .contains("GROUP:      apps").contains("KIND:       Deployment").contains("rollingUpdate").contains("DESCRIPTION:");
        assertThat(kubectl.out("explain", "pod.spec.containers.resources").replaceAll("\\s+", " "))
                .contains("DESCRIPTION: ResourceRequirements describes the compute resource requirements. FIELDS: claims");
        assertThat(kubectl.out("explain", "pod.spec.containers.image").replaceAll("\\s+", " ")).contains("FIELD: image <string> DESCRIPTION: Container image name.");
        assertThat(kubectl.out("explain", "pod.spec.containers", "--recursive")).contains("livenessProbe").contains("tcpSocket");
    }

    @Test
    @Shows({"auth can-i", "auth whoami", "create role", "create rolebinding"})
    void authorization() throws Exception {
        assertThat(kubectl.out("auth", "can-i", "create", "deployments")).isEqualTo("yes\n");
        Run denied = kubectl.run("auth", "can-i", "delete", "nodes", "--as", "system:serviceaccount:" + namespace + ":default");
        assertThat(denied.out()).isEqualTo("no\n");
        assertThat(denied.exitCode()).isEqualTo(1);
        assertThat(kubectl.out("auth", "whoami")).contains("system:admin").contains("system:masters");
        kubectl.out("create", "role", "reader", "--verb=get,list", "--resource=pods", "-n", namespace);
        kubectl.out("create", "rolebinding", "reader", "--role=reader", "--serviceaccount=" + namespace + ":default", "-n", namespace);
        assertThat(kubectl.out("auth", "can-i", "list", "pods", "-n", namespace, "--as", "system:serviceaccount:" + namespace + ":default")).isEqualTo("yes\n");
    }

    @Test
    @Shows({"get", "describe"})
    void getAndDescribe() throws Exception {
        deployment("web", 2);
        assertThat(kubectl.out("get", "nodes", "-o", "wide")).contains("test-node").contains("Ready").contains("containerd://");
        assertThat(kubectl.out("get", "pods", "-n", namespace)).containsPattern("NAME +READY +STATUS +RESTARTS +AGE").containsPattern("web-\\w+-\\w+ +1/1 +Running +0 ");
        assertThat(kubectl.out("get", "deploy,rs", "-n", namespace)).containsPattern("deployment.apps/web +2/2 +2 +2").contains("replicaset.apps/web-");
        assertThat(kubectl.out("get", "pods", "-n", namespace, "-l", "app=web", "-o", "name").lines()).hasSize(2);
        assertThat(kubectl.out("get", "pods", "-n", namespace, "-l", "app!=web", "-o", "name")).isEmpty();
        assertThat(kubectl.out("get", "pods", "-n", namespace, "--field-selector", "status.phase=Running", "-o", "name").lines()).hasSize(2);
        assertThat(kubectl.out("get", "pods", "-A", "-o", "jsonpath={.items[*].metadata.namespace}")).contains(namespace);
        assertThat(kubectl.out("get", "deployment", "web", "-n", namespace, "-o", "yaml")).contains("progressDeadlineSeconds: 600").contains("type: Available");
        String pod = kubectl.out("describe", "pods", "-n", namespace);
        assertThat(pod).contains("Node:             test-node/").containsPattern("Image: +" + IMAGE).containsPattern("Normal +Scheduled").containsPattern("Normal +Started");
        assertThat(kubectl.out("describe", "deployment", "web", "-n", namespace)).contains("2 desired | 2 updated | 2 total | 2 available | 0 unavailable").contains("ScalingReplicaSet");
        assertThat(kubectl.out("describe", "node", "test-node")).contains("KubeletReady").contains("Allocated resources");
    }

    @Test
    @Shows({"create", "create namespace"})
    void errorsAreUpstreams() throws Exception {
        assertThat(kubectl.run("get", "pod", "none", "-n", namespace).err()).isEqualTo("Error from server (NotFound): pods \"none\" not found\n");
        assertThat(kubectl.run("create", "namespace", namespace).err()).isEqualTo("Error from server (AlreadyExists): namespaces \"" + namespace + "\" already exists\n");
        Run unknown = kubectl.runWithInput("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndatta: {}\n", "create", "-n", namespace, "-f", "-");
        assertThat(unknown.exitCode()).isNotZero();
        assertThat(unknown.err()).contains("unknown field \"datta\"");
        Run made = kubectl.runWithInput("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {k: v}\n", "create", "-n", namespace, "-f", "-").orFail();
        assertThat(made.out()).isEqualTo("configmap/c created\n");
        assertThat(data("c")).isEqualTo(Json.parse("{\"k\":\"v\"}"));
    }

    @Test
    @Shows({"apply", "diff", "edit", "patch", "label", "annotate"})
    void applyEditPatchLabel() throws Exception {
        apply("""
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: settings}
                data: {colour: blue, size: small}
                """);
        String changed = apply("""
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: settings}
                data: {colour: green}
                """);
        assertThat(changed).isEqualTo("configmap/settings configured\n");
        assertThat(data("settings")).isEqualTo(Json.parse("{\"colour\":\"green\"}"));

        Run diff = kubectl.runWithInput("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {colour: red}\n", "diff", "-n", namespace, "-f", "-");
        assertThat(diff.exitCode()).isEqualTo(1);
        assertThat(diff.out()).contains("-  colour: green").contains("+  colour: red");

        Path editor = Files.writeString(folder.resolve("editor"), "#!/bin/sh\nsed -i 's/colour: green/colour: yellow/' \"$1\"\n");
        editor.toFile().setExecutable(true);
        Map<String, String> environment = new HashMap<>(kubectl.environment());
        environment.put("KUBE_EDITOR", editor.toString());
        Run edit = Run.of(environment, null, "", Duration.ofMinutes(1), List.of(Kubectl.program(), "edit", "configmap", "settings", "-n", namespace)).orFail();
        assertThat(edit.out()).isEqualTo("configmap/settings edited\n");
        assertThat(data("settings").path("colour").asText()).isEqualTo("yellow");

        kubectl.out("patch", "configmap", "settings", "-n", namespace, "--type=merge", "-p", "{\"data\":{\"size\":\"large\"}}");
        kubectl.out("patch", "configmap", "settings", "-n", namespace, "--type=json", "-p", "[{\"op\":\"remove\",\"path\":\"/data/colour\"}]");
        assertThat(data("settings")).isEqualTo(Json.parse("{\"size\":\"large\"}"));
        kubectl.out("label", "configmap", "settings", "-n", namespace, "tier=front");
        kubectl.out("annotate", "configmap", "settings", "-n", namespace, "note=kept");
        assertThat(kubectl.out("get", "configmap", "-n", namespace, "-l", "tier=front", "-o", "jsonpath={.items[0].metadata.annotations.note}")).isEqualTo("kept");

        Run conflict = kubectl.runWithInput("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {size: tiny}\n",
                "apply", "-n", namespace, "--server-side", "--field-manager=other", "-f", "-");
        assertThat(conflict.exitCode()).isNotZero();
        assertThat(conflict.err()).contains("Apply failed with 1 conflict").contains(".data.size");
        assertThat(data("settings").path("size").asText()).isEqualTo("large");
    }

    @Test
    @Shows({"rollout status", "rollout history", "rollout undo", "set image"})
    void rollouts() throws Exception {
        deployment("roll", 2);
        kubectl.out("patch", "deployment", "roll", "-n", namespace, "-p",
                "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"main\",\"env\":[{\"name\":\"VERSION\",\"value\":\"2\"}]}]}}}}");
        assertThat(kubectl.out("rollout", "status", "deployment/roll", "-n", namespace, "--timeout=90s")).contains("successfully rolled out");
        assertThat(template("roll").at("/spec/containers/0/env/0/value").asText()).isEqualTo("2");
        assertThat(template("roll").at("/spec/containers/0/image").asText()).isEqualTo(IMAGE);
        assertThat(kubectl.out("rollout", "history", "deployment/roll", "-n", namespace)).containsPattern("1 +<none>\\n2 +<none>");
        assertThat(kubectl.out("rollout", "undo", "deployment/roll", "-n", namespace)).contains("rolled back");
        kubectl.out("rollout", "status", "deployment/roll", "-n", namespace, "--timeout=90s");
        assertThat(template("roll").at("/spec/containers/0/env").isMissingNode()).isTrue();
        kubectl.out("set", "image", "deployment/roll", "-n", namespace, "main=docker.io/skerry/demo-hello:1");
        assertThat(kubectl.out("rollout", "status", "deployment/roll", "-n", namespace, "--timeout=90s")).contains("successfully rolled out");
        assertThat(kubectl.out("get", "pods", "-n", namespace, "-l", "app=roll", "-o", "jsonpath={.items[*].spec.containers[0].image}"))
                .contains("demo-hello:1");
    }

    @Test
    @Shows({"scale", "wait"})
    void scaleAndWait() throws Exception {
        deployment("wide", 1);
        assertThat(kubectl.out("scale", "deployment/wide", "-n", namespace, "--replicas=3")).isEqualTo("deployment.apps/wide scaled\n");
        kubectl.out("wait", "deployment/wide", "-n", namespace, "--for=jsonpath={.status.readyReplicas}=3", "--timeout=90s");
        assertThat(kubectl.out("get", "pods", "-n", namespace, "-l", "app=wide", "-o", "name").lines()).hasSize(3);
        kubectl.out("scale", "deployment/wide", "-n", namespace, "--replicas=0");
        kubectl.out("wait", "pods", "-n", namespace, "-l", "app=wide", "--for=delete", "--timeout=60s");
        Run late = kubectl.run("wait", "deployment/wide", "-n", namespace, "--for=jsonpath={.status.readyReplicas}=9", "--timeout=1s");
        assertThat(late.exitCode()).isEqualTo(1);
        assertThat(late.err()).contains("timed out waiting");
    }

    @Test
    @Shows("logs")
    void logsFollow() throws Exception {
        pod("talker", "i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo line $i; sleep 0.1; done");
        kubectl.out("wait", "pod/talker", "-n", namespace, "--for=condition=Ready", "--timeout=60s");
        Path out = folder.resolve("follow");
        Process follow = start(out, "logs", "-f", "talker", "-n", namespace);
        try {
            await().atMost(Duration.ofSeconds(20)).until(() -> Files.readString(out).contains("line 5\n"));
            long early = Files.readString(out).lines().count();
            await().atMost(Duration.ofSeconds(20)).until(() -> Files.readString(out).lines().count() > early + 5);
        } finally {
            follow.destroy();
        }
        assertThat(kubectl.out("logs", "talker", "-n", namespace, "--tail=2").lines()).hasSize(2).allMatch(line -> line.startsWith("line "));
        assertThat(kubectl.out("logs", "talker", "-n", namespace, "--timestamps", "--tail=1")).containsPattern("^20\\d\\d-\\d\\d-\\d\\dT\\S+Z line \\d+\\n$");
    }

    @Test
    @Shows("logs")
    void logsOfAnEarlierContainer() throws Exception {
        pod("crasher", "echo about to fail; exit 3");
        await().atMost(Duration.ofSeconds(60)).until(() -> kubectl.out("get", "pod", "crasher", "-n", namespace).contains("CrashLoopBackOff"));
        assertThat(kubectl.out("logs", "crasher", "-n", namespace, "--previous")).isEqualTo("about to fail\n");
        assertThat(kubectl.out("get", "pod", "crasher", "-n", namespace, "-o", "jsonpath={.status.containerStatuses[0].lastState.terminated.exitCode}")).isEqualTo("3");
    }

    @Test
    @Shows("exec")
    void exec() throws Exception {
        pod("box", "sleep 1000");
        kubectl.out("wait", "pod/box", "-n", namespace, "--for=condition=Ready", "--timeout=60s");
        assertThat(kubectl.out("exec", "box", "-n", namespace, "--", "echo", "hello")).isEqualTo("hello\n");
        Run failed = kubectl.run("exec", "box", "-n", namespace, "--", "sh", "-c", "echo oops >&2; exit 7");
        assertThat(failed.exitCode()).isEqualTo(7);
        assertThat(failed.err()).contains("oops");
        assertThat(kubectl.runWithInput("through stdin\n", "exec", "-i", "box", "-n", namespace, "--", "cat").orFail().out()).isEqualTo("through stdin\n");
        assertThat(kubectl.run("exec", "box", "-n", namespace, "--", "no-such-program").exitCode()).isNotZero();
        String large = "0123456789abcdef\n".repeat(60_000);
        assertThat(kubectl.runWithInput(large, "exec", "-i", "box", "-n", namespace, "--", "wc", "-c").orFail().out().strip()).isEqualTo(String.valueOf(large.length()));
    }

    @Test
    void resizesARunningPod() throws Exception {
        apply("""
                apiVersion: v1
                kind: Pod
                metadata: {name: sized}
                spec:
                  terminationGracePeriodSeconds: 1
                  containers:
                  - {name: main, image: %s, command: [sleep, "1000"], resources: {requests: {cpu: 20m, memory: 16Mi}, limits: {cpu: 200m, memory: 64Mi}}}
                """.formatted(IMAGE));
        kubectl.out("wait", "pod/sized", "-n", namespace, "--for=condition=Ready", "--timeout=60s");
        String limits = "cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/memory/memory.limit_in_bytes || cat /sys/fs/cgroup/cpu.max /sys/fs/cgroup/memory.max";
        assertThat(kubectl.out("exec", "sized", "-n", namespace, "--", "sh", "-c", limits)).containsPattern("^20000( 100000)?\\n67108864\\n$");
        kubectl.out("patch", "pod", "sized", "-n", namespace, "--subresource", "resize", "-p",
                "{\"spec\":{\"containers\":[{\"name\":\"main\",\"resources\":{\"requests\":{\"cpu\":\"30m\"},\"limits\":{\"cpu\":\"300m\",\"memory\":\"96Mi\"}}}]}}");
        kubectl.out("wait", "pod/sized", "-n", namespace, "--for=jsonpath={.status.containerStatuses[0].resources.limits.memory}=96Mi", "--timeout=60s");
        assertThat(kubectl.out("exec", "sized", "-n", namespace, "--", "sh", "-c", limits)).containsPattern("^30000( 100000)?\\n100663296\\n$");
        assertThat(kubectl.out("get", "pod", "sized", "-n", namespace, "-o", "jsonpath={.status.containerStatuses[0].restartCount} {.status.containerStatuses[0].allocatedResources.cpu}")).isEqualTo("0 30m");
        kubectl.out("patch", "pod", "sized", "-n", namespace, "--subresource", "resize", "-p",
                "{\"spec\":{\"containers\":[{\"name\":\"main\",\"resources\":{\"requests\":{\"cpu\":\"999\"},\"limits\":{\"cpu\":\"1000\"}}}]}}");
        kubectl.out("wait", "pod/sized", "-n", namespace, "--for=condition=PodResizePending", "--timeout=60s");
        assertThat(kubectl.out("get", "pod", "sized", "-n", namespace, "-o", "jsonpath={.status.conditions[?(@.type==\"PodResizePending\")].reason}")).isEqualTo("Infeasible");
    }

    @Test
    @Shows("port-forward")
    void portForward() throws Exception {
        deployment("front", 1);
        int port = Ports.free();
        Path out = folder.resolve("forward");
        Process forward = start(out, "port-forward", "deployment/front", "-n", namespace, port + ":8080");
        try {
            await().atMost(Duration.ofSeconds(20)).until(() -> Files.readString(out).contains("Forwarding from 127.0.0.1:" + port));
            assertThat(Run.of("curl", "-sS", "--max-time", "10", "http://127.0.0.1:" + port + "/").orFail().out()).contains("forwarded");
        } finally {
            forward.destroy();
        }
    }

    @Test
    void watchStreams() throws Exception {
        Path out = folder.resolve("watch");
        Process watch = start(out, "get", "pods", "-n", namespace, "-w", "--output-watch-events");
        try {
            pod("seen", "sleep 1000");
            await().atMost(Duration.ofSeconds(60)).until(() -> Files.readString(out).matches("(?s).*ADDED +seen.*MODIFIED +seen +1/1 +Running.*"));
            kubectl.out("delete", "pod", "seen", "-n", namespace, "--grace-period=1");
            await().atMost(Duration.ofSeconds(60)).until(() -> Files.readString(out).matches("(?s).*DELETED +seen.*"));
        } finally {
            watch.destroy();
        }
    }

    @Test
    @Shows("expose")
    void exposeReachesThePods() throws Exception {
        deployment("shop", 2);
        kubectl.out("expose", "deployment", "shop", "-n", namespace, "--port=80", "--target-port=8080");
        String address = kubectl.out("get", "service", "shop", "-n", namespace, "-o", "jsonpath={.spec.clusterIP}");
        assertThat(address).startsWith("10.143.");
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() ->
                assertThat(Run.of("curl", "-sS", "--max-time", "5", "http://" + address + "/").out()).contains("forwarded"));
        String pod = kubectl.out("get", "pods", "-n", namespace, "-l", "app=shop", "-o", "jsonpath={.items[0].metadata.name}");
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() ->
                assertThat(kubectl.run("exec", pod, "-n", namespace, "--", "timeout", "5", "wget", "-qO-", "http://shop." + namespace + ".svc.cluster.local/").out()).contains("forwarded"));
        assertThat(kubectl.run("exec", pod, "-n", namespace, "--", "timeout", "5", "wget", "-qO-", "http://shop/").out()).contains("forwarded");
        assertThat(kubectl.out("get", "endpointslices", "-n", namespace, "-l", "kubernetes.io/service-name=shop", "-o", "jsonpath={.items[0].endpoints[*].addresses[0]}").split(" ")).hasSize(2);
    }

    @Test
    void proxiesToServicesPodsAndTheNode() throws Exception {
        deployment("page", 1);
        kubectl.out("expose", "deployment", "page", "-n", namespace, "--port=80", "--target-port=8080");
        String within = "/api/v1/namespaces/" + namespace;
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> assertThat(kubectl.run("get", "--raw", within + "/services/page:80/proxy/index.html").out()).contains("forwarded"));
        String pod = kubectl.out("get", "pods", "-n", namespace, "-l", "app=page", "-o", "jsonpath={.items[0].metadata.name}");
        assertThat(kubectl.out("get", "--raw", within + "/pods/" + pod + ":8080/proxy/")).contains("forwarded");
        String node = "/api/v1/nodes/test-node/proxy";
        JsonNode summary = Json.parse(kubectl.out("get", "--raw", node + "/stats/summary"));
        assertThat(summary.at("/node/nodeName").asText()).isEqualTo("test-node");
        assertThat(summary.path("pods").findValuesAsText("name")).contains(pod);
        assertThat(kubectl.out("get", "--raw", node + "/metrics/resource")).containsPattern("container_cpu_usage_seconds_total\\{container=\"main\",namespace=\"" + namespace + "\",pod=\"" + pod + "\"} [0-9.]+ ");
        assertThat(kubectl.run("get", "--raw", node + "/metrics", "--as", "system:serviceaccount:" + namespace + ":default").err()).contains("(Forbidden)").contains("nodes/proxy");
    }

    @Test
    @Shows({"delete", "create configmap"})
    void deleteCascades() throws Exception {
        deployment("gone", 2);
        assertThat(kubectl.out("delete", "deployment", "gone", "-n", namespace)).contains("deployment.apps \"gone\" deleted");
        await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertThat(kubectl.out("get", "rs,pods", "-n", namespace, "-o", "name")).isEmpty());
        kubectl.out("create", "configmap", "a", "-n", namespace, "--from-literal=k=v");
        assertThat(data("a")).isEqualTo(Json.parse("{\"k\":\"v\"}"));
        kubectl.out("delete", "configmap", "a", "-n", namespace);
        assertThat(kubectl.run("get", "configmap", "a", "-n", namespace).exitCode()).isEqualTo(1);
    }

    @Test
    @Shows("create secret generic")
    void deletingANamespaceTakesWhatIsInIt() throws Exception {
        String extra = namespace + "-extra";
        kubectl.out("create", "namespace", extra);
        kubectl.out("create", "secret", "generic", "s", "-n", extra, "--from-literal=k=v");
        assertThat(kubectl.out("get", "secret", "s", "-n", extra, "-o", "jsonpath={.type} {.data.k}")).isEqualTo("Opaque dg==");
        kubectl.out("delete", "namespace", extra, "--timeout=60s");
        assertThat(kubectl.run("get", "namespace", extra).err()).contains("NotFound");
    }

    private void deployment(String name, int replicas) throws Exception {
        apply("""
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: %1$s}
                spec:
                  replicas: %2$d
                  selector: {matchLabels: {app: %1$s}}
                  template:
                    metadata: {labels: {app: %1$s}}
                    spec:
                      terminationGracePeriodSeconds: 1
                      containers:
                      - name: main
                        image: %3$s
                        command: [sh, -c, "mkdir -p /tmp/www && echo forwarded > /tmp/www/index.html && exec httpd -f -p 8080 -h /tmp/www"]
                        readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}
                """.formatted(name, replicas, IMAGE));
        kubectl.out("rollout", "status", "deployment/" + name, "-n", namespace, "--timeout=90s");
    }

    private void pod(String name, String script) throws Exception {
        apply("""
                apiVersion: v1
                kind: Pod
                metadata: {name: %s}
                spec:
                  terminationGracePeriodSeconds: 1
                  containers:
                  - name: main
                    image: %s
                    command: [sh, -c, %s]
                """.formatted(name, IMAGE, TextNode.valueOf(script)));
    }

    private String apply(String manifest) throws Exception {
        return kubectl.runWithInput(manifest, "apply", "-n", namespace, "-f", "-").orFail().out();
    }

    private JsonNode data(String configMap) throws Exception {
        return Json.parse(kubectl.out("get", "configmap", configMap, "-n", namespace, "-o", "json")).path("data");
    }

    private JsonNode template(String deployment) throws Exception {
        return Json.parse(kubectl.out("get", "deployment", deployment, "-n", namespace, "-o", "json")).at("/spec/template");
    }

    private Process start(Path out, String... args) throws Exception {
        List<String> command = new ArrayList<>(List.of(Kubectl.program()));
        command.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile());
        builder.environment().putAll(kubectl.environment());
        return builder.start();
    }
}
