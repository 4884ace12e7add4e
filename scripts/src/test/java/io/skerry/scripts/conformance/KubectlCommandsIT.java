package io.skerry.scripts.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import io.skerry.scripts.DemoStack;
import io.skerry.scripts.Kubectl;
import io.skerry.scripts.KubectlIT;
import io.skerry.scripts.Run;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every command of kubectl's reference that {@link KubectlIT} does not try already; each row is one. */
@Client("kubectl: more commands")
class KubectlCommandsIT {
    private static final String IMAGE = "--image=" + Scene.IMAGE;
    /** Commands that never ask a server. */
    private static final Set<String> LOCAL = Set.of("completion", "config", "config current-context", "config delete-cluster", "config delete-context", "config delete-user",
            "config get-clusters", "config get-contexts", "config get-users", "config rename-context", "config set", "config set-cluster", "config set-context", "config set-credentials",
            "config unset", "config use-context", "config view", "kustomize", "options", "plugin", "plugin list", "kuberc", "kuberc set", "kuberc view", "alpha", "alpha kuberc",
            "alpha kuberc set", "alpha kuberc view");
    private static final Pattern COMMAND = Pattern.compile("^  ([a-z][a-z-]*)  +.*");

    private static Scene scene;
    private static Kubectl kubectl;

    @TempDir
    Path folder;

    @BeforeAll
    static void prepare(DemoStack stack) throws Exception {
        scene = new Scene(stack, "commands");
        kubectl = stack.kubectl;
        scene.pod("box");
    }

    @AfterAll
    static void clean() throws Exception {
        scene.close();
    }

    private static String out(String... args) throws Exception {
        return scene.out(args);
    }

    private static Run run(String... args) throws Exception {
        return scene.run(args);
    }

    private static JsonNode get(String what) throws Exception {
        return scene.get(what);
    }

    @Test
    void everyCommandHasACase() throws Exception {
        Set<String> cases = Stream.of(KubectlIT.class, KubectlCommandsIT.class).flatMap(c -> Arrays.stream(c.getDeclaredMethods())).filter(m -> m.isAnnotationPresent(Shows.class))
                .flatMap(m -> Stream.of(m.getAnnotation(Shows.class).value())).collect(Collectors.toCollection(TreeSet::new));
        Set<String> without = new TreeSet<>();
        commands(List.of(), without);
        assertThat(without).hasSizeGreaterThan(70);
        without.removeAll(cases);
        without.removeAll(LOCAL);
        assertThat(without).as("commands of this kubectl without a case").isEmpty();
    }

    /** Adds the commands below one, as its help lists them. */
    private static void commands(List<String> parent, Set<String> into) throws Exception {
        if (!parent.isEmpty()) {
            into.add(String.join(" ", parent));
        }
        if (parent.size() > 2) {
            return;
        }
        List<String> help = new ArrayList<>(parent);
        help.add("--help");
        boolean listed = false;
        for (String line : kubectl.out(help.toArray(String[]::new)).split("\n")) {
            Matcher command = COMMAND.matcher(line);
            if (line.matches(".*Commands.*:")) {
                listed = true;
            } else if (line.isEmpty()) {
                listed = false;
            } else if (listed && command.matches()) {
                List<String> child = new ArrayList<>(parent);
                child.add(command.group(1));
                commands(child, into);
            }
        }
        // those that only hold others
        into.removeAll(Set.of("auth", "certificate", "create secret", "create service", "rollout", "set", "top"));
    }

    @Test
    @Shows({"create clusterrole", "create clusterrolebinding", "set subject", "auth reconcile"})
    void roles() throws Exception {
        try {
            out("create", "clusterrole", "commands-reader", "--verb=get", "--resource=pods");
            out("create", "clusterrolebinding", "commands-reader", "--clusterrole=commands-reader", "--user=ann");
            out("set", "subject", "clusterrolebinding", "commands-reader", "--user=ben");
            assertThat(kubectl.run("auth", "can-i", "get", "pods", "--as", "ben").out()).isEqualTo("yes\n");
            String role = "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: commands-reader}, rules: [{apiGroups: [''], resources: [secrets], verbs: [get]}]}";
            assertThat(kubectl.runWithInput(role, "auth", "reconcile", "-f", "-").orFail().out()).contains("reconciled");
            assertThat(kubectl.run("auth", "can-i", "get", "secrets", "--as", "ben").out()).isEqualTo("yes\n");
            assertThat(kubectl.run("auth", "can-i", "get", "pods", "--as", "ben").out()).isEqualTo("yes\n");
        } finally {
            kubectl.run("delete", "clusterrole,clusterrolebinding", "commands-reader");
        }
    }

