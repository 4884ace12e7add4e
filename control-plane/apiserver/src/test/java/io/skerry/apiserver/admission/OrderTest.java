package io.skerry.apiserver.admission;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.webhook.HookServer;
import io.skerry.machinery.json.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What admission changes counts as what the client sent: the strategy of the type, which numbers, classifies and keeps, comes after it. */
class OrderTest {
    private static final String CORE = "/api/v1/namespaces/default/";
    private static final String APPS = "/apis/apps/v1/namespaces/default/deployments";
    private static final String DEPLOYMENT = "{metadata: {name: web}, spec: {replicas: 1, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}},"
            + " spec: {containers: [{name: c, image: x}]}}}}";

    @TempDir
    Path folder;

    @AutoClose
    final TestServer api = new TestServer();

    private HookServer hook(String patch) throws Exception {
        return new HookServer(folder, review -> {
            ObjectNode answer = Json.object().put("kind", "AdmissionReview").put("apiVersion", "admission.k8s.io/v1");
            answer.putObject("response").put("uid", Json.text(review, "request", "uid")).put("allowed", true).put("patchType", "JSONPatch")
                    .put("patch", Base64.getEncoder().encodeToString(patch.getBytes(StandardCharsets.UTF_8)));
            return answer;
        });
    }

    private void register(HookServer hook, String rule) {
        api.make("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations", "{metadata: {name: hook}, webhooks: [{name: hook.example.com,"
                + " admissionReviewVersions: [v1], sideEffects: None, clientConfig: " + hook.byUrl() + ", rules: [" + rule + "]}]}");
    }

    private static long generation(JsonNode object) {
        return Json.at(object, "metadata", "generation").asLong();
    }

    @Test
    void theGenerationCountsWhatWebhooksChange() throws Exception {
        api.make(APPS, DEPLOYMENT);
        try (HookServer hook = hook("[{\"op\":\"replace\",\"path\":\"/spec/replicas\",\"value\":5},{\"op\":\"add\",\"path\":\"/metadata/generation\",\"value\":77},"
                + "{\"op\":\"add\",\"path\":\"/status\",\"value\":{\"replicas\":9}},{\"op\":\"add\",\"path\":\"/metadata/uid\",\"value\":\"mine\"}]")) {
            register(hook, "{operations: [UPDATE], apiGroups: [apps], apiVersions: [v1], resources: [deployments]}");
            JsonNode labelled = api.patch(APPS + "/web", "application/merge-patch+json", "{\"metadata\":{\"labels\":{\"x\":\"y\"}}}").body();
            assertThat(Json.at(labelled, "spec", "replicas").asInt()).isEqualTo(5);
            assertThat(generation(labelled)).isEqualTo(2);
            assertThat(Json.at(labelled, "status", "replicas").asInt()).as("the status has an endpoint of its own").isZero();
            assertThat(Json.text(labelled, "metadata", "uid")).isNotEqualTo("mine");
            JsonNode again = api.patch(APPS + "/web", "application/merge-patch+json", "{\"metadata\":{\"labels\":{\"x\":\"z\"}}}").body();
            assertThat(generation(again)).as("nothing that is wanted changed").isEqualTo(2);
        }
    }

    @Test
    void webhooksSeeWhatTheClientSentAndNothingThatTheServerGives() throws Exception {
        try (HookServer hook = hook("[{\"op\":\"add\",\"path\":\"/metadata/generation\",\"value\":7},{\"op\":\"add\",\"path\":\"/spec/template/spec/containers/0/env\","
                + "\"value\":[{\"name\":\"A\",\"valueFrom\":{\"fieldRef\":{\"fieldPath\":\"metadata.name\"}}}]}]")) {
            register(hook, "{operations: [CREATE], apiGroups: [apps], apiVersions: [v1], resources: [deployments]}");
            JsonNode made = api.make(APPS, DEPLOYMENT.replace("name: web}", "generateName: web-}"));
            JsonNode seen = Json.at(hook.reviews.getFirst(), "request", "object");
            assertThat(seen.path("metadata").has("uid")).isFalse();
            assertThat(seen.path("metadata").has("name")).as("a generated one comes later").isFalse();
            assertThat(seen.path("metadata").has("generation")).isFalse();
            assertThat(Json.text(seen, "spec", "strategy", "type")).as("defaults are there").isEqualTo("RollingUpdate");
            assertThat(generation(made)).isEqualTo(1);
            assertThat(Json.text(made, "metadata", "name")).startsWith("web-").hasSize(9);
            assertThat(made.path("spec").path("template").path("spec").path("containers").path(0).path("env").path(0).path("valueFrom").path("fieldRef").path("apiVersion").asText())
                    .as("defaults of what the webhook added").isEqualTo("v1");
        }
    }

