package io.skerry.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.skerry.apiserver.inprocess.InProcessClient;
import io.skerry.datastore.Datastore;
import io.skerry.datastore.DatastoreOptions;
import io.skerry.datastore.PostgresDatastore;
import io.skerry.datastore.PostgresServer;
import io.skerry.machinery.schema.TypeTable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
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
