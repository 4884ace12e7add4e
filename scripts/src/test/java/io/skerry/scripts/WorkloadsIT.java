package io.skerry.scripts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import io.skerry.scripts.conformance.Scene;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What else pods are run by and with: ReplicationControllers, Jobs by index, CronJobs, runtime classes; endpoints written by hand; and what kubectl is warned of. */
@ExtendWith(RunningStack.class)
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WorkloadsIT {
    private static final String NAMESPACE = "workloads";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static Scene scene;
    private static Kubectl kubectl;

    @BeforeAll
    static void prepare(DemoStack stack) throws Exception {
        scene = new Scene(stack, NAMESPACE);
        kubectl = stack.kubectl;
    }

    @AfterAll
    static void clean() throws Exception {
        scene.close();
    }

    @Test
    void aReplicationControllersPodsAndEndpointsWrittenByHand() throws Exception {
        Run made = scene.create("""
                apiVersion: v1
                kind: ReplicationController
                metadata: {name: old}
                spec:
                  replicas: 1
                  template:
                    metadata: {labels: {app: old}}
                    spec:
                      terminationGracePeriodSeconds: 1
                      containers:
                      - name: main
                        image: %s
                        command: [sh, -c, "mkdir -p /tmp/www && hostname > /tmp/www/index.html && exec httpd -f -p 8080 -h /tmp/www"]
                        readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}
                """.formatted(Scene.IMAGE));
        assertThat(made.orFail().out()).isEqualTo("replicationcontroller/old created\n");
        assertThat(scene.out("scale", "rc/old", "--replicas=2")).isEqualTo("replicationcontroller/old scaled\n");
        scene.out("wait", "rc/old", "--for=jsonpath={.status.readyReplicas}=2", "--timeout=60s");
        assertThat(scene.out("get", "rc", "old", "--no-headers")).matches("old +2 +2 +2 +[0-9a-z]+\n");
        JsonNode pods = Json.parse(scene.out("get", "pods", "-l", "app=old", "-o", "json")).path("items");
        assertThat(pods).hasSize(2);
        assertThat(pods.at("/0/metadata/ownerReferences/0/kind").asText()).isEqualTo("ReplicationController");

        Run outside = scene.create("""
                {apiVersion: v1, kind: Service, metadata: {name: outside}, spec: {ports: [{port: 80, targetPort: 8080}]}}
                ---
                {apiVersion: v1, kind: Endpoints, metadata: {name: outside}, subsets: [{addresses: [{ip: %s}], ports: [{port: 8080}]}]}
                """.formatted(pods.at("/0/status/podIP").asText()));
        assertThat(outside.orFail().err()).isEqualTo("Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice\n");
        String address = scene.get("service/outside").at("/spec/clusterIP").asText();
        awaitAnswer(address, pods.at("/0/metadata/name").asText());
        JsonNode slices = Json.parse(scene.out("get", "endpointslices", "-l", "kubernetes.io/service-name=outside", "-o", "json")).path("items");
        assertThat(slices).hasSize(1);
        assertThat(slices.at("/0/metadata/labels/endpointslice.kubernetes.io~1managed-by").asText()).isEqualTo("endpointslicemirroring-controller.k8s.io");
        scene.out("patch", "endpoints", "outside", "--type=json", "-p",
                "[{\"op\":\"replace\",\"path\":\"/subsets/0/addresses/0/ip\",\"value\":\"" + pods.at("/1/status/podIP").asText() + "\"}]");
        awaitAnswer(address, pods.at("/1/metadata/name").asText());
        scene.out("delete", "endpoints", "outside");
        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(Run.of("curl", "-sS", "--max-time", "5", "http://" + address + "/").exitCode()).as("7: refused").isEqualTo(7);
            assertThat(scene.out("get", "endpointslices", "-l", "kubernetes.io/service-name=outside", "-o", "name")).isEmpty();
        });

        scene.out("scale", "rc/old", "--replicas=1");
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(scene.out("get", "pods", "-l", "app=old", "-o", "name").lines()).hasSize(1));
        scene.out("delete", "rc", "old");
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(scene.out("get", "pods", "-l", "app=old", "-o", "name")).isEmpty());
    }

    private static void awaitAnswer(String address, String pod) {
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(Run.of("curl", "-sS", "--max-time", "5", "http://" + address + "/").out()).isEqualTo(pod + "\n"));
    }

    @Test
    void jobsByIndexAndByTheClock() throws Exception {
        // Index 1 waits ten seconds for its second try: meanwhile the others.
        job("retried", "completions: 4, parallelism: 4, completionMode: Indexed, backoffLimitPerIndex: 1,"
                + " podFailurePolicy: {rules: [{action: FailIndex, onExitCodes: {operator: In, values: [42]}}]}", "case $JOB_COMPLETION_INDEX in 1) exit 1;; 2) exit 42;; esac");
        job("enough", "completions: 3, parallelism: 3, completionMode: Indexed, successPolicy: {rules: [{succeededIndexes: '0-1', succeededCount: 1}]}",
                "[ $JOB_COMPLETION_INDEX = 1 ] || exec sleep 100000");

        Run wrong = scene.create(cronJob("wrong", "61 * * * *", "Mars/Olympus"));
        assertThat(wrong.exitCode()).isEqualTo(1);
        assertThat(wrong.err()).contains("The CronJob \"wrong\" is invalid",
                "* spec.schedule: Invalid value: \"61 * * * *\": end of range (61) above maximum (59): 61\n",
                "* spec.timeZone: Invalid value: \"Mars/Olympus\": unknown time zone Mars/Olympus\n");
        scene.apply(cronJob("tick", "@every 2s", "Europe/Berlin"));
        await().atMost(PATIENCE).until(() -> !scene.get("cronjob/tick").at("/status/lastSuccessfulTime").isMissingNode());
        scene.out("patch", "cronjob", "tick", "-p", "{\"spec\":{\"suspend\":true}}");
        JsonNode ran = Json.parse(scene.out("get", "jobs", "-l", "by=clock", "-o", "json")).at("/items/0/metadata");
        assertThat(ran.at("/ownerReferences/0/name").asText()).isEqualTo("tick");
        assertThat(ran.at("/annotations/batch.kubernetes.io~1cronjob-scheduled-timestamp").asText()).matches("20\\d\\d-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\+0[12]:00");
        assertThat(scene.out("logs", "job/" + ran.path("name").asText())).isEqualTo("ran\n");

        scene.out("wait", "job/enough", "--for=condition=Complete", "--timeout=60s");
        JsonNode enough = scene.get("job/enough").path("status");
        assertThat(condition(enough, "SuccessCriteriaMet")).isEqualTo("SuccessPolicy: Matched rules at index 0");
        assertThat(condition(enough, "Complete")).isEqualTo("SuccessPolicy: Matched rules at index 0");
        assertThat(enough.path("completedIndexes").asText()).isEqualTo("1");
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(scene.out("get", "pods", "-l", "job-name=enough", "-o", "jsonpath={.items[*].status.phase}"))
                .isEqualTo("Succeeded"));

        scene.out("wait", "job/retried", "--for=condition=Failed", "--timeout=60s");
        JsonNode retried = scene.get("job/retried").path("status");
        assertThat(retried.path("failedIndexes").asText()).isEqualTo("1,2");
        assertThat(retried.path("completedIndexes").asText()).isEqualTo("0,3");
        assertThat(condition(retried, "Failed")).isEqualTo("FailedIndexes: Job has failed indexes");
        assertThat(retried.path("succeeded").asInt()).isEqualTo(2);
        assertThat(retried.path("failed").asInt()).as("index 1 twice, index 2 once").isEqualTo(3);
        assertThat(scene.out("get", "pods", "-l", "job-name=retried,batch.kubernetes.io/job-completion-index=1",
                "-o", "jsonpath={.items[*].metadata.annotations.batch\\.kubernetes\\.io/job-index-failure-count}").split(" ")).containsExactlyInAnyOrder("0", "1");
    }

    private static void job(String name, String spec, String script) throws Exception {
        scene.apply("""
                apiVersion: batch/v1
                kind: Job
                metadata: {name: %s}
                spec: {%s, template: %s}
                """.formatted(name, spec, once(script)));
    }

    private static String cronJob(String name, String schedule, String zone) {
        return """
                apiVersion: batch/v1
                kind: CronJob
                metadata: {name: %s}
                spec: {schedule: "%s", timeZone: %s, concurrencyPolicy: Forbid, jobTemplate: {metadata: {labels: {by: clock}}, spec: {template: %s}}}
                """.formatted(name, schedule, zone, once("echo ran"));
    }

    private static String once(String script) {
        return "{spec: {restartPolicy: Never, terminationGracePeriodSeconds: 1, containers: [{name: main, image: \"" + Scene.IMAGE + "\", command: [sh, -c, \"" + script + "\"]}]}}";
    }

    /** The reason and message of a condition that holds. */
    private static String condition(JsonNode status, String type) {
        for (JsonNode condition : status.path("conditions")) {
            if (condition.path("type").asText().equals(type) && condition.path("status").asText().equals("True")) {
                return condition.path("reason").asText() + ": " + condition.path("message").asText();
            }
        }
        return "not " + type + ": " + status.path("conditions");
    }

    @Test
    void podsRunWithTheRuntimeOfTheirClass() throws Exception {
        Run unknown = scene.create(withRuntime("lost", "workloads-none"));
        assertThat(unknown.exitCode()).isEqualTo(1);
        assertThat(unknown.err()).isEqualTo("Error from server (Forbidden): error when creating \"STDIN\": pods \"lost\" is forbidden: pod rejected: RuntimeClass"
                + " \"workloads-none\" not found\n");
        scene.apply("""
                {apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: workloads-plain}, handler: runc, overhead: {podFixed: {cpu: 10m, memory: 24Mi}}}
                ---
                {apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: workloads-huge}, handler: runc, overhead: {podFixed: {cpu: "1000"}}}
                ---
                {apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: workloads-vm}, handler: kata}
                """);
        try {
            scene.apply(withRuntime("plain", "workloads-plain") + "---\n" + withRuntime("huge", "workloads-huge") + "---\n" + withRuntime("vm", "workloads-vm"));
            scene.out("wait", "pod/plain", "--for=condition=Ready", "--timeout=60s");
            assertThat(scene.get("pod/plain").at("/spec/overhead")).isEqualTo(Json.parse("{\"cpu\":\"10m\",\"memory\":\"24Mi\"}"));
            assertThat(ContainerProcess.of(kubectl, NAMESPACE, "plain").podMemoryLimit()).as("32 for its container, 24 for its runtime").isEqualTo((32 + 24) << 20);
            awaitDescription("vm", "FailedCreatePodSandBox", "no runtime for \"kata\" is configured");
            awaitDescription("huge", "FailedScheduling", "Insufficient cpu");
        } finally {
            scene.out("delete", "pods", "--force", "--grace-period=0", "--ignore-not-found", "plain", "huge", "vm");
            scene.out("delete", "runtimeclasses", "workloads-plain", "workloads-huge", "workloads-vm");
        }
    }

    private static void awaitDescription(String pod, String... words) {
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(scene.out("describe", "pod", pod)).contains(words));
    }

    private static String withRuntime(String pod, String runtimeClass) {
        return """
                apiVersion: v1
                kind: Pod
                metadata: {name: %s}
                spec:
                  runtimeClassName: %s
                  containers: [{name: main, image: "%s", command: [sleep, "100000"], resources: {limits: {cpu: 50m, memory: 32Mi}}}]
                """.formatted(pod, runtimeClass, Scene.IMAGE);
    }

    @Test
    void kubectlIsWarned() throws Exception {
        Run made = scene.create("""
                apiVersion: v1
                kind: Pod
                metadata: {name: p}
                spec: {nodeSelector: {beta.kubernetes.io/os: linux}, containers: [{name: c, image: x}]}
                ---
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: d}
                spec:
                  selector: {matchLabels: {a: b}}
                  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: x, env: [{name: A, value: a}, {name: A, value: b}]}]}}
                ---
                apiVersion: v1
                kind: Service
                metadata: {name: s}
                spec: {clusterIP: None, sessionAffinity: ClientIP, ports: [{port: 80}]}
                """, "--dry-run=server");
        assertThat(made.orFail().err().lines()).containsExactly("Warning: spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use \"kubernetes.io/os\" instead",
                "Warning: spec.template.spec.containers[0].env[1]: hides previous definition of \"A\", which may be dropped when using apply",
                "Warning: spec.SessionAffinity is ignored for headless services");
        Run strict = scene.run("get", "componentstatuses", "--warnings-as-errors");
        assertThat(strict.exitCode()).isEqualTo(1);
        assertThat(strict.err()).contains("Warning: v1 ComponentStatus is deprecated in v1.19+\n").endsWith("error: 1 warning received\n");
    }
}
