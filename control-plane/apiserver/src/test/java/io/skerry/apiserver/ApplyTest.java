package io.skerry.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.yaml.Yaml;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Server-side apply and field validation through the API. */
class ApplyTest {
    private static final String DEPLOYMENT = "/apis/apps/v1/namespaces/default/deployments/web";
    private static final String APPLY = "application/apply-patch+yaml";
    private static final String CONFIG = """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              replicas: 1
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec: {containers: [{name: web, image: nginx}]}
            """;

    @AutoClose
    final TestServer api = new TestServer();

    @Test
    void applyCreatesThenMerges() {
        var created = api.patch(DEPLOYMENT + "?fieldManager=a", APPLY, CONFIG);
        assertThat(created.code()).as(created.body().toString()).isEqualTo(201);
        var again = api.patch(DEPLOYMENT + "?fieldManager=a", APPLY, CONFIG);
        assertThat(again.code()).isEqualTo(200);
        assertThat(Json.text(again.body(), "metadata", "resourceVersion")).as("nothing changed").isEqualTo(Json.text(created.body(), "metadata", "resourceVersion"));
        var conflict = api.patch(DEPLOYMENT + "?fieldManager=b", APPLY, CONFIG.replace("replicas: 1", "replicas: 2"));
        assertThat(conflict.code()).isEqualTo(409);
        assertThat(Json.text(conflict.body(), "message")).isEqualTo("Apply failed with 1 conflict: conflict with \"a\": .spec.replicas");
        assertThat(conflict.body().path("details").path("causes").path(0).path("reason").asText()).isEqualTo("FieldManagerConflict");
        JsonNode forced = api.patch(DEPLOYMENT + "?fieldManager=b&force=true", APPLY, CONFIG.replace("replicas: 1", "replicas: 2")).body();
        assertThat(Json.at(forced, "spec", "replicas").asInt()).isEqualTo(2);
        assertThat(Json.at(forced, "metadata", "managedFields").findValuesAsText("manager")).containsExactlyInAnyOrder("a", "b");
        assertThat(Json.at(forced, "metadata", "generation").asInt()).isEqualTo(2);
    }

    @Test
    void whatIsNoLongerAppliedGoes() {
        api.patch(DEPLOYMENT + "?fieldManager=a", APPLY, CONFIG.replace("{name: web}\nspec", "{name: web, annotations: {x: y}}\nspec"));
        JsonNode without = api.patch(DEPLOYMENT + "?fieldManager=a", APPLY, CONFIG).body();
        assertThat(Json.at(without, "metadata", "annotations").has("x")).isFalse();
    }

    @Test
    void metadataThatHasBecomeEmptyIsLeftOut() {
        String path = "/api/v1/namespaces/default/configmaps/e";
        JsonNode made = api.send("POST", "/api/v1/namespaces/default/configmaps",
                "{apiVersion: v1, kind: ConfigMap, metadata: {name: e, annotations: {a: b}, labels: {}, finalizers: [x/y], ownerReferences: []}}").body();
        assertThat(made.path("metadata").properties()).extracting(Map.Entry::getKey).contains("annotations", "finalizers").doesNotContain("labels", "ownerReferences");
        JsonNode emptied = api.patch(path + "?fieldManager=other", "application/merge-patch+json", "{\"metadata\":{\"annotations\":{\"a\":null},\"finalizers\":[]}}").body();
        assertThat(emptied.path("metadata").properties()).extracting(Map.Entry::getKey)
                .containsExactlyInAnyOrder("name", "namespace", "uid", "resourceVersion", "creationTimestamp");
        // nobody owns what is not there, so no manager is left
        JsonNode applied = api.patch(path + "?fieldManager=a", APPLY, "{apiVersion: v1, kind: ConfigMap, metadata: {name: e, labels: {}}, data: {k: v}}").body();
        assertThat(Json.at(applied, "metadata").has("labels")).isFalse();
        JsonNode again = api.patch(path + "?fieldManager=a", APPLY, "{apiVersion: v1, kind: ConfigMap, metadata: {name: e, labels: {}}, data: {k: v}}").body();
        assertThat(again).as("nothing changed").isEqualTo(applied);
    }

