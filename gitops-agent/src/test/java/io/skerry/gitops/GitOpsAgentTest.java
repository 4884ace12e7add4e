package io.skerry.gitops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.gitops.GitOpsStatus.Problem;
import io.skerry.gitops.GitOpsStatus.State;
import io.skerry.gitops.git.GitRemote;
import io.skerry.gitops.mqtt.MqttConfig;
import io.skerry.machinery.json.Json;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The agent from a push to the cluster: real Git over HTTP, real API server. */
class GitOpsAgentTest {

    private static final String CONFIG_MAP = "/api/v1/namespaces/shop/configmaps/";
    private static final String DEPLOYMENT = "/apis/apps/v1/namespaces/shop/deployments/web";

    @TempDir
    Path folder;

    private FleetRepo repo;
    private GitHttpServer git;
    private TestCluster cluster;
    private GitOpsAgent agent;

    @BeforeEach
    void setUp() throws Exception {
        repo = new FleetRepo(folder);
        git = new GitHttpServer(repo.served(), 0);
        cluster = new TestCluster(folder);
        repo.write("fleet.yaml", """
                apiVersion: fleet.skerry.io/v1
                kind: Target
                metadata:
                  name: shop
                spec:
                  selector:
                    matchLabels: {site: north}
                  path: ./shop
                  timeout: 3s
                """).write("shop/kustomization.yaml", """
                namespace: shop
                resources:
                - namespace.yaml
                - settings.yaml
                """).write("shop/namespace.yaml", """
                apiVersion: v1
                kind: Namespace
                metadata:
                  name: shop
                """).write("shop/settings.yaml", configMap("settings", "color: blue"));
    }

    @AfterEach
    void tearDown() throws Exception {
        if (agent != null) agent.close();
        cluster.close();
        git.close();
    }

    static String configMap(String name, String data) {
        return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\ndata:\n  " + data + "\n";
    }

    static String deployment(String image) {
        return """
                apiVersion: apps/v1
                kind: Deployment
                metadata:
                  name: web
                spec:
                  replicas: 1
                  selector:
                    matchLabels: {app: web}
                  template:
                    metadata:
                      labels: {app: web}
                    spec:
                      containers:
                      - name: web
                        image: IMAGE
                """.replace("IMAGE", image);
    }

    private Optional<MqttConfig> mqtt = Optional.empty();

    private GitOpsConfig config() {
        return new GitOpsConfig(folder.resolve("gitops"), "device-1", Map.of("site", "north"), "test", GitRemote.of(git.url("fleet.git")).withInterval(Duration.ofMillis(300)),
                mqtt, Duration.ofMinutes(10), Duration.ofSeconds(5));
    }

    private void startAgent() throws Exception {
        agent = new GitOpsAgent(config(), cluster.client());
        agent.start();
    }

    /** Long enough for a busy machine; a test waits only as long as it has to. */
    private static ConditionFactory soon() {
        return await().atMost(Duration.ofSeconds(45)).pollInterval(Duration.ofMillis(50));
    }

    private void awaitState(State state, String wanted) {
        soon().untilAsserted(() -> {
            assertThat(agent.status().commitWanted()).isEqualTo(wanted);
            assertThat(agent.status().state()).as("%s", agent.status()).isEqualTo(state);
        });
    }

    @Test
    void appliesChangesAndPrunesWhatACommitNoLongerWants() throws Exception {
        String first = repo.push("first");
        startAgent();
        awaitState(State.Synced, first);
        assertThat(cluster.get(CONFIG_MAP + "settings").at("/data/color").asText()).isEqualTo("blue");
        assertThat(cluster.get(CONFIG_MAP + "settings").at("/metadata/managedFields/0/manager").asText()).isEqualTo("skerry-gitops");
        assertThat(agent.status().commitApplied()).isEqualTo(first);
        assertThat(agent.status().lastKnownGood()).isEqualTo(first);

        String second = repo.write("shop/kustomization.yaml", """
                namespace: shop
                resources: [namespace.yaml]
                configMapGenerator:
                - name: settings
                  literals: [color=red]
                """).push("second");
        awaitState(State.Synced, second);
        assertThat(cluster.has(CONFIG_MAP + "settings")).as("pruned").isFalse();
        assertThat(agent.status().targets().getFirst().objects()).isEqualTo(2);
        JsonNode list = cluster.get("/api/v1/namespaces/shop/configmaps");
        assertThat(list.path("items")).hasSize(1);
        assertThat(list.at("/items/0/data/color").asText()).isEqualTo("red");
    }

