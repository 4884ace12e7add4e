package io.skerry.apiserver.crd;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.TestServer;
import io.skerry.machinery.json.Json;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** The fields of custom resources that field selectors may name, with upstream's words. */
class SelectableFieldsTest {
    private static final String DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    private static final String BOATS = "/apis/harbour.example.com/v1/namespaces/default/boats";

    @AutoClose
    final TestServer api = new TestServer();

    private static String definition(String selectableFields) {
        return """
                metadata: {name: boats.harbour.example.com}
                spec:
                  group: harbour.example.com
                  scope: Namespaced
                  names: {plural: boats, kind: Boat}
                  versions:
                  - name: v1
                    served: true
                    storage: true
                    selectableFields: %s
                    schema:
                      openAPIV3Schema:
                        type: object
                        properties:
                          metadata: {type: object, properties: {name: {type: string}}}
                          spec:
                            type: object
                            properties:
                              sail: {type: string, enum: [red, white]}
                              crew: {type: integer}
                              old: {type: boolean}
                              length: {type: number}
                              tags: {type: array, items: {type: string}}
                              labels: {type: object, additionalProperties: {type: string}}
                """.formatted(selectableFields);
    }

    private JsonNode causes(String selectableFields) {
        var refused = api.send("POST", DEFINITIONS, definition(selectableFields));
        assertThat(refused.code()).as(refused.body().toString()).isEqualTo(422);
        return Json.at(refused.body(), "details", "causes");
    }

    private void refused(String jsonPath, String message) {
        JsonNode causes = causes("[{jsonPath: '" + jsonPath + "'}]");
        assertThat(causes).hasSize(1);
        assertThat(Json.text(causes.path(0), "field")).isEqualTo("spec.versions[0].selectableFields[0].jsonPath");
        assertThat(Json.text(causes.path(0), "message")).isEqualTo(message);
    }

    @Test
    void fieldsThatAreDeclaredAreSelected() {
        api.make(DEFINITIONS, definition("[{jsonPath: .spec.sail}, {jsonPath: .spec.crew}, {jsonPath: .spec.old}, {jsonPath: .spec.labels.home}]"));
        api.make(BOATS, "{apiVersion: harbour.example.com/v1, kind: Boat, metadata: {name: a}, spec: {sail: red, crew: 2}}");
        api.make(BOATS, "{apiVersion: harbour.example.com/v1, kind: Boat, metadata: {name: b}, spec: {sail: white, crew: 2}}");
        assertThat(api.send("GET", BOATS + "?fieldSelector=spec.sail=red", null).body().path("items")).hasSize(1);
        assertThat(api.send("GET", BOATS + "?fieldSelector=spec.crew=2", null).body().path("items")).hasSize(2);
        assertThat(api.send("GET", BOATS + "?fieldSelector=spec.length=2", null).code()).isEqualTo(400);
    }

    @Test
    void versionsHaveFieldsOfTheirOwn() {
        api.make(DEFINITIONS, """
                metadata: {name: boats.harbour.example.com}
                spec:
                  group: harbour.example.com
                  scope: Namespaced
                  names: {plural: boats, kind: Boat}
                  versions:
                  - name: v1
                    served: true
                    storage: true
                    selectableFields: [{jsonPath: .spec.sail}]
                    schema: {openAPIV3Schema: &schema {type: object, properties: {spec: {type: object, properties: {sail: {type: string}, crew: {type: integer}}}}}}
                  - name: v2
                    served: true
                    storage: false
                    selectableFields: [{jsonPath: .spec.crew}]
                    schema: {openAPIV3Schema: *schema}
                """);
        api.make(BOATS, "{apiVersion: harbour.example.com/v1, kind: Boat, metadata: {name: a}, spec: {sail: red, crew: 2}}");
        String newer = BOATS.replace("/v1/", "/v2/");
        assertThat(api.send("GET", BOATS + "?fieldSelector=spec.sail=red", null).body().path("items")).hasSize(1);
        assertThat(api.send("GET", newer + "?fieldSelector=spec.crew=2", null).body().path("items")).hasSize(1);
        assertThat(api.send("GET", BOATS + "?fieldSelector=spec.sail=red", null).body().path("items")).hasSize(1);
        assertThat(api.send("GET", BOATS + "?fieldSelector=spec.crew=2", null).code()).isEqualTo(400);
    }

    @Test
    void pathsMustLeadToScalars() {
        String scalar = ": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.";
        String path = "Invalid value: \"%s\": is an invalid path: %s";
        refused("", "Required value");
        refused(".spec.mast", path.formatted(".spec.mast", "does not refer to a valid field"));
        refused(".spec.sail.color", path.formatted(".spec.sail.color", "does not refer to a valid field"));
        refused("spec.sail", path.formatted("spec.sail", "expected [ or . but got: spec"));
        refused(".spec.", path.formatted(".spec.", "unexpected end of JSON path"));
        refused(".spec.tags[0]", path.formatted(".spec.tags[0]", "array notation is not allowed"));
        refused(".spec.length", "Invalid value: \".spec.length\"" + scalar);
        refused(".spec", "Invalid value: \".spec\"" + scalar);
        refused(".metadata.name", "Invalid value: \".metadata.name\": must not point to fields in metadata");
    }

    @Test
    void theyAreFewAndNoneTwice() {
        JsonNode twice = causes("[{jsonPath: .spec.sail}, {jsonPath: .spec.sail}]");
        assertThat(twice.findValuesAsText("message")).containsExactly("Duplicate value: \".spec.sail\"");
        assertThat(Json.text(twice.path(0), "field")).isEqualTo("spec.versions[0].selectableFields[1].jsonPath");
        JsonNode many = causes(IntStream.range(0, 9).mapToObj(i -> "{jsonPath: .spec.labels.l" + i + "}").collect(Collectors.joining(", ", "[", "]")));
        assertThat(many.findValuesAsText("message")).containsExactly("Too many: 9: must have at most 8 items");
        assertThat(Json.text(many.path(0), "field")).isEqualTo("spec.versions[0].selectableFields");
    }

    @Test
    void whatAnEarlierServerTookStaysWritable() {
        String path = DEFINITIONS + "/boats.harbour.example.com";
        api.store("/registry/apiextensions.k8s.io/customresourcedefinitions/boats.harbour.example.com", """
                apiVersion: apiextensions.k8s.io/v1
                kind: CustomResourceDefinition
                %s
                status: {storedVersions: [v1]}
                """.formatted(definition("[{jsonPath: .spec.none}]").replace("{name: boats", "{uid: u, creationTimestamp: '2026-01-01T00:00:00Z', name: boats")));
        Awaitility.await().until(() -> api.send("GET", path, null).code() == 200);
        var labelled = api.patch(path, "application/merge-patch+json", "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}");
        assertThat(labelled.code()).as(labelled.body().toString()).isEqualTo(200);
        var changed = api.patch(path, "application/json-patch+json", "[{\"op\":\"add\",\"path\":\"/spec/versions/0/selectableFields/0\",\"value\":{\"jsonPath\":\".spec.sail\"}}]");
        assertThat(changed.code()).as("it is looked at once it changes").isEqualTo(422);
    }
}
