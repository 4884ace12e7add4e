package io.skerry.scripts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Links drop, processes die: pods run on, nothing is lost, and all that was queued arrives in order. */
@ExtendWith(RunningStack.class)
class OfflineIT {
    @Test
    void podsOutliveEverythingAndTheNewestCommitIsAppliedAfterwards(DemoStack stack) throws Exception {
        RunningStack.awaitSynced(stack, Duration.ofSeconds(60));
        String uids = podUids(stack);
        try (StatusTopic operator = new StatusTopic(stack.layout)) {
            operator.await(Duration.ofSeconds(10), stack.skerry.process(), message -> true);
            long settled = operator.messages().getLast().path("sequence").asLong();
            stack.git.stop();
            stack.broker.stop();

            // A container that dies is started again.
            String pod = stack.kubectl.out("get", "pods", "-n", "demo", "-l", "app.kubernetes.io/name=web", "-o", "jsonpath={.items[0].metadata.name}");
            int restarts = restarts(stack, pod);
            assertThat(ContainerProcess.of(stack.kubectl, "demo", pod).handle().destroyForcibly()).isTrue();
            await().atMost(Duration.ofSeconds(60)).until(() -> restarts(stack, pod) == restarts + 1 && ready(stack, pod));

            String address = stack.kubectl.out("get", "service", "web", "-n", "demo", "-o", "jsonpath={.spec.clusterIP}");
            // kill -9 while something is being written: what was acknowledged is there afterwards.
            List<String> acknowledged = new ArrayList<>();
            Thread writer = Thread.startVirtualThread(() -> {
                for (int i = 0; i < 200; i++) {
                    try {
                        if (stack.kubectl.run("create", "configmap", "kept-" + i, "-n", "default", "--from-literal=i=" + i).exitCode() != 0) {
                            return;
                        }
                        acknowledged.add("kept-" + i);
                    } catch (Exception e) {
                        return;
                    }
                }
            });
            Thread.sleep(1500);
            stack.skerry.kill();
            writer.join();
            assertThat(acknowledged).isNotEmpty();
            assertThat(Run.of("curl", "-sS", "--max-time", "5", "http://" + address + "/").orFail().out()).as("the service while skerry is dead").contains("skerry");
            stack.skerry.start();
            await().atMost(Duration.ofSeconds(60)).until(() -> stack.kubectl.run("get", "--raw", "/readyz").out().equals("ok"));
            assertThat(stack.kubectl.out("get", "configmaps", "-n", "default", "-o", "jsonpath={.items[*].metadata.name}").split(" ")).contains(acknowledged.toArray(String[]::new));
            await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertThat(podUids(stack)).isEqualTo(uids));
            assertThat(restarts(stack, pod)).as("adopted, not started again").isEqualTo(restarts + 1);
            await().atMost(Duration.ofSeconds(60)).until(() -> ready(stack, pod));

            // Two commits while nothing is reachable: only the newest counts when the links are back.
            stack.fleet.edit("apps/hello/helmchart.yaml", "replicaCount: 1", "replicaCount: 2");
            stack.fleet.commit("First while offline");
            stack.fleet.edit("apps/hello/helmchart.yaml", "greeting: ", "greeting: Back online! ");
            stack.fleet.commit("Second while offline");
            stack.git.start();
            String commit = stack.fleet.push();
            await().atMost(Duration.ofSeconds(90)).untilAsserted(() -> assertThat(Json.parse(stack.kubectl.out("get", "deployment", "hello", "-n", "demo", "-o", "json"))
                    .at("/status/readyReplicas").asInt()).isEqualTo(2));
            stack.broker.start();
            operator.await(Duration.ofSeconds(120), stack.skerry.process(), message -> message.path("state").asText().equals("Synced") && message.path("commitApplied").asText().equals(commit));

            // What was on its way while a link broke comes once more (MQTT 5, 4.3.2, QoS 1), right after itself or before anything newer.
            List<Long> sequences = operator.messages().stream().map(message -> message.path("sequence").asLong()).filter(sequence -> sequence > settled).distinct().toList();
            assertThat(sequences).as("every queued status, in order").hasSizeGreaterThanOrEqualTo(2);
            for (int i = 0; i < sequences.size(); i++) {
                assertThat(sequences.get(i)).as("" + sequences).isEqualTo(settled + 1 + i);
            }
        }
    }

    private static String podUids(DemoStack stack) throws Exception {
        return stack.kubectl.out("get", "pods", "-n", "demo", "--sort-by=.metadata.name", "-o", "jsonpath={.items[*].metadata.uid}");
    }

    private static int restarts(DemoStack stack, String pod) throws Exception {
        return Json.parse(stack.kubectl.out("get", "pod", pod, "-n", "demo", "-o", "json")).at("/status/containerStatuses/0/restartCount").asInt();
    }

    private static boolean ready(DemoStack stack, String pod) throws Exception {
        JsonNode status = Json.parse(stack.kubectl.out("get", "pod", pod, "-n", "demo", "-o", "json"));
        return status.at("/status/containerStatuses/0/ready").asBoolean();
    }
}