    @Test
    void applyNeedsAManagerAndANameThatFits() {
        assertThat(Json.text(api.patch(DEPLOYMENT, APPLY, CONFIG).body(), "message")).isEqualTo(
                "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch");
        assertThat(api.patch(DEPLOYMENT + "x?fieldManager=a", APPLY, CONFIG).code()).isEqualTo(400);
        assertThat(Json.text(api.patch(DEPLOYMENT + "?fieldManager=a", APPLY, "a: [").body(), "message")).startsWith("error decoding YAML: body:1:");
    }

    @Test
    void undeclaredFieldsAreNotApplied() {
        for (String validation : new String[] {"", "&fieldValidation=Ignore", "&fieldValidation=Strict"}) {
            var refused = api.patch(DEPLOYMENT + "?fieldManager=a" + validation, APPLY, CONFIG.replace("replicas: 1", "replica: 1"));
            assertThat(refused.code()).isEqualTo(400);
            assertThat(Json.text(refused.body(), "message")).isEqualTo(
                    "failed to create typed patch object (default/web; apps/v1, Kind=Deployment): .spec.replica: field not declared in schema");
        }
        assertThat(api.send("GET", DEPLOYMENT, null).code()).isEqualTo(404);
    }

    @Test
    void kubectlGoesFromClientSideToServerSideApply() {
        String said = Json.string(Yaml.parseAll(CONFIG, "test").getFirst().root());
        ObjectNode object = (ObjectNode) Yaml.parseAll(CONFIG, "test").getFirst().root();
        Json.ensureObject(object, "metadata", "annotations").put("kubectl.kubernetes.io/last-applied-configuration", said);
        var made = DirectCall.send(api.server, TestServer.ADMIN, "POST", DEPLOYMENT.replace("/web", "") + "?fieldManager=kubectl-client-side-apply", object);
        assertThat(made.code()).as(made.body().toString()).isEqualTo(201);
        String changed = CONFIG.replace("image: nginx", "image: nginx:2");
        assertThat(api.patch(DEPLOYMENT + "?fieldManager=other", APPLY, changed).code()).isEqualTo(409);
        var applied = api.patch(DEPLOYMENT + "?fieldManager=kubectl", APPLY, changed);
        assertThat(applied.code()).as(applied.body().toString()).isEqualTo(200);
        assertThat(Json.text(applied.body(), "metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration")).contains("nginx:2");
    }

    private static final String SCALE = "{apiVersion: autoscaling/v1, kind: Scale, metadata: {name: web}, spec: {replicas: %d}}";

