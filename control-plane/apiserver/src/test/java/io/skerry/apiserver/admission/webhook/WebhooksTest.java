package io.skerry.apiserver.admission.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.apiserver.webhook.HookServer;
import io.skerry.machinery.json.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.function.Consumer;
import java.util.function.Function;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Webhooks over real TLS, with upstream's words. */
@Timeout(60)
class WebhooksTest {
    private static final String GROUP = "/apis/admissionregistration.k8s.io/v1";
    private static final String MAPS = "/api/v1/namespaces/default/configmaps";

    @TempDir
    Path folder;

    @AutoClose
    final TestServer api = new TestServer();

    private static Function<ObjectNode, ObjectNode> answering(Consumer<ObjectNode> response) {
        return review -> {
            ObjectNode answer = Json.object().put("kind", "AdmissionReview").put("apiVersion", "admission.k8s.io/v1");
            ObjectNode part = answer.putObject("response").put("uid", Json.text(review, "request", "uid")).put("allowed", true);
            response.accept(part);
            return answer;
        };
    }

    private static Consumer<ObjectNode> patching(String operations) {
        return response -> response.put("patchType", "JSONPatch").put("patch", Base64.getEncoder().encodeToString(operations.getBytes(StandardCharsets.UTF_8)));
    }

    private void configure(String kind, String name, String clientConfig, String more) {
        String plural = kind.toLowerCase(java.util.Locale.ROOT) + "s";
        var answer = api.send("POST", GROUP + "/" + plural, """
                apiVersion: admissionregistration.k8s.io/v1
                kind: %s
                metadata: {name: %s}
                webhooks:
                - name: %s.example.com
                  admissionReviewVersions: [v1]
                  sideEffects: None
                  clientConfig: %s
                  rules: [{operations: ['*'], apiGroups: [''], apiVersions: [v1], resources: [configmaps]}]
                %s
                """.formatted(kind, name, name, clientConfig, more.indent(2)));
        assertThat(answer.code()).as(answer.body().toString()).isEqualTo(201);
    }

    private DirectCall.Answer create(String name) {
        return api.send("POST", MAPS, "{apiVersion: v1, kind: ConfigMap, metadata: {name: " + name + ", labels: {app: x}}, data: {a: b}}");
    }

    private static String message(DirectCall.Answer answer) {
        return Json.text(answer.body(), "message");
    }

    @Test
    void aValidatingWebhookRefusesAndWarns() throws Exception {
        try (HookServer hook = new HookServer(folder, answering(response -> {
            response.put("allowed", false).putObject("status").put("message", "no maps today").put("code", 403).put("reason", "Forbidden");
            response.putArray("warnings").add("think again");
        }))) {
            configure("ValidatingWebhookConfiguration", "guard", hook.byUrl(), "");
            var refused = create("a");
            assertThat(refused.code()).isEqualTo(403);
            assertThat(message(refused)).isEqualTo("admission webhook \"guard.example.com\" denied the request: no maps today");
            assertThat(refused.body().path("reason").asText()).isEqualTo("Forbidden");
            JsonNode request = hook.reviews.getFirst().path("request");
            assertThat(Json.text(request, "operation")).isEqualTo("CREATE");
            assertThat(Json.text(request, "resource", "resource")).isEqualTo("configmaps");
            assertThat(Json.text(request, "userInfo", "username")).isEqualTo("test-admin");
            assertThat(Json.text(request, "object", "data", "a")).isEqualTo("b");
            assertThat(request.path("oldObject").isNull()).isTrue();
            assertThat(Json.text(request, "options", "kind")).isEqualTo("CreateOptions");
            assertThat(api.send("POST", "/api/v1/namespaces/default/secrets", "{apiVersion: v1, kind: Secret, metadata: {name: s}}").code()).as("another resource").isEqualTo(201);
        }
    }

