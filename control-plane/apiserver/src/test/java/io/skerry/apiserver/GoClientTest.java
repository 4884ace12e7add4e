package io.skerry.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.yaml.Yaml;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Get and Update by clients with Go's types (client-go, controller-runtime): what they send back is encoded anew, with structs that nobody wrote,
 * without zeros that somebody wrote, and that is no change.
 */
@Timeout(60)
class GoClientTest {
    private static final String TEMPLATE = "{metadata: {labels: {a: b}}, spec: {hostNetwork: false, nodeSelector: {}, RESTART containers: [{name: c, image: x, env: [{name: E, value: ''}, "
            + "{name: F, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}], volumeMounts: [{name: v, mountPath: /v, readOnly: false}]}], volumes: [{name: v, emptyDir: {}}]}}";
    /** As encoding/json writes the same: the part of the template that differs. */
    private static final String GO_TEMPLATE = "{metadata: {creationTimestamp: null, labels: {a: b}}, spec: {volumes: [{name: v, emptyDir: {}}], containers: [{name: c, image: x, "
            + "env: [{name: E}, {name: F, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: '0'}}}], resources: {}, volumeMounts: [{name: v, mountPath: /v}], "
            + "terminationMessagePath: /dev/termination-log, terminationMessagePolicy: File, imagePullPolicy: Always}], restartPolicy: POLICY, terminationGracePeriodSeconds: 30, "
            + "dnsPolicy: ClusterFirst, securityContext: {}, schedulerName: default-scheduler}}";

    @AutoClose
    final TestServer api = new TestServer();

    private static String template(String restart) {
        return TEMPLATE.replace("RESTART", restart.isEmpty() ? "" : "restartPolicy: " + restart + ",");
    }

    private static JsonNode goTemplate(String restart) {
        return Yaml.parseAll(GO_TEMPLATE.replace("POLICY", restart.isEmpty() ? "Always" : restart), "test").getFirst().root();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "deployments  | ''        | replicas: 1, selector: {matchLabels: {a: b}}, minReadySeconds: 0, paused: false",
        "daemonsets   | ''        | selector: {matchLabels: {a: b}}, minReadySeconds: 0",
        "statefulsets | ''        | serviceName: s, selector: {matchLabels: {a: b}}, volumeClaimTemplates: [{metadata: {name: w}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]",
        "jobs         | OnFailure | backoffLimit: 3"})
    void aLabelIsNoRollout(String plural, String restart, String spec) {
        String path = "/apis/" + (plural.equals("jobs") ? "batch" : "apps") + "/v1/namespaces/default/" + plural;
        ObjectNode object = (ObjectNode) api.make(path, "{metadata: {name: x}, spec: {" + spec + ", template: " + template(restart) + "}}");
        JsonNode made = object.deepCopy();
        ObjectNode template = (ObjectNode) goTemplate(restart);
        if (plural.equals("jobs")) {
            ((ObjectNode) template.get("metadata")).set("labels", Json.at(made, "spec", "template", "metadata", "labels"));
        }
        ((ObjectNode) object.get("spec")).set("template", template);
        for (JsonNode claim : Json.at(object, "spec", "volumeClaimTemplates")) {
            ((ObjectNode) claim.get("metadata")).putNull("creationTimestamp");
            ((ObjectNode) claim).putObject("status").put("phase", "Pending");
        }
        object.putObject("status");
        Json.ensureObject((ObjectNode) object.get("metadata"), "labels").put("seen", "yes");
        var answer = api.send("PUT", path + "/x", object.toString());
        assertThat(answer.code()).as(answer.body().toString()).isEqualTo(200);
        assertThat(Json.text(answer.body(), "metadata", "labels", "seen")).isEqualTo("yes");
        assertThat(Json.at(answer.body(), "metadata", "generation")).isEqualTo(Json.at(made, "metadata", "generation"));
        assertThat(answer.body().get("spec")).isEqualTo(made.get("spec"));
    }

    @Test
    void aPodMayGetAFinalizer() {
        String path = "/api/v1/namespaces/default/pods";
        ObjectNode pod = (ObjectNode) api.make(path, "{metadata: {name: x}, spec: " + Json.at(Yaml.parseAll(template(""), "test").getFirst().root(), "spec") + "}");
        JsonNode made = pod.deepCopy();
        ObjectNode spec = (ObjectNode) pod.get("spec");
        ((ObjectNode) Json.at(spec, "containers").get(0)).set("env", Json.at(goTemplate(""), "spec", "containers").get(0).get("env"));
        ((ObjectNode) Json.at(spec, "containers").get(0)).putObject("resources");
        ((ObjectNode) pod.get("metadata")).putArray("finalizers").add("example.com/f");
        var answer = api.send("PUT", path + "/x", pod.toString());
        assertThat(answer.code()).as(answer.body().toString()).isEqualTo(200);
        assertThat(answer.body().get("spec")).isEqualTo(made.get("spec"));
    }

    @Test
    void aKeyWithoutAValueIsEmpty() {
        JsonNode map = api.make("/api/v1/namespaces/default/configmaps", "{metadata: {name: x, annotations: {b: }}, data: {a: }}");
        assertThat(Json.at(map, "data", "a").isTextual()).isTrue();
        assertThat(Json.at(map, "metadata", "annotations", "b").isTextual()).isTrue();
    }

    @Test
    void whatAnEarlierVersionStoredIsNoChangeEither() {
        String path = "/api/v1/namespaces/default/pods/";
        ObjectNode now = (ObjectNode) api.make(path.substring(0, path.length() - 1), "{metadata: {name: new}, spec: {containers: [{name: c, image: x, env: [{name: E}]}]}}");
        ObjectNode before = now.deepCopy();
        ((ObjectNode) before.get("metadata")).put("name", "old").put("uid", "u").remove("resourceVersion");
        ObjectNode container = (ObjectNode) Json.at(before, "spec", "containers").get(0);
        container.remove("resources");
        ((ObjectNode) container.get("env").get(0)).put("value", "");
        api.store("/registry/core/pods/default/old", before.toString());
        Awaitility.await().until(() -> api.send("GET", path + "old", null).code() == 200);
        ObjectNode pod = (ObjectNode) api.send("GET", path + "old", null).body();
        assertThat(Json.at(pod, "spec", "containers").get(0).has("resources")).as("served as it was stored").isFalse();
        pod.set("spec", now.get("spec"));
        Json.ensureObject((ObjectNode) pod.get("metadata"), "labels").put("seen", "yes");
        var answer = api.send("PUT", path + "old", pod.toString());
        assertThat(answer.code()).as(answer.body().toString()).isEqualTo(200);
        assertThat(answer.body().get("spec")).isEqualTo(now.get("spec"));
    }

    @Test
    void whatIsAppliedAgainWithItsZerosIsNoWrite() {
        String path = "/apis/apps/v1/namespaces/default/deployments/x?fieldManager=me";
        String config = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}, spec: {selector: {matchLabels: {a: b}}, template: " + template("") + "}}";
        var first = api.patch(path, "application/apply-patch+yaml", config);
        assertThat(first.code()).as(first.body().toString()).isEqualTo(201);
        var again = api.patch(path, "application/apply-patch+yaml", config);
        assertThat(again.code()).as(again.body().toString()).isEqualTo(200);
        assertThat(Json.text(again.body(), "metadata", "resourceVersion")).isEqualTo(Json.text(first.body(), "metadata", "resourceVersion"));
    }
}
