package io.skerry.apiserver.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.TestServer;
import io.skerry.machinery.json.Json;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The FlowSchemas and PriorityLevelConfigurations of every cluster. */
class FlowControlTest {
    private static final String SCHEMAS = "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas";
    private static final String LEVELS = "/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations";
    private static final String MERGE = "application/merge-patch+json";
    private static final String AUTO_UPDATE = "apf.kubernetes.io/autoupdate-spec";

    @TempDir
    Path folder;
    TestServer api;

    @BeforeEach
    void start() {
        api = new TestServer(folder);
    }

    @AfterEach
    void stop() {
        api.close();
    }

    private List<String> rows(String path, int cells) {
        List<String> rows = new ArrayList<>();
        JsonNode table = api.get(path, Map.of("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io")).body();
        table.path("rows").forEach(row -> {
            List<String> line = new ArrayList<>();
            for (int i = 0; i < cells; i++) {
                if (!Json.text(table.path("columnDefinitions").get(i), "name").equals("Age")) {
                    line.add(row.path("cells").get(i).asText());
                }
            }
            rows.add(String.join(" ", line));
        });
        return rows;
    }

    private JsonNode get(String path) {
        return api.send("GET", path, null).body();
    }

    private static void soon(ThrowingRunnable assertion) {
        Awaitility.await().atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(20)).untilAsserted(assertion);
    }

    private Map<String, String> versions() {
        Map<String, String> versions = new TreeMap<>();
        for (String path : List.of(SCHEMAS, LEVELS)) {
            get(path).path("items").forEach(item -> versions.put(path + "/" + Json.text(item, "metadata", "name"), Json.text(item, "metadata", "resourceVersion")));
        }
        return versions;
    }

    /** As kubectl shows them on a kube-apiserver. */
    @Test
    void aClusterBeginsWithThem() {
        assertThat(rows(SCHEMAS, 6)).containsExactlyInAnyOrder("exempt exempt 1 <none> False", "probes exempt 2 <none> False", "system-leader-election leader-election 100 ByUser False",
                "system-node-high node-high 400 ByUser False",
                "system-nodes system 500 ByUser False", "kube-controller-manager workload-high 800 ByNamespace False", "kube-scheduler workload-high 800 ByNamespace False",
                "kube-system-service-accounts workload-high 900 ByNamespace False", "service-accounts workload-low 9000 ByUser False",
                "global-default global-default 9900 ByUser False", "catch-all catch-all 10000 ByUser False");
        assertThat(rows(LEVELS, 6)).containsExactlyInAnyOrder("catch-all Limited 5 <none> <none> <none>", "exempt Exempt <none> <none> <none> <none>",
                "global-default Limited 20 128 6 50", "leader-election Limited 10 16 4 50", "node-high Limited 40 64 6 50", "system Limited 30 64 6 50",
                "workload-high Limited 40 128 6 50", "workload-low Limited 100 128 6 50");
        assertThat(get(SCHEMAS + "/probes").path("spec")).isEqualTo(Json.parse("{\"matchingPrecedence\":2,\"priorityLevelConfiguration\":{\"name\":\"exempt\"},\"rules\":[{"
                + "\"nonResourceRules\":[{\"nonResourceURLs\":[\"/healthz\",\"/readyz\",\"/livez\"],\"verbs\":[\"get\"]}],\"subjects\":[{\"group\":{\"name\":\"system:unauthenticated\"},"
                + "\"kind\":\"Group\"},{\"group\":{\"name\":\"system:authenticated\"},\"kind\":\"Group\"}]}]}"));
        assertThat(get(LEVELS + "/workload-low").path("spec").path("limited").path("lendablePercent").asInt()).isEqualTo(90);
        JsonNode condition = Json.at(get(SCHEMAS + "/probes"), "status", "conditions").get(0);
        assertThat(Json.text(condition, "message")).isEqualTo("This FlowSchema references the PriorityLevelConfiguration object named \"exempt\" and it exists");
        assertThat(get(SCHEMAS).path("items")).allSatisfy(item -> assertThat(Json.text(item, "metadata", "annotations", AUTO_UPDATE)).isEqualTo("true"));
    }

    @Test
    void aRestartWritesNoneOfThem() {
        Map<String, String> before = versions();
        assertThat(before).hasSize(19);
        api.close();
        start();
        assertThat(versions()).isEqualTo(before);
    }

    @Test
    void mandatoryOnesStayAsTheyAre() {
        assertThat(api.patch(SCHEMAS + "/catch-all", MERGE, "{\"spec\":{\"matchingPrecedence\":9000}}").code()).isEqualTo(422);
        String uid = Json.text(get(SCHEMAS + "/catch-all"), "metadata", "uid");
        assertThat(api.send("DELETE", SCHEMAS + "/catch-all", null).code()).isEqualTo(200);
        soon(() -> assertThat(Json.text(get(SCHEMAS + "/catch-all"), "metadata", "uid")).isNotEmpty().isNotEqualTo(uid));
        api.patch(LEVELS + "/catch-all", MERGE, "{\"metadata\":{\"annotations\":{\"" + AUTO_UPDATE + "\":\"false\"}}}");
        soon(() -> assertThat(Json.text(get(LEVELS + "/catch-all"), "metadata", "annotations", AUTO_UPDATE)).isEqualTo("true"));
        // all that may be said of the exempt level
        assertThat(api.patch(LEVELS + "/exempt", MERGE, "{\"spec\":{\"exempt\":{\"nominalConcurrencyShares\":7}}}").code()).isEqualTo(200);
        api.close();
        start();
        assertThat(get(LEVELS + "/exempt").path("spec").path("exempt").path("nominalConcurrencyShares").asInt()).isEqualTo(7);
    }

    @Test
    void suggestedOnesAreTheUsersOnceHeSaysSo() {
        String low = LEVELS + "/workload-low";
        api.patch(low, MERGE, "{\"spec\":{\"limited\":{\"nominalConcurrencyShares\":11}}}");
        soon(() -> assertThat(get(low).path("spec").path("limited").path("nominalConcurrencyShares").asInt()).isEqualTo(100));
        api.patch(low, MERGE, "{\"metadata\":{\"annotations\":{\"" + AUTO_UPDATE + "\":\"false\"}},\"spec\":{\"limited\":{\"nominalConcurrencyShares\":12}}}");
        // made again: one round is over, and has let the other one be
        api.send("DELETE", SCHEMAS + "/probes", null);
        soon(() -> assertThat(api.send("GET", SCHEMAS + "/probes", null).code()).isEqualTo(200));
        assertThat(get(low).path("spec").path("limited").path("nominalConcurrencyShares").asInt()).isEqualTo(12);
        api.close();
        start();
        assertThat(get(low).path("spec").path("limited").path("nominalConcurrencyShares").asInt()).isEqualTo(12);
    }

    @Test
    void aSchemaWithoutItsLevelIsTold() {
        api.send("POST", SCHEMAS, "{metadata: {name: mine}, spec: {priorityLevelConfiguration: {name: own}, matchingPrecedence: 3000, rules: [{subjects: [{kind: User, user: {name: ann}}],"
                + " nonResourceRules: [{verbs: [get], nonResourceURLs: [/version]}]}]}}");
        soon(() -> assertThat(rows(SCHEMAS, 6)).contains("mine own 3000 <none> True"));
        api.send("POST", LEVELS, "{metadata: {name: own}, spec: {type: Limited, limited: {limitResponse: {type: Reject}}}}");
        soon(() -> assertThat(rows(SCHEMAS, 6)).contains("mine own 3000 <none> False"));
        assertThat(Json.text(get(LEVELS + "/own"), "metadata", "annotations", AUTO_UPDATE)).as("nobody else's object is touched").isEmpty();
    }

    /** Of an older version, or of this one when a newer one has run in between. */
    @Test
    void whatIsSuggestedNoMoreGoesUnlessAUserKeepsIt() {
        String schema = "{metadata: {name: %s, annotations: {%s: '%s'}}, spec: {priorityLevelConfiguration: {name: workload-high}, matchingPrecedence: 150, rules: [{subjects: [{kind: User, "
                + "user: {name: ann}}], nonResourceRules: [{verbs: [get], nonResourceURLs: [/version]}]}]}}";
        api.send("POST", SCHEMAS, schema.formatted("kept", AUTO_UPDATE, "false"));
        api.send("POST", SCHEMAS, schema.formatted("former", AUTO_UPDATE, "true"));
        soon(() -> assertThat(api.send("GET", SCHEMAS + "/former", null).code()).isEqualTo(404));
        api.close();
        start();
        assertThat(api.send("GET", SCHEMAS + "/kept", null).code()).isEqualTo(200);
    }

    /** Else a server could not start again, for the webhook's own pod needs it. */
    @Test
    void aWebhookInTheWayKeepsNoServerFromStarting() {
        String hooks = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
        var made = api.send("POST", hooks, "{metadata: {name: h}, webhooks: [{name: h.example.com, admissionReviewVersions: [v1], sideEffects: None, failurePolicy: Fail,"
                + " clientConfig: {url: 'https://127.0.0.1:1/'}, rules: [{apiGroups: [flowcontrol.apiserver.k8s.io], apiVersions: ['*'], resources: ['*'], operations: [CREATE]}]}]}");
        assertThat(made.code()).as(made.body().toString()).isEqualTo(201);
        assertThat(api.send("DELETE", LEVELS + "/catch-all", null).code()).isEqualTo(200);
        api.close();
        start();
        assertThat(api.send("GET", LEVELS + "/catch-all", null).code()).isEqualTo(404);
        assertThat(api.send("DELETE", hooks + "/h", null).code()).isEqualTo(200);
        api.patch(LEVELS + "/system", MERGE, "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}");
        soon(() -> assertThat(api.send("GET", LEVELS + "/catch-all", null).code()).isEqualTo(200));
    }
}
