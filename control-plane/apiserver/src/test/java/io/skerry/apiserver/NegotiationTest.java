package io.skerry.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.yaml.Yaml;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** What cannot be answered is not done; what is done is answered in the form that the client accepts. */
class NegotiationTest {
    private static final String CORE = "/api/v1/namespaces/default/";
    private static final String MAPS = CORE + "configmaps";
    private static final String APPS = "/apis/apps/v1/namespaces/default/deployments";
    private static final String PROTOBUF = "application/vnd.kubernetes.protobuf";
    private static final String TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io";
    private static final String YAML = "application/yaml";

    @AutoClose
    final TestServer api = new TestServer();

    private DirectCall.Answer send(String method, String path, String accept, String contentType, String body) {
        return DirectCall.send(api.server, TestServer.ADMIN, method, path, Map.of("Accept", accept, "Content-Type", contentType), body.getBytes(StandardCharsets.UTF_8));
    }

    private DirectCall.Answer get(String path, String accept) {
        return api.get(path, Map.of("Accept", accept));
    }

    private static JsonNode yaml(DirectCall.Answer answer) {
        assertThat(answer.headers().get("Content-Type")).isEqualTo(YAML);
        List<Yaml.Document> documents = Yaml.parseAll(answer.body().asText(), "answer");
        assertThat(documents).hasSize(1);
        return documents.getFirst().root();
    }

    private JsonNode now(String path) {
        return api.send("GET", path, null).body();
    }

    @Test
    void whatCannotBeAnsweredIsNotWritten() {
        for (String[] refused : new String[][] {{MAPS, PROTOBUF, "406"}, {MAPS, "text/html", "406"}, {MAPS + "?includeObject=All", TABLE, "400"}}) {
            var made = send("POST", refused[0], refused[1], "application/json", "{\"metadata\":{\"name\":\"m\"}}");
            assertThat(made.code()).as(made.body().toString()).isEqualTo(Integer.parseInt(refused[2]));
            assertThat(Json.text(made.body(), "kind")).isEqualTo("Status");
            assertThat(api.send("GET", MAPS + "/m", null).code()).isEqualTo(404);
        }
        JsonNode map = api.make(MAPS, "{metadata: {name: m}, data: {a: b}}");
        String apply = "{apiVersion: v1, kind: ConfigMap, metadata: {name: m}, data: {a: d}}";
        String[][] writes = {{"PUT", MAPS + "/m", "application/json", "{\"metadata\":{\"name\":\"m\"},\"data\":{\"a\":\"c\"}}"},
            {"PATCH", MAPS + "/m", "application/merge-patch+json", "{\"data\":{\"a\":\"c\"}}"}, {"PATCH", MAPS + "/m?fieldManager=x&force=true", "application/apply-patch+yaml", apply},
            {"DELETE", MAPS + "/m", "application/json", ""}, {"DELETE", MAPS, "application/json", ""}};
        for (String[] write : writes) {
            assertThat(send(write[0], write[1], PROTOBUF, write[2], write[3]).code()).as(write[0] + " " + write[1]).isEqualTo(406);
            assertThat(now(MAPS + "/m")).isEqualTo(map);
        }
        assertThat(send("DELETE", MAPS + "/m?includeObject=All", TABLE, "application/json", "").code()).isEqualTo(400);
        assertThat(now(MAPS + "/m")).isEqualTo(map);
    }

    @Test
    void subresourcesAreNotWrittenEither() {
        JsonNode deployment = api.make(APPS, "{metadata: {name: web}, spec: {replicas: 1, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}},"
                + " spec: {containers: [{name: c, image: x}]}}}}");
        JsonNode pod = api.make(CORE + "pods", "{metadata: {name: p}, spec: {containers: [{name: c, image: x}]}}");
        String merge = "application/merge-patch+json";
        assertThat(send("PATCH", APPS + "/web/scale", PROTOBUF, merge, "{\"spec\":{\"replicas\":3}}").code()).isEqualTo(406);
        assertThat(send("PATCH", APPS + "/web/status", PROTOBUF, merge, "{\"status\":{\"replicas\":3}}").code()).isEqualTo(406);
        assertThat(now(APPS + "/web")).isEqualTo(deployment);
        assertThat(send("POST", CORE + "pods/p/eviction", PROTOBUF, "application/json", "{\"metadata\":{\"name\":\"p\"}}").code()).isEqualTo(406);
        assertThat(send("POST", CORE + "pods/p/binding", PROTOBUF, "application/json", "{\"metadata\":{\"name\":\"p\"},\"target\":{\"name\":\"n\"}}").code()).isEqualTo(406);
        assertThat(now(CORE + "pods/p")).isEqualTo(pod);
    }

