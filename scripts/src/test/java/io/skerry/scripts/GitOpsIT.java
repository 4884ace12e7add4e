package io.skerry.scripts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.nio.file.Files;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A push becomes what runs; a broken one changes nothing and says why. Real Git over HTTP, real broker, real containers. */
@ExtendWith(RunningStack.class)
class GitOpsIT {
    private static final String OVERLAY = "apps/web/overlays/demo/kustomization.yaml";

    @Test
    void aPushOfReplicasAndAChartValueConverges(DemoStack stack) throws Exception {
        int replicas = replicas(stack);
        stack.fleet.edit(OVERLAY, "count: " + replicas, "count: " + (replicas + 1));
        stack.fleet.edit("apps/hello/helmchart.yaml", "greeting: ", "greeting: Changed! ");
        stack.fleet.push("Another replica, another greeting");
        // How long it takes is measured by scripts/bench.
        RunningStack.awaitSynced(stack, Duration.ofSeconds(60));
        JsonNode web = Json.parse(stack.kubectl.out("get", "deployment", "web", "-n", "demo", "-o", "json", "--show-managed-fields"));
        assertThat(web.at("/status/readyReplicas").asInt()).isEqualTo(replicas + 1);
        assertThat(web.at("/metadata/managedFields").toString()).contains("\"manager\":\"skerry-gitops\"");
        assertThat(answer(stack, "hello")).contains("Changed! ");
        assertThat(stack.kubectl.out("get", "secrets", "-n", "demo", "-l", "owner=helm,name=hello", "-o", "jsonpath={.items[*].type}")).contains("helm.sh/release.v1");
    }

    @Test
    void aBrokenManifestChangesNothingAndTheStatusNamesFileLineAndError(DemoStack stack) throws Exception {
        refusedAndMended(stack, "apps/web/base/deployment.yaml", "  replicas: 1\n", "  replicaz: 1\n", 6, "replicaz");
    }

    @Test
    void brokenYamlChangesNothingAndTheStatusNamesFileLineAndError(DemoStack stack) throws Exception {
        refusedAndMended(stack, "apps/web/base/service.yaml", "  ports:\n", "  ports: [\n", 9, "");
    }

    @Test
    void whatLeavesTheRepositoryIsPruned(DemoStack stack) throws Exception {
        Files.writeString(stack.fleet.file("apps/web/overlays/demo/extra.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra}\ndata: {k: v}\n");
        stack.fleet.edit(OVERLAY, "- namespace.yaml\n", "- namespace.yaml\n- extra.yaml\n");
        stack.fleet.push("Add a config map");
        RunningStack.awaitSynced(stack, Duration.ofSeconds(60));
        assertThat(stack.kubectl.out("get", "configmap", "extra", "-n", "demo", "-o", "jsonpath={.data.k}")).isEqualTo("v");
        Files.delete(stack.fleet.file("apps/web/overlays/demo/extra.yaml"));
        stack.fleet.edit(OVERLAY, "- extra.yaml\n", "");
        stack.fleet.push("Remove it again");
        RunningStack.awaitSynced(stack, Duration.ofSeconds(60));
        assertThat(stack.kubectl.run("get", "configmap", "extra", "-n", "demo").err()).contains("NotFound");
    }

    private static void refusedAndMended(DemoStack stack, String file, String right, String wrong, int line, String says) throws Exception {
        RunningStack.awaitSynced(stack, Duration.ofSeconds(60));
        // Pods of an earlier rollout may still be ending.
        await().atMost(Duration.ofSeconds(60)).until(() -> stack.kubectl.out("get", "pods", "-n", "demo", "-o", "jsonpath={.items[*].metadata.deletionTimestamp}").isEmpty());
        String before = objects(stack);
        stack.fleet.edit(file, right, wrong);
        // A good change in the same commit must not come through either.
        int replicas = replicas(stack);
        stack.fleet.edit(OVERLAY, "count: " + replicas, "count: " + (replicas + 5));
        try (StatusTopic status = new StatusTopic(stack.layout)) {
            String commit = stack.fleet.push("Break " + file);
            JsonNode failed = status.await(Duration.ofSeconds(60), stack.skerry.process(), message -> message.path("state").asText().equals("Failed") && message.path("commitWanted").asText().equals(commit));
            assertThat(failed.path("errors")).hasSize(1);
            assertThat(failed.at("/errors/0/file").asText()).isEqualTo(file);
            assertThat(failed.at("/errors/0/line").asInt()).isEqualTo(line);
            assertThat(failed.at("/errors/0/message").asText()).isNotBlank().contains(says);
            assertThat(objects(stack)).isEqualTo(before);
        } finally {
            stack.fleet.edit(file, wrong, right);
            stack.fleet.edit(OVERLAY, "count: " + (replicas + 5), "count: " + replicas);
            stack.fleet.push("Mend " + file);
        }
        RunningStack.awaitSynced(stack, Duration.ofSeconds(60));
    }

    /** What the fleet has in the cluster, with what would show that it was touched. */
    private static String objects(DemoStack stack) throws Exception {
        return stack.kubectl.out("get", "deployments,services,configmaps,pods", "-n", "demo", "-o",
                "jsonpath={range .items[*]}{.kind}/{.metadata.name}/{.metadata.uid}/{.metadata.generation} {end}");
    }

    private static int replicas(DemoStack stack) throws Exception {
        String text = Files.readString(stack.fleet.file(OVERLAY));
        return Integer.parseInt(text.replaceAll("(?s).*count: (\\d+).*", "$1"));
    }

    private static String answer(DemoStack stack, String service) throws Exception {
        String address = stack.kubectl.out("get", "service", service, "-n", "demo", "-o", "jsonpath={.spec.clusterIP}:{.spec.ports[0].port}");
        return Run.of("curl", "-sS", "--max-time", "10", "http://" + address + "/").orFail().out();
    }
}
