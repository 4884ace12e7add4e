package io.skerry.scripts.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.StatusDetails;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.LocalPortForward;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.ExecWatch;
import io.fabric8.kubernetes.client.dsl.LogWatch;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfigBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.skerry.scripts.DemoStack;
import io.skerry.scripts.Run;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** fabric8's client over the wire; inside the appliance it is used without one. */
@Client("fabric8's KubernetesClient")
class Fabric8IT {
    private static Scene scene;
    private static KubernetesClient client;

    @BeforeAll
    static void connect(DemoStack stack) throws Exception {
        scene = new Scene(stack, "fabric8");
        scene.pod("box");
        scene.apply(Scene.widgets("fabric8.example.org"));
        stack.kubectl.out("wait", "crd/widgets.fabric8.example.org", "--for=condition=Established", "--timeout=30s");
        Config config = Config.fromKubeconfig(Files.readString(stack.kubeconfig()));
        config.setNamespace("fabric8");
        client = new KubernetesClientBuilder().withConfig(config).build();
    }

    @AfterAll
    static void disconnect() throws Exception {
        client.close();
        scene.stack.kubectl.out("delete", "crd", "widgets.fabric8.example.org");
        scene.close();
    }

    private static ConfigMap map(String name, String value) {
        return new ConfigMapBuilder().withNewMetadata().withName(name).addToLabels("of", name).endMetadata().addToData("k", value).build();
    }

    @Test
    @Shows({"typed: create, get, list, edit, replace, delete", "optimistic locking: a stale resourceVersion is a conflict"})
    void typed() {
        ConfigMap created = client.configMaps().resource(map("typed", "1")).create();
        assertThat(client.configMaps().withName("typed").edit(m -> new ConfigMapBuilder(m).addToData("k", "2").build()).getData()).containsEntry("k", "2");
        assertThat(client.configMaps().withLabel("of", "typed").list().getItems()).singleElement().extracting(m -> m.getMetadata().getUid()).isEqualTo(created.getMetadata().getUid());
        created.getData().put("k", "3");
        assertThatThrownBy(() -> client.configMaps().resource(created).lockResourceVersion(created.getMetadata().getResourceVersion()).update())
                .isInstanceOfSatisfying(KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(409));
        List<StatusDetails> deleted = client.configMaps().withName("typed").delete();
        assertThat(deleted).isNotEmpty();
        assertThat(client.configMaps().withName("typed").get()).isNull();
    }

    @Test
    @Shows({"generic resources of a custom type", "status and scale of a custom type"})
    void generic() {
        var widgets = client.genericKubernetesResources(new ResourceDefinitionContext.Builder().withGroup("fabric8.example.org").withVersion("v1").withKind("Widget").withPlural("widgets")
                .withNamespaced(true).build()).inNamespace("fabric8");
        GenericKubernetesResource made = widgets.load(new ByteArrayInputStream("""
                {"apiVersion":"fabric8.example.org/v1","kind":"Widget","metadata":{"name":"w"},"spec":{"colour":"red"}}""".getBytes(StandardCharsets.UTF_8))).create();
        assertThat(made.<Integer>get("spec", "size")).isEqualTo(1);
        widgets.withName("w").editStatus(w -> {
            w.setAdditionalProperty("status", Map.of("ready", 1));
            return w;
        });
        assertThat(widgets.withName("w").get().<Integer>get("status", "ready")).isEqualTo(1);
        widgets.withName("w").scale(4);
        assertThat(widgets.withName("w").get().<Integer>get("spec", "size")).isEqualTo(4);
        assertThat(widgets.withName("w").scale().getStatus().getReplicas()).isEqualTo(1);
    }

    @Test
    @Shows({"informers with handlers and an index"})
    void informers() throws Exception {
        BlockingQueue<String> seen = new LinkedBlockingQueue<>();
        try (SharedIndexInformer<ConfigMap> informer = client.configMaps().withLabel("of", "watched").runnableInformer(0)) {
            informer.addIndexers(Map.of("value", m -> List.of(m.getData().get("k"))));
            informer.addEventHandler(new ResourceEventHandler<>() {
                @Override
                public void onAdd(ConfigMap map) {
                    seen.add("add " + map.getData().get("k"));
                }

                @Override
                public void onUpdate(ConfigMap before, ConfigMap after) {
                    seen.add("update " + before.getData().get("k") + after.getData().get("k"));
                }

                @Override
                public void onDelete(ConfigMap map, boolean unknown) {
                    seen.add("delete " + map.getData().get("k"));
                }
            });
            informer.start().toCompletableFuture().get(20, TimeUnit.SECONDS);
            client.configMaps().resource(map("watched", "1")).create();
            assertThat(seen.poll(10, TimeUnit.SECONDS)).isEqualTo("add 1");
            client.configMaps().resource(map("watched", "2")).update();
            assertThat(seen.poll(10, TimeUnit.SECONDS)).isEqualTo("update 12");
            assertThat(informer.getIndexer().byIndex("value", "2")).hasSize(1);
            client.configMaps().withName("watched").delete();
            assertThat(seen.poll(10, TimeUnit.SECONDS)).isEqualTo("delete 2");
        }
    }