    @Test
    void aScaleIsAppliedToItsObject() {
        api.patch(DEPLOYMENT + "?fieldManager=a", APPLY, CONFIG);
        String path = DEPLOYMENT + "/scale?fieldManager=scaler";
        var conflict = api.patch(path, APPLY, SCALE.formatted(4));
        assertThat(conflict.code()).isEqualTo(409);
        assertThat(Json.text(conflict.body(), "message")).isEqualTo("Apply failed with 1 conflict: conflict with \"a\": .spec.replicas");
        var forced = api.patch(path + "&force=true", APPLY, SCALE.formatted(4));
        assertThat(forced.code()).as(forced.body().toString()).isEqualTo(200);
        assertThat(Json.text(forced.body(), "kind")).isEqualTo("Scale");
        assertThat(Json.at(forced.body(), "spec", "replicas").asInt()).isEqualTo(4);
        JsonNode deployment = api.send("GET", DEPLOYMENT, null).body();
        assertThat(Json.at(deployment, "spec", "replicas").asInt()).isEqualTo(4);
        JsonNode managers = Json.at(deployment, "metadata", "managedFields");
        assertThat(managers.findValuesAsText("manager")).containsExactly("a", "scaler");
        assertThat(managers.path(0).toString()).as("taken over").doesNotContain("f:replicas");
        assertThat(Json.text(managers.path(1), "subresource")).isEqualTo("scale");
        assertThat(Json.text(managers.path(1), "apiVersion")).isEqualTo("apps/v1");
        assertThat(managers.path(1).path("fieldsV1").toString()).isEqualTo("{\"f:spec\":{\"f:replicas\":{}}}");
        assertThat(Json.text(api.patch(path, APPLY, SCALE.formatted(4)).body(), "metadata", "resourceVersion")).as("nothing changed")
                .isEqualTo(Json.text(deployment, "metadata", "resourceVersion"));
        assertThat(api.patch(DEPLOYMENT + "?fieldManager=a", APPLY, CONFIG).code()).as("the scaler's now").isEqualTo(409);
        assertThat(api.patch(path, APPLY, SCALE.formatted(5).replace("autoscaling/v1", "apps/v1")).code()).isEqualTo(400);
        assertThat(api.patch(path, APPLY, CONFIG).code()).as("no Scale").isEqualTo(400);
        assertThat(api.patch(DEPLOYMENT + "/scale", APPLY, SCALE.formatted(5)).code()).as("nobody's").isEqualTo(422);
        assertThat(api.patch(path.replace("web", "none"), APPLY, SCALE.formatted(5).replace("web", "none")).code()).isEqualTo(404);
    }

    private static final String SCALER = "{apiVersion: autoscaling/%s, kind: HorizontalPodAutoscaler, metadata: {name: h}, spec: {maxReplicas: 3,"
            + " scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, %s}}";
    private static final String CPU = "metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: %d}}}]";

    private static JsonNode managed(JsonNode object, String manager) {
        for (JsonNode entry : Json.at(object, "metadata", "managedFields")) {
            if (Json.text(entry, "manager").equals(manager)) {
                return Json.at(entry, "fieldsV1", "f:spec");
            }
        }
        return Json.object();
    }

    @Test
    void managersWhoWriteDifferentVersionsMeet() {
        String name = "/namespaces/default/horizontalpodautoscalers/h";
        String first = "/apis/autoscaling/v1" + name + "?fieldManager=a";
        String second = "/apis/autoscaling/v2" + name;
        String half = SCALER.formatted("v1", "targetCPUUtilizationPercentage: 50");
        assertThat(api.patch(first, APPLY, half).code()).isEqualTo(201);
        String most = SCALER.formatted("v2", CPU.formatted(80));
        var conflict = api.patch(second + "?fieldManager=b", APPLY, most);
        assertThat(conflict.code()).as(conflict.body().toString()).isEqualTo(409);
        assertThat(Json.text(conflict.body(), "message")).isEqualTo("Apply failed with 1 conflict: conflict with \"a\": .spec.targetCPUUtilizationPercentage");
        JsonNode forced = api.patch(second + "?fieldManager=b&force=true", APPLY, most).body();
        assertThat(managed(forced, "a").has("f:targetCPUUtilizationPercentage")).isFalse();
        assertThat(managed(forced, "a").has("f:maxReplicas")).isTrue();
        assertThat(managed(forced, "b").has("f:metrics")).isTrue();
        assertThat(Json.text(api.patch(first, APPLY, half).body(), "message")).isEqualTo("Apply failed with 1 conflict: conflict with \"b\": .spec.metrics");
        JsonNode patched = api.patch(second, "application/merge-patch+json", Json.string(Yaml.parseAll("spec: {" + CPU.formatted(70) + "}", "test").getFirst().root())).body();
        assertThat(managed(patched, "b").has("f:metrics")).as("an update takes it").isFalse();
        JsonNode taken = api.patch(first + "&force=true", APPLY, half).body();
        assertThat(Json.at(taken, "spec", "targetCPUUtilizationPercentage").asInt()).isEqualTo(50);
        assertThat(managed(taken, "test").has("f:metrics")).isFalse();
        JsonNode moved = api.patch(second + "?fieldManager=a", APPLY, SCALER.formatted("v2", "minReplicas: 2")).body();
        assertThat(Json.at(moved, "spec", "minReplicas").asInt()).isEqualTo(2);
        assertThat(Json.at(moved, "spec", "metrics").toString()).as("what it applied in v1 goes, and the default comes").contains("\"averageUtilization\":80");
    }