    @Test
    void mutatingWebhooksChangeTheObjectInOrder() throws Exception {
        try (HookServer hook = new HookServer(folder, answering(patching("[{\"op\":\"add\",\"path\":\"/data/seen\",\"value\":\"yes\"}]")));
                HookServer second = new HookServer(folder, answering(patching("[{\"op\":\"test\",\"path\":\"/data/seen\",\"value\":\"yes\"},{\"op\":\"add\",\"path\":\"/data/after\",\"value\":\"1\"}]")))) {
            configure("MutatingWebhookConfiguration", "a-first", hook.byUrl(), "reinvocationPolicy: IfNeeded");
            configure("MutatingWebhookConfiguration", "b-second", second.byUrl(), "");
            var made = create("a");
            assertThat(made.code()).as(made.body().toString()).isEqualTo(201);
            assertThat(Json.text(made.body(), "data", "seen")).isEqualTo("yes");
            assertThat(Json.text(made.body(), "data", "after")).isEqualTo("1");
            assertThat(hook.reviews).as("once more after the other changed it").hasSize(2);
            assertThat(second.reviews).hasSize(1);
            assertThat(api.send("DELETE", MAPS + "/a", null).code()).isEqualTo(200);
            JsonNode deletion = second.reviews.getLast().path("request");
            assertThat(Json.text(deletion, "operation")).isEqualTo("DELETE");
            assertThat(deletion.path("object").isNull()).isTrue();
            assertThat(Json.text(deletion, "oldObject", "metadata", "name")).isEqualTo("a");
        }
    }

    @Test
    void whatAWebhookMakesIsReadAsWhatAClientSends() throws Exception {
        String patch = "[{\"op\":\"add\",\"path\":\"/metadata/labels\",\"value\":null},{\"op\":\"add\",\"path\":\"/immutable\",\"value\":null},"
                + "{\"op\":\"add\",\"path\":\"/odd\",\"value\":1}]";
        try (HookServer hook = new HookServer(folder, answering(patching(patch)))) {
            configure("MutatingWebhookConfiguration", "nulls", hook.byUrl(), "failurePolicy: Ignore");
            var made = create("a");
            assertThat(made.code()).as(made.body().toString()).isEqualTo(201);
            assertThat(made.body().has("odd")).isFalse();
            assertThat(made.body().has("immutable")).isFalse();
            assertThat(Json.at(made.body(), "metadata").has("labels")).isFalse();
        }
        api.send("DELETE", GROUP + "/mutatingwebhookconfigurations/nulls", null);
        try (HookServer hook = new HookServer(folder, answering(patching("[{\"op\":\"add\",\"path\":\"/immutable\",\"value\":\"yes\"}]")))) {
            configure("MutatingWebhookConfiguration", "types", hook.byUrl(), "failurePolicy: Ignore");
            var refused = create("b");
            assertThat(refused.code()).as("whatever its failurePolicy").isEqualTo(500);
            assertThat(message(refused)).contains("types.example.com", "immutable");
            assertThat(api.send("GET", MAPS + "/b", null).code()).isEqualTo(404);
        }
    }

    @Test
    void failurePolicyDecidesWhatAFailureMeans() throws Exception {
        try (HookServer hook = new HookServer(folder, review -> null)) {
            configure("ValidatingWebhookConfiguration", "broken", hook.byUrl(), "failurePolicy: Ignore");
            assertThat(create("a").code()).isEqualTo(201);
            api.patch(GROUP + "/validatingwebhookconfigurations/broken", "application/json-patch+json", "[{\"op\":\"replace\",\"path\":\"/webhooks/0/failurePolicy\",\"value\":\"Fail\"}]");
            var failed = create("b");
            assertThat(failed.code()).isEqualTo(500);
            assertThat(message(failed)).startsWith("Internal error occurred: failed calling webhook \"broken.example.com\": failed to call webhook: Post \"https://127.0.0.1:")
                    .contains("the server answered 500");
        }
        assertThat(message(create("c"))).as("nobody listens any more").contains("failed calling webhook").contains("Connection refused");
    }

    @Test
    void certificatesAreChecked() throws Exception {
        try (HookServer hook = new HookServer(folder, answering(response -> { })); HookServer other = new HookServer(folder.resolve("other"), answering(response -> { }))) {
            configure("ValidatingWebhookConfiguration", "stranger", "{url: 'https://127.0.0.1:" + hook.port() + "/', caBundle: " + other.caBundle() + "}", "");
            var refused = create("a");
            assertThat(refused.code()).isEqualTo(500);
            assertThat(hook.reviews).isEmpty();
        }
    }

