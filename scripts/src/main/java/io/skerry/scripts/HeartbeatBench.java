package io.skerry.scripts;

import io.skerry.datastore.Datastore;
import io.skerry.datastore.DatastoreOptions;
import io.skerry.datastore.Durability;
import io.skerry.datastore.SqliteDatastore;
import io.skerry.datastore.Stored;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * What an idle node with ten pods makes the datastore write in an hour, without waiting for one: its lease every ten seconds, its status and
 * an event of each pod every five minutes, and every ten minutes a write that takes them all to disk, as the server's own clock would.
 */
final class HeartbeatBench {
    private static final int PODS = 10;

    private HeartbeatBench() {}

    /** @param process bytes that this process has sent to storage (proc(5)); @param device those that reached the disk */
    record Written(long process, long device) {}

    static Written hour(LoopDisk disk, Path folder) throws IOException, InterruptedException {
        try (Datastore store = SqliteDatastore.open(folder.resolve("state.db"), DatastoreOptions.defaults().withLazyDelay(Duration.ofHours(2)))) {
            for (int i = 0; i < 20 * PODS; i++) {
                store.create("/registry/core/things/" + i, new byte[2000], Durability.DURABLE);
            }
            Map<String, Stored> last = new HashMap<>();
            store.create("/settled", new byte[1], Durability.DURABLE);
            long process = ProcessFigures.of(ProcessHandle.current().pid()).writtenBytes();
            long device = disk.writtenBytes();
            for (int second = 0; second < 3600; second += 10) {
                beat(store, last, "/registry/coordination.k8s.io/leases/kube-node-lease/node", 500);
                if (second % 300 == 0) {
                    beat(store, last, "/registry/core/nodes/node", 6000);
                    for (int pod = 0; pod < PODS; pod++) {
                        beat(store, last, "/registry/core/events/default/pod-" + pod, 800);
                    }
                }
                if (second % 600 == 0) {
                    store.create("/durable/" + second, new byte[1], Durability.DURABLE);
                }
            }
            return new Written(ProcessFigures.of(ProcessHandle.current().pid()).writtenBytes() - process, disk.writtenBytes() - device);
        }
    }

    private static void beat(Datastore store, Map<String, Stored> last, String key, int bytes) {
        Stored before = last.get(key);
        last.put(key, before == null ? store.create(key, new byte[bytes], Durability.LAZY) : store.update(key, new byte[bytes], before.modRevision(), Durability.LAZY));
    }
}