    @Test
    void refusesABrokenCommitWholeAndNamesFileAndLine() throws Exception {
        String first = repo.push("first");
        startAgent();
        awaitState(State.Synced, first);
        String before = cluster.get("/api/v1/namespaces/shop/configmaps/settings").at("/metadata/resourceVersion").asText();

        String syntax = repo.write("shop/settings.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n data: {}\n").push("broken YAML");
        awaitState(State.Failed, syntax);
        assertThat(agent.status().errors()).singleElement().satisfies(problem -> {
            assertThat(problem.file()).isEqualTo("shop/settings.yaml");
            assertThat(problem.line()).isEqualTo(5);
        });
        assertThat(agent.status().commitApplied()).isEqualTo(first);

        String schema = repo.write("shop/settings.yaml", configMap("settings", "color: green")).write("shop/web.yaml", deployment("web:1").replace("replicas: 1", "replicaz: 1"))
                .write("shop/kustomization.yaml", "namespace: shop\nresources: [namespace.yaml, settings.yaml, web.yaml]\n").push("unknown field");
        awaitState(State.Failed, schema);
        assertThat(agent.status().errors()).hasSize(1);
        Problem problem = agent.status().errors().getFirst();
        assertThat(problem.file()).isEqualTo("shop/web.yaml");
        assertThat(problem.line()).isEqualTo(6);
        assertThat(problem.message()).contains("replicaz");

        String values = repo.write("shop/web.yaml", deployment("web:1").replace("image: web:1", "image: [web]")).push("bad value");
        awaitState(State.Failed, values);
        assertThat(agent.status().errors().getFirst().file()).isEqualTo("shop/web.yaml");
        assertThat(agent.status().errors().getFirst().line()).as("%s", agent.status().errors()).isEqualTo(15);

        assertThat(cluster.get("/api/v1/namespaces/shop/configmaps/settings").at("/data/color").asText()).as("the good half was not applied either").isEqualTo("blue");
        assertThat(cluster.get("/api/v1/namespaces/shop/configmaps/settings").at("/metadata/resourceVersion").asText()).isEqualTo(before);

        String good = repo.write("shop/web.yaml", deployment("web:1")).push("good");
        soon().until(() -> cluster.has(DEPLOYMENT));
        cluster.deploymentStatus("shop", "web", true);
        awaitState(State.Synced, good);
        assertThat(agent.status().errors()).isEmpty();
    }

    /** As after a change of the operating system, by whose API server or engines the same commit is another matter. */
    @Test
    void saysWhatItThinksOfTheCommitSinceItWasStarted() throws Exception {
        String good = repo.push("first");
        startAgent();
        awaitState(State.Synced, good);
        soon().untilAsserted(() -> assertThat(agent.verdict()).isEqualTo(new Verdict(good, List.of())));
        agent.close();
        cluster.client().load(new ByteArrayInputStream("""
                apiVersion: admissionregistration.k8s.io/v1
                kind: ValidatingAdmissionPolicy
                metadata: {name: stricter}
                spec:
                  matchConstraints: {resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [configmaps]}]}
                  validations: [{expression: 'false', message: not any more}]
                ---
                apiVersion: admissionregistration.k8s.io/v1
                kind: ValidatingAdmissionPolicyBinding
                metadata: {name: stricter}
                spec: {policyName: stricter, validationActions: [Deny]}
                """.getBytes(StandardCharsets.UTF_8))).create();
        startAgent();
        soon().untilAsserted(() -> {
            assertThat(agent.verdict().commit()).isEqualTo(good);
            assertThat(agent.verdict().problems()).singleElement().satisfies(problem -> assertThat(problem.message()).contains("not any more"));
        });
        String broken = repo.write("shop/settings.yaml", "kind: [").push("broken");
        soon().untilAsserted(() -> {
            assertThat(agent.verdict().commit()).isEqualTo(broken);
            assertThat(agent.verdict().problems()).singleElement().satisfies(problem -> assertThat(problem.file()).isEqualTo("shop/settings.yaml"));
        });
        agent.close();
        startAgent();
        soon().untilAsserted(() -> assertThat(agent.verdict().commit()).as("looked at again").isEqualTo(broken));
        assertThat(agent.verdict().problems()).hasSize(1);
    }