    @Test
    @Shows({"watch from a resourceVersion"})
    void watches() throws Exception {
        String revision = client.configMaps().resource(map("before", "1")).create().getMetadata().getResourceVersion();
        client.configMaps().resource(map("after", "1")).create();
        BlockingQueue<String> seen = new LinkedBlockingQueue<>();
        try (Watch watch = client.configMaps().watch(new ListOptionsBuilder().withResourceVersion(revision).build(), new Watcher<>() {
            @Override
            public void eventReceived(Action action, ConfigMap map) {
                seen.add(action + " " + map.getMetadata().getName());
            }

            @Override
            public void onClose(WatcherException cause) {
                seen.add("closed");
            }
        })) {
            assertThat(seen.poll(10, TimeUnit.SECONDS)).isEqualTo("ADDED after");
        }
    }

    @Test
    @Shows({"server-side apply: conflict, force, removal of what is no longer applied"})
    void serverSideApply() {
        client.configMaps().resource(map("applied", "mine")).fieldManager("one").serverSideApply();
        assertThatThrownBy(() -> client.configMaps().resource(map("applied", "theirs")).fieldManager("two").serverSideApply())
                .isInstanceOfSatisfying(KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(409)).hasMessageContaining("conflict with \"one\"");
        assertThat(client.configMaps().resource(map("applied", "theirs")).fieldManager("two").forceConflicts().serverSideApply().getData()).containsEntry("k", "theirs");
        ConfigMap without = new ConfigMapBuilder(map("applied", "theirs")).withData(Map.of()).build();
        assertThat(client.configMaps().resource(without).fieldManager("two").serverSideApply().getData()).isNullOrEmpty();
    }

    @Test
    @Shows({"patches: JSON, merge, strategic merge"})
    void patches() throws Exception {
        client.configMaps().resource(map("patched", "1")).create();
        var it = client.configMaps().withName("patched");
        assertThat(it.patch(PatchContext.of(PatchType.JSON), "[{\"op\":\"add\",\"path\":\"/data/json\",\"value\":\"x\"}]").getData()).containsEntry("json", "x");
        assertThat(it.patch(PatchContext.of(PatchType.JSON_MERGE), "{\"data\":{\"json\":null,\"merge\":\"x\"}}").getData()).containsKey("merge").doesNotContainKey("json");
        scene.apply("{apiVersion: v1, kind: Service, metadata: {name: patched}, spec: {ports: [{name: a, port: 80}]}}");
        Service service = client.services().withName("patched").patch(PatchContext.of(PatchType.STRATEGIC_MERGE), "{\"spec\":{\"ports\":[{\"name\":\"b\",\"port\":81}]}}");
        assertThat(service.getSpec().getPorts()).extracting(port -> port.getPort()).containsExactlyInAnyOrder(80, 81);
    }

    @Test
    @Shows({"lists in pages, on one revision"})
    void pages() {
        for (int i = 0; i < 5; i++) {
            client.configMaps().resource(new ConfigMapBuilder().withNewMetadata().withName("page-" + i).addToLabels("paged", "yes").endMetadata().build()).create();
        }
        var first = client.configMaps().withLabel("paged").list(new ListOptionsBuilder().withLimit(3L).build());
        assertThat(first.getItems()).hasSize(3);
        client.configMaps().withName("page-4").delete();
        var second = client.configMaps().withLabel("paged").list(new ListOptionsBuilder().withLimit(3L).withContinue(first.getMetadata().getContinue()).build());
        assertThat(second.getItems()).extracting(m -> m.getMetadata().getName()).containsExactly("page-3", "page-4");
    }

    @Test
    @Shows({"leader election with a Lease: one leads, the next takes over"})
    void leaderElection() throws Exception {
        BlockingQueue<String> leaders = new LinkedBlockingQueue<>();
        CompletableFuture<?> one = elector("one", leaders);
        assertThat(leaders.poll(10, TimeUnit.SECONDS)).isEqualTo("one");
        CompletableFuture<?> two = elector("two", leaders);
        try {
            assertThat(leaders.poll(3, TimeUnit.SECONDS)).isNull();
            one.cancel(true);
            assertThat(leaders.poll(15, TimeUnit.SECONDS)).isEqualTo("two");
        } finally {
            two.cancel(true);
        }
    }

    private static CompletableFuture<?> elector(String name, BlockingQueue<String> leaders) {
        return client.leaderElector().withConfig(new LeaderElectionConfigBuilder().withName("test").withLock(new LeaseLock("fabric8", "leader", name)).withReleaseOnCancel(true)
                .withLeaseDuration(Duration.ofSeconds(5)).withRenewDeadline(Duration.ofSeconds(3)).withRetryPeriod(Duration.ofMillis(500))
                .withLeaderCallbacks(new LeaderCallbacks(() -> leaders.add(name), () -> { }, leader -> { })).build()).build().start();
    }

