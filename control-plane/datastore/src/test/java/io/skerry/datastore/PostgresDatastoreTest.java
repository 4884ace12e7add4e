package io.skerry.datastore;

import static io.skerry.datastore.Durability.DURABLE;
import static io.skerry.datastore.Durability.LAZY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The contract on a real PostgreSQL, and what is particular to a database that several servers share. */
class PostgresDatastoreTest extends DatastoreContract {

    private static PostgresServer server;

    @BeforeAll
    static void startServer() throws Exception {
        server = PostgresServer.start();
    }

    @AfterAll
    static void stopServer() throws Exception {
        server.close();
    }

    @Override
    @BeforeEach
    void openStore() {
        server.empty();
        super.openStore();
    }

    @Override
    Datastore open(DatastoreOptions options) {
        return PostgresDatastore.open(server.endpoint(), options);
    }

    @Test
    void anotherServersWritesAreSeenWithin100Milliseconds() throws Exception {
        try (Datastore other = open(DatastoreOptions.defaults())) {
            var seen = new ArrayList<Long>();
            store.watch("/", store.revision(), event -> {
                synchronized (seen) {
                    seen.add(System.nanoTime());
                    seen.notifyAll();
                }
            });
            List<Long> delays = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                Stored created = other.create("/k/" + i, bytes("x"), i % 2 == 0 ? DURABLE : LAZY);
                long returned = System.nanoTime();
                synchronized (seen) {
                    while (seen.size() <= i) {
                        seen.wait(10_000);
                    }
                }
                delays.add((seen.getLast() - returned) / 1_000_000);
                assertThat(store.revision()).isGreaterThanOrEqualTo(created.modRevision());
                assertThat(text(store.get("/k/" + i))).isEqualTo("x");
                assertThat(store.list("/k/", null, 0, 0).items()).hasSize(i + 1);
            }
            delays.sort(null);
            assertThat(delays.get(45)).as("milliseconds from the write's return to the other's event: " + delays).isLessThan(100);
        }
    }

    @Test
    void twoServersGiveOutOneOrderOfRevisionsAndLoseNoUpdate() throws Exception {
        int writers = 8;
        int each = 60;
        try (Datastore other = open(DatastoreOptions.defaults()); var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var events = List.of(new Collector(), new Collector());
            store.watch("/", 1, events.get(0));
            other.watch("/", 1, events.get(1));
            store.create("/counter", bytes("0"), DURABLE);
            List<Future<?>> work = new ArrayList<>();
            for (int w = 0; w < writers; w++) {
                Datastore mine = w % 2 == 0 ? store : other;
                work.add(threads.submit((Callable<Void>) () -> {
                    for (int i = 0; i < each; ) {
                        Stored there = mine.get("/counter");
                        try {
                            mine.update("/counter", bytes("" + (Integer.parseInt(text(there)) + 1)), there.modRevision(), DURABLE);
                            i++;
                        } catch (RevisionMismatchException e) {
                            assertThat(e.current().modRevision()).isGreaterThan(there.modRevision());
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> one : work) {
                one.get(120, TimeUnit.SECONDS);
            }
            assertThat(text(store.get("/counter"))).isEqualTo("" + writers * each);
            for (Collector seen : events) {
                seen.await(writers * each + 1);
                List<Event> list = seen.list();
                for (int i = 0; i < list.size(); i++) {
                    assertThat(list.get(i).revision()).isEqualTo(i + 2);
                    assertThat(text(list.get(i).current())).isEqualTo("" + i);
                }
            }
        }
    }

    @Test
    void pastPagesAreConsistentWhileAnotherServerWrites() {
        for (int i = 0; i < 10; i++) {
            store.create("/k/" + i, bytes("old" + i), DURABLE);
        }
        try (Datastore other = open(DatastoreOptions.defaults())) {
            Page first = store.list("/k/", null, 5, 0);
            other.update("/k/7", bytes("new"), other.get("/k/7").modRevision(), DURABLE);
            other.delete("/k/8", 0, DURABLE);
            other.create("/k/75", bytes("new"), DURABLE);
            assertThat(values(store.list("/k/", "/k/4", 0, first.revision()))).containsExactly("old5", "old6", "old7", "old8", "old9");
        }
    }

    @Test
    void aRestartOfTheDatabaseIsWaitedFor() throws Exception {
        var events = new Collector();
        store.watch("/", store.revision(), events);
        store.create("/before", bytes("x"), DURABLE);
        server.stop();
        CompletableFuture<Stored> during = CompletableFuture.supplyAsync(() -> store.create("/during", bytes("y"), DURABLE));
        Thread.sleep(500);
        assertThat(during).isNotDone();
        server.launch();
        assertThat(during.get(30, TimeUnit.SECONDS).modRevision()).isEqualTo(3);
        try (Datastore other = open(DatastoreOptions.defaults())) {
            other.create("/other", bytes("z"), DURABLE);
            events.await(3);
        }
        assertThat(events.summary()).containsExactly("PUT /before=x @2 prev null", "PUT /during=y @3 prev null", "PUT /other=z @4 prev null");
    }

    /** The database dies at any moment under load: what was acknowledged is there, and revisions went on upwards. */
    @Test
    void killsOfTheDatabaseLoseNoAcknowledgedWrite() throws Exception {
        var acknowledged = new TreeMap<String, Integer>();
        var stop = new AtomicBoolean();
        var events = new Collector();
        store.watch("/", 1, events);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int w = 0; w < 6; w++) {
                String key = "/w/" + w;
                threads.submit(() -> {
                    for (int i = 0; !stop.get(); i++) {
                        try {
                            Stored there = store.get(key);
                            if (there == null) {
                                store.create(key, bytes("" + i), DURABLE);
                            } else {
                                store.update(key, bytes("" + i), there.modRevision(), DURABLE);
                            }
                            synchronized (acknowledged) {
                                acknowledged.put(key, i);
                            }
                        } catch (DatastoreException e) {
                            // it may be written or not; go on
                        }
                    }
                });
            }
            for (int crash = 0; crash < 5; crash++) {
                Thread.sleep(400);
                server.kill();
                Awaitility.await().atMost(20, TimeUnit.SECONDS).ignoreExceptions().until(() -> {
                    server.launch();
                    return true;
                });
            }
            Thread.sleep(400);
            stop.set(true);
        }
        assertThat(acknowledged).hasSize(6);
        acknowledged.forEach((key, number) -> assertThat(Integer.parseInt(text(store.get(key)))).as(key).isGreaterThanOrEqualTo(number));
        try (Datastore other = open(DatastoreOptions.defaults())) {
            assertThat(other.revision()).isEqualTo(store.revision());
        }
        events.await((int) store.revision() - 1);
        Map<String, String> last = new TreeMap<>();
        for (int i = 0; i < events.list().size(); i++) {
            assertThat(events.list().get(i).revision()).isEqualTo(i + 2);
            last.put(events.list().get(i).key(), text(events.list().get(i).current()));
        }
        last.forEach((key, value) -> assertThat(text(store.get(key))).isEqualTo(value));
    }

    @Test
    void whenTheDatabaseStaysAwayWritesSaySo() throws Exception {
        store.create("/a", bytes("1"), DURABLE);
        server.stop();
        try {
            assertThatThrownBy(() -> store.create("/b", bytes("1"), DURABLE)).isInstanceOf(DatastoreException.class)
                .hasMessageContaining("postgres://127.0.0.1:" + server.port() + "/kubernetes").hasMessageContaining("cannot be reached").hasMessageNotContaining("word");
            assertThatThrownBy(() -> store.get("/a")).isInstanceOf(DatastoreException.class).hasMessageContaining("cannot be reached");
        } finally {
            server.launch();
        }
        Awaitility.await().atMost(Duration.ofSeconds(20)).ignoreExceptions().until(() -> store.create("/c" + System.nanoTime(), bytes("1"), DURABLE) != null);
        assertThat(text(store.get("/a"))).isEqualTo("1");
    }

    @Test
    void aServerThatMissedWhatWasCompactedEndsItsWatches() throws Exception {
        Watch watch = store.watch("/", 1, event -> { });
        // What a server that was cut off for long finds: the rest of the history is gone.
        server.execute("UPDATE skerry.state SET revision = 500, compacted = 400;"
            + " INSERT INTO skerry.history SELECT n, '/k/' || n, false, null, null, null FROM generate_series(401, 500) n;"
            + " INSERT INTO skerry.current SELECT '/k/' || n, n, n, 'x' FROM generate_series(401, 500) n");
        assertThat(store.create("/after", bytes("x"), DURABLE).modRevision()).isEqualTo(501);
        assertThatThrownBy(() -> watch.done().toCompletableFuture().get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(CompactedException.class);
        assertThat(store.list("/", null, 0, 0).items()).hasSize(101);
        assertThatThrownBy(() -> store.list("/", null, 0, 300)).isInstanceOf(CompactedException.class);
        var events = new Collector();
        store.watch("/", 499, events);
        events.await(2);
        assertThat(events.summary()).containsExactly("PUT /k/500=x @500 prev null", "PUT /after=x @501 prev null");
    }

    @Test
    void badEndpointsAreNamedWithWhatToDo() {
        String at = "127.0.0.1:" + server.port();
        Map<String, String> wrong = Map.of(
            "postgres://postgres:no@" + at + "/kubernetes", "refuses the user",
            "postgres://postgres:p%40ss%2Fword@" + at + "/none", "no such database",
            "postgres://postgres:x@127.0.0.1:1/kubernetes", "cannot be reached",
            "postgres:///kubernetes", "names no host",
            "postgres://u:se cret@h/db", "no URL",
            "postgres://h/db?sslmode=maybe", "sslmode 'maybe'",
            "postgres://h/db?sslmod=disable", "parameter 'sslmod'",
            "mysql://u:secret@h/db", "no known kind",
            "/var/lib/db", "no known kind");
        wrong.forEach((endpoint, told) -> assertThatThrownBy(() -> Datastores.open(endpoint, null, DatastoreOptions.defaults())).as(endpoint)
            .isInstanceOf(DatastoreException.class).hasMessageContaining(told).hasMessageNotContaining("secret").hasMessageNotContaining("ss/word"));
    }

    @Test
    void aUserWithoutRightsIsToldToBeMadeTheOwner() {
        server.execute("DROP SCHEMA skerry CASCADE; CREATE ROLE guest LOGIN PASSWORD 'g'");
        try {
            assertThatThrownBy(() -> PostgresDatastore.open("postgres://guest:g@127.0.0.1:" + server.port() + "/kubernetes", DatastoreOptions.defaults()))
                .isInstanceOf(DatastoreException.class).hasMessageContaining("owner of the database");
        } finally {
            server.execute("DROP ROLE guest");
        }
    }
}