    @Test
    void goesOnWithTheNextCommitAfterOneThatCanNotBeBuilt() throws Exception {
        String first = repo.push("first");
        startAgent();
        awaitState(State.Synced, first);
        String broken = repo.write("shop/settings.yaml", configMap("settings", "color: green").replace("  name: settings\n", "  name: settings\n  labels: oops\n"))
                .write("shop/kustomization.yaml", "resources: [namespace.yaml, settings.yaml]\n").push("labels that are none");
        awaitState(State.Failed, broken);
        assertThat(agent.status().errors()).containsExactly(new Problem("shop/settings.yaml", 5, "metadata.labels is a map of keys to text, not \"oops\""));
        Files.createSymbolicLink(folder.resolve("work/loop"), Path.of("."));
        repo.delete("shop/kustomization.yaml").write("fleet.yaml", "apiVersion: fleet.skerry.io/v1\nkind: Target\nmetadata: {name: shop}\nspec: {path: loop/shop/}\n");
        Files.createSymbolicLink(folder.resolve("work/shop/again"), Path.of("../loop/shop"));
        String loop = repo.write("shop/settings.yaml", configMap("settings", "color: red")).push("a circle of links");
        awaitState(State.Failed, loop);
        assertThat(agent.status().errors()).singleElement().satisfies(problem -> assertThat(problem.file()).isEqualTo("loop/shop/again"));
        String good = repo.delete("shop/again").write("shop/settings.yaml", configMap("settings", "color: red").replace("  name: settings\n", "  name: settings\n  namespace: shop\n")).push("good");
        awaitState(State.Synced, good);
        assertThat(cluster.get(CONFIG_MAP + "settings").at("/data/color").asText()).isEqualTo("red");
    }

    @Test
    void goesBackWhenACommitDoesNotBecomeHealthy() throws Exception {
        repo.write("shop/web.yaml", deployment("web:1")).write("shop/kustomization.yaml", "namespace: shop\nresources: [namespace.yaml, settings.yaml, web.yaml]\n");
        String first = repo.push("first");
        startAgent();
        soon().until(() -> cluster.has(DEPLOYMENT));
        cluster.deploymentStatus("shop", "web", true);
        awaitState(State.Synced, first);

        String bad = repo.write("shop/web.yaml", deployment("web:broken")).write("shop/settings.yaml", configMap("settings", "color: red")).write("shop/extra.yaml", configMap("extra", "a: b"))
                .write("shop/kustomization.yaml", "namespace: shop\nresources: [namespace.yaml, settings.yaml, web.yaml, extra.yaml]\n").push("bad");
        soon().until(() -> cluster.get(DEPLOYMENT).at("/spec/template/spec/containers/0/image").asText().equals("web:broken"));
        cluster.deploymentStatus("shop", "web", false);
        soon().until(() -> cluster.get(DEPLOYMENT).at("/spec/template/spec/containers/0/image").asText().equals("web:1"));
        cluster.deploymentStatus("shop", "web", true);
        awaitState(State.RolledBack, bad);
        assertThat(agent.status().commitApplied()).isEqualTo(first);
        assertThat(agent.status().lastKnownGood()).isEqualTo(first);
        assertThat(agent.status().errors()).isNotEmpty().allSatisfy(problem -> assertThat(problem.file()).isEqualTo("shop/web.yaml"));
        assertThat(agent.status().errors().getFirst().message()).contains("Deployment web is not healthy: 0 of 1 replicas available");
        assertThat(cluster.get(CONFIG_MAP + "settings").at("/data/color").asText()).isEqualTo("blue");
        soon().until(() -> !cluster.has(CONFIG_MAP + "extra"));

        // A restart does not try the bad commit again; the next commit is tried.
        agent.close();
        startAgent();
        soon().untilAsserted(() -> assertThat(agent.status().state()).isEqualTo(State.RolledBack));
        assertThat(cluster.get(DEPLOYMENT).at("/spec/template/spec/containers/0/image").asText()).isEqualTo("web:1");
        String next = repo.write("shop/web.yaml", deployment("web:2")).push("next");
        soon().until(() -> cluster.get(DEPLOYMENT).at("/spec/template/spec/containers/0/image").asText().equals("web:2"));
        cluster.deploymentStatus("shop", "web", true);
        awaitState(State.Synced, next);
    }

