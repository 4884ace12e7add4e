package io.skerry.apiserver.crd;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.webhook.HookServer;
import io.skerry.machinery.json.Json;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of objects when their definition changes or goes. */
class DefinitionChangeTest {
    private static final String DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    private static final String NAME = "/buoys.harbour.example.com";
    private static final String BUOYS = "/apis/harbour.example.com/%s/namespaces/default/buoys";

    @TempDir
    Path folder;

    private static String definition(String conversion, String properties, boolean v1Served) {
        return """
                apiVersion: apiextensions.k8s.io/v1
                kind: CustomResourceDefinition
                metadata: {name: buoys.harbour.example.com}
                spec:
                  group: harbour.example.com
                  scope: Namespaced
                  names: {plural: buoys, kind: Buoy}
                  conversion: %s
                  versions:
                  - {name: v1, served: %s, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {%s}}}}}}
                  - {name: v2, served: true, storage: false, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {%s}}}}}}
                """.formatted(conversion, v1Served, properties, properties);
    }

    private static void define(TestServer api, String definition) {
        var answer = api.send("POST", DEFINITIONS, definition);
        assertThat(answer.code()).as(answer.body().toString()).isEqualTo(201);
    }

    private static void buoy(TestServer api, String name, String more) {
        var answer = api.send("POST", BUOYS.formatted("v1"), "{apiVersion: harbour.example.com/v1, kind: Buoy, metadata: {name: " + name + more + "}, spec: {light: red, old: 1}}");
        assertThat(answer.code()).as(answer.body().toString()).isEqualTo(201);
    }

    private static JsonNode get(TestServer api, String version) {
        return api.send("GET", BUOYS.formatted(version) + "/a", null).body();
    }

    @Test
    void readersGetWhatThePresentDefinitionSays() {
        try (TestServer api = new TestServer(folder)) {
            define(api, definition("{strategy: None}", "light: {type: string}, old: {type: integer}", true));
            buoy(api, "a", "");
            JsonNode before = get(api, "v1");
            var present = api.send("GET", DEFINITIONS + NAME, null).body();
            var changed = api.send("PUT", DEFINITIONS + NAME, definition("{strategy: None}", "light: {type: string}, height: {type: integer, default: 3}", true)
                    .replace("metadata: {", "metadata: {resourceVersion: '" + Json.text(present, "metadata", "resourceVersion") + "', "));
            assertThat(changed.code()).as(changed.body().toString()).isEqualTo(200);
            for (String version : new String[] {"v1", "v2"}) {
                JsonNode now = get(api, version);
                assertThat(now.path("spec")).as(version).isEqualTo(Json.parse("{\"light\":\"red\",\"height\":3}"));
                assertThat(Json.text(now, "metadata", "resourceVersion")).as("nothing was written").isEqualTo(Json.text(before, "metadata", "resourceVersion"));
                JsonNode list = api.send("GET", BUOYS.formatted(version), null).body();
                assertThat(Json.at(list.path("items").path(0), "spec")).as(version).isEqualTo(now.path("spec"));
            }
            buoy(api, "b", "");
            assertThat(api.send("GET", BUOYS.formatted("v1") + "/b", null).body().path("spec").path("height").asInt()).isEqualTo(3);
        }
    }

    @Test
    void aDefinitionGoesThoughItsConversionWebhookIsGoneAndItsStoredVersionUnserved() throws Exception {
        try (TestServer api = new TestServer(folder)) {
            try (HookServer hook = new HookServer(folder, review -> review)) {
                define(api, definition("{strategy: Webhook, webhook: {conversionReviewVersions: [v1], clientConfig: " + hook.byUrl() + "}}", "light: {type: string}", true));
            }
            buoy(api, "a", "");
            buoy(api, "held", ", finalizers: [harbour.example.com/keep]");
            var unserved = api.patch(DEFINITIONS + NAME, "application/json-patch+json", "[{\"op\":\"replace\",\"path\":\"/spec/versions/0/served\",\"value\":false}]");
            assertThat(unserved.code()).as(unserved.body().toString()).isEqualTo(200);
            assertThat(api.send("DELETE", DEFINITIONS + NAME, null).code()).isEqualTo(200);
            Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> api.get("/metrics", java.util.Map.of()).body().asText().contains("buoys.harbour.example.com\"} 1"));
            assertThat(api.send("GET", DEFINITIONS + NAME, null).code()).as("one is held").isEqualTo(200);
            var served = api.patch(DEFINITIONS + NAME, "application/json-patch+json", "[{\"op\":\"replace\",\"path\":\"/spec/versions/0/served\",\"value\":true}]");
            assertThat(served.code()).as(served.body().toString()).isEqualTo(200);
            var held = api.send("GET", BUOYS.formatted("v1") + "/held", null).body();
            assertThat(Json.text(held, "metadata", "deletionTimestamp")).isNotEmpty();
            assertThat(api.patch(BUOYS.formatted("v1") + "/held", "application/merge-patch+json", "{\"metadata\":{\"finalizers\":null}}").code()).isEqualTo(200);
            Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> api.send("GET", DEFINITIONS + NAME, null).code() == 404);
        }
    }
}