    @Test
    void objectsAreWrittenAndAnsweredInYaml() {
        var made = send("POST", MAPS, YAML, YAML, "metadata:\n  name: m\n  annotations: {when: '2026-01-01', 'x.io/y': 'yes'}\ndata:\n  text: |\n    two\n    lines\n  number: '012'\n");
        assertThat(made.code()).as(made.body().toString()).isEqualTo(201);
        JsonNode stored = now(MAPS + "/m");
        assertThat(yaml(made)).isEqualTo(stored);
        assertThat(Json.text(stored, "data", "text")).isEqualTo("two\nlines\n");
        assertThat(made.body().asText()).contains("\ndata:\n  text: |\n    two\n    lines\n  number: \"012\"\n");
        assertThat(yaml(get(MAPS + "/m", YAML))).isEqualTo(stored);
        var updated = send("PUT", MAPS + "/m", YAML, YAML, "metadata: {name: m}\ndata: {a: b}\n");
        assertThat(yaml(updated)).isEqualTo(now(MAPS + "/m"));
        JsonNode deleted = yaml(send("DELETE", MAPS + "/m", YAML, YAML, "propagationPolicy: Background\n"));
        assertThat(Json.text(deleted, "status")).isEqualTo("Success");
        assertThat(api.send("GET", MAPS + "/m", null).code()).isEqualTo(404);
    }

    @Test
    void listsTablesAndErrorsAreAnsweredInYaml() {
        ObjectNode empty = (ObjectNode) yaml(get(CORE + "pods", YAML));
        assertThat(Json.text(empty, "kind")).isEqualTo("PodList");
        assertThat(empty.path("items").isArray()).isTrue();
        assertThat(empty.path("items")).isEmpty();
        api.make(MAPS, "{metadata: {name: a, labels: {x: z}}, data: {k: v}}");
        api.make(MAPS, "{metadata: {name: b, labels: {x: z}}}");
        JsonNode list = yaml(get(MAPS + "?labelSelector=x%3Dz", YAML));
        assertThat(list.path("items")).hasSize(2).isEqualTo(now(MAPS + "?labelSelector=x%3Dz").path("items"));
        assertThat(Json.text(list, "kind")).isEqualTo("ConfigMapList");
        JsonNode page = yaml(get(MAPS + "?limit=1", YAML));
        assertThat(page.path("items")).hasSize(1);
        assertThat(Json.text(page, "metadata", "continue")).isNotEmpty();
        JsonNode table = yaml(get(MAPS + "?labelSelector=x%3Dz", "application/yaml;as=Table;v=v1;g=meta.k8s.io"));
        assertThat(Json.text(table, "kind")).isEqualTo("Table");
        assertThat(table.path("rows")).hasSize(2);
        JsonNode partial = yaml(get(MAPS + "/a", "application/yaml;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"));
        assertThat(Json.text(partial, "kind")).isEqualTo("PartialObjectMetadata");
        var missing = get(MAPS + "/none", YAML);
        assertThat(missing.code()).isEqualTo(404);
        assertThat(Json.text(yaml(missing), "message")).isEqualTo("configmaps \"none\" not found");
    }

    @Test
    void watchesHaveNoFormInYaml() {
        var refused = get(MAPS + "?watch=1", YAML);
        assertThat(refused.code()).isEqualTo(406);
        assertThat(Json.text(yaml(refused), "message")).isEqualTo("only the following media types are accepted: application/json;stream=watch");
        assertThat(get(MAPS + "?watch=1&includeObject=All", TABLE).code()).isEqualTo(400);
    }

    @Test
    void keysThatAreTwiceInYamlAreTold() {
        String body = "metadata: {name: m}\ndata: {a: '1', a: '2'}\n";
        var strict = send("POST", MAPS + "?fieldValidation=Strict", YAML, YAML, body);
        assertThat(strict.code()).isEqualTo(400);
        assertThat(Json.text(yaml(strict), "message")).isEqualTo("error strict decoding YAML: body:2:16: key \"a\" already set in map (at line 2)");
        var warned = send("POST", MAPS, YAML, YAML, body);
        assertThat(warned.code()).isEqualTo(201);
        assertThat(warned.headers().get("Warning")).isEqualTo("299 - \"body:2:16: key \\\"a\\\" already set in map (at line 2)\"");
        assertThat(Json.text(yaml(warned), "data", "a")).as("the last one wins").isEqualTo("2");
        assertThat(send("PUT", MAPS + "/m?fieldValidation=Ignore", YAML, YAML, body).headers()).doesNotContainKey("Warning");
        assertThat(send("POST", MAPS + "?fieldValidation=Strict", "*/*", YAML, "a: [").body().path("message").asText()).startsWith("error decoding YAML: body:");
    }
}