    @Test
    void goesOnWithoutTheGitServerAndCatchesUp() throws Exception {
        String first = repo.push("first");
        startAgent();
        awaitState(State.Synced, first);
        int port = git.port();
        git.close();
        soon().untilAsserted(() -> assertThat(agent.status().errors()).anySatisfy(problem -> assertThat(problem.message()).contains("can't be reached")));
        assertThat(agent.status().state()).isEqualTo(State.Synced);
        // The agent starts without the server, from its journal, and still keeps the objects.
        agent.close();
        cluster.send("DELETE", CONFIG_MAP + "settings", null, null);
        assertThat(cluster.has(CONFIG_MAP + "settings")).isFalse();
        startAgent();
        soon().until(() -> cluster.has(CONFIG_MAP + "settings"));
        String second = repo.write("shop/settings.yaml", configMap("settings", "color: red")).push("second");
        git = new GitHttpServer(repo.served(), port);
        awaitState(State.Synced, second);
        assertThat(agent.status().errors()).isEmpty();
        assertThat(cluster.get(CONFIG_MAP + "settings").at("/data/color").asText()).isEqualTo("red");
    }

    @Test
    void putsRightWhatSomebodyElseChanged() throws Exception {
        startAgentSynced();
        cluster.send("PATCH", CONFIG_MAP + "settings", "application/merge-patch+json", "{\"data\":{\"color\":\"pink\",\"other\":\"kept\"}}");
        soon().until(() -> cluster.get(CONFIG_MAP + "settings").at("/data/color").asText().equals("blue"));
        assertThat(cluster.get(CONFIG_MAP + "settings").at("/data/other").asText()).as("fields of others stay").isEqualTo("kept");
        cluster.send("DELETE", CONFIG_MAP + "settings", null, null);
        soon().until(() -> cluster.has(CONFIG_MAP + "settings"));
    }

    private void startAgentSynced() throws Exception {
        String first = repo.push("first");
        startAgent();
        awaitState(State.Synced, first);
    }

    /** The whole way: commits while broker and Git server come and go, seen from the broker. */
    @Test
    void reportsEveryCommitOverMqttInOrderOnce() throws Exception {
        try (Mosquitto broker = new Mosquitto(folder, "allow_anonymous true", "persistence true", "persistence_location " + folder + "/"); Mosquitto.Subscription subscription = broker.subscribeToNew("skerry/devices/device-1/status")) {
            mqtt = Optional.of(MqttConfig.of(broker.url()));
            String first = repo.push("first");
            startAgent();
            soon().until(() -> messages(subscription).stream().anyMatch(message -> isSynced(message, first)));

            broker.stop();
            String second = repo.write("shop/settings.yaml", configMap("settings", "color: red")).push("second");
            awaitState(State.Synced, second);
            String broken = repo.write("shop/settings.yaml", configMap("settings", "color: [red]")).push("broken");
            awaitState(State.Failed, broken);
            // The device restarts, too.
            agent.close();
            startAgent();
            String fourth = repo.write("shop/settings.yaml", configMap("settings", "color: green")).push("fourth");
            awaitState(State.Synced, fourth);
            broker.start();
            soon().until(() -> messages(subscription).stream().anyMatch(message -> isSynced(message, fourth)));

            List<JsonNode> all = messages(subscription);
            assertThat(all.stream().map(message -> message.path("sequence").asLong()).toList()).as("in order, once").isEqualTo(LongStream.rangeClosed(1, all.size()).boxed().toList());
            assertThat(all).anyMatch(message -> isSynced(message, second));
            assertThat(all).anySatisfy(message -> {
                assertThat(message.path("state").asText()).isEqualTo("Failed");
                assertThat(message.path("commitWanted").asText()).isEqualTo(broken);
                assertThat(message.path("commitApplied").asText()).isEqualTo(second);
                assertThat(message.at("/errors/0/file").asText()).isEqualTo("shop/settings.yaml");
                assertThat(message.at("/errors/0/line").asInt()).isEqualTo(6);
            });
        }
    }

