package io.skerry.apiserver.crd;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.webhook.HookServer;
import io.skerry.machinery.json.Json;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A definition with two versions whose objects a webhook converts: v1 has spec.size, v2 has spec.length and spec.unit. */
@Timeout(60)
class ConversionWebhookTest {
    private static final String PATH = "/apis/harbour.example.com/%s/namespaces/default/quays";

    @TempDir
    Path folder;
    private final AtomicBoolean failing = new AtomicBoolean();

    private ObjectNode convert(ObjectNode review) {
        ObjectNode answer = Json.object().put("kind", "ConversionReview").put("apiVersion", "apiextensions.k8s.io/v1");
        ObjectNode response = answer.putObject("response").put("uid", Json.text(review, "request", "uid"));
        if (failing.get()) {
            response.putObject("result").put("status", "Failure").put("message", "out of order");
            return answer;
        }
        String wanted = Json.text(review, "request", "desiredAPIVersion");
        ArrayNode converted = response.putArray("convertedObjects");
        for (JsonNode object : Json.at(review, "request", "objects")) {
            ObjectNode copy = object.deepCopy();
            copy.put("apiVersion", wanted);
            ObjectNode spec = (ObjectNode) copy.get("spec");
            if (wanted.endsWith("/v2")) {
                String[] size = spec.remove("size").asText().split(" ");
                spec.put("length", Integer.parseInt(size[0])).put("unit", size[1]);
            } else {
                spec.put("size", spec.remove("length").asText() + " " + spec.remove("unit").asText());
            }
            converted.add(copy);
        }
        response.putObject("result").put("status", "Success");
        return answer;
    }

    private static void define(TestServer api, HookServer hook) {
        api.make("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", """
                apiVersion: apiextensions.k8s.io/v1
                kind: CustomResourceDefinition
                metadata: {name: quays.harbour.example.com}
                spec:
                  group: harbour.example.com
                  scope: Namespaced
                  names: {plural: quays, kind: Quay}
                  conversion: {strategy: Webhook, webhook: {conversionReviewVersions: [v1], clientConfig: %s}}
                  versions:
                  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: string}}}}}}}
                  - {name: v2, served: true, storage: false, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {length: {type: integer}, unit: {type: string}}}}}}}
                """.formatted(hook.byUrl()));
    }

    @Test
    void managersMeetInEachVersion() throws Exception {
        try (TestServer api = new TestServer(folder); HookServer hook = new HookServer(folder, this::convert)) {
            define(api, hook);
            String apply = "application/apply-patch+yaml";
            String first = PATH.formatted("v1") + "/q?fieldManager=a";
            String second = PATH.formatted("v2") + "/q?fieldManager=b";
            String config = "{apiVersion: harbour.example.com/%s, kind: Quay, metadata: {name: q}, spec: {%s}}";
            assertThat(api.patch(first, apply, config.formatted("v1", "size: 20 m")).code()).isEqualTo(201);
            var conflict = api.patch(second, apply, config.formatted("v2", "length: 30, unit: m"));
            assertThat(conflict.code()).as(conflict.body().toString()).isEqualTo(409);
            assertThat(Json.text(conflict.body(), "message")).isEqualTo("Apply failed with 1 conflict: conflict with \"a\": .spec.size");
            JsonNode shared = api.patch(second, apply, config.formatted("v2", "length: 20, unit: m")).body();
            assertThat(Json.at(shared, "metadata", "managedFields").findValuesAsText("manager")).containsExactlyInAnyOrder("a", "b");
            int before = hook.reviews.size();
            assertThat(api.patch(first, apply, config.formatted("v1", "size: 20 m")).code()).isEqualTo(200);
            assertThat(hook.reviews).as("nothing changes, so nobody has to be compared").hasSize(before);
            failing.set(true);
            assertThat(api.patch(first + "&force=true", apply, config.formatted("v1", "size: 5 m")).code()).as("whose it is cannot be told").isEqualTo(500);
            var written = api.patch(PATH.formatted("v1") + "/q", "application/merge-patch+json", "{\"spec\":{\"size\":\"5 m\"}}");
            assertThat(written.code()).as("an update of what is stored needs no webhook").isEqualTo(200);
            assertThat(Json.at(written.body(), "metadata", "managedFields").findValuesAsText("manager")).containsExactlyInAnyOrder("a", "b");
            failing.set(false);
            var updated = api.patch(PATH.formatted("v1") + "/q", "application/merge-patch+json", "{\"spec\":{\"size\":\"6 m\"}}");
            assertThat(Json.at(updated.body(), "metadata", "managedFields").findValuesAsText("manager")).as("b still has the unit").containsExactlyInAnyOrder("b", "test");
        }
    }

    @Test
    void objectsAreReadAndWrittenInEachVersion() throws Exception {
        try (TestServer api = new TestServer(folder); HookServer hook = new HookServer(folder, this::convert)) {
            define(api, hook);
            var made = api.send("POST", PATH.formatted("v2"), "{apiVersion: harbour.example.com/v2, kind: Quay, metadata: {name: a}, spec: {length: 20, unit: m}}");
            assertThat(made.code()).as(made.body().toString()).isEqualTo(201);
            assertThat(made.body().path("spec").path("length").asInt()).isEqualTo(20);
            assertThat(Json.text(api.send("GET", PATH.formatted("v1") + "/a", null).body(), "spec", "size")).isEqualTo("20 m");
            api.send("POST", PATH.formatted("v1"), "{apiVersion: harbour.example.com/v1, kind: Quay, metadata: {name: b}, spec: {size: 5 ft}}");
            int before = hook.reviews.size();
            JsonNode list = api.send("GET", PATH.formatted("v2"), null).body();
            assertThat(list.path("items").findValuesAsText("unit")).containsExactly("m", "ft");
            assertThat(hook.reviews).as("one question for a whole list").hasSize(before + 1);
            var patched = api.patch(PATH.formatted("v2") + "/b", "application/merge-patch+json", "{\"spec\":{\"length\":7}}");
            assertThat(patched.code()).as(patched.body().toString()).isEqualTo(200);
            assertThat(Json.text(api.send("GET", PATH.formatted("v1") + "/b", null).body(), "spec", "size")).isEqualTo("7 ft");
            failing.set(true);
            var failed = api.send("GET", PATH.formatted("v2") + "/a", null);
            assertThat(failed.code()).isEqualTo(500);
            assertThat(Json.text(failed.body(), "message")).contains("conversion webhook for harbour.example.com/v1, Kind=Quay").endsWith("failed: out of order");
            assertThat(api.send("GET", PATH.formatted("v1") + "/a", null).code()).as("the stored version needs no webhook").isEqualTo(200);
        }
    }
}