    @Test
    @Shows({"create quota", "create poddisruptionbudget", "create priorityclass", "create ingress", "create serviceaccount", "create token", "create secret docker-registry", "create secret tls"})
    void createsSmallThings() throws Exception {
        out("create", "namespace", "commands-small");
        try {
            out("create", "quota", "q", "--hard=configmaps=3", "-n", "commands-small");
            assertThat(Json.parse(out("get", "quota", "q", "-n", "commands-small", "-o", "json")).at("/spec/hard/configmaps").asText()).isEqualTo("3");
        } finally {
            kubectl.run("delete", "namespace", "commands-small", "--wait=false");
        }
        out("create", "poddisruptionbudget", "p", "--selector=app=none", "--min-available=1");
        assertThat(get("pdb/p").at("/spec/minAvailable").asInt()).isEqualTo(1);
        out("create", "priorityclass", "commands-high", "--value=1000");
        out("delete", "priorityclass", "commands-high");
        out("create", "ingress", "i", "--rule=example.org/*=web:80");
        assertThat(get("ingress/i").at("/spec/rules/0/http/paths/0/pathType").asText()).isEqualTo("Prefix");
        out("create", "serviceaccount", "robot");
        String token = out("create", "token", "robot", "--duration=10m").strip();
        // without the kubeconfig, whose client certificate would win over the token
        String cluster = "jsonpath={.clusters[0].cluster.%s}";
        String server = out("config", "view", "--minify", "-o", cluster.formatted("server"));
        String pem = out("config", "view", "--minify", "--raw", "-o", cluster.formatted("certificate-authority-data"));
        Path authority = Files.write(folder.resolve("ca"), Base64.getDecoder().decode(pem));
        assertThat(kubectl.out("auth", "whoami", "--kubeconfig=/dev/null", "--server=" + server, "--certificate-authority=" + authority, "--token=" + token,
                "-o", "jsonpath={.status.userInfo.username}")).isEqualTo("system:serviceaccount:commands:robot");
        out("create", "secret", "docker-registry", "pull", "--docker-server=example.org", "--docker-username=u", "--docker-password=p");
        assertThat(get("secret/pull").path("type").asText()).isEqualTo("kubernetes.io/dockerconfigjson");
        Path key = folder.resolve("key");
        Path certificate = folder.resolve("certificate");
        Run.of("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=example.org", "-keyout", key.toString(), "-out", certificate.toString()).orFail();
        out("create", "secret", "tls", "cert", "--cert=" + certificate, "--key=" + key);
        assertThat(get("secret/cert").path("type").asText()).isEqualTo("kubernetes.io/tls");
    }

