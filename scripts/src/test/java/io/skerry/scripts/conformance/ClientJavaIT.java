package io.skerry.scripts.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonParser;
import com.google.gson.reflect.TypeToken;
import io.kubernetes.client.Exec;
import io.kubernetes.client.PodLogs;
import io.kubernetes.client.PortForward;
import io.kubernetes.client.custom.Quantity;
import io.kubernetes.client.custom.V1Patch;
import io.kubernetes.client.extended.leaderelection.LeaderElectionConfig;
import io.kubernetes.client.extended.leaderelection.LeaderElector;
import io.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import io.kubernetes.client.informer.ResourceEventHandler;
import io.kubernetes.client.informer.SharedInformerFactory;
import io.kubernetes.client.openapi.ApiClient;
import io.kubernetes.client.openapi.ApiException;
import io.kubernetes.client.openapi.apis.CoreV1Api;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1ConfigMapList;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1PersistentVolumeClaim;
import io.kubernetes.client.openapi.models.V1PersistentVolumeClaimSpec;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServicePort;
import io.kubernetes.client.openapi.models.V1ServiceSpec;
import io.kubernetes.client.openapi.models.V1VolumeResourceRequirements;
import io.kubernetes.client.util.Config;
import io.kubernetes.client.util.PatchUtils;
import io.kubernetes.client.util.Watch;
import io.kubernetes.client.util.generic.GenericKubernetesApi;
import io.kubernetes.client.util.generic.dynamic.DynamicKubernetesApi;
import io.kubernetes.client.util.generic.dynamic.DynamicKubernetesObject;
import io.skerry.scripts.DemoStack;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The official Java client. */
@Client("io.kubernetes:client-java")
class ClientJavaIT {
    private static final String SPACE = "client-java";
    private static Scene scene;
    private static ApiClient client;
    private static CoreV1Api core;

    @BeforeAll
    static void connect(DemoStack stack) throws Exception {
        scene = new Scene(stack, SPACE);
        scene.pod("box");
        client = Config.fromConfig(stack.kubeconfig().toString());
        client.setReadTimeout(0);
        core = new CoreV1Api(client);
    }

    @AfterAll
    static void disconnect() throws Exception {
        client.getHttpClient().connectionPool().evictAll();
        client.getHttpClient().dispatcher().executorService().shutdown();
        scene.close();
    }

    private static V1ConfigMap map(String name, String value) {
        return new V1ConfigMap().metadata(new V1ObjectMeta().name(name).namespace(SPACE).putLabelsItem("of", name)).putDataItem("k", value);
    }

    @Test
    @Shows({"typed: create, read, list, replace, delete", "errors as Status"})
    void typed() throws Exception {
        V1ConfigMap created = core.createNamespacedConfigMap(SPACE, map("typed", "1")).execute();
        assertThat(core.listNamespacedConfigMap(SPACE).labelSelector("of=typed").execute().getItems()).hasSize(1);
        core.replaceNamespacedConfigMap("typed", SPACE, created.putDataItem("k", "2")).execute();
        assertThat(core.readNamespacedConfigMap("typed", SPACE).execute().getData()).containsEntry("k", "2");
        assertThat(core.deleteNamespacedConfigMap("typed", SPACE).execute().getStatus()).isEqualTo("Success");
        assertThatThrownBy(() -> core.readNamespacedConfigMap("typed", SPACE).execute()).isInstanceOfSatisfying(ApiException.class,
                e -> assertThat(JsonParser.parseString(e.getResponseBody()).getAsJsonObject().get("reason").getAsString()).isEqualTo("NotFound"));
    }

    /** Of these types a delete answers with the object, which the client insists on. */
    @Test
    void typedDelete() throws Exception {
        core.createNamespacedService(SPACE, new V1Service().metadata(new V1ObjectMeta().name("typed")).spec(new V1ServiceSpec().addPortsItem(new V1ServicePort().port(80)))).execute();
        assertThat(core.deleteNamespacedService("typed", SPACE).execute().getSpec().getPorts()).singleElement().extracting(V1ServicePort::getPort).isEqualTo(80);
        core.createNamespacedPersistentVolumeClaim(SPACE, new V1PersistentVolumeClaim().metadata(new V1ObjectMeta().name("typed")).spec(new V1PersistentVolumeClaimSpec()
                .storageClassName("none").addAccessModesItem("ReadWriteOnce").resources(new V1VolumeResourceRequirements().putRequestsItem("storage", new Quantity("1Mi"))))).execute();
        assertThat(core.deleteNamespacedPersistentVolumeClaim("typed", SPACE).execute().getMetadata().getName()).isEqualTo("typed");
    }

