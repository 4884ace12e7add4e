package io.skerry.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.apiserver.http.Blocking;
import io.skerry.apiserver.http.HttpFrontend;
import io.skerry.apiserver.http.HttpFrontendConfig;
import io.skerry.apiserver.pki.ClusterPki;
import io.vertx.core.Vertx;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The real kubectl over TLS with a client certificate. No controllers run: the test writes what they would. */
@Timeout(120)
class KubectlTest {
    private static final String WEB = """
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: web
              labels: {app: web}
            spec:
              replicas: 1
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec:
                  containers:
                  - name: web
                    image: nginx:1
                    ports: [{containerPort: 80}]
            """;

    @TempDir
    static Path folder;
    static TestServer api;
    static Vertx vertx;
    static HttpFrontend frontend;
    static Path kubeconfig;
    static int count;
    String namespace;

    record Outcome(int code, String out, String err) {
    }

    @BeforeAll
    static void serve() throws IOException {
        api = new TestServer(folder, ApiServerConfig.defaults().withAdvertise("192.0.2.1", 6443));
        ClusterPki pki = ClusterPki.ensure(folder.resolve("pki"), List.of("127.0.0.1"), Clock.systemUTC());
        vertx = Vertx.vertx();
        frontend = new HttpFrontend(vertx, new HttpFrontendConfig("127.0.0.1", 0, pki.servingCertificate(), pki.servingKey(), pki.clientCaCertificate()),
                info -> api.server.authenticator().authenticate(info.peerCertificates().isEmpty() ? null : info.peerCertificates().getFirst(),
                        info.headers().apply("Authorization")), api.server, null);
        frontend.start();
        kubeconfig = folder.resolve("kubeconfig");
        Files.writeString(kubeconfig, pki.adminKubeconfig("https://127.0.0.1:" + frontend.port()));
    }

    @AfterAll
    static void stop() {
        frontend.close();
        Blocking.await(vertx.close());
        api.close();
    }

    @BeforeEach
    void enter() {
        namespace = "t" + ++count;
        ok("create", "namespace", namespace);
        ok("create", "serviceaccount", "default");
    }

    @AfterEach
    void leave() {
        api.send("DELETE", "/api/v1/nodes/n1", null);
    }

    private ProcessBuilder command(String... args) {
        List<String> command = new ArrayList<>(List.of("kubectl", "--cache-dir", folder.resolve("cache").toString(), "-n", namespace));
        command.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("HOME", folder.toString());
        builder.environment().put("KUBECONFIG", kubeconfig.toString());
        return builder;
    }

