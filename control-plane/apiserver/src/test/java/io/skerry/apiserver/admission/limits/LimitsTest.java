package io.skerry.apiserver.admission.limits;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.yaml.Yaml;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** LimitRanges and ResourceQuotas, in upstream's words. */
class LimitsTest {
    private static final String CORE = "/api/v1/namespaces/default/";

    @TempDir
    Path folder;
    TestServer api;

    @BeforeEach
    void start() {
        api = new TestServer(folder);
    }

    @AfterEach
    void stop() {
        api.close();
    }

    private static JsonNode made(DirectCall.Answer answer) {
        assertThat(answer.code()).as(answer.body().toString()).isEqualTo(201);
        return answer.body();
    }

    private DirectCall.Answer pod(String name, String resources) {
        return api.send("POST", CORE + "pods", "{apiVersion: v1, kind: Pod, metadata: {name: " + name + "}, spec: {containers: [{name: c, image: i, resources: " + resources + "}]}}");
    }

    private static String message(DirectCall.Answer answer) {
        assertThat(answer.code()).as(answer.body().toString()).isEqualTo(403);
        return Json.text(answer.body(), "message");
    }

    private void limit(String limits) {
        made(api.send("POST", CORE + "limitranges", "{apiVersion: v1, kind: LimitRange, metadata: {name: limits}, spec: {limits: " + limits + "}}"));
    }

    private void quota(String name, String spec) {
        made(api.send("POST", CORE + "resourcequotas", "{apiVersion: v1, kind: ResourceQuota, metadata: {name: " + name + "}, spec: " + spec + "}"));
    }

    private String used(String quota, String name) {
        return Json.text(api.send("GET", CORE + "resourcequotas/" + quota, null).body(), "status", "used", name);
    }

    @Test
    void limitRangesFillInAndRefuse() {
        limit("[{type: Container, default: {cpu: 500m}, defaultRequest: {cpu: 100m}, min: {memory: 10Mi}, max: {cpu: '1', memory: 1Gi}, maxLimitRequestRatio: {cpu: '5'}}]");
        JsonNode filled = made(pod("a", "{limits: {memory: 100Mi}}"));
        JsonNode resources = Json.at(filled, "spec", "containers").get(0).path("resources");
        assertThat(Json.text(resources, "limits", "cpu")).isEqualTo("500m");
        assertThat(Json.text(resources, "requests", "cpu")).isEqualTo("100m");
        assertThat(Json.text(filled, "metadata", "annotations", "kubernetes.io/limit-ranger")).startsWith("LimitRanger plugin set: cpu request for container c; cpu");
        assertThat(message(pod("b", "{limits: {cpu: '2', memory: 2Gi}, requests: {cpu: '1'}}"))).isEqualTo("pods \"b\" is forbidden: ["
                + "maximum cpu usage per Container is 1, but limit is 2, maximum memory usage per Container is 1Gi, but limit is 2Gi]");
        assertThat(message(pod("b", "{limits: {memory: 1Mi}}"))).isEqualTo("pods \"b\" is forbidden: minimum memory usage per Container is 10Mi, but request is 1Mi");
        assertThat(message(pod("b", "{limits: {cpu: '1', memory: 1Gi}, requests: {cpu: 100m}}")))
                .isEqualTo("pods \"b\" is forbidden: cpu max limit to request ratio per Container is 5, but provided ratio is 10.000000");
        assertThat(api.send("GET", CORE + "pods/b", null).code()).isEqualTo(404);
    }

    @Test
    void claimsAndWholePodsHaveLimitsToo() {
        limit("[{type: PersistentVolumeClaim, max: {storage: 1Gi}}, {type: Pod, max: {cpu: '1'}}]");
        String claim = "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: v}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: %s}}}}";
        assertThat(message(api.send("POST", CORE + "persistentvolumeclaims", claim.formatted("2Gi"))))
                .isEqualTo("persistentvolumeclaims \"v\" is forbidden: maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi");
        made(api.send("POST", CORE + "persistentvolumeclaims", claim.formatted("1Gi")));
        assertThat(message(pod("a", "{}"))).isEqualTo("pods \"a\" is forbidden: maximum cpu usage per Pod is 1.  No limit is specified");
    }