    @Test
    @Shows({"dynamic objects of a custom type"})
    void dynamic() throws Exception {
        scene.apply(Scene.widgets("client-java.example.org"));
        scene.stack.kubectl.out("wait", "crd/widgets.client-java.example.org", "--for=condition=Established", "--timeout=30s");
        try {
            var widgets = new DynamicKubernetesApi("client-java.example.org", "v1", "widgets", client);
            var body = JsonParser.parseString("{\"apiVersion\":\"client-java.example.org/v1\",\"kind\":\"Widget\",\"metadata\":{\"name\":\"w\",\"namespace\":\"client-java\"},\"spec\":{\"colour\":\"red\"}}");
            DynamicKubernetesObject made = widgets.create(new DynamicKubernetesObject(body.getAsJsonObject())).throwsApiException().getObject();
            assertThat(made.getRaw().getAsJsonObject("spec").get("size").getAsInt()).isEqualTo(1);
            assertThat(widgets.list(SPACE).throwsApiException().getObject().getItems()).hasSize(1);
            assertThat(widgets.delete(SPACE, "w").isSuccess()).isTrue();
        } finally {
            scene.stack.kubectl.out("delete", "crd", "widgets.client-java.example.org");
        }
    }

    @Test
    @Shows("watch")
    void watch() throws Exception {
        try (Watch<V1ConfigMap> watch = Watch.createWatch(client, core.listNamespacedConfigMap(SPACE).labelSelector("of=watched").watch(true).buildCall(null),
                new TypeToken<Watch.Response<V1ConfigMap>>() { }.getType())) {
            core.createNamespacedConfigMap(SPACE, map("watched", "1")).execute();
            assertThat(watch.next().type).isEqualTo("ADDED");
            core.deleteNamespacedConfigMap("watched", SPACE).execute();
            assertThat(watch.next().type).isEqualTo("DELETED");
        }
    }

    @Test
    @Shows("informers")
    void informers() throws Exception {
        BlockingQueue<String> seen = new LinkedBlockingQueue<>();
        SharedInformerFactory factory = new SharedInformerFactory(client);
        var informer = factory.sharedIndexInformerFor(new GenericKubernetesApi<>(V1ConfigMap.class, V1ConfigMapList.class, "", "v1", "configmaps", client), V1ConfigMap.class, 0, SPACE);
        informer.addEventHandler(new ResourceEventHandler<>() {
            @Override
            public void onAdd(V1ConfigMap map) {
                note("add", map);
            }

            @Override
            public void onUpdate(V1ConfigMap before, V1ConfigMap after) {
                note("update", after);
            }

            @Override
            public void onDelete(V1ConfigMap map, boolean unknown) {
                note("delete", map);
            }

            private void note(String what, V1ConfigMap map) {
                if (map.getMetadata().getName().equals("informed")) {
                    seen.add(what + " " + map.getData().get("k"));
                }
            }
        });
        factory.startAllRegisteredInformers();
        try {
            core.createNamespacedConfigMap(SPACE, map("informed", "1")).execute();
            assertThat(seen.poll(20, TimeUnit.SECONDS)).isEqualTo("add 1");
            core.replaceNamespacedConfigMap("informed", SPACE, map("informed", "2")).execute();
            assertThat(seen.poll(20, TimeUnit.SECONDS)).isEqualTo("update 2");
            core.deleteNamespacedConfigMap("informed", SPACE).execute();
            assertThat(seen.poll(20, TimeUnit.SECONDS)).isEqualTo("delete 2");
        } finally {
            factory.stopAllRegisteredInformers();
        }
    }

