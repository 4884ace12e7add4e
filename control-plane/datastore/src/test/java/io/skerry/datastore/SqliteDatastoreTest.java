package io.skerry.datastore;

import static io.skerry.datastore.Durability.DURABLE;
import static io.skerry.datastore.Durability.LAZY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The semantics on SQLite, and what is particular to a file. */
class SqliteDatastoreTest extends DatastoreContract {

    @TempDir
    Path folder;

    @Override
    Datastore open(DatastoreOptions options) {
        return SqliteDatastore.open(file(), options);
    }

    private Path file() {
        return folder.resolve("server/db/state.db");
    }

    @Test
    void theFileIsForItsOwnerOnly() throws IOException {
        store.create("/secret", bytes("x"), DURABLE);
        for (String suffix : new String[] {"", "-wal", "-shm"}) {
            Path path = Path.of(file() + suffix);
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path))).as(path.toString()).isEqualTo("rw-------");
        }
    }

    @Test
    void aSecondStoreOnTheSameFileIsRefused() {
        assertThatThrownBy(() -> SqliteDatastore.open(file())).isInstanceOf(DatastoreException.class).hasMessageContaining("already open");
        store.create("/a", bytes("1"), DURABLE);
    }

    @Test
    void badFilesAreNamedWithWhatToDo() throws Exception {
        Path text = Files.writeString(folder.resolve("text.db"), "this is no database, but long enough to look at".repeat(50));
        assertThatThrownBy(() -> SqliteDatastore.open(text)).isInstanceOf(DatastoreException.class)
            .hasMessageContaining(text.toString()).hasMessageContaining("damaged").hasMessageContaining("not a database");
        Path foreign = folder.resolve("foreign.db");
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + foreign); var statement = connection.createStatement()) {
            statement.execute("CREATE TABLE t (x)");
        }
        assertThatThrownBy(() -> SqliteDatastore.open(foreign)).isInstanceOf(DatastoreException.class).hasMessageContaining("another program");
        assertThatThrownBy(() -> SqliteDatastore.open(folder)).isInstanceOf(DatastoreException.class).hasMessageContaining("not a regular file");
        Path below = text.resolve("state.db");
        assertThatThrownBy(() -> SqliteDatastore.open(below)).isInstanceOf(DatastoreException.class).hasMessageContaining(text.toString());
        // Every failed open let go of the file.
        assertThatThrownBy(() -> SqliteDatastore.open(text)).hasMessageContaining("not a database");
    }

    @Test
    void aNewerFormatIsRefused() throws Exception {
        store.close();
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file()); var statement = connection.createStatement()) {
            statement.execute("PRAGMA user_version = 99");
        }
        assertThatThrownBy(() -> SqliteDatastore.open(file())).hasMessageContaining("format 99").hasMessageContaining("newer skerry");
    }

    @Test
    void damageIsFoundAtStart() throws Exception {
        for (int i = 0; i < 200; i++) {
            store.create("/k/" + i, new byte[2000], DURABLE);
        }
        store.close();
        byte[] content = Files.readAllBytes(file());
        byte[] noise = new byte[4096 * 8];
        new Random(1).nextBytes(noise);
        System.arraycopy(noise, 0, content, content.length / 2, noise.length);
        Files.write(file(), content);
        assertThatThrownBy(() -> SqliteDatastore.open(file())).isInstanceOf(DatastoreException.class).hasMessageContaining("damaged").hasMessageContaining("no snapshot in").hasMessageContaining("skerry snapshot restore FILE");
    }

    @Test
    void afterACrashThePastCannotBeWatched() throws Exception {
        store.create("/a", bytes("1"), DURABLE);
        store.close();
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file()); var statement = connection.createStatement()) {
            statement.execute("UPDATE state SET clean = 0, high_water = 10002");
        }
        store = SqliteDatastore.open(file());
        assertThat(store.revision()).isEqualTo(10002);
        assertThat(text(store.get("/a"))).isEqualTo("1");
        assertThat(keys(store.list("/", null, 0, 0))).containsExactly("/a");
        assertThatThrownBy(() -> store.watch("/", 2, event -> { })).isInstanceOf(CompactedException.class);
        var events = new Collector();
        store.watch("/", store.revision(), events);
        store.create("/b", bytes("1"), DURABLE);
        events.await(1);
        assertThat(events.summary()).containsExactly("PUT /b=1 @10003 prev null");
    }

    /** On a real full disk: a small tmpfs. */
    @Test
    void aFullDiskFailsWritesAndIsSurvived() throws Exception {
        Path disk = Files.createDirectory(folder.resolve("disk"));
        assertThat(new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk.toString()).inheritIO().start().waitFor()).as("mount; this test needs root").isZero();
        try {
            try (Datastore small = SqliteDatastore.open(disk.resolve("state.db"))) {
                var written = new ArrayList<Stored>();
                assertThatThrownBy(() -> {
                    for (int i = 0; i < 1000; i++) {
                        written.add(small.create("/k/" + i, new byte[20_000], DURABLE));
                    }
                }).isInstanceOf(DatastoreException.class).hasMessageContaining("disk is full").hasMessageContaining(disk.toString());
                assertThat(written).hasSizeGreaterThan(5);
                long revision = small.revision();
                assertThat(revision).isEqualTo(written.getLast().modRevision());
                var events = new Collector();
                small.watch("/", revision, events);
                assertThat(small.list("/k/", null, 0, 0).items()).hasSize(written.size());
                small.create("/lazy", bytes("x"), LAZY);
                assertThat(new ProcessBuilder("mount", "-o", "remount,size=20m", disk.toString()).start().waitFor()).isZero();
                Stored after = small.create("/after", bytes("y"), DURABLE);
                assertThat(after.modRevision()).isGreaterThan(revision);
                events.await(2);
                assertThat(events.summary()).hasSize(2).last().asString().startsWith("PUT /after=y");
            }
            try (Datastore again = SqliteDatastore.open(disk.resolve("state.db"))) {
                assertThat(text(again.get("/after"))).isEqualTo("y");
                assertThat(text(again.get("/lazy"))).isEqualTo("x");
            }
        } finally {
            new ProcessBuilder("umount", disk.toString()).inheritIO().start().waitFor();
        }
    }

    @Test
    void aWatchBehindTheMemoryWindowSeesTheLastOfLazyWrites() throws Exception {
        reopen(SMALL_MEMORY);
        store.create("/lease", bytes("0"), DURABLE);
        long from = store.revision();
        for (int i = 1; i <= 3; i++) {
            store.update("/lease", bytes("" + i), store.get("/lease").modRevision(), LAZY);
        }
        store.create("/gone", bytes("x"), LAZY);
        store.delete("/gone", 0, LAZY);
        for (int i = 0; i < 10; i++) { // push the above out of the window
            store.create("/lazy/" + i, bytes("x"), LAZY);
        }
        var before = new Collector();
        store.watch("/lease", from, before);
        before.await(1);
        assertThat(before.summary()).containsExactly("PUT /lease=3 @5 prev 0");
        var gone = new Collector();
        store.watch("/gone", 6, gone);
        gone.await(1);
        assertThat(gone.summary()).containsExactly("DELETE /gone=x @7 prev x");
        store.create("/durable", bytes("y"), DURABLE); // takes them to the disk
        var after = new Collector();
        store.watch("/le", from, after);
        after.await(1);
        assertThat(after.summary()).containsExactly("PUT /lease=3 @5 prev 0");
    }

    @Test
    void anIdleStoreWritesNothingAndLazyWritesWait() throws Exception {
        reopen(DatastoreOptions.defaults().withLazyDelay(Duration.ofMillis(1500)));
        store.create("/lease", bytes("0"), DURABLE);
        Path wal = Path.of(file() + "-wal");
        long size = Files.size(wal);
        var modified = Files.getLastModifiedTime(wal);
        for (int i = 0; i < 100; i++) {
            store.update("/lease", bytes("" + i), store.get("/lease").modRevision(), LAZY);
        }
        Thread.sleep(300);
        assertThat(Files.size(wal)).isEqualTo(size);
        assertThat(Files.getLastModifiedTime(wal)).isEqualTo(modified);
        Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> Files.size(wal) > size);
        long flushed = Files.size(wal);
        assertThat(flushed - size).as("a hundred heartbeats are one small write").isLessThan(20_000);
        Thread.sleep(2000);
        assertThat(Files.size(wal)).isEqualTo(flushed);
    }

    @Test
    void spaceOfForgottenHistoryIsGivenBack() throws Exception {
        reopen(DatastoreOptions.defaults().withHistory(50, Duration.ZERO));
        Stored last = store.create("/k", new byte[50_000], DURABLE);
        for (int i = 0; i < 99; i++) {
            last = store.update("/k", new byte[50_000], last.modRevision(), DURABLE);
        }
        last = store.update("/k", new byte[1], last.modRevision(), DURABLE);
        for (int i = 0; i < 400; i++) {
            last = store.update("/k", new byte[1], last.modRevision(), DURABLE);
        }
        store.close();
        assertThat(Files.size(file())).isLessThan(2 << 20);
        assertThat(Files.exists(Path.of(file() + "-wal"))).isFalse();
    }
}