    @Test
    void theQualityOfServiceCountsWhatLimitRangesGive() {
        api.make(CORE + "limitranges", "{metadata: {name: l}, spec: {limits: [{type: Container, default: {cpu: 1, memory: 1Gi}, defaultRequest: {cpu: 1, memory: 1Gi}}]}}");
        JsonNode pod = api.make(CORE + "pods", "{metadata: {name: p}, spec: {containers: [{name: c, image: x}]}}");
        assertThat(Json.text(pod, "status", "qosClass")).isEqualTo("Guaranteed");
    }

    @Test
    void aJobsOwnSelectorIsNobodysField() {
        JsonNode job = api.make("/apis/batch/v1/namespaces/default/jobs", "{metadata: {name: j}, spec: {template: {metadata: {labels: {a: b}}, spec: {restartPolicy: Never,"
                + " containers: [{name: c, image: x}]}}}}");
        String uid = Json.text(job, "metadata", "uid");
        assertThat(Json.text(job, "spec", "selector", "matchLabels", "batch.kubernetes.io/controller-uid")).isEqualTo(uid);
        assertThat(Json.at(job, "metadata", "labels")).isEqualTo(Json.at(job, "spec", "template", "metadata", "labels"));
        assertThat(Json.text(job, "metadata", "labels", "job-name")).isEqualTo("j");
        assertThat(Json.at(job, "metadata", "managedFields").toString()).doesNotContain("controller-uid").contains("f:backoffLimit");
    }

    @Test
    void admissionSeesTheScale() throws Exception {
        api.make(APPS, DEPLOYMENT);
        api.make("/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies", """
                {metadata: {name: few}, spec: {matchConstraints: {resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [UPDATE], resources: [deployments/scale]}]},
                  validations: [{expression: "object.kind == 'Scale' && request.kind.kind == 'Scale' && object.spec.replicas < 9 && oldObject.spec.replicas < 9", message: too many}]}}""");
        api.make("/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings", "{metadata: {name: few}, spec: {policyName: few, validationActions: [Deny]}}");
        try (HookServer hook = hook("[{\"op\":\"test\",\"path\":\"/spec/replicas\",\"value\":3},{\"op\":\"replace\",\"path\":\"/spec/replicas\",\"value\":4}]")) {
            register(hook, "{operations: [UPDATE], apiGroups: [apps], apiVersions: [v1], resources: [deployments/scale]}");
            var scaled = api.patch(APPS + "/web/scale", "application/merge-patch+json", "{\"spec\":{\"replicas\":3}}");
            assertThat(scaled.code()).as(scaled.body().toString()).isEqualTo(200);
            assertThat(Json.at(scaled.body(), "spec", "replicas").asInt()).as("the webhook's").isEqualTo(4);
            JsonNode request = hook.reviews.getFirst().path("request");
            assertThat(request.path("kind").toString()).isEqualTo("{\"group\":\"autoscaling\",\"version\":\"v1\",\"kind\":\"Scale\"}");
            assertThat(request.path("requestKind")).isEqualTo(request.path("kind"));
            assertThat(request.path("resource").toString()).isEqualTo("{\"group\":\"apps\",\"version\":\"v1\",\"resource\":\"deployments\"}");
            assertThat(Json.text(request, "subResource")).isEqualTo("scale");
            assertThat(Json.text(request, "name")).isEqualTo("web");
            assertThat(Json.at(request, "oldObject", "spec", "replicas").asInt()).isEqualTo(1);
            assertThat(request.path("object").path("spec").has("template")).isFalse();
        }
        api.send("DELETE", "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/hook", null);
        JsonNode deployment = api.send("GET", APPS + "/web", null).body();
        assertThat(Json.at(deployment, "spec", "replicas").asInt()).isEqualTo(4);
        assertThat(generation(deployment)).isEqualTo(2);
        var refused = api.patch(APPS + "/web/scale", "application/merge-patch+json", "{\"spec\":{\"replicas\":9}}");
        assertThat(refused.code()).as(refused.body().toString()).isEqualTo(422);
        assertThat(Json.text(refused.body(), "message")).contains("too many");
    }
}
