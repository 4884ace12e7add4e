package io.skerry.apiserver.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.Headers;
import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.request.Query;
import io.skerry.apiserver.request.RequestInfo;
import io.skerry.apiserver.status.ApiException;
import io.skerry.apiserver.webhook.HookServer;
import io.skerry.machinery.json.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Webhooks and policies for what is not stored: bindings, evictions, tokens, reviews, and the streams of pods. */
class UnstoredTest {
    private static final String GROUP = "/apis/admissionregistration.k8s.io/v1/";
    private static final String CORE = "/api/v1/namespaces/default/";
    private static final String EXEC = "/api/v1/namespaces/default/pods/p/exec";

    @TempDir
    Path folder;

    @AutoClose
    final TestServer api = new TestServer();

    @BeforeEach
    void start() {
        api.make(CORE + "pods", "{metadata: {name: p}, spec: {containers: [{name: c, image: x}]}}");
    }

    private void webhook(HookServer hook, String kind, String rule) {
        api.make(GROUP + kind, "{metadata: {name: hook}, webhooks: [{name: hook.example.com, admissionReviewVersions: [v1], sideEffects: None, clientConfig: " + hook.byUrl() + ", rules: ["
                + rule + "]}]}");
    }

    private static ObjectNode answer(ObjectNode review, boolean allowed) {
        ObjectNode answer = Json.object().put("kind", "AdmissionReview").put("apiVersion", "admission.k8s.io/v1");
        answer.putObject("response").put("uid", Json.text(review, "request", "uid")).put("allowed", allowed);
        return answer;
    }

    private void connect(String path, String query) {
        ApiRequest request = new ApiRequest("POST", path, query, Headers.of(Map.of()), ApiRequest.NO_BODY, TestServer.ADMIN);
        api.server.pod(request, RequestInfo.of("POST", path, Query.parse(query)));
    }

    @Test
    void webhooksSeeWhatIsAsked() throws Exception {
        try (HookServer hook = new HookServer(folder, review -> answer(review, false))) {
            webhook(hook, "validatingwebhookconfigurations", "{operations: [CREATE, CONNECT], apiGroups: [''], apiVersions: [v1], resources: [pods/*, serviceaccounts/token, bindings]}");
            var evicted = api.send("POST", CORE + "pods/p/eviction", "{metadata: {name: p}}");
            assertThat(Json.text(evicted.body(), "message")).isEqualTo("admission webhook \"hook.example.com\" denied the request without explanation");
            ObjectNode request = (ObjectNode) hook.reviews.getLast().get("request");
            assertThat(request.get("kind").toString()).isEqualTo("{\"group\":\"policy\",\"version\":\"v1\",\"kind\":\"Eviction\"}");
            assertThat(request.get("resource").toString()).isEqualTo("{\"group\":\"\",\"version\":\"v1\",\"resource\":\"pods\"}");
            assertThat(List.of(Json.text(request, "subResource"), Json.text(request, "operation"), Json.text(request, "name"))).containsExactly("eviction", "CREATE", "p");
            assertThat(api.send("POST", CORE + "pods/p/binding", "{metadata: {name: p}, target: {kind: Node, name: n9}}").code()).isEqualTo(400);
            assertThat(Json.text(hook.reviews.getLast(), "request", "object", "target", "name")).isEqualTo("n9");
            api.make(CORE + "serviceaccounts", "{metadata: {name: a}}");
            assertThat(api.send("POST", CORE + "serviceaccounts/a/token", "{spec: {}}").code()).isEqualTo(400);
            assertThat(Json.text(hook.reviews.getLast(), "request", "kind", "kind")).isEqualTo("TokenRequest");
            assertThatThrownBy(() -> connect(EXEC, "container=c&command=sh&command=-c&stdin=true&tty=false")).isInstanceOf(ApiException.class)
                    .hasMessageContaining("denied the request");
            request = (ObjectNode) hook.reviews.getLast().get("request");
            assertThat(Json.text(request, "operation")).isEqualTo("CONNECT");
            assertThat(request.get("object").toString()).isEqualTo("{\"stdin\":true,\"container\":\"c\",\"command\":[\"sh\",\"-c\"],\"kind\":\"PodExecOptions\",\"apiVersion\":\"v1\"}");
            assertThat(Json.text(api.send("GET", CORE + "pods/p", null).body(), "spec", "nodeName")).as("nothing came of any of it").isEmpty();
        }
    }

    @Test
    void mutatingWebhooksChangeWhatIsAsked() throws Exception {
        String patch = Base64.getEncoder().encodeToString("[{\"op\":\"add\",\"path\":\"/spec/expirationSeconds\",\"value\":700}]".getBytes(StandardCharsets.UTF_8));
        try (HookServer hook = new HookServer(folder, review -> {
            ObjectNode answer = answer(review, true);
            ((ObjectNode) answer.get("response")).put("patchType", "JSONPatch").put("patch", patch);
            return answer;
        })) {
            webhook(hook, "mutatingwebhookconfigurations", "{operations: [CREATE], apiGroups: [''], apiVersions: [v1], resources: [serviceaccounts/token]}");
            api.make(CORE + "serviceaccounts", "{metadata: {name: a}}");
            var token = api.send("POST", CORE + "serviceaccounts/a/token", "{spec: {expirationSeconds: 3600}}");
            assertThat(Json.at(token.body(), "spec", "expirationSeconds").asInt()).isEqualTo(700);
        }
    }

    @Test
    void policiesRefuseStreams() {
        api.make(GROUP + "validatingadmissionpolicies", """
                {metadata: {name: no-shells}, spec: {matchConstraints: {resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [CONNECT], resources: [pods/exec]}]},
                  validations: [{expression: "object.command[0] != 'sh' && request.name == 'p'", message: no shells here}]}}""");
        api.make(GROUP + "validatingadmissionpolicybindings", "{metadata: {name: no-shells}, spec: {policyName: no-shells, validationActions: [Deny]}}");
        assertThatThrownBy(() -> connect(EXEC, "command=sh")).isInstanceOf(ApiException.class).hasMessageContaining("no shells here");
        connect(EXEC, "command=date");
        connect("/api/v1/namespaces/default/pods/p/portforward", "ports=80,443");
    }
}
