package io.skerry.scripts;

import io.skerry.datastore.Datastore;
import io.skerry.datastore.DatastoreOptions;
import io.skerry.datastore.Durability;
import io.skerry.datastore.SqliteDatastore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * How long a write can be held up by checkpoints and compaction. History is forgotten after a second instead of five minutes, so that
 * as much is compacted as is written all the time. A thread beside it syncs a file of its own: what that takes is the disk's.
 */
final class StallBench {
    private static final int CLIENTS = 8;
    private static final int KEYS = 50;
    private static final long STALL = 100_000_000;

    private StallBench() {}

    /** Of many calls: how many, the slowest in nanoseconds, and how many took over 100 ms. */
    record Calls(long count, long slowest, long stalls) {
        static final Calls NONE = new Calls(0, 0, 0);

        Calls plus(long nanos) {
            return new Calls(count + 1, Math.max(slowest, nanos), stalls + (nanos > STALL ? 1 : 0));
        }

        Calls plus(Calls other) {
            return new Calls(count + other.count, Math.max(slowest, other.slowest), stalls + other.stalls);
        }
    }

    /** @param syncs those of the other file */
    record Figures(Calls writes, Calls syncs) {}

    /** @throws IOException when nothing was checkpointed or compacted meanwhile, so that nothing was measured */
    static Figures run(Path folder, int seconds) throws Exception {
        Files.createDirectories(folder);
        Path file = folder.resolve("state.db");
        DatastoreOptions options = DatastoreOptions.defaults().withHistory(1000, Duration.ofSeconds(1));
        try (Datastore store = SqliteDatastore.open(file, options); var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            write(store, 0, System.nanoTime() + 2_000_000_000L);
            long compacted = store.compactedRevision();
            long moved = Files.getLastModifiedTime(file).toMillis();
            long end = System.nanoTime() + seconds * 1_000_000_000L;
            List<Future<Calls>> work = new ArrayList<>();
            for (int c = 0; c < CLIENTS; c++) {
                int client = c;
                work.add(threads.submit(() -> write(store, client, end)));
            }
            Calls syncs = sync(folder.resolve("other"), end);
            Calls writes = Calls.NONE;
            for (Future<Calls> one : work) {
                writes = writes.plus(one.get());
            }
            if (store.compactedRevision() == compacted || Files.getLastModifiedTime(file).toMillis() == moved) {
                throw new IOException("no compaction, or no checkpoint, in " + seconds + " s and " + writes.count() + " writes: take a larger --seconds");
            }
            return new Figures(writes, syncs);
        }
    }

    private static Calls write(Datastore store, int client, long end) {
        long[] revisions = new long[KEYS];
        byte[] value = new byte[2000];
        Calls calls = Calls.NONE;
        for (int i = 0; System.nanoTime() - end < 0; i = (i + 1) % KEYS) {
            String key = "/registry/bench/" + client + "/" + i;
            if (revisions[i] == 0 && store.get(key) != null) {
                revisions[i] = store.get(key).modRevision();
            }
            long start = System.nanoTime();
            revisions[i] = (revisions[i] == 0 ? store.create(key, value, Durability.DURABLE) : store.update(key, value, revisions[i], Durability.DURABLE)).modRevision();
            calls = calls.plus(System.nanoTime() - start);
        }
        return calls;
    }

    private static Calls sync(Path file, long end) throws Exception {
        Calls calls = Calls.NONE;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            while (System.nanoTime() - end < 0) {
                long start = System.nanoTime();
                channel.write(ByteBuffer.allocate(4096));
                channel.force(false);
                calls = calls.plus(System.nanoTime() - start);
                Thread.sleep(20);
            }
        }
        return calls;
    }
}
