package io.skerry.apiserver.admission.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.User;
import io.skerry.apiserver.webhook.HookServer;
import io.skerry.machinery.json.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a webhook adds gets what the client's own gets: the server's own admission sees the object once more, and webhooks that ask for it. */
@Timeout(60)
class ReinvocationTest {
    private static final String CORE = "/api/v1/namespaces/default/";
    private static final String RBAC = "/apis/rbac.authorization.k8s.io/v1";
    private static final String POD = "{metadata: {name: p}, spec: {containers: [{name: c, image: x}]}}";
    private static final String PODS = "{operations: [CREATE], apiGroups: [''], apiVersions: [v1], resources: [pods]}";
    private static final String LIMITS = "{metadata: {name: l}, spec: {limits: [{type: Container, default: {cpu: 500m}, defaultRequest: {cpu: 100m}}]}}";

    @TempDir
    Path folder;

    @AutoClose
    final TestServer api = new TestServer();

    private HookServer hook(Function<ObjectNode, String> patch) throws Exception {
        return new HookServer(folder, review -> {
            ObjectNode answer = Json.object().put("kind", "AdmissionReview").put("apiVersion", "admission.k8s.io/v1");
            answer.putObject("response").put("uid", Json.text(review, "request", "uid")).put("allowed", true).put("patchType", "JSONPatch")
                    .put("patch", Base64.getEncoder().encodeToString(patch.apply(review).getBytes(StandardCharsets.UTF_8)));
            return answer;
        });
    }

    private void register(HookServer hook, String name, String rule, String policy) {
        api.make("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations", "{metadata: {name: " + name + "}, webhooks: [{name: " + name + ".example.com,"
                + " reinvocationPolicy: " + policy + ", admissionReviewVersions: [v1], sideEffects: None, clientConfig: " + hook.byUrl() + ", rules: [" + rule + "]}]}");
    }

    /** Adds a container where there is none of that name. */
    private static String sidecar(ObjectNode review) {
        for (JsonNode container : Json.at(review, "request", "object", "spec", "containers")) {
            if (Json.text(container, "name").equals("side")) {
                return "[]";
            }
        }
        return "[{\"op\":\"add\",\"path\":\"/spec/containers/-\",\"value\":{\"name\":\"side\",\"image\":\"s\"}}]";
    }

    private static JsonNode container(JsonNode pod, int index) {
        return Json.at(pod, "spec", "containers").path(index);
    }

    @Test
    void aSidecarGetsDefaultsAndTheAccountsToken() throws Exception {
        api.make(CORE + "limitranges", LIMITS);
        api.make(CORE + "resourcequotas", "{metadata: {name: q}, spec: {hard: {requests.cpu: '1', limits.cpu: '2'}}}");
        try (HookServer hook = hook(ReinvocationTest::sidecar)) {
            register(hook, "inject", PODS, "Never");
            JsonNode pod = api.make(CORE + "pods", POD);
            assertThat(Json.text(container(pod, 1), "name")).isEqualTo("side");
            assertThat(container(pod, 1).path("resources")).isEqualTo(container(pod, 0).path("resources"));
            assertThat(Json.text(container(pod, 1), "resources", "requests", "cpu")).isEqualTo("100m");
            assertThat(container(pod, 1).path("imagePullPolicy").asText()).as("defaults of the type").isEqualTo("Always");
            List<String> mounted = container(pod, 0).path("volumeMounts").findValuesAsText("name");
            assertThat(mounted).hasSize(1).isEqualTo(container(pod, 1).path("volumeMounts").findValuesAsText("name"));
            assertThat(Json.at(pod, "spec", "volumes")).as("one token for all").hasSize(1);
            assertThat(Json.text(Json.at(pod, "spec", "volumes").path(0), "name")).isEqualTo(mounted.getFirst()).startsWith("kube-api-access-");
            assertThat(Json.at(pod, "spec", "tolerations")).as("nothing twice").hasSize(2);
            assertThat(hook.reviews).as("the webhook does not ask for more").hasSize(1);
            assertThat(Json.text(api.send("GET", CORE + "resourcequotas/q", null).body(), "status", "used", "requests.cpu")).isEqualTo("200m");
        }
    }

    @Test
    void aWebhookThatAsksForItSeesWhatTheServerMadeOfItsChange() throws Exception {
        api.make(CORE + "limitranges", LIMITS);
        try (HookServer hook = hook(ReinvocationTest::sidecar); HookServer other = hook(review -> "[]")) {
            register(hook, "a-inject", PODS, "IfNeeded");
            register(other, "b-other", PODS, "IfNeeded");
            api.make(CORE + "pods", POD);
            assertThat(hook.reviews).hasSize(2);
            JsonNode seen = Json.at(hook.reviews.getLast(), "request", "object");
            assertThat(Json.text(container(seen, 1), "resources", "limits", "cpu")).isEqualTo("500m");
            assertThat(other.reviews).as("it saw the sidecar, but not its resources").hasSize(2);
        }
    }

    @Test
    void nobodyIsAskedAgainWhenNothingChanged() throws Exception {
        try (HookServer hook = hook(review -> "[{\"op\":\"add\",\"path\":\"/data/a\",\"value\":\"b\"}]"); HookServer later = hook(review -> "[]")) {
            String rule = "{operations: ['*'], apiGroups: [''], apiVersions: [v1], resources: [configmaps]}";
            register(hook, "a-same", rule, "IfNeeded");
            register(later, "b-later", rule, "IfNeeded");
            api.make(CORE + "configmaps", "{metadata: {name: m}, data: {a: b}}");
            assertThat(hook.reviews).hasSize(1);
            api.make(CORE + "configmaps", "{metadata: {name: other}, data: {c: d}}");
            assertThat(hook.reviews).as("changed by itself alone").hasSize(2);
            assertThat(later.reviews).hasSize(2);
        }
    }

    @Test
    void nobodyGrantsThroughAWebhookWhatTheyDoNotHave() throws Exception {
        User ann = new User("ann", User.AUTHENTICATED);
        api.make(RBAC + "/clusterroles", "{metadata: {name: roles}, rules: [{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [create]},"
                + " {apiGroups: [''], resources: [configmaps], verbs: [get]}]}");
        api.make(RBAC + "/clusterrolebindings", "{metadata: {name: roles}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: roles},"
                + " subjects: [{kind: User, name: ann, apiGroup: rbac.authorization.k8s.io}]}");
        String role = "{metadata: {name: %s}, rules: [{apiGroups: [''], resources: [configmaps], verbs: [get]}]}";
        assertThat(api.sendAs(ann, "POST", RBAC + "/clusterroles", role.formatted("before")).code()).isEqualTo(201);
        try (HookServer hook = hook(review -> "[{\"op\":\"add\",\"path\":\"/rules/-\",\"value\":{\"apiGroups\":[\"\"],\"resources\":[\"secrets\"],\"verbs\":[\"get\"]}}]")) {
            register(hook, "widen", "{operations: [CREATE], apiGroups: [rbac.authorization.k8s.io], apiVersions: [v1], resources: [clusterroles]}", "Never");
            var refused = api.sendAs(ann, "POST", RBAC + "/clusterroles", role.formatted("widened"));
            assertThat(refused.code()).as(refused.body().toString()).isEqualTo(403);
            assertThat(Json.text(refused.body(), "message")).contains("attempting to grant RBAC permissions not currently held").contains("secrets");
        }
    }
}
