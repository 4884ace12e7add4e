package io.skerry.apiserver.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import org.junit.jupiter.api.Test;

class SwaggerMergeTest {
    private static final String OTHER = """
            {"swagger": "2.0", "paths": {
              "/apis/g/v1/loads": {"get": {"parameters": [{"$ref": "#/parameters/limit-1"}], "responses": {"200": {"schema": {"$ref": "#/definitions/Load"}}}}},
              "/apis/g/v1/": {"get": {"responses": {"200": {"schema": {"$ref": "#/definitions/Kept"}}}}},
              "/apis/g/v2/loads": {"get": {"responses": {"200": {"schema": {"$ref": "#/definitions/OfV2"}}}}}},
             "parameters": {"limit-1": {"name": "limit", "in": "query", "type": "integer"}},
             "definitions": {
              "Load": {"properties": {"meta": {"$ref": "#/definitions/Meta"}, "kept": {"$ref": "#/definitions/Kept"}, "again": {"$ref": "#/definitions/Load"}}},
              "Meta": {"type": "object", "description": "theirs"},
              "Kept": {"type": "object", "x-kubernetes-group-version-kind": [{"kind": "Theirs"}]},
              "OfV2": {"type": "object"}}}""";

    private static ObjectNode parsed(String json) {
        return (ObjectNode) Json.parse(json);
    }

    @Test
    void onlyWhatAPrefixLeadsTo() {
        ObjectNode part = SwaggerMerge.only(parsed(OTHER), "/apis/g/v1/");
        assertThat(part.path("paths").properties()).extracting(e -> e.getKey()).containsExactly("/apis/g/v1/loads", "/apis/g/v1/");
        assertThat(part.path("definitions").properties()).extracting(e -> e.getKey()).containsExactlyInAnyOrder("Load", "Meta", "Kept");
        assertThat(part.path("paths").path("/apis/g/v1/loads").path("get").path("parameters").get(0)).isEqualTo(Json.parse("{\"name\":\"limit\",\"in\":\"query\",\"type\":\"integer\"}"));
    }

    @Test
    void namesThatMeanSomethingElseAreChanged() {
        ObjectNode all = parsed("""
                {"paths": {"/apis/g/v1/": {"get": "mine"}}, "definitions": {"Meta": {"type": "object", "description": "mine"}, "Meta_v2": {"type": "string"},
                 "Kept": {"type": "object", "x-kubernetes-group-version-kind": [{"kind": "Mine"}]}}}""");
        SwaggerMerge.add(all, SwaggerMerge.only(parsed(OTHER), "/apis/g/v1/"));
        assertThat(all.path("paths").path("/apis/g/v1/").path("get").asText()).isEqualTo("mine");
        assertThat(all.path("definitions").path("Meta").path("description").asText()).isEqualTo("mine");
        assertThat(all.path("definitions").path("Meta_v2").path("type").asText()).isEqualTo("string");
        assertThat(all.path("definitions").path("Meta_v3").path("description").asText()).isEqualTo("theirs");
        assertThat(all.path("definitions").path("Kept").toString()).contains("Mine");
        assertThat(all.path("definitions").path("Load").path("properties")).isEqualTo(Json.parse("{\"meta\":{\"$ref\":\"#/definitions/Meta_v3\"},"
                + "\"kept\":{\"$ref\":\"#/definitions/Kept\"},\"again\":{\"$ref\":\"#/definitions/Load\"}}"));
        assertThat(all.path("paths").path("/apis/g/v1/loads").toString()).contains("#/definitions/Load\"");
        assertThat(all.toString()).doesNotContain("OfV2");
    }

    @Test
    void nonsenseIsRefused() {
        assertThatThrownBy(() -> SwaggerMerge.only(Json.parse("[]"), "/")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> SwaggerMerge.only(Json.parse("{\"swagger\":\"2.0\",\"paths\":7}"), "/")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> SwaggerMerge.only(parsed(OTHER), "/apis/g/v3/")).isInstanceOf(IllegalArgumentException.class);
        assertThat(SwaggerMerge.only(Json.parse("{\"swagger\":\"2.0\",\"paths\":{\"/a\":7,\"/b\":{\"get\":{\"$ref\":\"#/definitions/None\"}}},\"definitions\":[]}"), "/").toString())
                .isEqualTo("{\"paths\":{\"/b\":{\"get\":{\"$ref\":\"#/definitions/None\"}}},\"definitions\":{}}");
    }

    @Test
    void version3IsMadeOfIt() {
        ObjectNode swagger = parsed("""
                {"paths": {"/p": {"parameters": [{"name": "n", "in": "path", "required": true, "type": "string", "description": "Its name."}],
                  "put": {"consumes": ["a/b", "c/d"], "operationId": "put", "x-kubernetes-action": "put", "parameters": [{"name": "body", "in": "body", "required": true, "schema": {"$ref": "#/definitions/Load"}}],
                   "responses": {"200": {"description": "OK", "schema": {"$ref": "#/definitions/Load"}}, "401": {"description": "Unauthorized"}}}}},
                 "definitions": {"Load": {"properties": {"of": {"items": {"$ref": "#/definitions/Load"}, "type": "array"}}}}}""");
        ObjectNode made = SwaggerConversion.toV3(swagger);
        assertThat(made.path("openapi").asText()).isEqualTo("3.0.0");
        assertThat(made.path("paths")).isEqualTo(Json.parse("""
                {"/p": {"parameters": [{"name": "n", "in": "path", "required": true, "description": "Its name.", "schema": {"type": "string"}}],
                  "put": {"operationId": "put", "x-kubernetes-action": "put",
                   "requestBody": {"required": true, "content": {"a/b": {"schema": {"$ref": "#/components/schemas/Load"}}, "c/d": {"schema": {"$ref": "#/components/schemas/Load"}}}},
                   "responses": {"200": {"description": "OK", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Load"}}}}, "401": {"description": "Unauthorized"}}}}}"""));
        assertThat(made.path("components").path("schemas").path("Load").toString()).contains("#/components/schemas/Load");
    }
}