    @Test
    void partsOfPodsAreApplied() {
        String pods = "/api/v1/namespaces/default/pods";
        assertThat(api.send("POST", pods + "?fieldManager=maker", "{metadata: {name: p}, spec: {containers: [{name: c, image: x}]}}").code()).isEqualTo(201);
        var debugged = api.patch(pods + "/p/ephemeralcontainers?fieldManager=debugger", APPLY, "{apiVersion: v1, kind: Pod, metadata: {name: p, labels: {not: mine}},"
                + " spec: {ephemeralContainers: [{name: debug, image: busybox, terminationMessagePolicy: File}]}}");
        assertThat(debugged.code()).as(debugged.body().toString()).isEqualTo(200);
        assertThat(Json.at(debugged.body(), "spec", "ephemeralContainers").path(0).path("name").asText()).isEqualTo("debug");
        assertThat(Json.at(debugged.body(), "metadata").has("labels")).as("another endpoint's").isFalse();
        JsonNode entry = Json.at(debugged.body(), "metadata", "managedFields").path(0);
        assertThat(Json.text(entry, "manager")).isEqualTo("debugger");
        assertThat(Json.text(entry, "operation")).isEqualTo("Apply");
        assertThat(Json.text(entry, "subresource")).isEqualTo("ephemeralcontainers");
        assertThat(Json.at(entry, "fieldsV1", "f:spec").properties()).extracting(Map.Entry::getKey).containsExactly("f:ephemeralContainers");
        var wrong = api.patch(pods + "/p/ephemeralcontainers?fieldManager=debugger", APPLY, "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {ephemeral: []}}");
        assertThat(Json.text(wrong.body(), "message")).endsWith(".spec.ephemeral: field not declared in schema");
        assertThat(api.patch(pods + "/none/ephemeralcontainers?fieldManager=debugger", APPLY, "{apiVersion: v1, kind: Pod, metadata: {name: none}}").code()).isEqualTo(404);
    }

    @Test
    void updatesAreRecorded() {
        JsonNode created = api.send("POST", "/api/v1/namespaces/default/configmaps?fieldManager=me", "{metadata: {name: m}, data: {a: b}}").body();
        JsonNode entry = Json.at(created, "metadata", "managedFields").path(0);
        assertThat(Json.text(entry, "manager")).isEqualTo("me");
        assertThat(Json.text(entry, "operation")).isEqualTo("Update");
        assertThat(Json.at(entry, "fieldsV1", "f:data").has("f:a")).isTrue();
        JsonNode patched = api.patch("/api/v1/namespaces/default/configmaps/m", "application/merge-patch+json", "{\"data\":{\"c\":\"d\"}}").body();
        assertThat(Json.at(patched, "metadata", "managedFields").findValuesAsText("manager")).containsExactlyInAnyOrder("me", "test");
    }

