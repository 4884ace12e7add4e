package io.skerry.datastore;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Many writers, watches and readers at once, on every dialect. */
abstract class DatastoreConcurrency {

    /** Opens an empty store. */
    abstract Datastore open(DatastoreOptions options);

    @Test
    void noUpdateIsLost() throws Exception {
        try (Datastore store = open(DatastoreOptions.defaults()); var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            store.create("/counter", DatastoreContract.bytes("0"), Durability.DURABLE);
            var work = new ArrayList<Future<?>>();
            for (int t = 0; t < 16; t++) {
                Durability durability = t % 2 == 0 ? Durability.DURABLE : Durability.LAZY;
                work.add(threads.submit(() -> {
                    for (int i = 0; i < 50; ) {
                        Stored seen = store.get("/counter");
                        try {
                            int next = Integer.parseInt(DatastoreContract.text(seen)) + 1;
                            store.update("/counter", DatastoreContract.bytes("" + next), seen.modRevision(), durability);
                            i++;
                        } catch (RevisionMismatchException e) {
                            assertThat(e.current().modRevision()).isGreaterThan(seen.modRevision());
                        }
                    }
                }));
            }
            for (Future<?> one : work) {
                one.get(60, TimeUnit.SECONDS);
            }
            assertThat(DatastoreContract.text(store.get("/counter"))).isEqualTo("800");
        }
    }

    /**
     * Watches that reconnect at random places, some far behind, see exactly the writes: in order, none missing, none
     * twice, each with the value that was written at its revision.
     */
    @Test
    void watchesMissNothingUnderLoadAndOverReconnects() throws Exception {
        var options = DatastoreOptions.defaults().withMemory(64, 1 << 20).withHistory(1_000_000, java.time.Duration.ofHours(1));
        int writers = 8;
        int each = 400;
        try (Datastore store = open(options); var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            long start = store.revision();
            var written = new ArrayList<CompletableFuture<Map<Long, String>>>();
            var watchers = new ArrayList<CompletableFuture<List<Event>>>();
            var last = new AtomicLong(Long.MAX_VALUE);
            for (int w = 0; w < 6; w++) {
                int seed = w;
                watchers.add(CompletableFuture.supplyAsync(() -> reconnecting(store, start, last, seed), threads));
            }
            for (int t = 0; t < writers; t++) {
                int id = t;
                written.add(CompletableFuture.supplyAsync(() -> writes(store, id, each), threads));
            }
            Map<Long, String> truth = new HashMap<>();
            for (var one : written) {
                truth.putAll(one.get(60, TimeUnit.SECONDS));
            }
            assertThat(truth).hasSize(writers * each);
            assertThat(store.revision()).isEqualTo(start + writers * each);
            last.set(store.revision());
            store.create("/end", new byte[0], Durability.DURABLE); // wakes those that wait for more
            for (var watcher : watchers) {
                List<Event> seen = watcher.get(60, TimeUnit.SECONDS);
                assertThat(seen).hasSize(writers * each);
                long revision = start;
                for (Event event : seen) {
                    assertThat(event.revision()).isEqualTo(++revision);
                    assertThat(event.type() + " " + event.key() + " " + DatastoreContract.text(event.current())).isEqualTo(truth.get(revision));
                }
            }
        }
    }

    private static Map<Long, String> writes(Datastore store, int id, int count) {
        Map<Long, String> written = new HashMap<>();
        var random = new Random(id);
        var there = new HashMap<String, Stored>();
        for (int i = 0; i < count; i++) {
            String key = "/k/" + id + "/" + random.nextInt(5);
            Stored current = there.get(key);
            Stored result;
            if (current != null && random.nextInt(4) == 0) {
                result = store.delete(key, current.modRevision(), Durability.DURABLE);
                there.remove(key);
                written.put(result.modRevision(), "DELETE " + key + " " + DatastoreContract.text(result));
            } else {
                byte[] value = DatastoreContract.bytes(id + "-" + i);
                result = current == null ? store.create(key, value, Durability.DURABLE) : store.update(key, value, current.modRevision(), Durability.DURABLE);
                there.put(key, result);
                written.put(result.modRevision(), "PUT " + key + " " + id + "-" + i);
            }
        }
        return written;
    }

    private static List<Event> reconnecting(Datastore store, long from, AtomicLong last, int seed) {
        var random = new Random(seed);
        var seen = new ArrayList<Event>();
        long position = from;
        while (position < last.get()) {
            var stop = new CompletableFuture<Void>();
            int take = 1 + random.nextInt(300);
            var part = new ArrayList<Event>();
            Watch watch = store.watch("/k/", position, event -> {
                if (part.size() < take) {
                    part.add(event);
                }
                if (part.size() == take || event.revision() >= last.get()) {
                    stop.complete(null);
                }
                if (random.nextInt(100) == 0) {
                    sleep(3);
                }
            });
            while (!stop.isDone() && (part.isEmpty() || position + part.size() < last.get())) {
                sleep(1);
            }
            watch.close();
            watch.done().toCompletableFuture().join();
            seen.addAll(part);
            position = seen.isEmpty() ? from : seen.getLast().revision();
            sleep(random.nextInt(20));
        }
        return seen;
    }

    private static void sleep(int millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
