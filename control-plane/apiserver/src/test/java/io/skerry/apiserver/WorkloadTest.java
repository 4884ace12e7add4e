package io.skerry.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Pod;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.selector.LabelSelector;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What pods, workloads, services and namespaces need beyond the generic verbs. */
class WorkloadTest {
    private static final String PODS = "/api/v1/namespaces/default/pods";
    private static final String SERVICES = "/api/v1/namespaces/default/services";
    private static final String DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";
    private static final String POD = "{apiVersion: v1, kind: Pod, metadata: {name: p, labels: {app: p}}, spec: {containers: [{name: c, image: busybox}]}}";
    private static final String DEPLOYMENT = """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              replicas: 1
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec: {containers: [{name: web, image: nginx}]}
            """;

    @TempDir
    Path folder;
    TestServer api;

    @BeforeEach
    void start() {
        api = new TestServer(folder, ApiServerConfig.defaults().withAdvertise("192.0.2.1", 6443));
    }

    @AfterEach
    void stop() {
        api.close();
    }

    @Test
    void aPodGetsAccountTokenTolerationsAndPriority() {
        JsonNode pod = api.send("POST", PODS, POD).body();
        assertThat(Json.text(pod, "spec", "serviceAccountName")).isEqualTo("default");
        JsonNode volume = Json.at(pod, "spec", "volumes").path(0);
        assertThat(Json.text(volume, "name")).startsWith("kube-api-access-").hasSize(21);
        assertThat(Json.at(volume, "projected", "sources")).hasSize(3);
        assertThat(Json.text(Json.at(pod, "spec", "containers").path(0).path("volumeMounts").path(0), "mountPath"))
                .isEqualTo("/var/run/secrets/kubernetes.io/serviceaccount");
        assertThat(Json.at(pod, "spec", "tolerations").findValuesAsText("key"))
                .containsExactly("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable");
        assertThat(Json.at(pod, "spec", "priority").asInt(-1)).isZero();
        assertThat(Json.text(pod, "status", "phase")).isEqualTo("Pending");
        assertThat(Json.text(pod, "status", "qosClass")).isEqualTo("BestEffort");
        var refused = api.send("POST", PODS, POD.replace("spec: {", "spec: {serviceAccountName: nobody, ").replace("name: p,", "name: q,"));
        assertThat(refused.code()).isEqualTo(403);
        assertThat(Json.text(refused.body(), "message")).isEqualTo(
                "pods \"q\" is forbidden: error looking up service account default/nobody: serviceaccount \"nobody\" not found");
    }

    @Test
    void aPodIsBoundOnce() {
        api.send("POST", PODS, POD);
        String binding = "{apiVersion: v1, kind: Binding, metadata: {name: p}, target: {kind: Node, name: n1}}";
        assertThat(api.send("POST", PODS + "/p/binding", binding).code()).isEqualTo(201);
        Pod pod = api.client.pods().inNamespace("default").withName("p").get();
        assertThat(pod.getSpec().getNodeName()).isEqualTo("n1");
        assertThat(pod.getStatus().getConditions()).anyMatch(c -> c.getType().equals("PodScheduled") && c.getStatus().equals("True"));
        var again = api.send("POST", PODS + "/p/binding", binding);
        assertThat(again.code()).isEqualTo(409);
        assertThat(Json.text(again.body(), "message")).endsWith("pod p is already assigned to node \"n1\"");
    }

