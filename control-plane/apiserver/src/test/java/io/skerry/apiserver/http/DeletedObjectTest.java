package io.skerry.apiserver.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.TestServer;
import io.skerry.machinery.json.Json;
import io.vertx.core.Vertx;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a DELETE answers: typed clients read the type that upstream answers with, the object or a Status. */
class DeletedObjectTest {
    private static final String SPACE = "/api/v1/namespaces/default/";
    private static final String STORAGE = "/apis/storage.k8s.io/v1/";

    @TempDir
    Path folder;
    private final Vertx vertx = Vertx.vertx();
    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private TestServer api;
    private HttpFrontend frontend;

    @BeforeEach
    void start() throws Exception {
        api = new TestServer(folder);
        frontend = new HttpFrontend(vertx, new HttpFrontendConfig("127.0.0.1", 0, null, null, null), who -> TestServer.ADMIN, api.server, null);
        frontend.start();
    }

    @AfterEach
    void stop() {
        client.close();
        frontend.close();
        Blocking.await(vertx.close());
        api.close();
    }

    private JsonNode delete(String path) throws Exception {
        HttpResponse<byte[]> answer = client.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + frontend.port() + path)).DELETE().build(), HttpResponse.BodyHandlers.ofByteArray());
        assertThat(answer.statusCode()).isEqualTo(200);
        return Json.parse(answer.body());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        SPACE + "pods | spec: {containers: [{name: c, image: i}]}",
        SPACE + "services | spec: {ports: [{port: 80}]}",
        SPACE + "serviceaccounts | secrets: []",
        SPACE + "persistentvolumeclaims | spec: {storageClassName: none, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}",
        SPACE + "podtemplates | template: {spec: {containers: [{name: c, image: i}]}}",
        SPACE + "resourcequotas | spec: {hard: {pods: '4'}}",
        "/api/v1/persistentvolumes | spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /a}}",
        STORAGE + "storageclasses | provisioner: example.org/p",
        STORAGE + "csinodes | spec: {drivers: []}",
        STORAGE + "csidrivers | spec: {}",
        STORAGE + "volumeattachments | spec: {attacher: a, nodeName: node, source: {persistentVolumeName: v}}"})
    void theObject(String path, String yaml) throws Exception {
        ObjectNode made = (ObjectNode) api.make(path, "{metadata: {name: x}, " + yaml + "}");
        made.withObject("metadata").remove("finalizers");
        api.patch(path + "/x", "application/merge-patch+json", "{\"metadata\":{\"finalizers\":null}}");
        ObjectNode deleted = (ObjectNode) delete(path + "/x");
        made.withObject("metadata").remove("resourceVersion");
        deleted.withObject("metadata").remove("resourceVersion");
        assertThat(deleted).isEqualTo(made);
        assertThat(api.send("GET", path + "/x", null).code()).isEqualTo(404);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        SPACE + "configmaps | data: {a: b}",
        "/apis/batch/v1/namespaces/default/cronjobs | spec: {schedule: '* * * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}}}",
        STORAGE + "namespaces/default/csistoragecapacities | storageClassName: none"})
    void aStatus(String path, String yaml) throws Exception {
        JsonNode made = api.make(path, "{metadata: {name: x}, " + yaml + "}");
        JsonNode deleted = delete(path + "/x");
        assertThat(Json.text(deleted, "kind")).isEqualTo("Status");
        assertThat(Json.text(deleted, "status")).isEqualTo("Success");
        assertThat(Json.text(deleted, "details", "uid")).isEqualTo(Json.text(made, "metadata", "uid"));
    }

    @Test
    void theMarkedObjectWhileAFinalizerHoldsIt() throws Exception {
        api.make(SPACE + "services", "{metadata: {name: x, finalizers: [example.org/f]}, spec: {ports: [{port: 80}]}}");
        JsonNode held = delete(SPACE + "services/x");
        assertThat(Json.text(held, "kind")).isEqualTo("Service");
        assertThat(Json.text(held, "metadata", "deletionTimestamp")).isNotEmpty();
        assertThat(held).isEqualTo(api.send("GET", SPACE + "services/x", null).body());
    }
}