    @Test
    void servicesAreReachedAtTheirEndpoints() throws Exception {
        try (HookServer hook = new HookServer(folder, answering(response -> response.put("allowed", false)))) {
            api.send("POST", "/api/v1/namespaces/default/services", "{apiVersion: v1, kind: Service, metadata: {name: hook}, spec: {ports: [{port: 443, targetPort: 8443}]}}");
            configure("ValidatingWebhookConfiguration", "inside", "{service: {namespace: default, name: hook, path: /check}, caBundle: " + hook.caBundle() + "}", "");
            assertThat(message(create("a"))).contains("no endpoints available for service \"hook\"");
            // No pod has the loopback's address, so no request may say so.
            api.store("/registry/discovery.k8s.io/endpointslices/default/hook-1", """
                    apiVersion: discovery.k8s.io/v1
                    kind: EndpointSlice
                    metadata: {name: hook-1, namespace: default, labels: {kubernetes.io/service-name: hook}}
                    addressType: IPv4
                    ports: [{port: %d}]
                    endpoints: [{addresses: [127.0.0.1], conditions: {ready: true}}]
                    """.formatted(hook.port()));
            Awaitility.await().until(() -> message(create("a")).equals("admission webhook \"inside.example.com\" denied the request without explanation"));
        }
    }

    @Test
    void selectorsAndConditionsNarrow() throws Exception {
        try (HookServer hook = new HookServer(folder, answering(response -> response.put("allowed", false)))) {
            configure("ValidatingWebhookConfiguration", "narrow", hook.byUrl(), """
                    objectSelector: {matchLabels: {app: x}}
                    namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [kube-system]}]}
                    matchConditions:
                    - {name: not-b, expression: 'request.operation == "DELETE" || object.metadata.name != "b"'}
                    - {name: not-admin, expression: '!authorizer.group("").resource("configmaps").check("impersonate").allowed() || request.userInfo.username == "test-admin"'}
                    """);
            assertThat(create("a").code()).isEqualTo(400);
            assertThat(create("b").code()).isEqualTo(201);
            assertThat(api.send("POST", MAPS, "{apiVersion: v1, kind: ConfigMap, metadata: {name: c, labels: {app: other}}}").code()).isEqualTo(201);
            assertThat(api.send("POST", MAPS.replace("default", "kube-system"), "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {app: x}}}").code()).isEqualTo(201);
            assertThat(hook.reviews).hasSize(1);
        }
    }

    @Test
    void dryRunsAreToldAndBadConfigurationsRefused() throws Exception {
        try (HookServer hook = new HookServer(folder, answering(response -> { }))) {
            configure("ValidatingWebhookConfiguration", "watcher", hook.byUrl(), "");
            assertThat(api.send("POST", MAPS + "?dryRun=All", "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}").code()).isEqualTo(201);
            assertThat(Json.at(hook.reviews.getFirst(), "request", "dryRun").asBoolean()).isTrue();
            assertThat(api.send("GET", MAPS + "/a", null).code()).isEqualTo(404);
        }
        var bad = api.send("POST", GROUP + "/validatingwebhookconfigurations", """
                apiVersion: admissionregistration.k8s.io/v1
                kind: ValidatingWebhookConfiguration
                metadata: {name: bad}
                webhooks:
                - name: short
                  clientConfig: {url: 'http://example.com'}
                  timeoutSeconds: 31
                  matchConditions: [{name: x, expression: request.nothing == 1}]
                """);
        assertThat(bad.code()).isEqualTo(422);
        assertThat(message(bad)).contains("should be a domain with at least three segments separated by dots").contains("webhooks[0].sideEffects: Required value: must specify one of")
                .contains("the timeout value must be between 1 and 30 seconds").contains("'https' is the only allowed URL scheme")
                .contains("webhooks[0].admissionReviewVersions: Required value").contains("undefined field 'nothing'");
    }
}
