package io.skerry.apiserver.admission;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.TestServer;
import io.skerry.machinery.json.Json;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RuntimeClassesTest {
    private static final String PODS = "/api/v1/namespaces/default/pods";

    @AutoClose
    final TestServer api = new TestServer();

    @BeforeEach
    void define() {
        api.make("/apis/node.k8s.io/v1/runtimeclasses", """
                {metadata: {name: vm}, handler: kata, overhead: {podFixed: {cpu: 250m, memory: 120Mi}},
                  scheduling: {nodeSelector: {vm: 'yes', zone: a}, tolerations: [{key: vm, operator: Exists}, {key: slow, operator: Equal, value: b, effect: NoSchedule}]}}""");
        api.make("/apis/node.k8s.io/v1/runtimeclasses", "{metadata: {name: plain}, handler: runc}");
    }

    private String refusal(String spec) {
        var answer = api.send("POST", PODS, "{metadata: {name: p}, spec: " + spec.replace("C}", "containers: [{name: c, image: x}]}") + "}");
        assertThat(answer.code()).as(answer.body().toString()).isEqualTo(403);
        return Json.text(answer.body(), "message");
    }

    private JsonNode made(String name, String spec) {
        return api.make(PODS, "{metadata: {name: " + name + "}, spec: " + spec.replace("C}", "containers: [{name: c, image: x}]}") + "}").path("spec");
    }

    @Test
    void aClassHasToBeThere() {
        assertThat(refusal("{runtimeClassName: none, C}")).isEqualTo("pods \"p\" is forbidden: pod rejected: RuntimeClass \"none\" not found");
        assertThat(Json.text(made("q", "{runtimeClassName: plain, C}"), "runtimeClassName")).isEqualTo("plain");
    }

    @Test
    void itsOverheadIsThePods() {
        assertThat(made("q", "{runtimeClassName: vm, C}").path("overhead")).isEqualTo(Json.parse("{\"cpu\":\"250m\",\"memory\":\"120Mi\"}"));
        assertThat(made("r", "{runtimeClassName: vm, overhead: {cpu: '0.25', memory: 120Mi}, C}").has("overhead")).isTrue();
        assertThat(refusal("{runtimeClassName: vm, overhead: {cpu: 1}, C}")).endsWith("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
        String foreign = "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead";
        assertThat(refusal("{overhead: {cpu: 1}, C}")).endsWith(foreign);
        assertThat(refusal("{runtimeClassName: plain, overhead: {cpu: 1}, C}")).endsWith(foreign);
    }

    @Test
    void itsSchedulingIsMergedIntoThePods() {
        JsonNode spec = made("q", "{runtimeClassName: vm, nodeSelector: {zone: a, own: b}, tolerations: [{key: vm, operator: Equal, value: x, effect: NoSchedule},"
                + " {key: mine, operator: Exists}], C}");
        assertThat(spec.path("nodeSelector")).isEqualTo(Json.parse("{\"zone\":\"a\",\"own\":\"b\",\"vm\":\"yes\"}"));
        assertThat(spec.path("tolerations").findValuesAsText("key")).as("the class covers what the pod tolerates of its taint")
                .containsExactly("mine", "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable", "vm", "slow");
        assertThat(refusal("{runtimeClassName: vm, nodeSelector: {zone: b}, C}"))
                .endsWith("conflict: runtimeClass.scheduling.nodeSelector[zone] = a; pod.spec.nodeSelector[zone] = b");
    }

    @Test
    void anOldPodStaysWritableWithoutItsClass() {
        made("q", "{runtimeClassName: plain, C}");
        api.send("DELETE", "/apis/node.k8s.io/v1/runtimeclasses/plain", null);
        assertThat(api.patch(PODS + "/q", "application/merge-patch+json", "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}").code()).isEqualTo(200);
    }
}