    private static boolean isSynced(JsonNode message, String commit) {
        return message.path("state").asText().equals("Synced") && message.path("commitApplied").asText().equals(commit);
    }

    private static List<JsonNode> messages(Mosquitto.Subscription subscription) {
        return subscription.lines().stream().map(line -> Json.parse(line.substring(line.indexOf(' ') + 1))).toList();
    }

    @Test
    void anIdleAgentWritesNothing() throws Exception {
        startAgentSynced();
        Thread.sleep(500);
        Map<Path, FileTime> before = times();
        int writes = cluster.writes();
        Thread.sleep(3000);
        assertThat(times()).as("ten fetches later").isEqualTo(before);
        assertThat(cluster.writes()).isEqualTo(writes);
    }

    @Test
    void applyingAgainWhatIsThereChangesNothing() throws Exception {
        repo.write("shop/web.yaml", deployment("web:1")).write("shop/more.yaml", """
                apiVersion: v1
                kind: Service
                metadata: {name: web}
                spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
                ---
                apiVersion: v1
                kind: Secret
                metadata: {name: web}
                stringData: {password: s3cret}
                ---
                apiVersion: v1
                kind: ServiceAccount
                metadata: {name: web}
                """).write("shop/kustomization.yaml", "namespace: shop\nresources: [namespace.yaml, settings.yaml, web.yaml, more.yaml]\n");
        String first = repo.push("first");
        startAgent();
        soon().until(() -> cluster.has(DEPLOYMENT));
        cluster.deploymentStatus("shop", "web", true);
        awaitState(State.Synced, first);
        List<String> before = versions();
        assertThat(before).hasSize(6);
        String second = repo.write("README.md", "nothing for the cluster").push("second");
        awaitState(State.Synced, second);
        assertThat(versions()).isEqualTo(before);
    }

    private List<String> versions() {
        return Stream.of("/api/v1/namespaces/shop", CONFIG_MAP + "settings", DEPLOYMENT, "/api/v1/namespaces/shop/services/web", "/api/v1/namespaces/shop/secrets/web", "/api/v1/namespaces/shop/serviceaccounts/web")
                .map(path -> path + " " + cluster.get(path).at("/metadata/resourceVersion").asText()).toList();
    }

    private Map<Path, FileTime> times() throws Exception {
        Map<Path, FileTime> times = new TreeMap<>();
        try (Stream<Path> files = Files.walk(folder.resolve("gitops"))) {
            for (Path file : files.toList()) times.put(file, Files.getLastModifiedTime(file));
        }
        return times;
    }

    /** The power is cut after the first write of a commit, after the second, and so on; each time a new agent finishes it. */
    @Test
    void finishesACommitFromWhereverThePowerWasCut() throws Exception {
        startAgentSynced();
        agent.close();
        agent = null;
        int cuts = 0;
        for (int after = 0; ; after++) {
            String name = "settings-" + after;
            repo.write("shop/kustomization.yaml", "namespace: shop\nresources: [namespace.yaml, settings.yaml, extra.yaml]\n").write("shop/settings.yaml", configMap(name, "color: c" + after))
                    .write("shop/extra.yaml", configMap("extra", "a: b" + after));
            String commit = repo.push("round " + after);
            cluster.cutPowerAfter(after);
            startAgent();
            soon().until(() -> cluster.powerIsCut() || agent.status().state() == State.Synced && agent.status().commitApplied().equals(commit));
            boolean cut = cluster.powerIsCut();
            agent.close();
            cluster.powerOn();
            startAgent();
            awaitState(State.Synced, commit);
            assertThat(cluster.get(CONFIG_MAP + "extra").at("/data/a").asText()).isEqualTo("b" + after);
            assertThat(cluster.get("/api/v1/namespaces/shop/configmaps").path("items")).as("the old one is pruned").extracting(item -> item.at("/metadata/name").asText()).containsExactlyInAnyOrder("extra", name);
            agent.close();
            agent = null;
            if (!cut) break;
            cuts++;
        }
        assertThat(cuts).as("namespace, two objects, one to delete").isGreaterThanOrEqualTo(4);
    }