    @Test
    @Shows({"exec with stdin, stdout and exit code"})
    void exec() throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ExecWatch exec = client.pods().withName("box").redirectingInput().writingOutput(out).exec("sh", "-c", "read x; echo got $x; exit 4")) {
            exec.getInput().write("this\n".getBytes(StandardCharsets.UTF_8));
            exec.getInput().flush();
            assertThat(exec.exitCode().get(20, TimeUnit.SECONDS)).isEqualTo(4);
        }
        assertThat(out).hasToString("got this\n");
    }

    /** Its upload ends by closing the connection right behind the last byte, and counts what arrived at once. */
    @Test
    @Shows("files: upload")
    void files(@TempDir Path folder) throws Exception {
        for (int size : new int[] {5, 40_000, 1 << 20}) {
            byte[] sent = new byte[size];
            new Random(size).nextBytes(sent);
            Path from = Files.write(folder.resolve("sent"), sent);
            String to = "/tmp/uploaded/" + size;
            assertThat(client.pods().withName("box").file(to).upload(from)).as("upload of %d bytes", size).isTrue();
            String digest = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(sent));
            // Not by the client's own read: with assertions on, as in tests, it fails at the end of a file.
            assertThat(scene.stack.kubectl.out("exec", "-n", "fabric8", "box", "--", "sha256sum", to)).startsWith(digest + " ");
        }
    }

    @Test
    @Shows({"logs, also followed"})
    void logs() {
        assertThat(client.pods().withName("box").getLog()).isEqualTo("hello from box\n");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (LogWatch log = client.pods().withName("box").watchLog(out)) {
            await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> assertThat(out).hasToString("hello from box\n"));
        }
    }

    @Test
    @Shows({"port-forward"})
    void portForward() throws Exception {
        try (LocalPortForward forward = client.pods().withName("box").portForward(8080)) {
            assertThat(Run.of("curl", "-sS", "--max-time", "10", "http://127.0.0.1:" + forward.getLocalPort() + "/").orFail().out()).isEqualTo("forwarded\n");
        }
    }

    @Test
    @Shows({"deployments: create, wait until ready, scale, restart, delete with propagation"})
    void deployments() {
        client.load(new ByteArrayInputStream(Scene.deployment("web", 1).getBytes(StandardCharsets.UTF_8))).create();
        var web = client.apps().deployments().withName("web");
        Deployment ready = web.waitUntilReady(60, TimeUnit.SECONDS);
        web.scale(2);
        web.waitUntilCondition(d -> d.getStatus().getReadyReplicas() != null && d.getStatus().getReadyReplicas() == 2, 60, TimeUnit.SECONDS);
        web.rolling().restart();
        web.waitUntilCondition(d -> d.getStatus().getObservedGeneration() > ready.getStatus().getObservedGeneration() + 1 && Integer.valueOf(2).equals(d.getStatus().getUpdatedReplicas()),
                60, TimeUnit.SECONDS);
        web.delete();
        await().atMost(Duration.ofSeconds(60)).until(() -> client.pods().withLabel("app", "web").list().getItems().isEmpty());
    }

    @Test
    @Shows({"eviction, held back by a PodDisruptionBudget"})
    void eviction() throws Exception {
        scene.pod("kept");
        scene.apply("{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: kept}, spec: {minAvailable: 1, selector: {matchLabels: {app: kept}}}}");
        Config config = new ConfigBuilder(client.getConfiguration()).withRequestRetryBackoffLimit(0).build();
        try (KubernetesClient impatient = new KubernetesClientBuilder().withConfig(config).build()) {
            assertThat(impatient.pods().withName("kept").evict()).isFalse();
        }
        client.policy().v1().podDisruptionBudget().withName("kept").delete();
        assertThat(client.pods().withName("kept").evict()).isTrue();
        await().atMost(Duration.ofSeconds(30)).until(() -> client.pods().withName("kept").get() == null);
    }

    @Test
    @Shows({"access reviews and impersonation"})
    void access() {
        var asked = new SelfSubjectAccessReviewBuilder().withNewSpec().withNewResourceAttributes().withNamespace("fabric8").withVerb("list").withResource("secrets").endResourceAttributes().endSpec().build();
        assertThat(client.authorization().v1().selfSubjectAccessReview().create(asked).getStatus().getAllowed()).isTrue();
        Config config = client.getConfiguration();
        Config jane = new ConfigBuilder(config).withImpersonateUsername("jane").build();
        try (KubernetesClient asJane = new KubernetesClientBuilder().withConfig(jane).build()) {
            assertThat(asJane.authorization().v1().selfSubjectAccessReview().create(asked).getStatus().getAllowed()).isFalse();
            assertThatThrownBy(() -> asJane.secrets().list()).isInstanceOfSatisfying(KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(403));
        }
    }
}