    @Test
    void quotasAreBookedAndGivenBack() {
        quota("compute", "{hard: {requests.cpu: '1', pods: '3', count/configmaps: '1'}}");
        assertThat(message(pod("a", "{}"))).isEqualTo("pods \"a\" is forbidden: failed quota: compute: must specify requests.cpu for: c");
        made(pod("a", "{requests: {cpu: 600m}}"));
        assertThat(used("compute", "requests.cpu")).isEqualTo("600m");
        assertThat(message(pod("b", "{requests: {cpu: 500m}}")))
                .isEqualTo("pods \"b\" is forbidden: exceeded quota: compute, requested: requests.cpu=500m, used: requests.cpu=600m, limited: requests.cpu=1");
        assertThat(api.send("POST", CORE + "pods?dryRun=All", "{apiVersion: v1, kind: Pod, metadata: {name: d}, spec: {containers: [{name: c, image: i, resources: {requests: {cpu: 100m}}}]}}").code())
                .isEqualTo(201);
        assertThat(used("compute", "pods")).as("a dry run books nothing").isEqualTo("1");
        made(api.send("POST", CORE + "configmaps", "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}"));
        assertThat(message(api.send("POST", CORE + "configmaps", "{apiVersion: v1, kind: ConfigMap, metadata: {name: b}}")))
                .isEqualTo("configmaps \"b\" is forbidden: exceeded quota: compute, requested: count/configmaps=1, used: count/configmaps=1, limited: count/configmaps=1");
        assertThat(api.send("DELETE", CORE + "pods/a?gracePeriodSeconds=0", null).code()).isEqualTo(200);
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> used("compute", "requests.cpu").equals("0"));
        made(pod("b", "{requests: {cpu: '1'}}"));
    }

    @Test
    void resizesAreLimitedAndBooked() {
        limit("[{type: Container, max: {cpu: '1'}}]");
        quota("compute", "{hard: {requests.cpu: '1', limits.cpu: '2'}}");
        made(pod("a", "{requests: {cpu: 100m}, limits: {cpu: 200m}}"));
        assertThat(message(resize("{requests: {cpu: 100m}, limits: {cpu: 1100m}}"))).isEqualTo("pods \"a\" is forbidden: maximum cpu usage per Container is 1, but limit is 1100m");
        made(pod("b", "{requests: {cpu: 500m}, limits: {cpu: 600m}}"));
        assertThat(message(resize("{requests: {cpu: 600m}, limits: {cpu: 700m}}")))
                .isEqualTo("pods \"a\" is forbidden: exceeded quota: compute, requested: requests.cpu=500m, used: requests.cpu=600m, limited: requests.cpu=1");
        assertThat(resize("{requests: {cpu: 500m}, limits: {cpu: 700m}}").code()).isEqualTo(200);
        assertThat(used("compute", "requests.cpu")).isEqualTo("1");
        assertThat(used("compute", "limits.cpu")).isEqualTo("1300m");

        String status = "{status: {conditions: [%s], containerStatuses: [{name: c, image: i, imageID: '', ready: true, restartCount: 0, state: {running: {}}, allocatedResources: {cpu: 500m},"
                + " resources: {requests: {cpu: 500m}, limits: {cpu: 700m}}}]}}";
        assertThat(patch("pods/a/status", status.formatted("")).code()).isEqualTo(200);
        assertThat(resize("{requests: {cpu: 100m}, limits: {cpu: 200m}}").code()).isEqualTo(200);
        assertThat(message(pod("c", "{requests: {cpu: 100m}, limits: {cpu: 200m}}"))).as("the node has not given it back yet").contains("exceeded quota: compute");
    }

    private DirectCall.Answer resize(String resources) {
        return patch("pods/a/resize", "{spec: {containers: [{name: c, resources: " + resources + "}]}}");
    }

    private DirectCall.Answer patch(String path, String yaml) {
        return api.patch(CORE + path, "application/strategic-merge-patch+json", Json.string(Yaml.parseAll(yaml, "test").getFirst().root()));
    }

    @Test
    void concurrentWritersNeverExceedAQuota() throws Exception {
        quota("few", "{hard: {count/configmaps: '10'}}");
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var tasks = IntStream.range(0, 30).<Callable<Integer>>mapToObj(i -> () ->
                    api.send("POST", CORE + "configmaps", "{apiVersion: v1, kind: ConfigMap, metadata: {name: m" + i + "}}").code()).toList();
            long made = 0;
            for (var future : executor.invokeAll(tasks)) {
                made += future.get() == 201 ? 1 : 0;
            }
            assertThat(made).isEqualTo(10);
        }
        assertThat(api.send("GET", CORE + "configmaps", null).body().path("items")).hasSize(10);
    }

    @Test
    void scopesNarrowAndStatusIsFilled() {
        made(api.send("POST", CORE + "services", "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {type: NodePort, ports: [{port: 80}]}}"));
        quota("services", "{hard: {services: '5', services.nodeports: '1'}}");
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> used("services", "services.nodeports").equals("1"));
        assertThat(message(api.send("POST", CORE + "services", "{apiVersion: v1, kind: Service, metadata: {name: t}, spec: {type: NodePort, ports: [{port: 80}]}}")))
                .contains("exceeded quota: services, requested: services.nodeports=1, used: services.nodeports=1, limited: services.nodeports=1");
        quota("best", "{hard: {pods: '1'}, scopes: [BestEffort]}");
        made(pod("a", "{}"));
        assertThat(message(pod("b", "{}"))).contains("exceeded quota: best");
        made(pod("c", "{requests: {cpu: 1m}}"));
    }

    @Test
    void claimsGetTheDefaultStorageClass() {
        String claim = "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: %s}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}%s}}";
        assertThat(Json.at(made(api.send("POST", CORE + "persistentvolumeclaims", claim.formatted("a", ""))), "spec").has("storageClassName")).isFalse();
        made(api.send("POST", "/apis/storage.k8s.io/v1/storageclasses",
                "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: local, annotations: {storageclass.kubernetes.io/is-default-class: 'true'}}, provisioner: x}"));
        assertThat(Json.text(made(api.send("POST", CORE + "persistentvolumeclaims", claim.formatted("b", ""))), "spec", "storageClassName")).isEqualTo("local");
        assertThat(Json.text(made(api.send("POST", CORE + "persistentvolumeclaims", claim.formatted("c", ", storageClassName: ''"))), "spec", "storageClassName")).isEmpty();
    }

    @Test
    void whatWasBookedAndNeverWrittenIsGivenBack() {
        quota("few", "{hard: {count/configmaps: '5'}}");
        String map = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}";
        made(api.send("POST", CORE + "configmaps", map));
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> used("few", "count/configmaps").equals("1"));
        for (int i = 0; i < 3; i++) {
            assertThat(api.send("POST", CORE + "configmaps", map).code()).isEqualTo(409);
        }
        assertThat(used("few", "count/configmaps")).isEqualTo("4");
        Awaitility.await().atMost(Duration.ofSeconds(15)).until(() -> used("few", "count/configmaps").equals("1"));
    }

    @Test
    void aStartCountsAnew() {
        quota("few", "{hard: {count/configmaps: '5'}}");
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> used("few", "count/configmaps").equals("0"));
        // as when the power fails between the booking and what was booked
        assertThat(api.send("POST", CORE + "configmaps", "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}").code()).isEqualTo(201);
        assertThat(api.send("POST", CORE + "configmaps", "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}").code()).isEqualTo(409);
        assertThat(used("few", "count/configmaps")).isEqualTo("2");
        api.close();
        api = new TestServer(folder);
        Awaitility.await().atMost(Duration.ofSeconds(4)).until(() -> used("few", "count/configmaps").equals("1"));
    }
}