    @Test
    @Shows({"create service clusterip", "create service nodeport", "create service externalname", "create service loadbalancer", "set selector"})
    void services() throws Exception {
        out("create", "service", "clusterip", "inner", "--tcp=80:8080");
        out("set", "selector", "service", "inner", "app=box");
        assertThat(get("service/inner").at("/spec/selector")).isEqualTo(Json.parse("{\"app\":\"box\"}"));
        String address = get("service/inner").at("/spec/clusterIP").asText();
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> assertThat(Run.of("curl", "-sS", "--max-time", "5", "http://" + address + "/").out()).contains("forwarded"));
        out("create", "service", "nodeport", "outer", "--tcp=80:8080");
        assertThat(get("service/outer").at("/spec/ports/0/nodePort").asInt()).isBetween(30000, 32767);
        out("create", "service", "externalname", "other", "--external-name=example.org");
        assertThat(get("service/other").at("/spec/externalName").asText()).isEqualTo("example.org");
        out("create", "service", "loadbalancer", "balanced", "--tcp=80:8080");
        assertThat(get("service/balanced").at("/spec/type").asText()).isEqualTo("LoadBalancer");
    }

    @Test
    @Shows({"create deployment", "set env", "set resources", "set serviceaccount", "rollout pause", "rollout resume", "rollout restart"})
    void workloads() throws Exception {
        out("create", "deployment", "work", IMAGE, "--", "sleep", "100000");
        out("rollout", "status", "deployment/work", "--timeout=60s");
        out("rollout", "pause", "deployment/work");
        out("create", "serviceaccount", "worker");
        out("set", "env", "deployment/work", "COLOUR=red");
        out("set", "resources", "deployment/work", "--limits=memory=64Mi");
        out("set", "serviceaccount", "deployment", "work", "worker");
        await().atMost(Duration.ofSeconds(20)).until(() -> {
            JsonNode paused = get("deployment/work");
            return paused.at("/status/observedGeneration").equals(paused.at("/metadata/generation"));
        });
        assertThat(replicaSets("work")).as("of a paused rollout, whose changes the controller has seen").isEqualTo(1);
        out("rollout", "resume", "deployment/work");
        out("rollout", "status", "deployment/work", "--timeout=60s");
        assertThat(replicaSets("work")).as("one for all three changes").isEqualTo(2);
        JsonNode spec = get("deployment/work").at("/spec/template/spec");
        assertThat(spec.path("serviceAccountName").asText()).isEqualTo("worker");
        assertThat(spec.at("/containers/0/env/0/value").asText()).isEqualTo("red");
        assertThat(spec.at("/containers/0/resources/limits/memory").asText()).isEqualTo("64Mi");
        String revision = get("deployment/work").at("/metadata/annotations/deployment.kubernetes.io~1revision").asText();
        out("rollout", "restart", "deployment/work");
        out("rollout", "status", "deployment/work", "--timeout=60s");
        assertThat(get("deployment/work").at("/metadata/annotations/deployment.kubernetes.io~1revision").asText()).isNotEqualTo(revision);
        out("delete", "deployment", "work");
    }

    private static int replicaSets(String app) throws Exception {
        return Json.parse(out("get", "replicasets", "--selector=app=" + app, "-o", "json")).path("items").size();
    }

    @Test
    @Shows("autoscale")
    void autoscaling() throws Exception {
        scene.apply(Scene.deployment("busy", 1).replace("command:", "resources: {requests: {cpu: 20m}, limits: {cpu: 200m}}, command:"));
        try {
            out("rollout", "status", "deployment/busy", "--timeout=60s");
            out("exec", "deployment/busy", "--", "sh", "-c", "while :; do :; done >/dev/null 2>&1 &");
            out("autoscale", "deployment/busy", "--min=1", "--max=2", "--cpu-percent=80");
            await().atMost(Duration.ofSeconds(90)).untilAsserted(() -> assertThat(get("deployment/busy").at("/spec/replicas").asInt()).isEqualTo(2));
            await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> assertThat(out("describe", "hpa", "busy"))
                    .contains("SuccessfulRescale", "New size: 2; reason: cpu resource utilization (percentage of request) above target"));
        } finally {
            out("delete", "deployment,hpa", "busy");
        }
    }

    @Test
    @Shows({"create cronjob", "create job"})
    void jobs() throws Exception {
        out("create", "cronjob", "tick", IMAGE, "--schedule=0 0 1 1 *", "--", "sh", "-c", "echo ran");
        out("create", "job", "now", "--from=cronjob/tick");
        out("wait", "job/now", "--for=condition=Complete", "--timeout=60s");
        assertThat(out("logs", "job/now")).isEqualTo("ran\n");
        assertThat(get("job/now").at("/metadata/ownerReferences/0/name").asText()).isEqualTo("tick");
    }

    @Test
    @Shows({"run", "attach"})
    void runAndAttach() throws Exception {
        assertThat(run("run", "once", IMAGE, "--restart=Never", "--rm", "-i", "--", "sh", "-c", "sleep 2; echo done").orFail().out()).contains("done");
        out("run", "talker", IMAGE, "--restart=Never", "--", "sh", "-c", "while true; do echo tick; sleep 0.2; done");
        out("wait", "pod/talker", "--for=condition=Ready", "--timeout=60s");
        Path out = folder.resolve("attached");
        ProcessBuilder builder = new ProcessBuilder(Kubectl.program(), "attach", "talker", "-n", scene.namespace).redirectOutput(out.toFile()).redirectError(folder.resolve("err").toFile());
        builder.environment().putAll(kubectl.environment());
        Process attach = builder.start();
        try {
            await().atMost(Duration.ofSeconds(20)).until(() -> Files.readString(out).contains("tick\ntick\n"));
        } finally {
            attach.destroy();
        }
        out("delete", "pod", "talker", "--grace-period=1");
    }

    @Test
    @Shows({"apply view-last-applied", "apply set-last-applied", "apply edit-last-applied", "replace"})
    void lastApplied() throws Exception {
        scene.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: last}, data: {k: one}}");
        assertThat(out("apply", "view-last-applied", "configmap/last")).contains("k: one");
        Path file = Files.writeString(folder.resolve("last.yaml"), "{apiVersion: v1, kind: ConfigMap, metadata: {name: last, namespace: commands}, data: {k: two}}");
        out("replace", "-f", file.toString());
        assertThat(get("configmap/last").at("/data/k").asText()).isEqualTo("two");
        out("apply", "set-last-applied", "-f", file.toString(), "--create-annotation");
        assertThat(out("apply", "view-last-applied", "configmap/last")).contains("k: two");
        Path editor = Files.writeString(folder.resolve("editor"), "#!/bin/sh\nsed -i 's/two/three/' \"$1\"\n");
        assertThat(editor.toFile().setExecutable(true)).isTrue();
        Map<String, String> environment = new HashMap<>(kubectl.environment());
        environment.put("KUBE_EDITOR", editor.toString());
        Run.of(environment, null, "", Duration.ofMinutes(1), List.of(Kubectl.program(), "apply", "edit-last-applied", "configmap/last", "-n", scene.namespace)).orFail();
        assertThat(out("apply", "view-last-applied", "configmap/last")).contains("three");
    }

    @Test
    @Shows({"certificate approve", "certificate deny"})
    void certificates() throws Exception {
        Path key = folder.resolve("key");
        Run request = Run.of("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/O=dev/CN=ann", "-keyout", key.toString()).orFail();
        String base64 = Base64.getEncoder().encodeToString(request.out().getBytes());
        try {
            for (String name : List.of("commands-good", "commands-bad")) {
                scene.apply("{apiVersion: certificates.k8s.io/v1, kind: CertificateSigningRequest, metadata: {name: " + name + "}, spec: {request: " + base64
                        + ", signerName: kubernetes.io/kube-apiserver-client, usages: [client auth]}}");
            }
            out("certificate", "approve", "commands-good");
            await().atMost(Duration.ofSeconds(20)).until(() -> !get("csr/commands-good").at("/status/certificate").asText().isEmpty());
            out("certificate", "deny", "commands-bad");
            assertThat(get("csr/commands-bad").at("/status/conditions/0/type").asText()).isEqualTo("Denied");
        } finally {
            kubectl.run("delete", "csr", "commands-good", "commands-bad");
        }
    }

    @Test
    @Shows({"taint", "cordon", "uncordon", "drain"})
    void nodes() throws Exception {
        out("taint", "node", "test-node", "commands=yes:PreferNoSchedule");
        assertThat(out("get", "node", "test-node", "-o", "jsonpath={.spec.taints[*].key}")).contains("commands");
        out("taint", "node", "test-node", "commands-");
        out("cordon", "test-node");
        try {
            assertThat(out("get", "node", "test-node")).contains("SchedulingDisabled");
            // only what this selector names is evicted: the demo goes on
            scene.apply("{apiVersion: v1, kind: Pod, metadata: {name: leaving, labels: {drain: me}}, spec: {nodeName: test-node, terminationGracePeriodSeconds: 1, containers: [{name: m, image: "
                    + "'" + Scene.IMAGE + "', command: [sleep, '1000']}]}}");
            assertThat(out("drain", "test-node", "--force", "--pod-selector=drain=me", "--timeout=60s")).contains("evicted");
            assertThat(run("get", "pod", "leaving").err()).contains("NotFound");
        } finally {
            out("uncordon", "test-node");
        }
        assertThat(out("get", "node", "test-node")).doesNotContain("SchedulingDisabled");
    }

    @Test
    @Shows({"cluster-info", "cluster-info dump"})
    void clusterInfo() throws Exception {
        assertThat(out("cluster-info")).contains("Kubernetes control plane").contains("is running at");
        Path dump = folder.resolve("dump");
        out("cluster-info", "dump", "--namespaces=" + scene.namespace, "--output-directory=" + dump);
        assertThat(Files.readString(dump.resolve("commands/box/logs.txt"))).contains("hello from box");
        assertThat(dump.resolve("nodes.json")).exists();
    }

    @Test
    @Shows("cp")
    void copies() throws Exception {
        Path sent = Files.writeString(folder.resolve("sent"), "content ".repeat(10_000));
        out("cp", sent.toString(), "box:/tmp/copied");
        Path back = folder.resolve("back");
        out("cp", "box:/tmp/copied", back.toString());
        assertThat(back).hasSameTextualContentAs(sent);
    }

    @Test
    @Shows("events")
    void events() throws Exception {
        assertThat(out("events", "--for=pod/box")).contains("Started").contains("Scheduled");
    }

    @Test
    @Shows("proxy")
    void proxy() throws Exception {
        Path out = folder.resolve("proxy");
        ProcessBuilder builder = new ProcessBuilder(Kubectl.program(), "proxy", "--port=0").redirectErrorStream(true).redirectOutput(out.toFile());
        builder.environment().putAll(kubectl.environment());
        Process proxy = builder.start();
        try {
            await().atMost(Duration.ofSeconds(20)).until(() -> Files.readString(out).contains("Starting to serve on "));
            String address = Files.readString(out).replaceAll("(?s).*Starting to serve on (\\S+).*", "$1");
            assertThat(Run.of("curl", "-sS", "--max-time", "10", "http://" + address + "/api/v1/namespaces/commands/pods/box").orFail().out()).contains("\"name\":\"box\"");
        } finally {
            proxy.destroy();
        }
    }

    @Test
    @Shows({"top node", "top pod"})
    void top() throws Exception {
        assertThat(out("top", "node", "--no-headers")).matches("test-node +[0-9]+m +[0-9]+% +[0-9]+Mi +[0-9]+% *\n");
        assertThat(out("top", "pod", "box", "--containers", "--no-headers")).containsPattern("(?m)^box +main +[0-9]+m +[0-9]+Mi *$");
        assertThat(out("top", "pod", "--selector=app=box", "--no-headers")).matches("box +[0-9]+m +[0-9]+Mi *\n");
        assertThat(run("top", "pod", "absent").err()).contains("podmetrics.metrics.k8s.io \"absent\" not found");
    }

    @Test
    @Shows("debug")
    void debug() throws Exception {
        out("debug", "box", "--copy-to=copied", "--same-node", "--container=main", "--attach=false", "--set-image=main=" + Scene.IMAGE);
        out("wait", "pod/copied", "--for=condition=Ready", "--timeout=60s");
        out("delete", "pod", "copied", "--grace-period=1");

        out("debug", "box", IMAGE, "--target=main", "-c", "look", "--attach=false", "--quiet", "--", "sh", "-c", "grep -c httpd /proc/1/cmdline; exec sleep 1000");
        await().atMost(Duration.ofSeconds(60)).until(() -> !ephemeral("look").at("/state/running").isMissingNode());
        await().atMost(Duration.ofSeconds(20)).until(() -> out("logs", "box", "-c", "look").equals("1\n"));
        assertThat(out("exec", "box", "-c", "look", "--", "wget", "-q", "-O", "-", "http://127.0.0.1:8080/")).isEqualTo("forwarded\n");
        kubectl.runWithInput("word\n", "-n", scene.namespace, "debug", "box", IMAGE, "-c", "talk", "-i", "--quiet", "--", "sh", "-c", "read x; echo got $x; exit 3");
        await().atMost(Duration.ofSeconds(20)).until(() -> ephemeral("talk").at("/state/terminated/exitCode").asInt() == 3);
        // containerd ends an attach with its input, unless the container has stdinOnce, which kubectl does not set: what comes then is in the log alone.
        assertThat(out("logs", "box", "-c", "talk")).isEqualTo("got word\n");
        assertThat(ephemeral("talk").path("restartCount").asInt()).isZero();

        long mine = ProcessHandle.current().pid();
        String made = out("debug", "node/test-node", IMAGE, "--attach=false", "--", "sh", "-c", "cat /host/etc/os-release /proc/" + mine + "/comm");
        String pod = made.replaceAll("(?s).*(node-debugger-test-node-[a-z0-9]+).*", "$1");
        out("wait", "pod/" + pod, "--for=jsonpath={.status.phase}=Succeeded", "--timeout=60s");
        assertThat(out("logs", pod)).isEqualTo(Files.readString(Path.of("/etc/os-release")) + "java\n");
        out("delete", "pod", pod, "--grace-period=1");
    }

    private static JsonNode ephemeral(String name) throws Exception {
        for (JsonNode status : get("pod/box").at("/status/ephemeralContainerStatuses")) {
            if (status.path("name").asText().equals(name)) {
                return status;
            }
        }
        return Json.object();
    }

    @Test
    @Shows({"completion", "config", "kustomize", "options", "plugin"})
    void needsNoServer() throws Exception {
        // their other commands change the kubeconfig alone
        assertThat(out("completion", "bash")).contains("kubectl");
        assertThat(out("config", "current-context")).isNotBlank();
        Files.writeString(folder.resolve("kustomization.yaml"), "configMapGenerator: [{name: c, literals: [k=v], options: {disableNameSuffixHash: true}}]\n");
        assertThat(out("kustomize", folder.toString())).contains("k: v");
        assertThat(out("options")).contains("--kubeconfig");
        assertThat(run("plugin", "list").err() + run("plugin", "list").out()).isNotBlank();
    }
}