    @Test
    @Shows({"patches: JSON, merge, strategic merge", "server-side apply"})
    void patches() throws Exception {
        core.createNamespacedConfigMap(SPACE, map("patched", "1")).execute();
        for (Map.Entry<String, String> patch : Map.of(V1Patch.PATCH_FORMAT_JSON_PATCH, "[{\"op\":\"add\",\"path\":\"/data/json\",\"value\":\"x\"}]",
                V1Patch.PATCH_FORMAT_JSON_MERGE_PATCH, "{\"data\":{\"merge\":\"x\"}}", V1Patch.PATCH_FORMAT_STRATEGIC_MERGE_PATCH, "{\"data\":{\"strategic\":\"x\"}}").entrySet()) {
            PatchUtils.patch(V1ConfigMap.class, () -> core.patchNamespacedConfigMap("patched", SPACE, new V1Patch(patch.getValue())).buildCall(null), patch.getKey(), client);
        }
        assertThat(core.readNamespacedConfigMap("patched", SPACE).execute().getData()).containsKeys("k", "json", "merge", "strategic");
        PatchUtils.patch(V1ConfigMap.class, () -> core.patchNamespacedConfigMap("applied", SPACE,
                new V1Patch("{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"applied\"},\"data\":{\"k\":\"v\"}}")).fieldManager("test").force(true).buildCall(null),
                V1Patch.PATCH_FORMAT_APPLY_YAML, client);
        // asked of kubectl: since version 22 this client leaves managedFields out of what it reads (kubernetes-client/java issue 3995)
        assertThat(scene.stack.kubectl.out("get", "configmap", "applied", "-n", SPACE, "-o", "jsonpath={.metadata.managedFields[*].manager} {.metadata.managedFields[*].operation}", "--show-managed-fields"))
                .isEqualTo("test Apply");
    }

    @Test
    @Shows({"exec with exit code", "logs"})
    void execAndLogs() throws Exception {
        Process exec = new Exec(client).exec(SPACE, "box", new String[] {"sh", "-c", "echo from exec; exit 3"}, false, false);
        assertThat(new String(exec.getInputStream().readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("from exec\n");
        assertThat(exec.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(exec.exitValue()).isEqualTo(3);
        exec.destroy();
        try (InputStream log = new PodLogs(client).streamNamespacedPodLog(SPACE, "box", "main")) {
            assertThat(new String(log.readNBytes(14), StandardCharsets.UTF_8)).isEqualTo("hello from box");
        }
    }

    @Test
    @Shows("port-forward")
    void portForward() throws Exception {
        var forward = new PortForward(client).forward(SPACE, "box", List.of(8080));
        forward.getOutboundStream(8080).write("GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.UTF_8));
        forward.getOutboundStream(8080).flush();
        assertThat(read(forward.getInputStream(8080), "forwarded")).contains("200 OK").contains("forwarded");
    }

    private static String read(InputStream in, String end) throws IOException {
        StringBuilder out = new StringBuilder();
        for (int c = in.read(); c >= 0 && out.indexOf(end) < 0; c = in.read()) {
            out.append((char) c);
        }
        return out.toString();
    }

    @Test
    @Shows("leader election with a Lease")
    void leaderElection() throws Exception {
        BlockingQueue<String> led = new LinkedBlockingQueue<>();
        Thread first = elector("one", led);
        assertThat(led.poll(20, TimeUnit.SECONDS)).isEqualTo("one");
        Thread second = elector("two", led);
        try {
            assertThat(led.poll(3, TimeUnit.SECONDS)).isNull();
            first.interrupt();
            assertThat(led.poll(30, TimeUnit.SECONDS)).isEqualTo("two");
        } finally {
            second.interrupt();
        }
    }

    private static Thread elector(String name, BlockingQueue<String> led) {
        LeaderElectionConfig config = new LeaderElectionConfig(new LeaseLock(SPACE, "leader", name, client), Duration.ofSeconds(5), Duration.ofSeconds(3), Duration.ofSeconds(1));
        return Thread.ofPlatform().daemon().start(() -> {
            try (LeaderElector elector = new LeaderElector(config)) {
                elector.run(() -> led.add(name), () -> { });
            }
        });
    }
}
