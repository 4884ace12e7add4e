package io.skerry.helm.release;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.helm.Helm;
import io.skerry.helm.HelmException;
import io.skerry.helm.UpgradeRequest;
import io.skerry.helm.chart.Chart;
import io.skerry.helm.chart.UserValues;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.TypeTable;
import io.skerry.machinery.yaml.Yaml;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReleasesTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final MemoryCluster cluster = new MemoryCluster();

    private Helm helm() {
        return new Helm(cluster, TypeTable.builtin(), Clock.systemUTC());
    }

    private static Chart chart(String version, String... files) {
        Map<String, byte[]> f = new LinkedHashMap<>();
        f.put("Chart.yaml", ("apiVersion: v2\nname: web\nversion: " + version + "\nappVersion: app" + version + "\n").getBytes());
        f.put("values.yaml", "text: hello\n".getBytes());
        for (int i = 0; i < files.length; i += 2) {
            f.put(files[i], files[i + 1].getBytes());
        }
        return Chart.of(f);
    }

    private static String configMap(String name, String data) {
        return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\ndata:\n  text: " + data + "\n";
    }

    private static UpgradeRequest request(Chart chart, String values) {
        return UpgradeRequest.of("web", "ns1", chart, new UserValues().yaml(values, "values").toMap());
    }

    private static final Chart ONE = chart("1.0.0", "templates/a.yaml", configMap("a", "{{ .Values.text }}"), "templates/b.yaml", configMap("b", "rev{{ .Release.Revision }}"),
        "templates/d.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {template: {spec: {containers: [{name: c, image: one}]}}}\n", "templates/NOTES.txt", "try {{ .Release.Name }}");
    private static final Chart TWO = chart("2.0.0", "templates/a.yaml", configMap("a", "{{ .Values.text }}2"), "templates/c.yaml", configMap("c", "new"),
        "templates/d.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {template: {spec: {containers: [{name: c, image: two}]}}}\n");

    private JsonNode object(String kind, String name) {
        return cluster.get(kind.equals("Deployment") ? "apps/v1" : "v1", kind, "ns1", name);
    }

    private String text(String name) {
        JsonNode o = object("ConfigMap", name);
        return o == null ? null : Json.text(o, "data", "text");
    }

    private List<String> statuses() {
        return helm().history("ns1", "web").stream().map(r -> r.version() + " " + r.status()).toList();
    }

    @Test
    void installs() throws Exception {
        Release r = helm().upgradeInstall(request(ONE, "text: hi").withCreateNamespace(true));
        assertThat(r.status()).isEqualTo("deployed");
        assertThat(r.description()).isEqualTo("Install complete");
        assertThat(r.notes()).isEqualTo("try web");
        assertThat(text("a")).isEqualTo("hi");
        assertThat(text("b")).isEqualTo("rev1");
        assertThat(cluster.get("v1", "Namespace", null, "ns1")).isNotNull();
        assertThat(Json.text(object("ConfigMap", "a"), "metadata", "labels", "app.kubernetes.io/managed-by")).isEqualTo("Helm");
        assertThat(Json.text(object("ConfigMap", "a"), "metadata", "annotations", "meta.helm.sh/release-name")).isEqualTo("web");
        Release kept = helm().history("ns1", "web").getFirst();
        assertThat(kept.values()).isEqualTo(Map.of("text", "hi"));
        assertThat(kept.chartName() + kept.chartVersion() + kept.appVersion()).isEqualTo("web1.0.0app1.0.0");
        assertThat(kept.manifest()).contains("# Source: web/templates/a.yaml").doesNotContain("managed-by");
        ObjectNode secret = cluster.objects.get("/Secret/ns1/sh.helm.release.v1.web.v1");
        assertThat(Json.text(secret, "type")).isEqualTo("helm.sh/release.v1");
        assertThat(secret.path("metadata").path("labels")).hasToString("{\"name\":\"web\",\"owner\":\"helm\",\"status\":\"deployed\",\"version\":\"1\",\"createdAt\":"
            + secret.path("metadata").path("labels").path("createdAt") + ",\"modifiedAt\":" + secret.path("metadata").path("labels").path("modifiedAt") + "}");
    }

    @Test
    void upgradesRollsBackAndUninstalls() throws Exception {
        helm().upgradeInstall(request(ONE, "{}"));
        // Someone scales the Deployment and adds a container: neither is the chart's business.
        cluster.patch("apps/v1", "Deployment", "ns1", "d", Json.parse("{\"spec\":{\"replicas\":7}}"));
        Release r = helm().upgradeInstall(request(TWO, "text: x"));
        assertThat(r.version()).isEqualTo(2);
        assertThat(text("a")).isEqualTo("x2");
        assertThat(text("b")).isNull();
        assertThat(text("c")).isEqualTo("new");
        assertThat(object("Deployment", "d").path("spec")).hasToString("{\"template\":{\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"two\"}]}},\"replicas\":7}");
        assertThat(statuses()).containsExactly("1 superseded", "2 deployed");

        Release back = helm().rollback("ns1", "web", 0, false, MINUTE);
        assertThat(back.description()).isEqualTo("Rollback to 1");
        assertThat(text("a")).isEqualTo("hello");
        assertThat(text("b")).isEqualTo("rev1");
        assertThat(text("c")).isNull();
        assertThat(statuses()).containsExactly("1 superseded", "2 superseded", "3 deployed");
        assertThat(helm().history("ns1", "web").getLast().chartVersion()).isEqualTo("1.0.0");

        assertThat(helm().uninstall("ns1", "web", false, MINUTE)).get().extracting(Release::status).isEqualTo("uninstalled");
        assertThat(cluster.objects).isEmpty();
        assertThat(helm().uninstall("ns1", "web", false, MINUTE)).isEmpty();
    }

    @Test
    void writesNothingWhenNothingChanges() throws Exception {
        helm().upgradeInstall(request(TWO, "{}"));
        cluster.log.clear();
        helm().upgradeInstall(request(TWO, "{}"));
        assertThat(cluster.log).allMatch(l -> l.contains("/Secret/"));
    }

    @Test
    void keepsOnlySoManyRevisions() throws Exception {
        for (int i = 0; i < 5; i++) {
            helm().upgradeInstall(request(ONE, "text: t" + i).withHistoryMax(2));
        }
        assertThat(statuses()).containsExactly("4 superseded", "5 deployed");
    }

    @Test
    void changesNothingWhenTheChartDoesNotRender() throws Exception {
        helm().upgradeInstall(request(ONE, "{}"));
        Map<String, ObjectNode> before = Map.copyOf(cluster.objects);
        Chart broken = chart("3.0.0", "templates/a.yaml", "a: {{ fail \"no good\" }}");
        assertThatThrownBy(() -> helm().upgradeInstall(request(broken, "{}").withCreateNamespace(true))).isInstanceOf(HelmException.class)
            .hasMessage("execution error at (web/templates/a.yaml:1:6): no good");
        Chart unknown = chart("3.0.0", "templates/a.yaml", "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}");
        assertThatThrownBy(() -> helm().upgradeInstall(request(unknown, "{}"))).hasMessageContaining("no matches for kind \"Widget\" in version \"example.com/v1\"");
        Chart twice = chart("3.0.0", "templates/a.yaml", configMap("a", "1"), "templates/b.yaml", configMap("a", "2"));
        assertThatThrownBy(() -> helm().upgradeInstall(request(twice, "{}"))).hasMessageContaining("ConfigMap \"a\" in namespace \"ns1\" is there more than once");
        assertThat(cluster.objects).isEqualTo(before);
    }

    @Test
    void aFailedUpgradeIsRecordedAndHealedByTheNext() throws Exception {
        helm().upgradeInstall(request(ONE, "{}"));
        Chart refused = chart("3.0.0", "templates/a.yaml", configMap("a", "half"), "templates/left.yaml", configMap("left", "over"),
            "templates/z.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: z, labels: {refuse: \"yes\"}}\n");
        assertThatThrownBy(() -> helm().upgradeInstall(request(refused, "{}"))).hasMessageContaining("cannot apply Service \"z\" in namespace \"ns1\": admission webhook denied the request");
        assertThat(statuses()).containsExactly("1 deployed", "2 failed");
        assertThat(helm().history("ns1", "web").getLast().description()).startsWith("Upgrade \"web\" failed: cannot apply Service");
        assertThat(text("left")).isEqualTo("over");
        helm().upgradeInstall(request(TWO, "{}"));
        assertThat(text("left")).isNull();
        assertThat(text("b")).isNull();
        assertThat(text("a")).isEqualTo("hello2");
        assertThat(statuses()).containsExactly("1 superseded", "2 failed", "3 deployed");
    }

    @Test
    void leavesOtherPeoplesObjectsAlone() throws Exception {
        cluster.create((ObjectNode) Yaml.parseAll(configMap("a", "mine").replace("name: a", "name: a\n  namespace: ns1"), "t").getFirst().root());
        assertThatThrownBy(() -> helm().upgradeInstall(request(ONE, "{}"))).hasMessageContaining("ConfigMap \"a\" in namespace \"ns1\" exists and cannot be imported into the current release");
        assertThat(text("a")).isEqualTo("mine");
        assertThat(statuses()).isEmpty();
        helm().upgradeInstall(request(ONE, "{}").withTakeOwnership(true));
        assertThat(text("a")).isEqualTo("hello");
    }

    @Test
    void keepsWhatSaysSo() throws Exception {
        Chart keep = chart("1.0.0", "templates/a.yaml", configMap("a", "data").replace("name: a", "name: a\n  annotations: {helm.sh/resource-policy: keep}"), "templates/b.yaml", configMap("b", "x"));
        helm().upgradeInstall(request(keep, "{}"));
        helm().upgradeInstall(request(chart("2.0.0", "templates/b.yaml", configMap("b", "x")), "{}"));
        assertThat(text("a")).isEqualTo("data");
        helm().uninstall("ns1", "web", false, MINUTE);
        assertThat(cluster.objects.keySet()).containsExactly("/ConfigMap/ns1/a");
    }

    @Test
    void installsCrdsFirstAndKnowsTheirKinds() throws Exception {
        Chart c = chart("1.0.0", "crds/w.yaml", "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: widgets.example.com}\n"
            + "spec: {group: example.com, scope: Namespaced, names: {kind: Widget, plural: widgets}, versions: [{name: v1, served: true}]}\n",
            "templates/w.yaml", "{{ if .Capabilities.APIVersions.Has \"example.com/v1/Widget\" }}apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\n{{ end }}");
        cluster.onCreate = o -> {
            if (Json.text(o, "kind").equals("CustomResourceDefinition")) {
                o.set("status", Json.parse("{\"conditions\":[{\"type\":\"Established\",\"status\":\"True\"}]}"));
            }
            return o;
        };
        helm().upgradeInstall(request(c, "{}"));
        assertThat(cluster.log.getFirst()).isEqualTo("create apiextensions.k8s.io/CustomResourceDefinition//widgets.example.com");
        assertThat(cluster.get("example.com/v1", "Widget", "ns1", "w")).isNotNull();
        helm().uninstall("ns1", "web", false, MINUTE);
        assertThat(cluster.objects.keySet()).containsExactly("apiextensions.k8s.io/CustomResourceDefinition//widgets.example.com");
    }

    private static String job(String name, String event, int weight, String policy) {
        return "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: " + name + "\n  annotations:\n    helm.sh/hook: " + event + "\n    helm.sh/hook-weight: \"" + weight + "\"\n"
            + (policy.isEmpty() ? "" : "    helm.sh/hook-delete-policy: " + policy + "\n") + "spec: {}\n";
    }

    @Test
    void runsHooks() throws Exception {
        String[] ending = {"Complete"};
        cluster.onCreate = o -> {
            if (Json.text(o, "kind").equals("Job")) {
                o.set("status", Json.parse("{\"conditions\":[{\"type\":\"" + ending[0] + "\",\"status\":\"True\",\"reason\":\"BackoffLimitExceeded\",\"message\":\"it broke\"}]}"));
            }
            return o;
        };
        Chart hooked = chart("1.0.0", "templates/a.yaml", configMap("a", "x"), "templates/pre2.yaml", job("pre2", "pre-install,pre-upgrade", 5, ""), "templates/pre1.yaml",
            job("pre1", "pre-install", -5, "hook-succeeded"), "templates/post.yaml", job("post", "post-install", 0, "hook-succeeded,hook-failed"), "templates/del.yaml", job("del", "pre-delete", 0, ""));
        helm().upgradeInstall(request(hooked, "{}"));
        List<String> order = cluster.log.stream().filter(l -> !l.contains("Secret")).toList();
        assertThat(order).containsExactly("create batch/Job/ns1/pre1", "create batch/Job/ns1/pre2", "delete batch/Job/ns1/pre1", "create /ConfigMap/ns1/a", "create batch/Job/ns1/post",
            "delete batch/Job/ns1/post");
        assertThat(helm().history("ns1", "web").getFirst().document().path("hooks").findValuesAsText("phase")).containsOnly("Succeeded", "");
        cluster.log.clear();
        helm().upgradeInstall(request(hooked, "{}"));
        // Before it runs again, the old one goes.
        assertThat(cluster.log.stream().filter(l -> l.contains("Job"))).containsExactly("delete batch/Job/ns1/pre2", "create batch/Job/ns1/pre2");
        ending[0] = "Failed";
        assertThatThrownBy(() -> helm().upgradeInstall(request(hooked, "text: y"))).hasMessage("pre-upgrade hook web/templates/pre2.yaml failed: Job \"pre2\" in namespace \"ns1\" failed: BackoffLimitExceeded: it broke");
        assertThat(statuses()).containsExactly("1 superseded", "2 deployed", "3 failed");
        ending[0] = "Complete";
        helm().uninstall("ns1", "web", false, MINUTE);
        assertThat(cluster.objects.keySet()).containsExactlyInAnyOrder("batch/Job/ns1/del", "batch/Job/ns1/pre2");
    }

    @Test
    void waitsForReadiness() throws Exception {
        Chart c = chart("1.0.0", "templates/p.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n");
        assertThatThrownBy(() -> helm().upgradeInstall(request(c, "{}").withWait(true, Duration.ofSeconds(3)))).hasMessageContaining("Pod \"p\" in namespace \"ns1\" is not ready after 3 s");
        assertThat(statuses()).containsExactly("1 failed");
        cluster.objects.get("/Pod/ns1/p").set("status", Json.parse("{\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}"));
        helm().upgradeInstall(request(c, "{}").withWait(true, Duration.ofSeconds(3)));
        assertThat(statuses()).containsExactly("1 failed", "2 deployed");
    }

    private interface Step {
        void run() throws Exception;
    }

    /** All objects but releases, without what counts writes. */
    private Map<String, JsonNode> state() {
        Map<String, JsonNode> m = new LinkedHashMap<>();
        cluster.objects.forEach((k, o) -> {
            if (!k.contains("sh.helm.release")) {
                ObjectNode copy = o.deepCopy();
                ((ObjectNode) copy.path("metadata")).remove("resourceVersion");
                m.put(k, copy);
            }
        });
        return m;
    }

    /** Lets the process die at each of a step's writes, before and after it took effect; a new process does the step again, and all is as if nothing had been. */
    private void survives(Step prepare, Step step) throws Exception {
        cluster.objects.clear();
        prepare.run();
        cluster.dieAt(-1, false);
        step.run();
        int writes = cluster.calls();
        Map<String, JsonNode> wanted = state();
        assertThat(writes).isPositive();
        for (int n = 0; n < writes; n++) {
            for (boolean before : new boolean[] {true, false}) {
                cluster.objects.clear();
                prepare.run();
                cluster.dieAt(n, before);
                assertThatThrownBy(step::run).isInstanceOf(MemoryCluster.Killed.class);
                cluster.live();
                step.run();
                assertThat(withoutRevisions(state())).as("killed at write %s, before: %s", n, before).isEqualTo(withoutRevisions(wanted));
                assertThat(helm().history("ns1", "web").stream().filter(r -> r.status().equals("deployed"))).hasSizeLessThan(2);
                assertThat(helm().history("ns1", "web")).noneMatch(Release::isPending);
            }
        }
    }

    /** The chart writes its revision number, which is another after a failed attempt. */
    private static Map<String, String> withoutRevisions(Map<String, JsonNode> state) {
        Map<String, String> m = new LinkedHashMap<>();
        state.forEach((k, v) -> m.put(k, v.toString().replaceAll("rev\\d+", "rev")));
        return m;
    }

    @Test
    void survivesDeathAtAnyMoment() throws Exception {
        Step nothing = () -> { };
        Step one = () -> helm().upgradeInstall(request(ONE, "{}").withCreateNamespace(true));
        Step two = () -> helm().upgradeInstall(request(TWO, "text: z"));
        survives(nothing, one);
        survives(one, two);
        survives(() -> {
            one.run();
            two.run();
        }, () -> helm().rollback("ns1", "web", 1, false, MINUTE));
        survives(() -> {
            one.run();
            two.run();
        }, () -> helm().uninstall("ns1", "web", false, MINUTE));
    }
}
