package io.skerry.datastore;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** kill -9 of a writing process, again and again on one file. */
class DatastoreCrashTest {

    private static final int CRASHES = Integer.getInteger("skerry.datastore.crashes", 100);

    @TempDir
    Path folder;

    @Test
    void noAcknowledgedDurableWriteIsLostAndRevisionsNeverGoBackwards() throws Exception {
        Path file = folder.resolve("state.db");
        Path acks = folder.resolve("acks");
        var random = new Random(42);
        var told = new Acknowledged();
        for (int crash = 0; crash < CRASHES; crash++) {
            long before = told.highest();
            Files.deleteIfExists(acks);
            Process process = CrashWriter.command(file, acks).start();
            try {
                Awaitility.await().atMost(60, TimeUnit.SECONDS).pollInterval(5, TimeUnit.MILLISECONDS)
                    .until(() -> Files.exists(acks) && Files.size(acks) > 0 || !process.isAlive());
                Thread.sleep(random.nextInt(250));
            } finally {
                process.destroyForcibly().waitFor();
            }
            String text = Files.readString(acks);
            assertThat(text).doesNotStartWith("E").doesNotContain("X ");
            long lowest = text.lines().map(line -> line.split(" ")).filter(part -> part.length == 5).mapToLong(part -> Long.parseLong(part[3])).min().orElse(Long.MAX_VALUE);
            assertThat(lowest).as("the first revision after crash " + crash).isGreaterThan(before);
            told.lines(text);
            if (crash % 4 == 3) { // in between, the next writer finds the file as the crash left it
                try (Datastore store = SqliteDatastore.open(file)) {
                    told.verify(store, "after crash " + crash);
                    told.line("D probe 0 " + store.create("/probe/" + crash, new byte[0], Durability.DURABLE).modRevision() + " -");
                }
            }
        }
        assertThat(told.count()).as("enough was written to prove something").isGreaterThan(CRASHES * 20);
        assertThat(told.lazy()).isGreaterThan(CRASHES);
    }

    @Test
    void aSecondProcessIsToldWhoHasTheFile() throws Exception {
        Path file = folder.resolve("state.db");
        Path acks = folder.resolve("acks");
        try (Datastore store = SqliteDatastore.open(file)) {
            Process process = CrashWriter.command(file, acks).start();
            try {
                assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            } finally {
                process.destroyForcibly();
            }
            assertThat(Files.readString(acks)).startsWith("E datastore " + file + " is in use by another process (pid " + ProcessHandle.current().pid() + ")");
            store.create("/a", new byte[0], Durability.DURABLE);
        }
    }
}