    /** As above, while it goes back from an unhealthy commit, and while it waits for health. */
    @Test
    void finishesGoingBackFromWhereverThePowerWasCut() throws Exception {
        repo.write("shop/web.yaml", deployment("web:1")).write("shop/kustomization.yaml", "namespace: shop\nresources: [namespace.yaml, settings.yaml, web.yaml]\n");
        repo.write("fleet.yaml", "apiVersion: fleet.skerry.io/v1\nkind: Target\nmetadata: {name: shop}\nspec: {path: shop, timeout: 1s}\n");
        String good = repo.push("good");
        startAgent();
        soon().until(() -> cluster.has(DEPLOYMENT));
        cluster.deploymentStatus("shop", "web", true);
        awaitState(State.Synced, good);
        String bad = repo.write("shop/web.yaml", deployment("web:broken")).push("bad");
        soon().until(() -> image().equals("web:broken"));
        agent.close();
        for (int after = 0; after < 3; after++) {
            cluster.cutPowerAfter(after);
            startAgent();
            soon().until(() -> cluster.powerIsCut());
            agent.close();
            cluster.powerOn();
        }
        startAgent();
        soon().until(() -> image().equals("web:1"));
        cluster.deploymentStatus("shop", "web", true);
        awaitState(State.RolledBack, bad);
        assertThat(agent.status().commitApplied()).isEqualTo(good);
    }

    private String image() {
        return cluster.get(DEPLOYMENT).at("/spec/template/spec/containers/0/image").asText();
    }

    @Test
    void aHelmChartIsHealthyWhenItsReleaseIs() throws Exception {
        repo.write("shop/kustomization.yaml", "resources: [crd.yaml, namespace.yaml, chart.yaml]\n").write("shop/crd.yaml", """
                apiVersion: apiextensions.k8s.io/v1
                kind: CustomResourceDefinition
                metadata: {name: helmcharts.helm.cattle.io}
                spec:
                  group: helm.cattle.io
                  scope: Namespaced
                  names: {kind: HelmChart, listKind: HelmChartList, plural: helmcharts, singular: helmchart}
                  versions:
                  - name: v1
                    served: true
                    storage: true
                    subresources: {status: {}}
                    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
                """).write("charts/hello/Chart.yaml", "apiVersion: v2\nname: hello\nversion: 0.1.0\n").write("fleet.yaml", "apiVersion: fleet.skerry.io/v1\nkind: Target\nmetadata: {name: shop}\nspec: {path: shop}\n")
                .write("shop/chart.yaml", "apiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata: {name: hello, namespace: kube-system}\nspec: {chart: ./charts/hello, targetNamespace: shop}\n");
        String commit = repo.push("chart");
        startAgent();
        String chart = "/apis/helm.cattle.io/v1/namespaces/kube-system/helmcharts/hello";
        soon().until(() -> cluster.has(chart));
        assertThat(cluster.get(chart).at("/spec/chartContent").asText()).isNotEmpty();
        // The Helm controller installs the release, whose pod is not ready yet.
        cluster.send("POST", "/apis/apps/v1/namespaces/shop/deployments", "application/json", """
                {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","labels":{"app.kubernetes.io/managed-by":"Helm"},
                 "annotations":{"meta.helm.sh/release-name":"hello","meta.helm.sh/release-namespace":"shop"}},
                 "spec":{"replicas":1,"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}
                """);
        cluster.deploymentStatus("shop", "web", false);
        cluster.send("PATCH", chart + "/status", "application/merge-patch+json", "{\"status\":{\"observedGeneration\":1,\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}");
        soon().untilAsserted(() -> assertThat(agent.status().targets().getFirst().unhealthy()).extracting(GitOpsStatus.ObjectStatus::message).containsExactly("Deployment web: 0 of 1 replicas available"));
        assertThat(agent.status().state()).isEqualTo(State.Progressing);
        cluster.deploymentStatus("shop", "web", true);
        awaitState(State.Synced, commit);
    }

    private static final String OS_IMAGE = "/apis/appliance.skerry.io/v1/osimages/os";

