package io.skerry.apiserver.aggregation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.pki.ClusterPki;
import io.skerry.machinery.json.Json;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** APIServices of what the server serves itself. */
class LocalApisTest {
    private static final String PATH = "/apis/apiregistration.k8s.io/v1/apiservices";
    private static final String DEFINITION = "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: widgets.example.org},"
            + " spec: {group: example.org, scope: Namespaced, names: {plural: widgets, kind: Widget}, versions: [%s]}}";
    private static final String VERSION = "{name: %s, served: true, storage: %s, schema: {openAPIV3Schema: {type: object}}}";

    @TempDir
    Path folder;
    TestServer api;
    ClusterPki pki;

    @BeforeEach
    void start() throws Exception {
        pki = ClusterPki.ensure(folder.resolve("pki"), List.of("127.0.0.1"), Clock.systemUTC());
        open();
    }

    private void open() throws Exception {
        api = new TestServer(folder);
        api.server.aggregate(pki);
    }

    @AfterEach
    void stop() {
        api.close();
    }

    private JsonNode get(String name) {
        JsonNode found = api.send("GET", PATH + "/" + name, null).body();
        return Json.text(found, "kind").equals("APIService") ? found : null;
    }

    private void until(String name, boolean there) {
        Awaitility.await().atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(20))
                .until(() -> there ? get(name) != null && !Json.at(get(name), "status", "conditions").isEmpty() : get(name) == null);
    }

    private List<String> rows() {
        List<String> rows = new ArrayList<>();
        JsonNode table = api.get(PATH, Map.of("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io")).body();
        table.path("rows").forEach(row -> rows.add(row.path("cells").path(0).asText() + " " + row.path("cells").path(1).asText() + " " + row.path("cells").path(2).asText()));
        return rows;
    }

    @Test
    void everyBuiltInGroupVersionHasOne() {
        until("v1.apps", true);
        List<String> served = new ArrayList<>();
        for (JsonNode group : api.send("GET", "/apis", null).body().path("groups")) {
            group.path("versions").forEach(version -> served.add(Json.text(version, "version") + "." + Json.text(group, "name") + " Local True"));
        }
        served.add("v1. Local True");
        served.remove("v1.apiregistration.k8s.io Local True"); // the aggregator's own
        Awaitility.await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> assertThat(rows()).containsExactlyInAnyOrderElementsOf(served));
        assertThat(get("v1.").path("spec")).isEqualTo(Json.parse("{\"version\":\"v1\",\"groupPriorityMinimum\":18000,\"versionPriority\":1}"));
        assertThat(get("v2.autoscaling").path("spec")).isEqualTo(Json.parse("{\"group\":\"autoscaling\",\"version\":\"v2\",\"groupPriorityMinimum\":17500,\"versionPriority\":30}"));
        assertThat(Json.text(get("v1.apps"), "metadata", "labels", "kube-aggregator.kubernetes.io/automanaged")).isEqualTo("onstart");
        assertThat(Json.at(get("v1.apps"), "status", "conditions").get(0).path("reason").asText()).isEqualTo("Local");
        // discovery tells each group once still
        assertThat(api.send("GET", "/apis/apps", null).body().path("versions")).hasSize(1);
    }

    @Test
    void thoseOfCustomTypesComeAndGoWithThem() throws Exception {
        String path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        api.send("POST", path, DEFINITION.formatted(VERSION.formatted("v1", "true") + ", " + VERSION.formatted("v1beta1", "false")));
        until("v1.example.org", true);
        until("v1beta1.example.org", true);
        assertThat(get("v1.example.org").path("spec")).isEqualTo(Json.parse("{\"group\":\"example.org\",\"version\":\"v1\",\"groupPriorityMinimum\":1000,\"versionPriority\":100}"));
        // taken away while nobody runs, it is found again at the next start
        api.send("DELETE", PATH + "/v1.example.org", null);
        api.send("DELETE", PATH + "/v1.apps", null);
        api.close();
        open();
        until("v1.example.org", true);
        until("v1.apps", true);
        api.send("DELETE", path + "/widgets.example.org", null);
        until("v1.example.org", false);
        until("v1beta1.example.org", false);
        assertThat(get("v1.apps")).isNotNull();
    }

    @Test
    void leavesAloneWhatIsSomebodysOwn() {
        String own = "{metadata: {name: v1.example.org}, spec: {group: example.org, version: v1, groupPriorityMinimum: 7, versionPriority: 7}}";
        assertThat(api.send("POST", PATH, own).code()).isEqualTo(201);
        api.send("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", DEFINITION.formatted(VERSION.formatted("v1", "true") + ", " + VERSION.formatted("v2", "false")));
        until("v2.example.org", true);
        assertThat(get("v1.example.org").path("spec").path("versionPriority").asInt()).isEqualTo(7);
        api.send("DELETE", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.org", null);
        until("v2.example.org", false);
        assertThat(get("v1.example.org")).isNotNull();
    }

    @Test
    void whatWasGivenToAnotherServerStaysWithIt() throws Exception {
        String name = "v1beta1.metrics.k8s.io";
        until(name, true);
        // metrics-server's manifest, over the one that is there
        String theirs = "{apiVersion: apiregistration.k8s.io/v1, kind: APIService, metadata: {name: " + name + ", labels: {k8s-app: metrics-server}}, spec: {group: metrics.k8s.io,"
                + " version: v1beta1, groupPriorityMinimum: 100, versionPriority: 100, insecureSkipTLSVerify: true, service: {namespace: kube-system, name: metrics-server}}}";
        var applied = api.patch(PATH + "/" + name + "?fieldManager=me&force=true", "application/apply-patch+yaml", theirs);
        assertThat(applied.code()).as(applied.body().toString()).isEqualTo(200);
        api.send("DELETE", PATH + "/v1.apps", null);
        api.close();
        open();
        until("v1.apps", true); // the round at start has been there
        assertThat(Json.at(get(name), "spec", "service")).isEqualTo(Json.parse("{\"namespace\":\"kube-system\",\"name\":\"metrics-server\",\"port\":443}"));
        assertThat(Json.text(get(name), "metadata", "labels", "kube-aggregator.kubernetes.io/automanaged")).isEmpty();
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> Json.text(Json.at(get(name), "status", "conditions").get(0), "reason").equals("ServiceNotFound"));
        // given back, it is made anew at the next start
        api.send("DELETE", PATH + "/" + name, null);
        api.close();
        open();
        until(name, true);
        assertThat(get(name).path("spec").has("service")).isFalse();
    }
}