    @Test
    void duplicateFieldsAreTold() {
        byte[] body = "{\"metadata\":{\"name\":\"twice\"},\"data\":{\"a\":\"1\",\"a\":\"2\"}}".getBytes(StandardCharsets.UTF_8);
        String maps = "/api/v1/namespaces/default/configmaps";
        var strict = DirectCall.send(api.server, TestServer.ADMIN, "POST", maps + "?fieldValidation=Strict", Map.of(), body);
        assertThat(strict.code()).isEqualTo(400);
        assertThat(Json.text(strict.body(), "message")).isEqualTo(
                "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict decoding error: duplicate field \"data.a\"");
        var warned = DirectCall.send(api.server, TestServer.ADMIN, "POST", maps, Map.of(), body);
        assertThat(warned.code()).isEqualTo(201);
        assertThat(warned.headers().get("Warning")).isEqualTo("299 - \"duplicate field \\\"data.a\\\"\"");
        assertThat(Json.text(warned.body(), "data", "a")).as("the last one wins").isEqualTo("2");
    }

    @Test
    void unknownAndMistypedFieldsAreTold() {
        String maps = "/api/v1/namespaces/default/configmaps";
        var warned = api.send("POST", maps, "{metadata: {name: w}, dta: {a: b}}");
        assertThat(warned.code()).isEqualTo(201);
        assertThat(warned.headers().get("Warning")).isEqualTo("299 - \"unknown field \\\"dta\\\"\"");
        assertThat(warned.body().has("dta")).isFalse();
        var strict = api.send("POST", maps + "?fieldValidation=Strict", "{metadata: {name: s}, dta: {a: b}}");
        assertThat(strict.code()).isEqualTo(400);
        assertThat(Json.text(strict.body(), "message")).isEqualTo(
                "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict decoding error: unknown field \"dta\"");
        var twice = DirectCall.send(api.server, TestServer.ADMIN, "POST", maps + "?fieldValidation=Strict",
                Map.of("Content-Type", "application/json"), "{\"metadata\":{\"name\":\"d\"},\"data\":{\"a\":\"1\",\"a\":\"2\"}}".getBytes(StandardCharsets.UTF_8));
        assertThat(Json.text(twice.body(), "message")).endsWith("strict decoding error: duplicate field \"data.a\"");
        var typed = api.send("POST", "/apis/apps/v1/namespaces/default/deployments", CONFIG.replace("replicas: 1", "replicas: many"));
        assertThat(typed.code()).isEqualTo(400);
        assertThat(Json.text(typed.body(), "message")).isEqualTo("Deployment in version \"v1\" cannot be handled as a Deployment:"
                + " json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32");
        assertThat(api.send("POST", maps, "{apiVersion: v1, kind: Secret, metadata: {name: x}}").code()).isEqualTo(400);
    }

    @Test
    void eventsAndAutoscalersAreOneObjectInTwoVersions() {
        api.send("POST", "/apis/events.k8s.io/v1/namespaces/default/events", "{metadata: {name: e}, eventTime: '2026-01-01T00:00:00.000000Z', action: a, reason: r,"
                + " note: hello, type: Normal, reportingController: c, reportingInstance: i, regarding: {kind: Pod, name: p, namespace: default}}");
        JsonNode core = api.send("GET", "/api/v1/namespaces/default/events/e", null).body();
        assertThat(Json.text(core, "message")).isEqualTo("hello");
        assertThat(Json.text(core, "involvedObject", "name")).isEqualTo("p");
        assertThat(Json.text(core, "apiVersion")).isEqualTo("v1");
        String scalers = "/namespaces/default/horizontalpodautoscalers";
        api.send("POST", "/apis/autoscaling/v1" + scalers, "{metadata: {name: h}, spec: {maxReplicas: 3, targetCPUUtilizationPercentage: 50,"
                + " scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}}");
        JsonNode v2 = api.send("GET", "/apis/autoscaling/v2" + scalers + "/h", null).body();
        assertThat(Json.at(v2, "spec", "metrics").path(0).path("resource").path("target").path("averageUtilization").asInt()).isEqualTo(50);
        assertThat(Json.at(api.send("GET", "/apis/autoscaling/v1" + scalers + "/h", null).body(), "spec", "targetCPUUtilizationPercentage").asInt()).isEqualTo(50);
    }
}