    private static String osImage(String version) {
        return "apiVersion: appliance.skerry.io/v1\nkind: OSImage\nmetadata: {name: os}\nspec: {version: \"" + version + "\"}\n";
    }

    /** Version 1 runs. */
    private void startAgentWithOs() throws Exception {
        String first = repo.write("shop/kustomization.yaml", "namespace: shop\nresources: [crd.yaml, namespace.yaml, settings.yaml, os.yaml]\n").write("shop/crd.yaml", """
                apiVersion: apiextensions.k8s.io/v1
                kind: CustomResourceDefinition
                metadata: {name: osimages.appliance.skerry.io}
                spec:
                  group: appliance.skerry.io
                  scope: Cluster
                  names: {kind: OSImage, listKind: OSImageList, plural: osimages, singular: osimage}
                  versions:
                  - name: v1
                    served: true
                    storage: true
                    subresources: {status: {}}
                    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
                """).write("shop/os.yaml", osImage("1")).push("first");
        startAgent();
        soon().until(() -> cluster.has(OS_IMAGE));
        osStatus(1, "{\"type\":\"Ready\",\"status\":\"True\"}");
        awaitState(State.Synced, first);
    }

    @Test
    void anUpdateOfTheOperatingSystemMayTakeLongerThanAnythingElse() throws Exception {
        startAgentWithOs();
        String second = repo.write("shop/os.yaml", osImage("2")).push("second");
        soon().until(() -> cluster.get(OS_IMAGE).at("/spec/version").asText().equals("2"));
        osStatus(2, "{\"type\":\"Ready\",\"status\":\"False\"},{\"type\":\"Reconciling\",\"status\":\"True\",\"message\":\"12 of 180 MB\"}");
        // The device's time for becoming healthy is 5 s; then it reboots, and the agent takes the commit up again.
        await().during(Duration.ofSeconds(7)).atMost(Duration.ofSeconds(20)).until(() -> agent.status().state() == State.Progressing);
        agent.close();
        startAgent();
        await().during(Duration.ofSeconds(7)).atMost(Duration.ofSeconds(40)).until(() -> agent.status().commitWanted().equals(second) && agent.status().state() == State.Progressing);
        osStatus(2, "{\"type\":\"Ready\",\"status\":\"True\"}");
        awaitState(State.Synced, second);
    }

    /** A board that cannot be updated, say, or one device of many on which a version fell back: each later commit names that version, too. */
    @Test
    void anOperatingSystemThatFailedTakesNoCommitBackAndIsTold() throws Exception {
        startAgentWithOs();
        String second = repo.write("shop/os.yaml", osImage("2")).write("shop/settings.yaml", configMap("settings", "color: red")).push("second");
        soon().until(() -> cluster.get(OS_IMAGE).at("/spec/version").asText().equals("2"));
        osStatus(2, "{\"type\":\"Ready\",\"status\":\"False\"},{\"type\":\"Stalled\",\"status\":\"True\",\"message\":\"version 2 was tried 3 times: kernel panic\"}");
        awaitState(State.Degraded, second);
        String told = "shop/os.yaml:1: OSImage os is not healthy: version 2 was tried 3 times: kernel panic";
        assertThat(agent.status().errors()).extracting(Problem::toString).containsExactly(told);
        assertThat(agent.status().lastKnownGood()).as("what a later commit goes back to").isEqualTo(second);

        agent.close();
        startAgent();
        repo.write("fleet.yaml", Files.readString(folder.resolve("work/fleet.yaml"))
                + "---\napiVersion: fleet.skerry.io/v1\nkind: Target\nmetadata: {name: later}\nspec: {path: later, dependsOn: [{name: shop}]}\n");
        String third = repo.write("shop/settings.yaml", configMap("settings", "color: green"))
                .write("later/later.yaml", configMap("later", "a: b").replace("name: later", "name: later\n  namespace: shop")).push("third");
        awaitState(State.Degraded, third);
        assertThat(cluster.has(CONFIG_MAP + "later")).as("what comes after the OSImage's Target").isTrue();
        // A verdict counts when it has stood for 20 s.
        await().during(Duration.ofSeconds(22)).atMost(Duration.ofSeconds(60)).until(() -> agent.status().commitApplied().equals(third) && agent.status().state() == State.Degraded);
        assertThat(agent.status().lastKnownGood()).isEqualTo(third);
        assertThat(cluster.get(CONFIG_MAP + "settings").at("/data/color").asText()).isEqualTo("green");

        String bad = repo.write("shop/web.yaml", deployment("web:broken")).write("shop/settings.yaml", configMap("settings", "color: black"))
                .write("shop/kustomization.yaml", "namespace: shop\nresources: [crd.yaml, namespace.yaml, settings.yaml, os.yaml, web.yaml]\n").push("bad");
        soon().until(() -> cluster.has(DEPLOYMENT));
        cluster.deploymentStatus("shop", "web", false);
        awaitState(State.RolledBack, bad);
        assertThat(agent.status().commitApplied()).isEqualTo(third);
        assertThat(agent.status().errors().getFirst().message()).contains("Deployment web is not healthy");
        assertThat(agent.status().errors().getLast().toString()).isEqualTo(told);
        assertThat(cluster.get(CONFIG_MAP + "settings").at("/data/color").asText()).isEqualTo("green");
    }

