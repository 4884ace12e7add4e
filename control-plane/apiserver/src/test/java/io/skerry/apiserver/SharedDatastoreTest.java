package io.skerry.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.skerry.apiserver.inprocess.InProcessClient;
import io.skerry.datastore.Datastore;
import io.skerry.datastore.DatastoreOptions;
import io.skerry.datastore.Event;
import io.skerry.datastore.PostgresDatastore;
import io.skerry.datastore.PostgresServer;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.TypeTable;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two API servers on one real PostgreSQL: what is written on the one is read and watched on the other. */
class SharedDatastoreTest {
    private PostgresServer postgres;
    private final List<AutoCloseable> open = new ArrayList<>();
    private KubernetesClient one;
    private KubernetesClient other;

    @BeforeEach
    void start() throws Exception {
        postgres = PostgresServer.start();
        one = server();
        other = server();
    }

    private KubernetesClient server() {
        return server(PostgresDatastore.open(postgres.endpoint(), DatastoreOptions.defaults()));
    }

    private KubernetesClient server(Datastore store) {
        open.addFirst(store);
        ApiServer server = new ApiServer(ApiServerConfig.defaults(), store, TypeTable.builtin());
        open.addFirst(server);
        KubernetesClient client = InProcessClient.create(server, User.master("test"));
        open.addFirst(client);
        return client;
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable part : open) {
            part.close();
        }
        postgres.close();
    }

    private static ConfigMap map(String name, int value) {
        return new ConfigMapBuilder().withNewMetadata().withNamespace("default").withName(name).endMetadata().withData(Map.of("value", "" + value)).build();
    }

    private static final class Events implements Watcher<ConfigMap> {
        private final LinkedBlockingQueue<Map.Entry<String, Long>> seen = new LinkedBlockingQueue<>();

        @Override
        public void eventReceived(Action action, ConfigMap map) {
            seen.add(Map.entry(action + " " + map.getMetadata().getName() + " " + map.getData().get("value"), System.nanoTime()));
        }

        @Override
        public void onClose(WatcherException cause) {
            // with its client
        }
    }

    @Test
    void writesOnTheOneAreSeenOnTheOtherWithin100Milliseconds() throws Exception {
        Events events = new Events();
        other.configMaps().inNamespace("default").watch(events);
        Awaitility.await().until(() -> events.seen.poll(300, TimeUnit.MILLISECONDS) == null); // what was there before
        List<Long> delays = new ArrayList<>();
        ConfigMap made = one.resource(map("shared", 0)).create();
        assertThat(events.seen.poll(10, TimeUnit.SECONDS).getKey()).isEqualTo("ADDED shared 0");
        for (int i = 1; i <= 40; i++) {
            int value = i;
            made = one.resource(made).edit(m -> {
                m.setData(Map.of("value", "" + value));
                return m;
            });
            long returned = System.nanoTime();
            Map.Entry<String, Long> event = events.seen.poll(10, TimeUnit.SECONDS);
            assertThat(event.getKey()).isEqualTo("MODIFIED shared " + i);
            delays.add((event.getValue() - returned) / 1_000_000);
        }
        delays.sort(null);
        assertThat(delays.get(36)).as("milliseconds from the answer of the one to the event of the other: " + delays).isLessThan(100);
        // Whoever reads without a resourceVersion gets what was written last, on whichever server, however fast it asks.
        for (int i = 0; i < 50; i++) {
            one.resource(map("fresh-" + i, i)).create();
            assertThat(other.resource(map("fresh-" + i, i)).get()).isNotNull();
            one.resource(map("fresh-" + i, i)).delete();
            assertThat(other.configMaps().inNamespace("default").list().getItems()).noneMatch(m -> m.getMetadata().getName().startsWith("fresh"));
        }
        // A reader who names the revision of a write gets it from the other server, however fast it asks.
        String revision = one.resource(map("second", 7)).create().getMetadata().getResourceVersion();
        assertThat(other.configMaps().inNamespace("default").list(new ListOptionsBuilder().withResourceVersion(revision)
            .withResourceVersionMatch("NotOlderThan").build()).getItems()).anyMatch(m -> m.getMetadata().getName().equals("second"));
    }

    /** A datastore whose changes arrive only while the gate is open. */
    private static Datastore delayed(Datastore store, AtomicReference<CountDownLatch> gate) {
        return (Datastore) Proxy.newProxyInstance(Datastore.class.getClassLoader(), new Class<?>[] {Datastore.class}, (proxy, method, arguments) -> {
            try {
                if (!method.getName().equals("watch")) {
                    return method.invoke(store, arguments);
                }
                @SuppressWarnings("unchecked")
                Consumer<Event> sink = (Consumer<Event>) arguments[2];
                return store.watch((String) arguments[0], (Long) arguments[1], event -> {
                    try {
                        gate.get().await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    sink.accept(event);
                });
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        });
    }

    /** The body of an answer. */
    private static final class Collected implements ApiResponse {
        private final ByteArrayOutputStream body = new ByteArrayOutputStream();
        private final CompletableFuture<Void> closed = new CompletableFuture<>();
        private int status;

        @Override
        public void start(int status, Map<String, String> headers) {
            this.status = status;
        }

        JsonNode json() {
            return Json.parse(body.toByteArray());
        }

        @Override
        public void write(byte[] bytes) {
            body.writeBytes(bytes);
        }

        @Override
        public void end() {
            closed.complete(null);
        }

        @Override
        public CompletionStage<Void> closed() {
            return closed;
        }

        @Override
        public boolean isClosed() {
            return closed.isDone();
        }
    }

    @Test
    void aWatchThatNamesNoRevisionStartsWithWhatAnyServerHasWritten() {
        AtomicReference<CountDownLatch> gate = new AtomicReference<>(new CountDownLatch(0));
        Datastore store = delayed(PostgresDatastore.open(postgres.endpoint(), DatastoreOptions.defaults()), gate);
        open.addFirst(store);
        ApiServer behind = new ApiServer(ApiServerConfig.defaults(), store, TypeTable.builtin());
        open.addFirst(behind);
        ConfigMap made = one.resource(map("changing", 0)).create();
        int value = 0;
        for (String options : List.of("", "&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan",
                "&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&resourceVersion=")) {
            int next = ++value;
            CountDownLatch closed = new CountDownLatch(1);
            gate.set(closed);
            made = one.resource(made).edit(m -> {
                m.setData(Map.of("value", "" + next));
                return m;
            });
            CompletableFuture.delayedExecutor(300, TimeUnit.MILLISECONDS).execute(closed::countDown);
            Collected events = new Collected();
            behind.handle(new ApiRequest("GET", "/api/v1/namespaces/default/configmaps", "watch=true&timeoutSeconds=1&fieldSelector=metadata.name=changing" + options,
                    Headers.of(Map.of()), ApiRequest.NO_BODY, User.master("test")), events);
            JsonNode first = Json.parse(events.body.toString(StandardCharsets.UTF_8).lines().findFirst().orElse("{}"));
            assertThat(Json.text(first, "type") + " " + Json.text(first, "object", "data", "value")).as(options).isEqualTo("ADDED " + next);
        }
    }

    /** A server that gets the changes of others only when it waits for them. */
    private final class Behind {
        private final AtomicReference<CountDownLatch> gate = new AtomicReference<>(new CountDownLatch(0));
        private final ApiServer server;

        Behind() {
            Datastore store = delayed(PostgresDatastore.open(postgres.endpoint(), DatastoreOptions.defaults()), gate);
            open.addFirst(store);
            server = new ApiServer(ApiServerConfig.defaults(), store, TypeTable.builtin());
            open.addFirst(server);
            open.addFirst(() -> gate.get().countDown());
        }

        /** Has it see everything, and nothing from now on. */
        void stop() {
            assertThat(ask("GET", "/api/v1/namespaces", "", "", "").status).isEqualTo(200);
            gate.set(new CountDownLatch(1));
        }

        Collected ask(String method, String path, String query, String type, String body) {
            Collected answer = new Collected();
            Thread asking = Thread.ofPlatform().start(() -> server.handle(new ApiRequest(method, path, query, Headers.of(Map.of("Content-Type", type)),
                    body.getBytes(StandardCharsets.UTF_8), User.master("test")), answer));
            Awaitility.await().pollInterval(Duration.ofMillis(5)).until(() -> !asking.isAlive() || asking.getState() == Thread.State.TIMED_WAITING);
            gate.get().countDown();
            Awaitility.await().until(() -> !asking.isAlive());
            return answer;
        }

        Collected map(String method, String name, String query, String type, String body) {
            return ask(method, "/api/v1/namespaces/default/configmaps/" + name, query, type, body);
        }
    }

    private static final String JSON = "application/json";
    private static final String MERGE = "application/merge-patch+json";
    private static final String APPLY = "application/apply-patch+yaml";

    private static String text(String name, String value, String revision) {
        return "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"" + name + "\",\"resourceVersion\":\"" + revision + "\"},\"data\":{\"value\":\""
                + value + "\"}}";
    }

    private static String applied(String name, String value) {
        return "{apiVersion: v1, kind: ConfigMap, metadata: {name: " + name + "}, data: {value: '" + value + "'}}";
    }

    private String value(String name) {
        return one.resource(map(name, 0)).get().getData().get("value");
    }

    @Test
    void whatWasJustMadeOnTheOneCanBeChangedOnTheOther() {
        Behind behind = new Behind();
        behind.stop();
        one.resource(map("put", 0)).create();
        assertThat(behind.map("PUT", "put", "", JSON, text("put", "1", "")).status).isEqualTo(200);
        behind.stop();
        one.resource(map("patched", 0)).create();
        assertThat(behind.map("PATCH", "patched", "", MERGE, "{\"data\":{\"value\":\"1\"}}").status).isEqualTo(200);
        assertThat(value("patched")).isEqualTo("1");
        behind.stop();
        one.resource(map("applied", 0)).create();
        assertThat(behind.map("PATCH", "applied", "fieldManager=m&force=true", APPLY, applied("applied", "1")).status).isEqualTo(200);
        assertThat(value("applied")).isEqualTo("1");
        behind.stop();
        one.resource(map("deleted", 0)).create();
        assertThat(behind.map("DELETE", "deleted", "", JSON, "").status).isEqualTo(200);
        assertThat(one.resource(map("deleted", 0)).get()).isNull();
        behind.stop();
        one.resource(new NamespaceBuilder().withNewMetadata().withName("fresh").endMetadata().build()).create();
        assertThat(behind.ask("POST", "/api/v1/namespaces/fresh/configmaps", "", JSON, text("in-it", "1", "")).status).isEqualTo(201);
    }

    @Test
    void whatWasJustChangedOnTheOneIsNotJudgedByItsFormerStateOnTheOther() {
        Behind behind = new Behind();
        ConfigMap made = one.resource(map("known", 1)).create();
        behind.stop();
        one.resource(map("known", 2)).update();
        assertThat(behind.map("PATCH", "known", "", MERGE, "{\"data\":{\"value\":\"1\"}}").status).isEqualTo(200);
        assertThat(value("known")).as("a patch to what it was before").isEqualTo("1");
        behind.stop();
        String revision = one.resource(map("known", 3)).update().getMetadata().getResourceVersion();
        assertThat(behind.map("PUT", "known", "", JSON, text("known", "4", revision)).status).as("of the newest revision").isEqualTo(200);
        behind.stop();
        one.resource(map("known", 5)).update();
        assertThat(behind.map("PUT", "known", "", JSON, text("known", "4", made.getMetadata().getResourceVersion())).status).isEqualTo(409);
        behind.stop();
        one.resource(map("known", 6)).update();
        Collected dry = behind.map("PATCH", "known", "dryRun=All", MERGE, "{\"data\":{\"other\":\"x\"}}");
        assertThat(Json.text(dry.json(), "data", "value")).isEqualTo("6");
        behind.stop();
        revision = one.resource(map("known", 7)).update().getMetadata().getResourceVersion();
        assertThat(behind.map("DELETE", "known", "", JSON, "{\"preconditions\":{\"resourceVersion\":\"" + revision + "\"}}").status).isEqualTo(200);
        one.resource(map("gone", 1)).create();
        behind.stop();
        one.resource(map("gone", 1)).delete();
        assertThat(behind.map("PATCH", "gone", "fieldManager=m", APPLY, applied("gone", "2")).status).isEqualTo(201);
        assertThat(value("gone")).isEqualTo("2");
    }

    @Test
    void theNextPageOfAListComesFromTheStateThatTheFirstNamed() {
        Behind behind = new Behind();
        for (String name : List.of("page-a", "page-b", "page-c")) {
            one.resource(map(name, 0)).create();
        }
        for (long revision : List.of(0L, -1L)) {
            behind.stop();
            String changed = "" + (revision + 2);
            one.resource(map("page-b", 0)).edit(m -> new ConfigMapBuilder(m).addToData("value", changed).build());
            String first = one.configMaps().inNamespace("default").list(new ListOptionsBuilder().withLimit(1L).build()).getMetadata().getContinue();
            String token = revision == 0 ? first : Base64.getUrlEncoder().withoutPadding().encodeToString(
                    "{\"v\":\"meta.k8s.io/v1\",\"rv\":-1,\"start\":\"default/page-a\"}".getBytes(StandardCharsets.UTF_8));
            JsonNode page = behind.ask("GET", "/api/v1/namespaces/default/configmaps", "continue=" + token, "", "").json();
            List<String> seen = new ArrayList<>();
            page.path("items").forEach(item -> seen.add(Json.text(item, "metadata", "name") + " " + Json.text(item, "data", "value")));
            assertThat(seen).contains("page-b " + changed);
        }
    }

    @Test
    void aConflictBetweenThemIsAConflict() {
        ConfigMap made = one.resource(map("fought-for", 0)).create();
        Awaitility.await().until(() -> other.resource(made).get() != null);
        ConfigMap stale = other.resource(made).get();
        one.resource(new ConfigMapBuilder(made).withData(Map.of("value", "1")).build()).update();
        assertThatThrownBy(() -> other.resource(new ConfigMapBuilder(stale).withData(Map.of("value", "2")).build()).update())
            .isInstanceOfSatisfying(KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(409));
        assertThatThrownBy(() -> other.resource(map("fought-for", 3)).create())
            .isInstanceOfSatisfying(KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(409));
    }

    @Test
    void whileTheDatabaseIsAwayClientsAreToldWhyAndCachedReadsGoOn() throws Exception {
        one.resource(map("before", 1)).create();
        Awaitility.await().until(() -> other.resource(map("before", 1)).get() != null);
        postgres.stop();
        try {
            ListOptions cached = new ListOptionsBuilder().withResourceVersion("0").build();
            assertThat(other.configMaps().inNamespace("default").list(cached).getItems()).anyMatch(m -> m.getMetadata().getName().equals("before"));
            assertThatThrownBy(() -> other.resource(map("before", 1)).get()).hasMessageContaining("cannot be reached");
            assertThatThrownBy(() -> one.resource(map("during", 1)).create())
                .isInstanceOfSatisfying(KubernetesClientException.class, e -> {
                    assertThat(e.getCode()).isEqualTo(500);
                    assertThat(e.getStatus().getReason()).isEqualTo("InternalError");
                    assertThat(e.getStatus().getMessage()).contains("cannot be reached").contains("skerry goes on when it can");
                });
        } finally {
            postgres.launch();
        }
        Awaitility.await().atMost(Duration.ofSeconds(30)).ignoreExceptions().until(() -> one.resource(map("after", 1)).create() != null);
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> other.resource(map("after", 1)).get() != null);
    }

    @Test
    void aServerThatWasCutOffWhileOthersForgotReadsEverythingAnew() throws Exception {
        int port = Integer.parseInt(postgres.endpoint().replaceFirst(".*:(\\d+)/.*", "$1"));
        DatabaseLink link = new DatabaseLink(port);
        open.add(link);
        KubernetesClient far = server(PostgresDatastore.open(postgres.endpoint().replace(":" + port + "/", ":" + link.port() + "/"), DatastoreOptions.defaults()));
        one.resource(map("stays", 1)).create();
        one.resource(map("goes", 1)).create();
        one.resource(map("recreated", 1)).create();
        Awaitility.await().until(() -> far.resource(map("recreated", 1)).get() != null);
        Events events = new Events();
        far.configMaps().inNamespace("default").watch(new ListOptionsBuilder().withResourceVersion(one.resource(map("recreated", 1)).get().getMetadata().getResourceVersion()).build(), events);
        link.cut(true);
        one.resource(map("goes", 1)).delete();
        one.resource(map("recreated", 1)).delete();
        one.resource(map("recreated", 2)).create();
        one.resource(map("stays", 2)).update();
        one.resource(map("new", 1)).create();
        try (Datastore any = PostgresDatastore.open(postgres.endpoint(), DatastoreOptions.defaults())) {
            any.compact(any.revision());
        }
        link.cut(false);
        Awaitility.await().atMost(Duration.ofSeconds(30)).ignoreExceptions().until(() -> far.resource(map("new", 1)).get() != null);
        assertThat(far.resource(map("goes", 1)).get()).isNull();
        assertThat(far.resource(map("stays", 1)).get().getData()).containsEntry("value", "2");
        far.resource(map("writes", 1)).create();
        List<String> seen = new ArrayList<>();
        Map.Entry<String, Long> event;
        while ((event = events.seen.poll(2, TimeUnit.SECONDS)) != null) {
            seen.add(event.getKey());
        }
        assertThat(seen).containsSubsequence("DELETED recreated 1", "ADDED recreated 2", "MODIFIED stays 2", "ADDED new 1", "ADDED writes 1").contains("DELETED goes 1").hasSize(6);
    }
}
