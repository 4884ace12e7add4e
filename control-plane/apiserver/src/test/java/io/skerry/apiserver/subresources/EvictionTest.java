package io.skerry.apiserver.subresources;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.webhook.HookServer;
import io.skerry.machinery.json.Json;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvictionTest {
    private static final String PODS = "/api/v1/namespaces/default/pods";
    private static final String BUDGETS = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
    private static final String READY = "{\"status\":{\"phase\":\"Running\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}";

    @TempDir
    Path folder;

    @AutoClose
    final TestServer api = new TestServer();

    @BeforeEach
    void start() {
        api.make(PODS, "{metadata: {name: p, labels: {app: p}}, spec: {nodeName: n1, containers: [{name: c, image: x}]}}");
    }

    private void budget(int healthy) {
        api.make(BUDGETS, "{metadata: {name: b}, spec: {minAvailable: 1, selector: {matchLabels: {app: p}}}}");
        status(BUDGETS + "/b", "{\"status\":{\"observedGeneration\":1,\"disruptionsAllowed\":0,\"currentHealthy\":" + healthy + ",\"desiredHealthy\":1,\"expectedPods\":2}}");
    }

    private void status(String path, String patch) {
        assertThat(api.patch(path + "/status", "application/merge-patch+json", patch).code()).isEqualTo(200);
    }

    private int evict(String options) {
        return api.send("POST", PODS + "/p/eviction", "{metadata: {name: p}, deleteOptions: " + options + "}").code();
    }

    private JsonNode pod() {
        return api.send("GET", PODS + "/p", null).body();
    }

    private String disruption() {
        return Json.at(pod(), "status", "conditions").valueStream().filter(condition -> Json.text(condition, "type").equals("DisruptionTarget"))
                .map(condition -> Json.text(condition, "status") + " " + Json.text(condition, "reason") + ": " + Json.text(condition, "message")).findFirst().orElse("");
    }

    @Test
    void thePodTellsThatItWasEvicted() {
        status(PODS + "/p", READY);
        assertThat(evict("{dryRun: [All]}")).isEqualTo(201);
        assertThat(disruption()).isEmpty();
        assertThat(evict("{}")).isEqualTo(201);
        assertThat(disruption()).isEqualTo("True EvictionByEvictionAPI: Eviction API: evicting");
        assertThat(Json.at(pod(), "status", "conditions")).as("the others stay").hasSize(2);
        assertThat(Json.text(pod(), "metadata", "deletionTimestamp")).isNotEmpty();
    }

    @Test
    void aPodThatIsNotEvictedIsNotMarked() {
        status(PODS + "/p", READY);
        budget(1);
        assertThat(evict("{}")).isEqualTo(429);
        assertThat(evict("{preconditions: {uid: other}}")).isEqualTo(429);
        status(PODS + "/p", "{\"status\":{\"phase\":\"Pending\",\"conditions\":null}}");
        assertThat(evict("{preconditions: {uid: other}}")).isEqualTo(409);
        assertThat(evict("{preconditions: {resourceVersion: '1'}}")).isEqualTo(409);
        assertThat(disruption()).isEmpty();
    }

    @Test
    void aPendingPodThatBecomesReadyIsTheBudgets() throws Exception {
        budget(1);
        becomesReadyWhileEvicted();
    }

    @Test
    void anUnreadyPodThatBecomesReadyIsTheBudgets() throws Exception {
        status(PODS + "/p", READY.replace("True", "False"));
        budget(2);
        becomesReadyWhileEvicted();
    }

    private void becomesReadyWhileEvicted() throws Exception {
        AtomicReference<String> once = new AtomicReference<>(READY);
        try (HookServer hook = new HookServer(folder, review -> {
            String change = once.getAndSet(null);
            if (change != null) {
                status(PODS + "/p", change);
            }
            ObjectNode answer = Json.object().put("kind", "AdmissionReview").put("apiVersion", "admission.k8s.io/v1");
            answer.putObject("response").put("uid", Json.text(review, "request", "uid")).put("allowed", true);
            return answer;
        })) {
            api.make("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", "{metadata: {name: hook}, webhooks: [{name: hook.example.com,"
                    + " admissionReviewVersions: [v1], sideEffects: None, clientConfig: " + hook.byUrl()
                    + ", rules: [{operations: [DELETE], apiGroups: [''], apiVersions: [v1], resources: [pods, pods/eviction]}]}]}");
            assertThat(evict("{}")).isEqualTo(429);
            assertThat(once).hasNullValue();
            assertThat(Json.text(pod(), "metadata", "deletionTimestamp")).isEmpty();
        }
    }
}
