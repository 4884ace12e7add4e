package io.skerry.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.machinery.json.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CustomResourceTest {
    private static final String DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    private static final String BOATS = "/apis/harbour.example.com/v1/namespaces/default/boats";
    private static final String DEFINITION = """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: boats.harbour.example.com}
            spec:
              group: harbour.example.com
              scope: Namespaced
              names: {plural: boats, kind: Boat, shortNames: [bt], categories: [all]}
              versions:
              - name: v1
                served: true
                storage: true
                additionalPrinterColumns:
                - {name: Sail, type: string, jsonPath: .spec.sail}
                subresources:
                  status: {}
                  scale: {specReplicasPath: .spec.crew, statusReplicasPath: .status.crew}
                schema:
                  openAPIV3Schema:
                    type: object
                    required: [spec]
                    properties:
                      spec:
                        type: object
                        required: [sail]
                        properties:
                          sail: {type: string, enum: [red, white]}
                          crew: {type: integer, minimum: 0, maximum: 10, default: 1}
                          name: {type: string, pattern: '^[A-Z]', maxLength: 8}
                          tags: {type: array, items: {type: string}, x-kubernetes-list-type: set}
                          load: {x-kubernetes-int-or-string: true}
                          free: {type: object, x-kubernetes-preserve-unknown-fields: true}
                      status:
                        type: object
                        properties: {crew: {type: integer}}
              - name: v1beta1
                served: true
                storage: false
                schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
            """;

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

    private void define() {
        var answer = api.send("POST", DEFINITIONS, DEFINITION);
        assertThat(answer.code()).as(answer.body().toString()).isEqualTo(201);
    }

    private static String boat(String name, String spec) {
        return "{apiVersion: harbour.example.com/v1, kind: Boat, metadata: {name: " + name + "}, spec: " + spec + "}";
    }

    @Test
    void aDefinitionIsServedAtOnce() {
        assertThat(api.send("GET", BOATS, null).code()).isEqualTo(404);
        define();
        JsonNode definition = api.send("GET", DEFINITIONS + "/boats.harbour.example.com", null).body();
        assertThat(Json.at(definition, "status", "conditions").findValuesAsText("type")).containsExactly("NamesAccepted", "Established");
        assertThat(Json.text(definition, "status", "acceptedNames", "listKind")).isEqualTo("BoatList");
        JsonNode resources = api.send("GET", "/apis/harbour.example.com/v1", null).body();
        assertThat(resources.path("resources").findValuesAsText("name")).contains("boats", "boats/status", "boats/scale");
        assertThat(api.send("GET", "/openapi/v3", null).body().path("paths").has("apis/harbour.example.com/v1")).isTrue();
        var created = api.send("POST", BOATS, boat("a", "{sail: red, unknown: 1, free: {any: [1, null]}}"));
        assertThat(created.code()).isEqualTo(201);
        assertThat(Json.at(created.body(), "spec", "crew").asInt()).as("default").isEqualTo(1);
        assertThat(Json.at(created.body(), "spec").has("unknown")).as("pruned").isFalse();
        assertThat(Json.at(created.body(), "spec", "free", "any")).hasSize(2);
        assertThat(created.headers().get("Warning")).isEqualTo("299 - \"unknown field \\\"spec.unknown\\\"\"");
        JsonNode table = api.get(BOATS, Map.of("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io")).body();
        assertThat(table.path("columnDefinitions").findValuesAsText("name")).contains("Name", "Sail");
        assertThat(api.send("GET", BOATS.replace("/v1/", "/v1beta1/") + "/a", null).body().path("apiVersion").asText()).isEqualTo("harbour.example.com/v1beta1");
    }

    @Test
    void numbersOutOfRangeAreRefused() {
        define();
        String body = "{\"metadata\": {\"name\": \"a\"}, \"spec\": {\"sail\": \"red\", \"crew\": %s, \"free\": {\"list\": [1, %s]}}}";
        Map<String, String> json = Map.of("Content-Type", "application/json");
        var refused = DirectCall.send(api.server, TestServer.ADMIN, "POST", BOATS, json, body.formatted("1e400", "1").getBytes(StandardCharsets.UTF_8));
        assertThat(refused.code()).isEqualTo(400);
        assertThat(Json.text(refused.body(), "message")).startsWith("error decoding the body: the number at \".spec.crew\" is out of range");
        refused = DirectCall.send(api.server, TestServer.ADMIN, "POST", BOATS, json, body.formatted("1", "-1e400").getBytes(StandardCharsets.UTF_8));
        assertThat(Json.text(refused.body(), "message")).startsWith("error decoding the body: the number at \".spec.free.list[1]\" is out of range");
        refused = DirectCall.send(api.server, TestServer.ADMIN, "POST", BOATS, Map.of("Content-Type", "application/yaml"),
                "{metadata: {name: a}, spec: {sail: red, free: {n: .inf}}}".getBytes(StandardCharsets.UTF_8));
        assertThat(refused.code()).isEqualTo(400);
        assertThat(api.send("POST", BOATS, boat("a", "{sail: red}")).code()).isEqualTo(201);
        assertThat(api.patch(BOATS + "/a", "application/merge-patch+json", "{\"spec\":{\"crew\":1e400}}").code()).isEqualTo(400);
        assertThat(api.patch(BOATS + "/a", "application/json-patch+json", "[{\"op\":\"replace\",\"path\":\"\",\"value\":5},{\"op\":\"add\",\"path\":\"/a\",\"value\":1}]")
                .code()).isEqualTo(422);
        assertThat(api.patch(BOATS + "/a", "application/json-patch+json", "[{\"op\":\"replace\",\"path\":\"\",\"value\":5}]").code()).isEqualTo(400);
    }

    @Test
    void theSchemaIsChecked() {
        define();
        assertThat(message(boat("a", "{sail: blue}"))).isEqualTo(
                "Boat.harbour.example.com \"a\" is invalid: spec.sail: Unsupported value: \"blue\": supported values: \"red\", \"white\"");
        assertThat(message(boat("a", "{}"))).isEqualTo("Boat.harbour.example.com \"a\" is invalid: spec.sail: Required value");
        assertThat(message(boat("a", "{sail: red, crew: 11}"))).isEqualTo(
                "Boat.harbour.example.com \"a\" is invalid: spec.crew: Invalid value: 11: spec.crew in body should be less than or equal to 10");
        assertThat(message(boat("a", "{sail: red, crew: x}"))).isEqualTo(
                "Boat.harbour.example.com \"a\" is invalid: spec.crew: Invalid value: \"string\": spec.crew in body must be of type integer: \"string\"");
        assertThat(message(boat("a", "{sail: red, name: low}"))).isEqualTo(
                "Boat.harbour.example.com \"a\" is invalid: spec.name: Invalid value: \"low\": spec.name in body should match '^[A-Z]'");
        assertThat(message(boat("a", "{sail: red, tags: [x, x]}"))).isEqualTo(
                "Boat.harbour.example.com \"a\" is invalid: spec.tags[1]: Duplicate value: \"x\"");
        assertThat(message(boat("a", "{sail: red, load: true}"))).contains("must be of type integer,string");
    }

    private String message(String object) {
        var answer = api.send("POST", BOATS, object);
        assertThat(answer.code()).isEqualTo(422);
        return Json.text(answer.body(), "message");
    }

    @Test
    void statusScaleAndGeneration() {
        define();
        api.send("POST", BOATS, boat("a", "{sail: red}"));
        JsonNode status = api.patch(BOATS + "/a/status", "application/merge-patch+json", "{\"spec\":{\"sail\":\"white\"},\"status\":{\"crew\":3}}").body();
        assertThat(Json.text(status, "spec", "sail")).isEqualTo("red");
        assertThat(Json.at(status, "metadata", "generation").asInt()).isEqualTo(1);
        JsonNode scale = api.patch(BOATS + "/a/scale", "application/merge-patch+json", "{\"spec\":{\"replicas\":4}}").body();
        assertThat(Json.at(scale, "spec", "replicas").asInt()).isEqualTo(4);
        assertThat(Json.at(scale, "status", "replicas").asInt()).isEqualTo(3);
        JsonNode boat = api.send("GET", BOATS + "/a", null).body();
        assertThat(Json.at(boat, "spec", "crew").asInt()).isEqualTo(4);
        assertThat(Json.at(boat, "metadata", "generation").asInt()).isEqualTo(2);
        assertThat(api.send("PUT", BOATS + "/a", boat("a", "{sail: red}")).code()).as("no resourceVersion").isEqualTo(422);
        assertThat(api.patch(BOATS + "/a", "application/strategic-merge-patch+json", "{}").code()).isEqualTo(415);
        assertThat(api.send("POST", BOATS + "/a", boat("b", "{sail: red}")).code()).as("a name in the path").isEqualTo(405);
    }

    @Test
    void definitionsSurviveARestartAndTakeTheirObjectsWithThem() {
        define();
        api.send("POST", BOATS, boat("a", "{sail: red}"));
        api.close();
        start();
        assertThat(api.send("GET", BOATS, null).body().path("items")).hasSize(1);
        api.patch(BOATS + "/a", "application/merge-patch+json", "{\"metadata\":{\"finalizers\":[\"example.com/hold\"]}}");
        JsonNode going = api.send("DELETE", DEFINITIONS + "/boats.harbour.example.com", null).body();
        assertThat(Json.at(going, "status", "conditions").findValuesAsText("type")).contains("Terminating");
        Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> !Json.text(api.send("GET", BOATS + "/a", null).body(), "metadata", "deletionTimestamp").isEmpty());
        assertThat(api.send("POST", BOATS, boat("b", "{sail: red}")).code()).isEqualTo(405);
        api.patch(BOATS + "/a", "application/merge-patch+json", "{\"metadata\":{\"finalizers\":null}}");
        Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> api.send("GET", DEFINITIONS + "/boats.harbour.example.com", null).code() == 404);
        assertThat(api.send("GET", BOATS, null).code()).isEqualTo(404);
    }

    @Test
    void badDefinitionsAreRefused() {
        assertThat(Json.text(api.send("POST", DEFINITIONS, DEFINITION.replace("{name: boats.harbour", "{name: boat.harbour")).body(), "message"))
                .contains("metadata.name: Invalid value: \"boat.harbour.example.com\": must be spec.names.plural+\".\"+spec.group");
        assertThat(Json.text(api.send("POST", DEFINITIONS, DEFINITION.replace("storage: true", "storage: false")).body(), "message"))
                .contains("must have exactly one version marked as storage version");
        assertThat(Json.text(api.send("POST", DEFINITIONS, DEFINITION.replace("sail: {type: string, ", "sail: {")).body(), "message"))
                .contains("properties[sail].type: Required value: must not be empty for specified object fields");
        define();
        JsonNode clash = api.send("POST", DEFINITIONS, DEFINITION.replace("{name: boats.", "{name: ships.").replace("plural: boats", "plural: ships")).body();
        assertThat(Json.at(clash, "status", "conditions").path(0).path("status").asText()).isEqualTo("False");
        assertThat(api.send("GET", BOATS.replace("boats", "ships"), null).code()).isEqualTo(404);
    }
}
