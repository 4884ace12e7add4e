package io.skerry.datastore;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a power cut leaves of a store under load, at many moments of one run. */
class PowerCutTest {

    private static final int CUTS = Integer.getInteger("skerry.datastore.cuts", 120);

    @TempDir
    Path folder;

    @Test
    void noAcknowledgedDurableWriteIsLostAndRevisionsNeverGoBackwards() throws Exception {
        var disk = new FailingDisk(folder);
        Process process = disk.write(true);
        try {
            // Long enough for several checkpoints.
            Awaitility.await().atMost(120, TimeUnit.SECONDS).pollInterval(50, TimeUnit.MILLISECONDS)
                .until(() -> Files.exists(disk.log) && Files.size(disk.log) > 40 << 20 || !process.isAlive());
        } finally {
            FailingDisk.kill(process);
        }
        var power = new PowerCut(disk.log);
        assertThat(power.syncs()).isGreaterThan(100);
        assertThat(power.writesAt("state.db-wal", 0)).as("logs begun").isGreaterThan(2);
        var random = new Random(7);
        int proven = 0;
        for (int i = 0; i < CUTS; i++) {
            int cut = 1 + random.nextInt(power.length());
            double survives = new double[] {0, 0.5, 0.9, 1}[i % 4];
            String when = "after a power cut before operation " + cut + " of " + power.length() + ", unsynced pages surviving with probability " + survives;
            Path left = Files.createDirectory(folder.resolve("cut" + i));
            power.leave(left, cut, survives, random);
            var told = new Acknowledged();
            told.lines(power.told("acks", cut));
            try (Datastore store = SqliteDatastore.open(left.resolve("state.db"))) {
                told.verify(store, when);
                assertThat(store.create("/after", new byte[0], Durability.DURABLE).modRevision()).as(when).isGreaterThan(told.highest());
            } catch (DatastoreException e) {
                throw new AssertionError(when, e);
            }
            proven += told.count() > 0 ? 1 : 0;
            try (var files = Files.list(left)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
        }
        assertThat(proven).as("cuts after something had been acknowledged").isGreaterThan(CUTS / 2);
    }
}
