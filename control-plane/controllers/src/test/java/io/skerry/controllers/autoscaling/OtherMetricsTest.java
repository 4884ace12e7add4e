package io.skerry.controllers.autoscaling;

import static io.skerry.controllers.TestCluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.skerry.apiserver.pki.ClusterPki;
import io.skerry.apiserver.pki.Pem;
import io.skerry.controllers.TestCluster;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Metrics of a server behind the aggregation layer, as an adapter of Prometheus is: over TLS, found by its APIServices. */
class OtherMetricsTest {
    private static final String CUSTOM = "/apis/custom.metrics.k8s.io/v1beta2", EXTERNAL = "/apis/external.metrics.k8s.io/v1beta1";

    @TempDir Path folder;
    private TestCluster cluster;
    private HttpsServer adapter;
    /** What the adapter answers, by path and query. */
    private final Map<String, String> answers = new ConcurrentHashMap<>();

    @BeforeEach void start() throws Exception {
        cluster = new TestCluster(folder, i -> List.of(new HorizontalPodAutoscalerController(i, AutoscalerOptions.DEFAULTS.withSyncPeriod(Duration.ofMillis(200)))));
        cluster.server.aggregate(ClusterPki.ensure(folder.resolve("pki"), List.of("127.0.0.1"), Clock.systemUTC()));
        ClusterPki own = ClusterPki.ensure(folder.resolve("adapter"), List.of("localhost"), Clock.systemUTC());
        KeyStore keys = KeyStore.getInstance("PKCS12");
        keys.load(null, null);
        keys.setKeyEntry("x", Pem.ecKey(own.servingKey()), new char[0], new Certificate[] {Pem.certificate(own.servingCertificate())});
        KeyManagerFactory managers = KeyManagerFactory.getInstance("PKIX");
        managers.init(keys, new char[0]);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(managers.getKeyManagers(), null, null);
        adapter = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        adapter.setHttpsConfigurator(new HttpsConfigurator(tls));
        adapter.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        adapter.createContext("/", exchange -> {
            String answer = answers.get(exchange.getRequestURI().toString());
            byte[] body = (answer == null ? "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"reason\":\"NotFound\",\"code\":404}" : answer).getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(answer == null ? 404 : 200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        adapter.start();
        for (String group : List.of("custom", "external")) {
            answers.put("/apis/" + group + ".metrics.k8s.io/" + (group.equals("custom") ? "v1beta2" : "v1beta1"),
                "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":\"" + group + ".metrics.k8s.io/" + (group.equals("custom") ? "v1beta2" : "v1beta1") + "\",\"resources\":[]}");
        }
    }

    @AfterEach void stop() {
        cluster.close();
        adapter.stop(0);
    }

    private void register() {
        cluster.apply("{apiVersion: v1, kind: Service, metadata: {name: adapter, namespace: kube-system}, spec: {type: ExternalName, externalName: localhost}}");
        for (String group : List.of("v1beta2.custom", "v1beta1.external")) {
            String version = group.substring(0, group.indexOf('.')), name = group.substring(group.indexOf('.') + 1) + ".metrics.k8s.io";
            cluster.apply("{apiVersion: apiregistration.k8s.io/v1, kind: APIService, metadata: {name: " + version + "." + name + "}, spec: {group: " + name + ", version: " + version
                + ", groupPriorityMinimum: 100, versionPriority: 100, insecureSkipTLSVerify: true, service: {namespace: kube-system, name: adapter, port: " + adapter.getAddress().getPort() + "}}}");
        }
    }

    private static String values(String... objects) {
        String time = Instant.now().toString();
        StringBuilder items = new StringBuilder();
        for (int i = 0; i < objects.length; i += 2) items.append(i == 0 ? "" : ",").append("{\"describedObject\":{\"kind\":\"Pod\",\"namespace\":\"default\",\"name\":\"" + objects[i]
            + "\"},\"metric\":{\"name\":\"x\"},\"timestamp\":\"" + time + "\",\"value\":\"" + objects[i + 1] + "\"}");
        return "{\"kind\":\"MetricValueList\",\"apiVersion\":\"custom.metrics.k8s.io/v1beta2\",\"items\":[" + items + "]}";
    }

    /** A ReplicaSet that nobody looks after, with two ready pods, and its autoscaler. @param metrics its spec.metrics */
    private void scene(String metrics) {
        cluster.apply("{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: web, namespace: default}, spec: {replicas: 2, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: i}]}}}}");
        for (String name : List.of("a", "b")) {
            cluster.apply("{apiVersion: v1, kind: Pod, metadata: {name: " + name + ", namespace: default, labels: {app: web}}, spec: {containers: [{name: c, image: i}]}}");
        }
        cluster.pods().forEach(p -> cluster.ready(p, true));
        cluster.apply("{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web, namespace: default}, spec: {scaleTargetRef: {apiVersion: apps/v1, kind: ReplicaSet, name: web}, maxReplicas: 9, metrics: [" + metrics + "]}}");
    }

    private HorizontalPodAutoscaler get() {
        return cluster.client.autoscaling().v2().horizontalPodAutoscalers().inNamespace("default").withName("web").get();
    }

    private void scaledTo(int replicas, String why) {
        eventually(() -> {
            assertThat(cluster.client.apps().replicaSets().inNamespace("default").withName("web").get().getSpec().getReplicas()).isEqualTo(replicas);
            assertThat(get().getStatus().getConditions()).extracting("message").contains("the HPA was able to successfully calculate a replica count from " + why);
        });
    }

    @Test void ofEachPod() {
        scene("{type: Pods, pods: {metric: {name: requests, selector: {matchLabels: {path: home}}}, target: {type: AverageValue, averageValue: '10'}}}");
        eventually(() -> assertThat(cluster.events("FailedGetPodsMetric")).contains("unable to get metric requests: unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered"));
        answers.put(CUSTOM + "/namespaces/default/pods/*/requests?labelSelector=app%3Dweb&metricLabelSelector=path%3Dhome", values("a", "15", "b", "14500m"));
        register();
        scaledTo(3, "pods metric requests");
        eventually(() -> assertThat(get().getStatus().getCurrentMetrics().getFirst().getPods().getCurrent().getAverageValue().toString()).isEqualTo("14750m"));
    }

    @Test void ofAnotherObject() {
        answers.put(CUSTOM + "/namespaces/default/services/door/queue?metricLabelSelector=", values("door", "40"));
        answers.put(CUSTOM + "/namespaces/default/metrics/load?metricLabelSelector=", values("default", "1"));
        register();
        scene("{type: Object, object: {describedObject: {apiVersion: v1, kind: Service, name: door}, metric: {name: queue}, target: {type: Value, value: '20'}}}, "
            + "{type: Object, object: {describedObject: {apiVersion: v1, kind: Namespace, name: default}, metric: {name: load}, target: {type: AverageValue, averageValue: '1'}}}");
        scaledTo(4, "Service metric queue");
        eventually(() -> {
            assertThat(get().getStatus().getCurrentMetrics().getFirst().getObject().getCurrent().getValue().toString()).isEqualTo("40");
            assertThat(get().getStatus().getCurrentMetrics().getLast().getObject().getDescribedObject().getName()).isEqualTo("default");
        });
    }

    @Test void fromOutside() {
        answers.put(EXTERNAL + "/namespaces/default/jobs?labelSelector=queue%3Din", "{\"kind\":\"ExternalMetricValueList\",\"apiVersion\":\"external.metrics.k8s.io/v1beta1\",\"items\":[{\"metricName\":\"jobs\",\"metricLabels\":{},\"timestamp\":\""
            + Instant.now() + "\",\"value\":\"30\"},{\"metricName\":\"jobs\",\"metricLabels\":{},\"timestamp\":\"" + Instant.now() + "\",\"value\":\"12\"}]}");
        scene("{type: External, external: {metric: {name: jobs, selector: {matchLabels: {queue: in}}}, target: {type: Value, value: '21'}}}");
        eventually(() -> assertThat(cluster.events("FailedGetExternalMetric")).contains("unable to get external metric default/jobs/queue=in: "
            + "unable to fetch metrics from external metrics API: the server could not find the requested resource"));
        register();
        scaledTo(4, "external metric jobs(queue=in)");
        eventually(() -> assertThat(get().getStatus().getCurrentMetrics().getFirst().getExternal().getCurrent().getValue().toString()).isEqualTo("42"));
    }
}
