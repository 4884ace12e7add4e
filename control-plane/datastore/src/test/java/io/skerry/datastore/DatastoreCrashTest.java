package io.skerry.datastore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** kill -9 of a writing process, again and again on one file. */
class DatastoreCrashTest {

    private static final int CRASHES = Integer.getInteger("skerry.datastore.crashes", 15);

    @TempDir
    Path folder;

    @Test
    void noAcknowledgedDurableWriteIsLostAndRevisionsNeverGoBackwards() throws Exception {
        Path file = folder.resolve("state.db");
        var random = new Random(42);
        Map<String, Long> acknowledged = new HashMap<>();
        long highest = 0;
        int durable = 0;
        int lazy = 0;
        for (int crash = 0; crash < CRASHES; crash++) {
            Process process = start(file);
            try (BufferedReader out = new BufferedReader(new InputStreamReader(process.getInputStream()))) {
                long lowest = Long.MAX_VALUE;
                long runHighest = 0;
                Thread killer = null;
                for (String line = out.readLine(); line != null; line = out.readLine()) {
                    String[] part = line.split(" ");
                    if (part.length != 4) {
                        assertThat(line).as("a line cut off by the kill").doesNotStartWith("E");
                        continue;
                    }
                    long revision = Long.parseLong(part[3]);
                    lowest = Math.min(lowest, revision);
                    runHighest = Math.max(runHighest, revision);
                    if (part[0].equals("D")) {
                        acknowledged.merge("/d/" + part[1], Long.parseLong(part[2]), Math::max);
                        durable++;
                    } else {
                        lazy++;
                    }
                    if (killer == null) {
                        int after = 20 + random.nextInt(300);
                        killer = Thread.startVirtualThread(() -> kill(process, after));
                    }
                }
                assertThat(process.waitFor()).as("killed").isEqualTo(128 + 9);
                assertThat(lowest).as("the first revision after crash " + crash).isGreaterThan(highest);
                highest = runHighest;
            } finally {
                process.destroyForcibly();
            }
            if (crash % 3 == 2) { // in between, the next writer finds the file as the crash left it
                try (Datastore store = SqliteDatastore.open(file)) {
                    assertThat(store.revision()).isGreaterThanOrEqualTo(highest);
                    acknowledged.forEach((key, number) ->
                        assertThat(Long.parseLong(DatastoreContract.text(store.get(key)).strip())).as(key).isGreaterThanOrEqualTo(number));
                    highest = store.create("/probe/" + crash, new byte[0], Durability.DURABLE).modRevision();
                }
            }
        }
        assertThat(acknowledged).hasSize(8);
        assertThat(durable).as("enough was written to prove something").isGreaterThan(CRASHES * 20);
        assertThat(lazy).isGreaterThan(CRASHES);
    }

    @Test
    void aSecondProcessIsToldWhoHasTheFile() throws Exception {
        Path file = folder.resolve("state.db");
        try (Datastore store = SqliteDatastore.open(file)) {
            Process process = start(file);
            try (BufferedReader out = new BufferedReader(new InputStreamReader(process.getInputStream()))) {
                assertThat(out.readLine()).startsWith("E datastore " + file + " is in use by another process (pid " + ProcessHandle.current().pid() + ")");
            } finally {
                process.destroyForcibly();
            }
            assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
            store.create("/a", new byte[0], Durability.DURABLE);
        }
    }

    private static Process start(Path file) throws IOException {
        return new ProcessBuilder(ProcessHandle.current().info().command().orElseThrow(), "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"), CrashWriter.class.getName(), file.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    private static void kill(Process process, int afterMillis) {
        try {
            Thread.sleep(afterMillis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        process.toHandle().destroyForcibly(); // SIGKILL; the Process object would close the pipe, which still has lines to read
    }
}