    private Outcome run(ProcessBuilder builder) {
        try {
            Path out = Files.createTempFile(folder, "out", "");
            Path err = Files.createTempFile(folder, "err", "");
            Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError(builder.command() + " did not end: " + Files.readString(out) + Files.readString(err));
            }
            return new Outcome(process.exitValue(), Files.readString(out), Files.readString(err));
        } catch (IOException e) {
            throw new AssertionError("kubectl cannot be run: install kubernetes-client or put kubectl 1.32+ on the PATH", e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private Outcome kubectl(String... args) {
        return run(command(args));
    }

    private String ok(String... args) {
        Outcome outcome = kubectl(args);
        assertThat(outcome.code()).as(String.join(" ", args) + ": " + outcome.err() + outcome.out()).isZero();
        return outcome.out() + outcome.err();
    }

    private String file(String text) throws IOException {
        Path file = Files.createTempFile(folder, "manifest", ".yaml");
        Files.writeString(file, text);
        return file.toString();
    }

    @Test
    void applyGetDescribeEditPatchScaleDelete() throws Exception {
        String file = file(WEB);
        assertThat(ok("apply", "-f", file)).isEqualTo("deployment.apps/web created\n");
        assertThat(ok("apply", "-f", file)).isEqualTo("deployment.apps/web unchanged\n");
        Files.writeString(Path.of(file), WEB.replace("replicas: 1", "replicas: 2"));
        assertThat(kubectl("diff", "-f", file).out()).contains("-  replicas: 1").contains("+  replicas: 2");
        assertThat(ok("apply", "-f", file)).isEqualTo("deployment.apps/web configured\n");
        assertThat(ok("get", "deployments").lines().toList()).hasSize(2).first().asString().matches("NAME +READY +UP-TO-DATE +AVAILABLE +AGE");
        assertThat(ok("get", "deploy", "web", "--no-headers")).matches("web +0/2 +0 +0 +\\S+s\n");
        assertThat(ok("get", "deploy", "-o", "wide")).contains("CONTAINERS").contains("nginx:1").contains("app=web");
        assertThat(ok("get", "deploy", "web", "-o", "jsonpath={.spec.replicas}")).isEqualTo("2");
        assertThat(ok("get", "all", "-o", "name")).contains("deployment.apps/web");
        assertThat(ok("describe", "deployment", "web")).contains("Replicas:               2 desired").contains("Image:         nginx:1");
        ProcessBuilder edit = command("edit", "deployment", "web");
        edit.environment().put("KUBE_EDITOR", "sed -i s/replicas:.2/replicas:\\ 3/");
        assertThat(run(edit).out()).isEqualTo("deployment.apps/web edited\n");
        ok("patch", "deployment", "web", "-p", "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"web\",\"image\":\"nginx:2\"}]}}}}");
        assertThat(ok("get", "deploy", "web", "-o", "jsonpath={.spec.replicas} {.spec.template.spec.containers[*].image} {.spec.template.spec.containers[0].ports[0].containerPort}"))
                .isEqualTo("3 nginx:2 80");
        ok("patch", "deployment", "web", "--type=json", "-p", "[{\"op\":\"replace\",\"path\":\"/spec/replicas\",\"value\":4}]");
        assertThat(ok("scale", "deployment", "web", "--replicas=5", "--current-replicas=4")).isEqualTo("deployment.apps/web scaled\n");
        ok("set", "image", "deployment/web", "web=nginx:3");
        ok("set", "env", "deployment/web", "A=b");
        ok("label", "deployment", "web", "tier=front");
        assertThat(ok("get", "deploy", "-l", "tier=front", "--show-labels")).contains("app=web,tier=front");
        ok("annotate", "deployment", "web", "note=hello");
        ok("rollout", "restart", "deployment", "web");
        assertThat(ok("delete", "deployment", "web")).isEqualTo("deployment.apps \"web\" deleted\n");
        assertThat(kubectl("get", "deploy", "web").err()).isEqualTo("Error from server (NotFound): deployments.apps \"web\" not found\n");
    }

    @Test
    void createCommands() {
        ok("create", "configmap", "c", "--from-literal=a=b");
        ok("create", "secret", "generic", "s", "--from-literal=a=b");
        ok("create", "deployment", "d", "--image=nginx");
        assertThat(ok("expose", "deployment", "d", "--port=80")).isEqualTo("service/d exposed\n");
        assertThat(ok("get", "service", "d")).containsPattern("d +ClusterIP +10\\.43\\.\\d+\\.\\d+ +<none> +80/TCP");
        ok("create", "job", "j", "--image=busybox", "--", "true");
        ok("create", "cronjob", "cj", "--image=busybox", "--schedule=* * * * *");
        ok("create", "ingress", "i", "--rule=example.com/*=d:80");
        ok("create", "role", "r", "--verb=get", "--resource=pods,deployments.apps");
        ok("create", "rolebinding", "rb", "--role=r", "--user=jane");
        ok("create", "quota", "q", "--hard=pods=3");
        ok("create", "poddisruptionbudget", "p", "--selector=app=d", "--min-available=1");
        ok("autoscale", "deployment", "d", "--max=3", "--cpu-percent=50");
        ok("run", "p", "--image=busybox", "--", "sleep", "1");
        assertThat(ok("get", "pod", "p")).containsPattern("p +0/1 +Pending +0 +\\S+s");
        assertThat(ok("create", "token", "default")).contains(".");
        assertThat(kubectl("create", "configmap", "c").err()).isEqualTo("error: failed to create configmap: configmaps \"c\" already exists\n");
        assertThat(ok("get", "configmap,secret,job,cronjob,ingress,role,rolebinding,quota,pdb,hpa", "-o", "name").lines().count()).isEqualTo(10);
        ok("describe", "pod/p", "service/d", "secret/s", "ingress/i", "cronjob/cj", "namespace/" + namespace, "quota/q", "pdb/p");
        ok("delete", "pod", "p", "--grace-period=0", "--force");
    }

    @Test
    void serverSideApplyAndValidation() throws Exception {
        String file = file(WEB);
        assertThat(ok("apply", "--server-side", "-f", file)).isEqualTo("deployment.apps/web serverside-applied\n");
        Files.writeString(Path.of(file), WEB.replace("replicas: 1", "replicas: 2"));
        Outcome conflict = kubectl("apply", "--server-side", "--field-manager=other", "-f", file);
        assertThat(conflict.code()).isEqualTo(1);
        assertThat(conflict.err()).startsWith("error: Apply failed with 1 conflict: conflict with \"kubectl\": .spec.replicas");
        ok("apply", "--server-side", "--field-manager=other", "--force-conflicts", "-f", file);
        assertThat(ok("get", "deploy", "web", "--show-managed-fields", "-o", "jsonpath={.metadata.managedFields[*].manager}")).contains("kubectl").contains("other");
        ok("apply", "--dry-run=server", "-f", file);
        Outcome unknown = kubectl("apply", "-f", file(WEB.replace("replicas: 1", "replicaz: 1").replace("name: web\n  labels", "name: bad\n  labels")));
        assertThat(unknown.err()).contains("strict decoding error: unknown field \"spec.replicaz\"");
        Outcome invalid = kubectl("apply", "-f", file(WEB.replace("name: web\n  labels", "name: Bad_Name\n  labels")));
        assertThat(invalid.err()).startsWith("The Deployment \"Bad_Name\" is invalid: metadata.name: Invalid value: \"Bad_Name\": a lowercase RFC 1123 subdomain must consist of");
    }

    @Test
    void unknownKindsAreTold() throws Exception {
        // not in the version 3 documents, so kubectl reads version 2, which it takes in protobuf only
        Outcome unknown = kubectl("apply", "-f", file("{apiVersion: v1, kind: ConfigMapp, metadata: {name: x}}"));
        assertThat(unknown.err()).contains("no matches for kind \"ConfigMapp\" in version \"v1\"");
    }

    @Test
    void podsAreDebuggedResizedAndKept() {
        ok("run", "p", "--image=busybox:1", "--override-type=strategic", "--overrides={\"spec\":{\"containers\":[{\"name\":\"p\",\"resources\":{\"requests\":{\"cpu\":\"100m\"}}}]}}");
        kubectl("debug", "p", "--image=busybox:2", "--attach=false", "-c", "dbg");
        assertThat(ok("get", "pod", "p", "-o", "jsonpath={.spec.ephemeralContainers[*].name}")).isEqualTo("dbg");
        ok("patch", "pod", "p", "--subresource", "resize", "-p", "{\"spec\":{\"containers\":[{\"name\":\"p\",\"resources\":{\"limits\":{\"cpu\":\"200m\"}}}]}}");
        assertThat(ok("get", "pod", "p", "-o", "jsonpath={.spec.containers[0].resources.limits.cpu} {.metadata.generation}")).as("debugged and resized").isEqualTo("200m 3");
        assertThat(kubectl("patch", "pod", "p", "--subresource", "resize", "-p", "{\"spec\":{\"containers\":[{\"name\":\"p\",\"resources\":{\"limits\":{\"cpu\":null}}}]}}").err())
                .isEqualTo("The Pod \"p\" is invalid: spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed\n");
        assertThat(kubectl("patch", "pod", "p", "-p", "{\"spec\":{\"containers\":[{\"name\":\"p\",\"resources\":{\"limits\":{\"cpu\":\"300m\"}}}]}}").err())
                .startsWith("The Pod \"p\" is invalid: spec: Forbidden: pod updates may not change fields other than");
        assertThat(kubectl("patch", "pod", "p", "-p", "{\"spec\":{\"hostname\":\"x\"}}").err()).startsWith("The Pod \"p\" is invalid: spec: Forbidden: pod updates may not change fields other than");
        assertThat(ok("create", "token", "default", "--bound-object-kind", "Pod", "--bound-object-name", "p").strip().split("\\.")).hasSize(3);
    }

    @Test
    void watchStreamsAndWaitEnds() throws Exception {
        Process watch = command("get", "configmaps", "-w", "--output-watch-events").redirectErrorStream(true).start();
        try {
            BufferedReader reader = watch.inputReader(StandardCharsets.UTF_8);
            BlockingQueue<String> lines = new LinkedBlockingQueue<>();
            Thread.ofVirtual().start(() -> reader.lines().forEach(lines::add));
            ok("create", "configmap", "seen", "--from-literal=a=b");
            String line;
            do {
                line = lines.poll(10, TimeUnit.SECONDS);
                assertThat(line).isNotNull();
            } while (!line.contains("seen"));
            assertThat(line).matches("ADDED +seen +1 +\\S+");
            ok("delete", "configmap", "seen");
            do {
                line = lines.poll(10, TimeUnit.SECONDS);
                assertThat(line).isNotNull();
            } while (!line.contains("seen"));
            assertThat(line).startsWith("DELETED");
        } finally {
            watch.destroy();
        }
        ok("run", "p", "--image=busybox");
        Process wait = command("wait", "pod/p", "--for=condition=Ready", "--timeout=20s").start();
        api.patch("/api/v1/namespaces/" + namespace + "/pods/p/status", "application/strategic-merge-patch+json",
                "{\"status\":{\"phase\":\"Running\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}");
        assertThat(wait.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(wait.exitValue()).isZero();
        ok("wait", "pod/p", "--for=jsonpath={.status.phase}=Running", "--timeout=5s");
        ok("delete", "pod", "p");
        ok("wait", "pod/p", "--for=delete", "--timeout=5s");
    }

    @Test
    void discoveryAndExplain() {
        assertThat(ok("api-resources")).containsPattern("deployments +deploy +apps/v1 +true +Deployment");
        assertThat(ok("api-versions")).contains("apps/v1\n").contains("rbac.authorization.k8s.io/v1\n");
        assertThat(ok("explain", "deployment.spec.strategy")).contains("GROUP:      apps").contains("rollingUpdate");
        assertThat(ok("explain", "pod.spec", "--recursive")).contains("livenessProbe");
        assertThat(ok("version")).contains("Server Version: v1.33");
        assertThat(ok("get", "--raw", "/readyz?verbose")).contains("readyz check passed");
        assertThat(ok("cluster-info")).contains("control plane");
    }

    @Test
    void authorization() {
        assertThat(ok("auth", "can-i", "create", "pods")).isEqualTo("yes\n");
        assertThat(kubectl("auth", "can-i", "create", "pods", "--as", "jane").out()).isEqualTo("no\n");
        ok("create", "rolebinding", "v", "--clusterrole=view", "--user=jane");
        assertThat(ok("auth", "can-i", "list", "pods", "--as", "jane")).isEqualTo("yes\n");
        assertThat(ok("auth", "can-i", "--list", "--as", "jane")).contains("deployments.apps");
        assertThat(ok("auth", "whoami")).contains("system:masters");
        assertThat(kubectl("get", "secrets", "--as", "jane").err()).isEqualTo("Error from server (Forbidden): secrets is forbidden: User \"jane\" cannot list resource \"secrets\""
                + " in API group \"\" in the namespace \"" + namespace + "\"\n");
        String token = ok("create", "token", "default").strip();
        ok("create", "rolebinding", "sa", "--clusterrole=view", "--serviceaccount=" + namespace + ":default");
        ProcessBuilder asAccount = command("get", "pods", "--token", token, "--server", "https://127.0.0.1:" + frontend.port(), "--insecure-skip-tls-verify");
        asAccount.environment().put("KUBECONFIG", "/dev/null");
        assertThat(run(asAccount).err()).startsWith("No resources found in " + namespace);
    }

    @Test
    void nodesAreTaintedCordonedAndDrained() {
        api.send("POST", "/api/v1/nodes", "{metadata: {name: n1}, status: {conditions: [{type: Ready, status: 'True'}], nodeInfo: {kubeletVersion: v1.33.0}}}");
        assertThat(ok("get", "nodes")).containsPattern("n1 +Ready +<none> +\\S+ +v1.33.0");
        ok("taint", "node", "n1", "a=b:NoSchedule");
        ok("cordon", "n1");
        assertThat(ok("get", "nodes")).contains("Ready,SchedulingDisabled");
        ok("run", "p", "--image=busybox");
        api.send("POST", "/api/v1/namespaces/" + namespace + "/pods/p/binding", "{target: {kind: Node, name: n1}}");
        Thread.ofVirtual().start(() -> {
            // what the node would do
            Awaitility.await().until(() -> api.client.pods().inNamespace(namespace).withName("p").get().getMetadata().getDeletionTimestamp() != null);
            api.client.pods().inNamespace(namespace).withName("p").withGracePeriod(0).delete();
        });
        assertThat(ok("drain", "n1", "--force", "--timeout=20s")).contains("pod/p evicted").contains("node/n1 drained");
        ok("uncordon", "n1");
        ok("describe", "node", "n1");
    }

    @Test
    void customResources() throws Exception {
        String definition = """
                apiVersion: apiextensions.k8s.io/v1
                kind: CustomResourceDefinition
                metadata: {name: kites.example.com}
                spec:
                  group: example.com
                  scope: Namespaced
                  names: {plural: kites, kind: Kite, shortNames: [kt]}
                  versions:
                  - name: v1
                    served: true
                    storage: true
                    additionalPrinterColumns: [{name: Colour, type: string, jsonPath: .spec.colour}]
                    schema:
                      openAPIV3Schema:
                        type: object
                        properties: {spec: {type: object, properties: {colour: {type: string, description: What it looks like.}}}}
                """;
        ok("apply", "-f", file(definition));
        ok("wait", "crd/kites.example.com", "--for=condition=Established", "--timeout=5s");
        String kite = "{apiVersion: example.com/v1, kind: Kite, metadata: {name: k}, spec: {colour: blue}}";
        ok("apply", "-f", file(kite));
        assertThat(ok("get", "kt")).containsPattern("NAME +COLOUR\nk +blue");
        assertThat(ok("explain", "kite.spec.colour")).contains("What it looks like.");
        ok("apply", "-f", file(kite.replace("blue", "red")));
        ok("patch", "kite", "k", "--type=merge", "-p", "{\"spec\":{\"colour\":\"green\"}}");
        assertThat(ok("get", "kite", "k", "-o", "yaml")).contains("colour: green");
        ok("delete", "crd", "kites.example.com", "--timeout=10s");
        assertThat(kubectl("get", "kites").err()).contains("the server could not find the requested resource");
    }

    @Test
    void goesFromClientSideToServerSideApplyAndBack() throws IOException {
        ok("apply", "-f", file(WEB));
        ok("apply", "--server-side", "-f", file(WEB.replace("nginx:1", "nginx:2")));
        ok("apply", "-f", file(WEB.replace("nginx:1", "nginx:3")));
        ok("apply", "--server-side", "-f", file(WEB.replace("nginx:1", "nginx:4")));
        assertThat(ok("get", "deployment", "web", "-o", "jsonpath={.spec.template.spec.containers[0].image}")).isEqualTo("nginx:4");
        ok("scale", "deployment", "web", "--replicas=3");
        Outcome conflict = kubectl("apply", "--server-side", "-f", file(WEB));
        assertThat(conflict.code()).isNotZero();
        assertThat(conflict.err()).as("what another changed is not kubectl's any more").contains("conflict with \"kubectl\" with subresource \"scale\"").contains(".spec.replicas");
    }

    @Test
    void aDryRunOnTheServerDeletesNothing() throws IOException {
        ok("create", "configmap", "kept");
        assertThat(ok("delete", "configmaps", "--all", "--dry-run=server")).contains("\"kept\" deleted (server dry run)");
        ok("delete", "configmap", "kept", "--dry-run=server");
        ok("delete", "--raw", "/api/v1/namespaces/" + namespace + "/configmaps?dryRun=All");
        ok("get", "configmap", "kept");
    }
}
