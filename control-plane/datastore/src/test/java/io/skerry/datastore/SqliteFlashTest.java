package io.skerry.datastore;

import static io.skerry.datastore.Durability.DURABLE;
import static io.skerry.datastore.Durability.LAZY;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;

/** What the embedded store takes of a card: room, and bytes written. */
class SqliteFlashTest {

    private static final long MIB = 1 << 20;

    @TempDir
    Path folder;

    private static long size(Path file) throws IOException {
        return Files.exists(file) ? Files.size(file) : 0;
    }

    @Test
    void theFileShrinksAfterAChurnOf100000Writes() throws Exception {
        Path file = folder.resolve("state.db");
        Path log = folder.resolve("state.db-wal");
        int writers = 64;
        int each = 100_000 / writers + 1;
        var options = DatastoreOptions.defaults().withHistory(200, Duration.ofSeconds(2)).withLazyDelay(Duration.ofMillis(500));
        try (Datastore store = SqliteDatastore.open(file, options); var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var work = new ArrayList<Future<?>>();
            for (int w = 0; w < writers; w++) {
                int writer = w;
                work.add(threads.submit((Callable<Void>) () -> {
                    var random = new Random(writer);
                    for (int i = 0; i < each; i++) {
                        String key = "/registry/core/pods/default/" + writer + "-" + random.nextInt(40);
                        Stored there = store.get(key);
                        if (there == null) {
                            store.create(key, new byte[1000 + random.nextInt(2000)], DURABLE);
                        } else if (random.nextInt(4) == 0) {
                            store.delete(key, there.modRevision(), DURABLE);
                        } else {
                            store.update(key, new byte[1000 + random.nextInt(2000)], there.modRevision(), DURABLE);
                        }
                    }
                    for (Stored left : store.list("/registry/core/pods/default/" + writer + "-", null, 0, 0).items()) {
                        store.delete(left.key(), left.modRevision(), DURABLE);
                    }
                    return null;
                }));
            }
            long largest = 0;
            long longestLog = 0;
            for (Future<?> one : work) {
                while (!one.isDone()) {
                    Thread.sleep(20);
                    largest = Math.max(largest, size(file));
                    longestLog = Math.max(longestLog, size(log));
                }
                one.get();
            }
            assertThat(store.revision()).isGreaterThan(100_000);
            assertThat(longestLog).as("the log at its longest, which checkpoints beside the writes keep short").isLessThan(32 * MIB);
            assertThat(largest).as("there is something to give back").isGreaterThan(6 * MIB);
            Thread.sleep(2500);
            store.create("/heartbeat", new byte[100], LAZY); // what an idle cluster goes on writing
            Awaitility.await().atMost(60, TimeUnit.SECONDS).untilAsserted(() -> assertThat(size(file)).isLessThan(3 * MIB));
            assertThat(size(log)).isLessThan(5 * MIB);
        }
    }

    @Test
    void largeValuesAreForgottenAFewAtATime() throws Exception {
        Path file = folder.resolve("state.db");
        Path log = folder.resolve("state.db-wal");
        int size = 500_000;
        try (Datastore store = SqliteDatastore.open(file, DatastoreOptions.defaults().withHistory(0, Duration.ofHours(1)))) {
            Stored large = store.create("/large", new byte[size], DURABLE);
            for (int i = 0; i < 100; i++) {
                large = store.update(large.key(), new byte[size], large.modRevision(), DURABLE);
            }
            long full = size(file) + size(log);
            store.compact(large.modRevision());
            store.create("/next", new byte[1], DURABLE);
            int left = history(file);
            assertThat(left).as("at most four go with a write, and some more when nobody writes").isGreaterThan(80);
            Awaitility.await().atMost(60, TimeUnit.SECONDS).until(() -> history(file) == 1 && size(file) < 5 * MIB);
            assertThat(full).isGreaterThan(40 * MIB);
        }
    }

    private static int history(Path file) throws Exception {
        try (var connection = SqliteFile.connect(file)) {
            return SqliteFile.number(connection, "SELECT count(*) FROM history");
        }
    }

    /**
     * Ten pods' worth: a lease and an event of each pod that comes again (its count goes up) every ten seconds, a node's status every five minutes, for
     * an hour; no clock is waited for.
     */
    @Test
    void anHourOfHeartbeatsTakesLessThanAMebibyte(@TempDir(factory = OnDisk.class) Path disk) throws Exception {
        Path file = disk.resolve("state.db");
        try (Datastore store = SqliteDatastore.open(file, DatastoreOptions.defaults().withLazyDelay(Duration.ofHours(1)))) {
            for (int i = 0; i < 200; i++) {
                store.create("/registry/core/things/" + i, new byte[2000], DURABLE);
            }
            Stored lease = store.create("/registry/coordination.k8s.io/leases/kube-node-lease/node", new byte[500], LAZY);
            Stored node = store.create("/registry/core/nodes/node", new byte[6000], LAZY);
            var events = new ArrayList<Stored>();
            for (int pod = 0; pod < 10; pod++) {
                events.add(store.create("/registry/core/events/default/pod-" + pod, new byte[800], LAZY));
            }
            store.create("/settled", new byte[1], DURABLE);
            long before = written();
            for (int second = 0; second < 3600; second += 10) {
                lease = store.update(lease.key(), new byte[500], lease.modRevision(), LAZY);
                events.replaceAll(event -> store.update(event.key(), new byte[800], event.modRevision(), LAZY));
                if (second % 300 == 0) {
                    node = store.update(node.key(), new byte[6000], node.modRevision(), LAZY);
                }
                if (second % 600 == 0) {
                    store.create("/durable/" + second, new byte[1], DURABLE); // as if the ten minutes were over
                }
            }
            assertThat(written() - before).as("six times at least a page, if %s is on a disk", disk).isBetween(6 * 4096L, MIB);
        }
    }

    /** Beside the classes: the folder for temporary files may be in memory, and what is written there counts for nothing. */
    static final class OnDisk implements TempDirFactory {
        @Override
        public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext context) throws IOException {
            return Files.createTempDirectory(Files.createDirectories(Path.of("target")).toAbsolutePath(), "flash-");
        }
    }

    /** Bytes that this process has sent to storage (proc(5)). */
    private static long written() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/io")).stream().filter(line -> line.startsWith("write_bytes:"))
            .mapToLong(line -> Long.parseLong(line.substring(12).strip())).findFirst().orElseThrow();
    }
}