    @Test
    void deletionIsGracefulOnceAPodIsOnANode() {
        api.send("POST", PODS, POD);
        assertThat(api.send("DELETE", PODS + "/p", null).code()).isEqualTo(200);
        assertThat(api.send("GET", PODS + "/p", null).code()).as("unscheduled pods go at once").isEqualTo(404);
        api.send("POST", PODS, POD);
        api.send("POST", PODS + "/p/binding", "{target: {kind: Node, name: n1}}");
        JsonNode marked = api.send("DELETE", PODS + "/p", null).body();
        assertThat(Json.at(marked, "metadata", "deletionGracePeriodSeconds").asInt()).isEqualTo(30);
        JsonNode shortened = api.send("DELETE", PODS + "/p", "{kind: DeleteOptions, apiVersion: v1, gracePeriodSeconds: 5}").body();
        assertThat(Json.at(shortened, "metadata", "deletionGracePeriodSeconds").asInt()).isEqualTo(5);
        JsonNode notLengthened = api.send("DELETE", PODS + "/p", "{kind: DeleteOptions, apiVersion: v1, gracePeriodSeconds: 60}").body();
        assertThat(Json.at(notLengthened, "metadata", "deletionGracePeriodSeconds").asInt()).isEqualTo(5);
        api.send("DELETE", PODS + "/p", "{kind: DeleteOptions, apiVersion: v1, gracePeriodSeconds: 0}");
        assertThat(api.send("GET", PODS + "/p", null).code()).isEqualTo(404);
    }

    @Test
    void statusAndSpecAreApart() {
        JsonNode created = api.send("POST", DEPLOYMENTS, DEPLOYMENT + "status: {replicas: 7}\n").body();
        assertThat(created.path("status").path("replicas").isMissingNode()).isTrue();
        assertThat(Json.at(created, "metadata", "generation").asInt()).isEqualTo(1);
        JsonNode status = api.patch(DEPLOYMENTS + "/web/status", "application/merge-patch+json",
                "{\"spec\":{\"replicas\":9},\"status\":{\"replicas\":1,\"observedGeneration\":1}}").body();
        assertThat(Json.at(status, "status", "replicas").asInt()).isEqualTo(1);
        assertThat(Json.at(status, "spec", "replicas").asInt()).isEqualTo(1);
        JsonNode spec = api.patch(DEPLOYMENTS + "/web", "application/merge-patch+json", "{\"spec\":{\"replicas\":2},\"status\":{\"replicas\":5}}").body();
        assertThat(Json.at(spec, "status", "replicas").asInt()).isEqualTo(1);
        assertThat(Json.at(spec, "metadata", "generation").asInt()).isEqualTo(2);
    }

    @Test
    void scaleIsASmallViewOfAWorkload() {
        api.send("POST", DEPLOYMENTS, DEPLOYMENT);
        JsonNode scale = api.send("GET", DEPLOYMENTS + "/web/scale", null).body();
        assertThat(Json.text(scale, "kind")).isEqualTo("Scale");
        assertThat(Json.text(scale, "status", "selector")).isEqualTo("app=web");
        api.client.apps().deployments().inNamespace("default").withName("web").scale(3);
        assertThat(api.client.apps().deployments().inNamespace("default").withName("web").get().getSpec().getReplicas()).isEqualTo(3);
        assertThat(api.patch(DEPLOYMENTS + "/web/scale", "application/merge-patch+json", "{\"spec\":{\"replicas\":4}}").body().path("spec").path("replicas").asInt())
                .isEqualTo(4);
        assertThat(Json.at(api.send("GET", DEPLOYMENTS + "/web", null).body(), "metadata", "generation").asInt()).isEqualTo(3);
        assertThat(api.patch(DEPLOYMENTS + "/web/scale", "application/merge-patch+json", "{\"spec\":{\"replicas\":-1}}").code()).isEqualTo(422);
    }

