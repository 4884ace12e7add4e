package io.skerry.datastore;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A disk that fails under a store which is writing: errors that say what is wrong, nothing lost, and all goes on when the disk is well again. */
class FailingDiskTest {

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"FULL,the disk is full", "READ_ONLY,the disk reports an error", "SYNC_FAILS,the disk reports an error"})
    void writesFailWithTheReasonAndGoOnWhenTheDiskIsWell(FailingDisk.Mode mode, String reason) throws Exception {
        var disk = new FailingDisk(folder);
        Process process = disk.write(false);
        try {
            awaitMore(disk, told(disk).count() + 100);
            for (int again = 0; again < 2; again++) {
                int failures = told(disk).failures();
                disk.become(mode);
                Awaitility.await().atMost(30, TimeUnit.SECONDS).until(() -> told(disk).failures() > failures + 20);
                assertThat(told(disk).lastFailure()).contains("cannot write datastore").contains(reason).contains(disk.root.toString());
                int during = told(disk).count();
                Thread.sleep(200);
                assertThat(told(disk).count()).as("acknowledged while the disk failed").isEqualTo(during);
                disk.become(FailingDisk.Mode.WELL);
                awaitMore(disk, during + 100);
            }
        } finally {
            FailingDisk.kill(process);
        }
        verify(disk);
    }

    @Test
    void aSyncOfTwoSecondsDelaysWritesAndFailsNone() throws Exception {
        var disk = new FailingDisk(folder);
        Process process = disk.write(false);
        try {
            awaitMore(disk, 100);
            disk.become(FailingDisk.Mode.SLOW_SYNC);
            Thread.sleep(300);
            Acknowledged before = told(disk);
            Thread.sleep(5000);
            Acknowledged after = told(disk);
            assertThat(after.count() - before.count()).as("in five seconds: every writer is told after each sync").isBetween(8, 40);
            assertThat(after.lazy() - before.lazy()).as("heartbeats wait for a sync at most").isGreaterThan(0);
            disk.become(FailingDisk.Mode.WELL);
            awaitMore(disk, after.count() + 100);
            assertThat(told(disk).failures()).isZero();
        } finally {
            FailingDisk.kill(process);
        }
        verify(disk);
    }

    /** Checkpoints are another thread's: however long the database file takes, writes go on. */
    @Test
    void aCheckpointThatHangsHoldsUpNoWrite() throws Exception {
        var disk = new FailingDisk(folder);
        Process process = disk.write(false);
        Path log = disk.root.resolve("state.db-wal");
        try {
            Awaitility.await().pollInterval(10, TimeUnit.MILLISECONDS).atMost(60, TimeUnit.SECONDS).until(() -> told(disk).count() > 0);
            disk.become(FailingDisk.Mode.CHECKPOINT_HANGS);
            assertThat(Files.size(log)).as("no checkpoint was due yet").isLessThan(1000 * 4096);
            Awaitility.await("the log grows by acknowledged writes alone, and it is twice as long as when checkpoints end")
                .atMost(120, TimeUnit.SECONDS).until(() -> Files.size(log) > 12 << 20);
            int during = told(disk).count();
            disk.become(FailingDisk.Mode.WELL);
            awaitMore(disk, during + 100);
            Awaitility.await("the log starts over").atMost(30, TimeUnit.SECONDS).until(() -> Files.size(log) < 8 << 20);
            assertThat(told(disk).failures()).isZero();
        } finally {
            FailingDisk.kill(process);
        }
        verify(disk);
    }

    /** As SQLite sees it. When the disk reads well again, so does the file. */
    @Test
    void aFileWithBlocksThatCannotBeReadIsDamaged() throws Exception {
        var disk = new FailingDisk(folder);
        Path file = disk.root.resolve("state.db");
        try (Datastore store = SqliteDatastore.open(file)) {
            store.create("/a", new byte[50_000], Durability.DURABLE);
        }
        disk.become(FailingDisk.Mode.UNREADABLE);
        for (int i = 0; i < 2; i++) {
            assertThat(whyItDoesNotStart(disk)).contains("is damaged", "there is no snapshot");
            assertThat(SqliteSuspicion.file(file)).content().contains("is damaged");
        }
        disk.become(FailingDisk.Mode.WELL);
        try (Datastore store = SqliteDatastore.open(file)) {
            assertThat(store.get("/a").value()).hasSize(50_000);
        }
        assertThat(SqliteSuspicion.file(file)).as("the file was acquitted").doesNotExist();
    }

    private static String whyItDoesNotStart(FailingDisk disk) throws Exception {
        Files.deleteIfExists(disk.root.resolve("acks"));
        Process process = disk.write(false);
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            FailingDisk.kill(process);
        }
        return Files.readString(disk.root.resolve("acks"));
    }

    private static void awaitMore(FailingDisk disk, int count) {
        Awaitility.await().atMost(60, TimeUnit.SECONDS).until(() -> told(disk).count() > count);
    }

    private static Acknowledged told(FailingDisk disk) throws Exception {
        var told = new Acknowledged();
        if (Files.exists(disk.root.resolve("acks"))) {
            told.lines(Files.readString(disk.root.resolve("acks")));
        }
        return told;
    }

    private static void verify(FailingDisk disk) throws Exception {
        try (Datastore store = SqliteDatastore.open(disk.root.resolve("state.db"))) {
            told(disk).verify(store, "after the failures and a kill");
        }
    }
}
