package io.skerry.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.skerry.machinery.json.Json;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerbsTest {
    private static final String MAPS = "/api/v1/namespaces/default/configmaps";

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

    private static ConfigMap map(String name, String value) {
        return new ConfigMapBuilder().withNewMetadata().withName(name).addToLabels("value", value).endMetadata().addToData("key", value).build();
    }

    @Test
    void typedClientCreatesReadsChangesAndDeletes() {
        var maps = api.client.configMaps().inNamespace("default");
        ConfigMap created = maps.resource(map("a", "1")).create();
        assertThat(created.getMetadata().getUid()).hasSize(36);
        assertThat(created.getMetadata().getCreationTimestamp()).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ");
        assertThat(maps.withName("a").get().getData()).containsEntry("key", "1");
        ConfigMap edited = maps.withName("a").edit(m -> new ConfigMapBuilder(m).addToData("key", "2").build());
        assertThat(Long.parseLong(edited.getMetadata().getResourceVersion())).isGreaterThan(Long.parseLong(created.getMetadata().getResourceVersion()));
        assertThat(maps.list().getItems()).extracting(m -> m.getMetadata().getName()).containsExactly("a");
        maps.withName("a").delete();
        assertThat(maps.withName("a").get()).isNull();
    }

    @Test
    void watchTellsChangesInOrder() throws Exception {
        BlockingQueue<String> seen = new LinkedBlockingQueue<>();
        var maps = api.client.configMaps().inNamespace("default");
        try (var watch = maps.withLabel("value", "1").watch(new Watcher<>() {
            @Override
            public void eventReceived(Action action, ConfigMap map) {
                seen.add(action + " " + map.getMetadata().getName() + " " + map.getData().get("key"));
            }

            @Override
            public void onClose(WatcherException cause) {
                seen.add("closed");
            }
        })) {
            maps.resource(map("a", "1")).create();
            assertThat(seen.poll(5, TimeUnit.SECONDS)).isEqualTo("ADDED a 1");
            maps.resource(map("b", "2")).create();
            maps.resource(map("b", "1")).update();
            assertThat(seen.poll(5, TimeUnit.SECONDS)).isEqualTo("ADDED b 1");
            maps.resource(map("b", "3")).update();
            // the last state that matched
            assertThat(seen.poll(5, TimeUnit.SECONDS)).isEqualTo("DELETED b 1");
            maps.withName("a").delete();
            assertThat(seen.poll(5, TimeUnit.SECONDS)).isEqualTo("DELETED a 1");
        }
    }

    @Test
    void informerFollows() {
        var maps = api.client.configMaps().inNamespace("default");
        maps.resource(map("a", "1")).create();
        try (var informer = maps.inform()) {
            assertThat(informer.getStore().list()).hasSize(1);
            maps.resource(map("b", "1")).create();
            Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> informer.getStore().list().size() == 2);
        }
    }

    @Test
    void errorsAreUpstreams() {
        var maps = api.client.configMaps().inNamespace("default");
        maps.resource(map("a", "1")).create();
        assertThatThrownBy(() -> maps.resource(map("a", "1")).create())
                .isInstanceOfSatisfying(KubernetesClientException.class, e -> {
                    assertThat(e.getStatus().getReason()).isEqualTo("AlreadyExists");
                    assertThat(e.getStatus().getMessage()).isEqualTo("configmaps \"a\" already exists");
                });
        ConfigMap stale = maps.withName("a").get();
        maps.withName("a").edit(m -> new ConfigMapBuilder(m).addToData("x", "y").build());
        assertThatThrownBy(() -> maps.resource(stale.edit().addToData("z", "z").build()).lockResourceVersion(stale.getMetadata().getResourceVersion()).update())
                .isInstanceOfSatisfying(KubernetesClientException.class, e -> assertThat(e.getStatus().getMessage()).isEqualTo(
                        "Operation cannot be fulfilled on configmaps \"a\": the object has been modified; please apply your changes to the latest version and try again"));
        assertThat(api.send("GET", "/api/v1/namespaces/default/pods/nope", null).body().path("message").asText()).isEqualTo("pods \"nope\" not found");
        assertThat(api.send("GET", "/apis/apps/v1/namespaces/default/deployments/nope", null).body().path("message").asText())
                .isEqualTo("deployments.apps \"nope\" not found");
        var none = api.send("POST", "/api/v1/namespaces/nowhere/configmaps", "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}");
        assertThat(none.code()).isEqualTo(404);
        assertThat(none.body().path("message").asText()).isEqualTo("namespaces \"nowhere\" not found");
    }

    @Test
    void restartKeepsEverything() {
        ConfigMap before = api.client.configMaps().inNamespace("default").resource(map("a", "1")).create();
        api.close();
        api = new TestServer(folder);
        assertThat(api.client.configMaps().inNamespace("default").withName("a").get()).isEqualTo(before);
    }

    @Test
    void pagesAreOfOneRevision() {
        for (int i = 0; i < 5; i++) {
            api.client.configMaps().inNamespace("default").resource(map("m" + i, "1")).create();
        }
        String path = "/api/v1/namespaces/default/configmaps?limit=2";
        var first = api.send("GET", path, null).body();
        assertThat(first.path("items")).hasSize(2);
        assertThat(first.path("metadata").path("remainingItemCount").asInt()).isEqualTo(3);
        api.client.configMaps().inNamespace("default").withName("m3").delete();
        api.client.configMaps().inNamespace("default").resource(map("m9", "1")).create();
        var second = api.send("GET", path + "&continue=" + first.path("metadata").path("continue").asText(), null).body();
        assertThat(second.path("items").findValuesAsText("name")).containsExactly("m2", "m3");
        assertThat(second.path("metadata").path("resourceVersion")).isEqualTo(first.path("metadata").path("resourceVersion"));
        var third = api.send("GET", path + "&continue=" + second.path("metadata").path("continue").asText(), null).body();
        assertThat(third.path("items").findValuesAsText("name")).containsExactly("m4");
        assertThat(third.path("metadata").has("continue")).isFalse();
    }

    @Test
    void pagesOfANamedRevisionAreOfThatOne() {
        var maps = api.client.configMaps().inNamespace("default");
        maps.resource(map("a", "1")).create();
        String revision = maps.resource(map("b", "1")).create().getMetadata().getResourceVersion();
        maps.withName("a").delete();
        maps.resource(map("c", "1")).create();
        String path = "/api/v1/namespaces/default/configmaps?limit=2&resourceVersion=";
        var page = api.send("GET", path + revision, null).body();
        assertThat(page.path("items").findValuesAsText("name")).containsExactly("a", "b");
        assertThat(page.path("metadata").path("resourceVersion").asText()).isEqualTo(revision);
        assertThat(api.send("GET", path + revision + "&resourceVersionMatch=NotOlderThan", null).body().path("items").findValuesAsText("name")).containsExactly("b", "c");
        assertThat(api.send("GET", path + "0", null).body().path("items").findValuesAsText("name")).containsExactly("b", "c");

        api.forgetHistory();
        stop();
        start();
        assertThat(api.send("GET", path + revision, null).code()).isEqualTo(410);
    }

    @Test
    void initialEventsAreOfWatches() {
        for (String method : new String[] {"GET", "DELETE"}) {
            for (String value : new String[] {"true", "false"}) {
                var refused = api.send(method, "/api/v1/namespaces/default/configmaps?sendInitialEvents=" + value, null);
                assertThat(refused.code()).as(method + " " + value).isEqualTo(422);
                assertThat(refused.body().path("message").asText())
                        .isEqualTo("ListOptions.meta.k8s.io \"\" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list");
                assertThat(refused.body().path("details").path("causes").findValuesAsText("reason")).containsExactly("FieldValueForbidden");
            }
        }
    }

    @Test
    void patchesOfAllKinds() {
        api.client.configMaps().inNamespace("default").resource(map("a", "1")).create();
        String path = "/api/v1/namespaces/default/configmaps/a";
        assertThat(api.patch(path, "application/merge-patch+json", "{\"data\":{\"m\":\"1\"}}").body().path("data").path("m").asText()).isEqualTo("1");
        assertThat(api.patch(path, "application/strategic-merge-patch+json", "{\"data\":{\"s\":\"1\"}}").body().path("data").path("s").asText()).isEqualTo("1");
        assertThat(api.patch(path, "application/json-patch+json", "[{\"op\":\"add\",\"path\":\"/data/j\",\"value\":\"1\"}]").body().path("data").path("j").asText())
                .isEqualTo("1");
        assertThat(api.patch(path, "text/plain", "x").code()).isEqualTo(415);
    }

    @Test
    void aJsonPatchHasSoManyOperations() {
        api.make(MAPS, "{metadata: {name: a}}");
        String operation = "{\"op\":\"add\",\"path\":\"/data\",\"value\":{\"k\":\"v\"}}";
        String most = "[" + operation + ("," + operation).repeat(9_999);
        assertThat(api.patch(MAPS + "/a", "application/json-patch+json", most + "]").code()).isEqualTo(200);
        var refused = api.patch(MAPS + "/a", "application/json-patch+json", most + "," + operation + "]");
        assertThat(refused.code()).isEqualTo(413);
        assertThat(Json.text(refused.body(), "reason")).isEqualTo("RequestEntityTooLarge");
        assertThat(Json.text(refused.body(), "message")).isEqualTo("Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001");
    }

    @Test
    void whoDeletesAJobIsWarnedOfItsPods() {
        String jobs = "/apis/batch/v1/namespaces/default/jobs";
        api.make(jobs, "{metadata: {name: a}, spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}}");
        for (String path : List.of(jobs + "/a?dryRun=All", jobs + "?dryRun=All")) {
            assertThat(api.send("DELETE", path, null).headers().get("Warning")).as(path).isEqualTo("299 - \"child pods are preserved by default when jobs are deleted;"
                    + " set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning\"");
        }
        for (String said : List.of("&propagationPolicy=Orphan", "&propagationPolicy=Background", "&orphanDependents=true")) {
            assertThat(api.send("DELETE", jobs + "/a?dryRun=All" + said, null).headers()).as(said).doesNotContainKey("Warning");
        }
        assertThat(api.send("DELETE", jobs + "/a?dryRun=All", "{orphanDependents: false}").headers()).doesNotContainKey("Warning");
        api.make(MAPS, "{metadata: {name: a}}");
        assertThat(api.send("DELETE", MAPS + "/a", null).headers()).as("of nothing else").doesNotContainKey("Warning");
    }

    @Test
    void dependentsAreSpokenOfOnce() {
        api.make(MAPS, "{metadata: {name: a}}");
        for (var refused : List.of(api.send("DELETE", MAPS + "/a", "{propagationPolicy: Orphan, orphanDependents: false}"),
                api.send("DELETE", MAPS + "/a?propagationPolicy=Orphan&orphanDependents=false", null))) {
            assertThat(refused.code()).isEqualTo(422);
            assertThat(Json.text(refused.body(), "message")).isEqualTo("DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Invalid value: \"Orphan\":"
                    + " orphanDependents and deletionPropagation cannot be both set");
        }
        var orphaned = api.send("DELETE", MAPS + "/a?orphanDependents=true", null);
        assertThat(Json.at(orphaned.body(), "metadata", "finalizers")).as("as the query has it").isEqualTo(Json.parse("[\"orphan\"]"));
    }

    @Test
    void finalizersHoldAnObject() {
        var maps = api.client.configMaps().inNamespace("default");
        maps.resource(map("a", "1").edit().editMetadata().addToFinalizers("test/hold").endMetadata().build()).create();
        maps.withName("a").delete();
        assertThat(maps.withName("a").get().getMetadata().getDeletionTimestamp()).isNotNull();
        maps.withName("a").edit(m -> m.edit().editMetadata().withFinalizers().endMetadata().build());
        assertThat(maps.withName("a").get()).isNull();
    }
}