    @Test
    void aScaleThatNamesNoRevisionHoldsWhateverElseIsWritten() throws Exception {
        api.send("POST", DEPLOYMENTS, DEPLOYMENT);
        Thread others = Thread.ofVirtual().start(() -> {
            for (int i = 0; i < 200; i++) {
                api.patch(DEPLOYMENTS + "/web", "application/merge-patch+json", "{\"metadata\":{\"annotations\":{\"n\":\"" + i + "\"}}}");
            }
        });
        int replicas = 1;
        do {
            replicas++;
            String scale = "{apiVersion: autoscaling/v1, kind: Scale, metadata: {name: web}, spec: {replicas: " + replicas + "}}";
            assertThat(api.send("PUT", DEPLOYMENTS + "/web/scale", scale).code()).isEqualTo(200);
        } while (others.isAlive());
        others.join();
        assertThat(Json.at(api.send("GET", DEPLOYMENTS + "/web", null).body(), "spec", "replicas").asInt()).isEqualTo(replicas);
        String stale = "{apiVersion: autoscaling/v1, kind: Scale, metadata: {name: web, resourceVersion: '1'}, spec: {replicas: 1}}";
        assertThat(api.send("PUT", DEPLOYMENTS + "/web/scale", stale).code()).isEqualTo(409);
    }

    @Test
    void anUpdateThatChangesNothingIsNotWritten() {
        JsonNode created = api.send("POST", DEPLOYMENTS, DEPLOYMENT).body();
        JsonNode same = api.patch(DEPLOYMENTS + "/web", "application/merge-patch+json", "{\"spec\":{\"replicas\":1}}").body();
        assertThat(Json.at(same, "metadata", "resourceVersion")).isEqualTo(Json.at(created, "metadata", "resourceVersion"));
    }

    private static String service(String name, String spec) {
        return "{apiVersion: v1, kind: Service, metadata: {name: " + name + "}, spec: {selector: {app: p}, ports: [{port: 80, protocol: TCP}], " + spec + "}}";
    }

