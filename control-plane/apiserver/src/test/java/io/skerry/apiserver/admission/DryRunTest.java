package io.skerry.apiserver.admission;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.webhook.HookServer;
import io.skerry.machinery.json.Json;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Dry runs that the body asks for, as kubectl's delete and drain do with --dry-run=server: nothing goes, and admission knows. */
class DryRunTest {
    private static final String CORE = "/api/v1/namespaces/default/";
    private static final String DRY = "{kind: DeleteOptions, apiVersion: v1, dryRun: [All]}";

    @TempDir
    Path folder;

    @AutoClose
    final TestServer api = new TestServer();

    @BeforeEach
    void start() {
        api.make(CORE + "configmaps", "{metadata: {name: a, labels: {app: x}}}");
        api.make(CORE + "configmaps", "{metadata: {name: b, labels: {app: x}}}");
        api.make(CORE + "pods", "{metadata: {name: p}, spec: {nodeName: n1, containers: [{name: c, image: x}]}}");
    }

    private void webhook(HookServer hook) {
        api.make("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", "{metadata: {name: hook}, webhooks: [{name: hook.example.com, admissionReviewVersions: [v1],"
                + " sideEffects: None, clientConfig: " + hook.byUrl() + ", rules: [{operations: [CREATE, DELETE], apiGroups: [''], apiVersions: [v1],"
                + " resources: [configmaps, pods, pods/eviction]}]}]}");
    }

    private static ObjectNode allowed(ObjectNode review) {
        ObjectNode answer = Json.object().put("kind", "AdmissionReview").put("apiVersion", "admission.k8s.io/v1");
        answer.putObject("response").put("uid", Json.text(review, "request", "uid")).put("allowed", true);
        return answer;
    }

    @Test
    void aCollectionStays() {
        for (String[] asked : new String[][] {{"", DRY}, {"?labelSelector=app%3Dx", DRY}, {"?dryRun=All", null}}) {
            var answer = api.send("DELETE", CORE + "configmaps" + asked[0], asked[1]);
            assertThat(answer.code()).isEqualTo(200);
            assertThat(answer.body().path("items")).as("what would go is told").isNotEmpty();
        }
        for (String name : List.of("a", "b")) {
            assertThat(api.send("GET", CORE + "configmaps/" + name, null).code()).isEqualTo(200);
        }
        assertThat(api.send("DELETE", CORE + "configmaps", null).body().path("items")).as("without it they go").isNotEmpty();
        assertThat(api.send("GET", CORE + "configmaps/a", null).code()).isEqualTo(404);
    }

    @Test
    void otherValuesAreRefused() {
        for (String path : List.of("configmaps", "configmaps/a")) {
            var refused = api.send("DELETE", CORE + path, "{kind: DeleteOptions, apiVersion: v1, dryRun: [Some]}");
            assertThat(refused.code()).isEqualTo(422);
            assertThat(Json.text(refused.body(), "message")).isEqualTo(
                    "DeleteOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: \"Some\": supported values: \"All\"");
            assertThat(api.send("DELETE", CORE + path, "{kind: DeleteOptions, apiVersion: v1, dryRun: All}").code()).as("no list").isEqualTo(400);
        }
        assertThat(api.send("POST", CORE + "pods/p/eviction", "{metadata: {name: p}, deleteOptions: {dryRun: [Some]}}").code()).isEqualTo(422);
        assertThat(api.send("GET", CORE + "configmaps/a", null).code()).isEqualTo(200);
        assertThat(Json.text(api.send("GET", CORE + "pods/p", null).body(), "metadata", "deletionTimestamp")).isEmpty();
    }

    @Test
    void webhooksAreTold() throws Exception {
        try (HookServer hook = new HookServer(folder, DryRunTest::allowed)) {
            webhook(hook);
            api.send("DELETE", CORE + "configmaps/a", DRY);
            JsonNode request = hook.reviews.getLast().path("request");
            assertThat(request.path("dryRun").asBoolean()).isTrue();
            assertThat(request.path("options").path("dryRun").toString()).isEqualTo("[\"All\"]");
            api.send("DELETE", CORE + "configmaps", DRY);
            assertThat(hook.reviews).as("one more for each of the collection").hasSizeGreaterThan(2).allMatch(review -> review.path("request").path("dryRun").asBoolean());
            assertThat(api.send("POST", CORE + "pods/p/eviction", "{metadata: {name: p}, deleteOptions: {dryRun: [All]}}").code()).isEqualTo(201);
            assertThat(hook.reviews.getLast().path("request").path("dryRun").asBoolean()).isTrue();
            assertThat(Json.text(api.send("GET", CORE + "pods/p", null).body(), "metadata", "deletionTimestamp")).as("the pod stays").isEmpty();
            api.send("DELETE", CORE + "configmaps/a", null);
            assertThat(hook.reviews.getLast().path("request").path("dryRun").asBoolean()).isFalse();
        }
    }
}