    private void osStatus(int generation, String conditions) {
        cluster.send("PATCH", OS_IMAGE + "/status", "application/merge-patch+json", "{\"status\":{\"observedGeneration\":" + generation + ",\"conditions\":[" + conditions + "]}}");
    }

    @Test
    void appliesCustomResourcesWithTheirDefinitionAndRunsTargetsInOrder() throws Exception {
        repo.write("fleet.yaml", """
                apiVersion: fleet.skerry.io/v1
                kind: Target
                metadata: {name: things}
                spec: {path: things, dependsOn: [{name: shop}]}
                ---
                apiVersion: fleet.skerry.io/v1
                kind: Target
                metadata: {name: shop}
                spec: {path: shop}
                """).write("things/thing.yaml", "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: one, namespace: shop}\nspec: {size: 1}\n").write("things/definition.yaml", """
                apiVersion: apiextensions.k8s.io/v1
                kind: CustomResourceDefinition
                metadata: {name: things.example.com}
                spec:
                  group: example.com
                  scope: Namespaced
                  names: {kind: Thing, listKind: ThingList, plural: things, singular: thing}
                  versions:
                  - name: v1
                    served: true
                    storage: true
                    schema:
                      openAPIV3Schema:
                        type: object
                        properties:
                          spec:
                            type: object
                            properties:
                              size: {type: integer}
                """);
        repo.write("shop/web.yaml", deployment("web:1")).write("shop/kustomization.yaml", "namespace: shop\nresources: [namespace.yaml, settings.yaml, web.yaml]\n");
        String commit = repo.push("things");
        startAgent();
        soon().until(() -> cluster.has(DEPLOYMENT));
        Thread.sleep(500);
        assertThat(cluster.has("/apis/example.com/v1/namespaces/shop/things/one")).as("waits for the shop").isFalse();
        cluster.deploymentStatus("shop", "web", true);
        awaitState(State.Synced, commit);
        assertThat(cluster.get("/apis/example.com/v1/namespaces/shop/things/one").at("/spec/size").asInt()).isEqualTo(1);

        String unknown = repo.write("things/other.yaml", "apiVersion: example.com/v1\nkind: Ding\nmetadata: {name: one, namespace: nowhere}\n").push("unknown kind");
        soon().untilAsserted(() -> assertThat(agent.status().state()).isEqualTo(State.Failed));
        assertThat(agent.status().commitWanted()).isEqualTo(unknown);
        assertThat(agent.status().errors()).extracting(Problem::toString).containsExactly(
                "things/other.yaml:2: the cluster knows no kind Ding in example.com/v1; check both, or add its CustomResourceDefinition to the repository");
        String nowhere = repo.write("things/other.yaml", configMap("x", "a: b").replace("name: x", "name: x\n  namespace: nowhere")).push("unknown namespace");
        awaitState(State.Failed, nowhere);
        assertThat(agent.status().errors()).extracting(Problem::toString).containsExactly(
                "things/other.yaml:5: the namespace \"nowhere\" of ConfigMap x does not exist; add a Namespace object to the repository");
    }
}