    @Test
    void servicesGetAddressesAndPorts() {
        JsonNode kubernetes = api.send("GET", SERVICES + "/kubernetes", null).body();
        assertThat(Json.text(kubernetes, "spec", "clusterIP")).isEqualTo("10.43.0.1");
        JsonNode slice = api.send("GET", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes", null).body();
        assertThat(slice.path("endpoints").path(0).path("addresses").path(0).asText()).isEqualTo("192.0.2.1");
        JsonNode a = api.send("POST", SERVICES, service("a", "type: ClusterIP")).body();
        assertThat(Json.text(a, "spec", "clusterIP")).startsWith("10.43.");
        assertThat(Json.at(a, "spec", "clusterIPs").path(0)).isEqualTo(Json.at(a, "spec", "clusterIP"));
        var taken = api.send("POST", SERVICES, service("b", "clusterIP: 10.43.0.1"));
        assertThat(taken.code()).isEqualTo(422);
        assertThat(Json.text(taken.body(), "message")).isEqualTo("Service \"b\" is invalid: spec.clusterIPs: Invalid value: [\"10.43.0.1\"]:"
                + " failed to allocate IP 10.43.0.1: provided IP is already allocated");
        assertThat(api.send("POST", SERVICES, service("b", "clusterIP: 10.44.0.1")).code()).isEqualTo(422);
        assertThat(Json.text(api.send("POST", SERVICES, service("headless", "clusterIP: None")).body(), "spec", "clusterIP")).isEqualTo("None");
        assertThat(Json.text(api.send("POST", SERVICES, service("dns", "clusterIP: 10.43.0.10")).body(), "spec", "clusterIP")).isEqualTo("10.43.0.10");
        JsonNode node = api.send("POST", SERVICES, service("node", "type: NodePort")).body();
        int port = Json.at(node, "spec", "ports").path(0).path("nodePort").asInt();
        assertThat(port).isBetween(30000, 32767);
        JsonNode kept = api.patch(SERVICES + "/node", "application/merge-patch+json", "{\"spec\":{\"ports\":[{\"port\":80,\"protocol\":\"TCP\",\"name\":\"x\"}]}}").body();
        assertThat(Json.at(kept, "spec", "ports").path(0).path("nodePort").asInt()).isEqualTo(port);
        JsonNode inside = api.patch(SERVICES + "/node", "application/strategic-merge-patch+json", "{\"spec\":{\"type\":\"ClusterIP\"}}").body();
        assertThat(Json.text(inside, "spec", "type")).as(inside.toString()).isEqualTo("ClusterIP");
        assertThat(Json.at(inside, "spec", "ports").path(0).has("nodePort")).isFalse();
        assertThat(inside.path("spec").has("externalTrafficPolicy")).isFalse();
        assertThat(Json.text(inside, "spec", "clusterIP")).isEqualTo(Json.text(node, "spec", "clusterIP"));
        // what a deleted service held is free again
        assertThat(api.send("DELETE", SERVICES + "/dns", null).code()).isEqualTo(200);
        assertThat(api.send("POST", SERVICES, service("dns2", "clusterIP: 10.43.0.10")).code()).isEqualTo(201);
    }

    @Test
    void aSecondStartWritesNothing() {
        String before = Json.text(api.send("GET", "/api/v1/namespaces?limit=1", null).body(), "metadata", "resourceVersion");
        api.close();
        start();
        assertThat(Json.text(api.send("GET", "/api/v1/namespaces?limit=1", null).body(), "metadata", "resourceVersion")).isEqualTo(before);
    }

    @Test
    void aNamespaceGoesWhenItIsFinalized() {
        api.send("POST", "/api/v1/namespaces", "{apiVersion: v1, kind: Namespace, metadata: {name: gone}}");
        JsonNode going = api.send("DELETE", "/api/v1/namespaces/gone", null).body();
        assertThat(Json.text(going, "status", "phase")).isEqualTo("Terminating");
        var late = api.send("POST", "/api/v1/namespaces/gone/configmaps", "{apiVersion: v1, kind: ConfigMap, metadata: {name: late}}");
        assertThat(late.code()).isEqualTo(403);
        assertThat(Json.text(late.body(), "message")).isEqualTo(
                "configmaps \"late\" is forbidden: unable to create new content in namespace gone because it is being terminated");
        assertThat(late.body().path("details").path("causes").path(0).path("reason").asText()).isEqualTo("NamespaceTerminating");
        api.send("PUT", "/api/v1/namespaces/gone/finalize", "{apiVersion: v1, kind: Namespace, metadata: {name: gone}, spec: {finalizers: []}}");
        assertThat(api.send("GET", "/api/v1/namespaces/gone", null).code()).isEqualTo(404);
        assertThat(api.send("DELETE", "/api/v1/namespaces/default", null).code()).isEqualTo(403);
    }

    @Test
    void evictionAsksTheBudget() {
        api.send("POST", PODS, POD);
        api.send("POST", PODS + "/p/binding", "{target: {kind: Node, name: n1}}");
        api.patch(PODS + "/p/status", "application/merge-patch+json",
                "{\"status\":{\"phase\":\"Running\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}");
        String budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
        api.send("POST", budgets, "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: b}, spec: {minAvailable: 1, selector: {matchLabels: {app: p}}}}");
        String status = "{\"status\":{\"observedGeneration\":1,\"disruptionsAllowed\":0,\"currentHealthy\":1,\"desiredHealthy\":1,\"expectedPods\":1}}";
        api.patch(budgets + "/b/status", "application/merge-patch+json", status);
        String eviction = "{apiVersion: policy/v1, kind: Eviction, metadata: {name: p}}";
        var refused = api.send("POST", PODS + "/p/eviction", eviction);
        assertThat(refused.code()).isEqualTo(429);
        assertThat(Json.text(refused.body(), "message")).isEqualTo("Cannot evict pod as it would violate the pod's disruption budget.");
        api.patch(budgets + "/b/status", "application/merge-patch+json", status.replace("Allowed\":0", "Allowed\":1"));
        assertThat(api.send("POST", PODS + "/p/eviction", eviction).code()).isEqualTo(201);
        assertThat(Json.at(api.send("GET", PODS + "/p", null).body(), "metadata", "deletionTimestamp").isTextual()).isTrue();
        assertThat(Json.at(api.send("GET", budgets + "/b", null).body(), "status", "disruptionsAllowed").asInt()).isZero();
    }

    @Test
    void collectionsAreDeletedBySelector() {
        for (String name : List.of("a", "b", "c")) {
            api.send("POST", "/api/v1/namespaces/default/configmaps", "{metadata: {name: " + name + ", labels: {odd: '" + !name.equals("b") + "'}}}");
        }
        JsonNode deleted = api.send("DELETE", "/api/v1/namespaces/default/configmaps?labelSelector=odd%3Dtrue", null).body();
        assertThat(deleted.path("items")).hasSize(2);
        assertThat(api.client.configMaps().inNamespace("default").list().getItems()).extracting(m -> m.getMetadata().getName()).containsExactly("b");
    }

    @Test
    void fieldSelectorsReadPods() {
        api.send("POST", PODS, POD);
        assertThat(api.send("GET", PODS + "?fieldSelector=spec.nodeName%3D,status.phase%3DPending", null).body().path("items")).hasSize(1);
        assertThat(api.send("GET", PODS + "?fieldSelector=spec.nodeName%3Dn1", null).body().path("items")).isEmpty();
        assertThat(api.send("GET", PODS + "?fieldSelector=spec.foo%3Dn1", null).code()).isEqualTo(400);
    }

    @Test
    void dryRunChangesNothing() {
        assertThat(api.send("POST", PODS + "?dryRun=All", POD).code()).isEqualTo(201);
        assertThat(api.send("GET", PODS + "/p", null).code()).isEqualTo(404);
    }

    @Test
    void discoveryHealthAndVersion() {
        assertThat(Json.text(api.send("GET", "/version", null).body(), "minor")).isEqualTo("33");
        assertThat(api.send("GET", "/readyz?verbose", null).body().asText()).contains("[+]etcd ok\n").endsWith("readyz check passed\n");
        assertThat(api.send("GET", "/livez/ping", null).body().asText()).isEqualTo("ok");
        assertThat(api.send("GET", "/api/v1", null).body().path("resources").findValuesAsText("name")).contains("pods", "pods/log", "services");
        assertThat(api.send("GET", "/apis/apps/v1", null).body().path("resources").findValuesAsText("name")).contains("deployments/scale");
        assertThat(api.send("GET", "/apis/nope/v1", null).code()).isEqualTo(404);
        var aggregated = api.get("/apis", Map.of("Accept", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"));
        assertThat(Json.text(aggregated.body(), "kind")).isEqualTo("APIGroupDiscoveryList");
        assertThat(api.send("GET", "/metrics", null).body().asText()).contains("apiserver_storage_objects{resource=\"namespaces\"} 4\n");
    }

    @Test
    void tablesAndMetadataOnly() {
        api.send("POST", PODS, POD);
        JsonNode table = api.get(PODS, Map.of("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json")).body();
        assertThat(Json.text(table, "kind")).isEqualTo("Table");
        assertThat(table.path("rows")).hasSize(1);
        JsonNode partial = api.get(PODS, Map.of("Accept", "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io")).body();
        assertThat(Json.text(partial, "kind")).isEqualTo("PartialObjectMetadataList");
        assertThat(partial.path("items").path(0).has("spec")).isFalse();
        assertThat(api.get(PODS, Map.of("Accept", "application/vnd.kubernetes.protobuf")).code()).isEqualTo(406);
        assertThat(api.get(PODS, Map.of("Accept", "application/vnd.kubernetes.protobuf,application/json")).code()).isEqualTo(200);
    }

    @Test
    void quantitiesAreCanonical() {
        JsonNode pod = api.send("POST", PODS, POD.replace("image: busybox", "image: busybox, resources: {limits: {cpu: 0.5, memory: 1024Ki}}")).body();
        JsonNode resources = Json.at(pod, "spec", "containers").path(0).path("resources");
        assertThat(Json.text(resources, "limits", "cpu")).isEqualTo("500m");
        assertThat(Json.text(resources, "limits", "memory")).isEqualTo("1Mi");
        assertThat(Json.text(resources, "requests", "cpu")).isEqualTo("500m");
        assertThat(Json.text(pod, "status", "qosClass")).isEqualTo("Guaranteed");
    }

    @Test
    void eventsExpire() throws Exception {
        // one that is old already when the server starts, one that is not
        String event = "{metadata: {name: %s}, involvedObject: {kind: Pod, name: p, namespace: default}, reason: r, message: m, type: Normal, lastTimestamp: '%s'}";
        String events = "/api/v1/namespaces/default/events";
        assertThat(api.send("POST", events, event.formatted("old", "2020-01-01T00:00:00Z")).code()).isEqualTo(201);
        api.send("POST", events, event.formatted("new", Instant.now().truncatedTo(ChronoUnit.SECONDS)));
        api.close();
        start();
        Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> api.send("GET", events + "/old", null).code() == 404);
        assertThat(api.send("GET", events + "/new", null).code()).isEqualTo(200);
    }

    @Test
    void nothingIsAskedOfARevisionThatIsNotThere() {
        String far = Long.toString(Long.parseLong(Json.text(api.send("GET", PODS, null).body(), "metadata", "resourceVersion")) + 1_000_000);
        var answer = api.send("GET", PODS + "?watch=true&resourceVersion=" + far, null);
        assertThat(answer.code()).isEqualTo(504);
        assertThat(Json.text(answer.body(), "message")).startsWith("Timeout: Too large resource version: " + far + ", current: ");
    }

    @Test
    void aJobSelectsItsOwnPods() {
        String jobs = "/apis/batch/v1/namespaces/default/jobs";
        String job = "{apiVersion: batch/v1, kind: Job, metadata: {name: j}, spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: busybox}]}}}}";
        JsonNode made = api.send("POST", jobs, job).body();
        String uid = Json.text(made, "metadata", "uid");
        assertThat(Json.at(made, "spec", "selector")).isEqualTo(Json.parse("{\"matchLabels\":{\"batch.kubernetes.io/controller-uid\":\"" + uid + "\"}}"));
        JsonNode labels = Json.at(made, "spec", "template", "metadata", "labels");
        assertThat(labels).isEqualTo(Json.object().put("job-name", "j").put("batch.kubernetes.io/job-name", "j")
                .put("controller-uid", uid).put("batch.kubernetes.io/controller-uid", uid));
        assertThat(LabelSelector.of(Json.at(made, "spec", "selector")).matches(labels)).isTrue();

        String own = job.replace("name: j", "name: k").replace("spec: {template: {", "spec: {selector: {matchLabels: {app: k}}, template: {metadata: {labels: {app: k}}, ");
        var refused = api.send("POST", jobs, own);
        assertThat(refused.code()).isEqualTo(422);
        assertThat(Json.text(refused.body(), "message")).contains("spec.selector").endsWith("`selector` not auto-generated");
        JsonNode manual = api.send("POST", jobs, own.replace("spec: {selector", "spec: {manualSelector: true, selector")).body();
        assertThat(Json.at(manual, "spec", "selector")).isEqualTo(Json.parse("{\"matchLabels\":{\"app\":\"k\"}}"));
        assertThat(Json.at(manual, "spec", "template", "metadata", "labels")).isEqualTo(Json.parse("{\"app\":\"k\"}"));
        var none = api.send("POST", jobs, job.replace("name: j", "name: l").replace("spec: {template", "spec: {manualSelector: true, template"));
        assertThat(Json.text(none.body(), "message")).contains("spec.selector: Required value");
        var wrong = api.send("POST", jobs, job.replace("name: j", "name: m").replace("template: {", "template: {metadata: {labels: {job-name: other}}, "));
        assertThat(Json.text(wrong.body(), "message")).contains("spec.template.metadata.labels[job-name]: Invalid value").endsWith("must be 'm'");
    }
}
