package io.skerry.datastore;

import static io.skerry.datastore.Durability.DURABLE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteSnapshotsTest {

    private static final long NOW = 1_800_000_000;

    @TempDir
    Path folder;
    private Path file;

    @BeforeEach
    void setFile() {
        file = folder.resolve("db/state.db");
    }

    private SqliteSnapshots at(long seconds) {
        return new SqliteSnapshots(file, Clock.fixed(Instant.ofEpochSecond(NOW + seconds), ZoneOffset.UTC));
    }

    private static byte[] bytes(String text) {
        return DatastoreContract.bytes(text);
    }

    private static List<String> names(List<SqliteSnapshots.Snapshot> snapshots) {
        return snapshots.stream().map(SqliteSnapshots.Snapshot::name).toList();
    }

    @Test
    void aSnapshotTakenUnderLoadIsAStateThatWas() throws Exception {
        try (Datastore store = SqliteDatastore.open(file)) {
            store.create("/a", bytes("0"), DURABLE);
            store.create("/b", bytes("0"), DURABLE);
            var stop = new AtomicBoolean();
            Thread writer = Thread.ofPlatform().start(() -> {
                for (int i = 1; !stop.get(); i++) { // a is never behind b, and at most one ahead
                    store.update("/a", bytes("" + i), store.get("/a").modRevision(), DURABLE);
                    store.update("/b", bytes("" + i), store.get("/b").modRevision(), DURABLE);
                }
            });
            for (int i = 0; i < 5; i++) {
                Thread.sleep(30);
                at(i).save("on-demand", "node1");
            }
            stop.set(true);
            writer.join();
        }
        List<SqliteSnapshots.Snapshot> all = at(0).list();
        assertThat(names(all)).containsExactly("on-demand-node1-1800000000", "on-demand-node1-1800000001", "on-demand-node1-1800000002",
            "on-demand-node1-1800000003", "on-demand-node1-1800000004");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(all.getFirst().file()))).isEqualTo("rw-------");
        int last = 0;
        for (var snapshot : all) {
            at(0).restore(snapshot.name());
            try (Datastore store = SqliteDatastore.open(file)) {
                int a = Integer.parseInt(DatastoreContract.text(store.get("/a")));
                int b = Integer.parseInt(DatastoreContract.text(store.get("/b")));
                assertThat(a - b).isBetween(0, 1);
                assertThat(a).isGreaterThanOrEqualTo(last);
                last = a;
            }
        }
        assertThat(last).isPositive();
    }

    @Test
    void historyIsNotCopied() throws Exception {
        SqliteSnapshots.Snapshot snapshot;
        long revision;
        try (Datastore store = SqliteDatastore.open(file)) {
            revision = store.create("/a", new byte[10_000], DURABLE).modRevision();
            for (int i = 0; i < 100; i++) {
                revision = store.update("/a", new byte[10_000], revision, DURABLE).modRevision();
            }
            snapshot = at(0).save("on-demand", "n");
            assertThat(Files.size(file) + Files.size(file.resolveSibling("state.db-wal"))).isGreaterThan(1_000_000);
        }
        assertThat(snapshot.bytes()).isLessThan(50_000);
        try (var copy = SqliteFile.connect(snapshot.file())) {
            assertThat(SqliteFile.number(copy, "SELECT mod_revision FROM current")).isEqualTo((int) revision);
            assertThat(SqliteFile.number(copy, "SELECT count(*) FROM history")).isZero();
            assertThat(SqliteFile.number(copy, "SELECT compacted FROM state")).as("what nobody can read any more").isGreaterThanOrEqualTo((int) revision);
        }
    }

    @Test
    void afterARestoreNoRevisionIsMetAgain() {
        long highest;
        try (Datastore store = SqliteDatastore.open(file)) {
            store.create("/a", bytes("then"), DURABLE);
            at(0).save("on-demand", "n");
            store.update("/a", bytes("now"), 2, DURABLE);
            highest = store.create("/b", bytes("x"), DURABLE).modRevision();
        }
        Path kept = at(1).restore("on-demand-n-1800000000");
        try (Datastore store = SqliteDatastore.open(file)) {
            assertThat(DatastoreContract.text(store.get("/a"))).isEqualTo("then");
            assertThat(store.get("/b")).isNull();
            assertThat(store.revision()).isGreaterThan(highest + SqliteSnapshots.REVISION_BUMP / 2);
            assertThatThrownBy(() -> store.watch("/", highest, event -> { })).isInstanceOf(CompactedException.class);
            assertThat(store.create("/c", bytes("x"), DURABLE).modRevision()).isEqualTo(store.revision());
        }
        assertThat(kept).exists();
        file = kept;
        try (Datastore store = SqliteDatastore.open(kept)) {
            assertThat(DatastoreContract.text(store.get("/a"))).isEqualTo("now");
        }
    }

    @Test
    void ofADamagedFileTheLastSnapshotIsOfferedAndTheFileIsKept() throws Exception {
        try (Datastore store = SqliteDatastore.open(file)) {
            for (int i = 0; i < 200; i++) {
                store.create("/k/" + i, new byte[2000], DURABLE);
            }
            at(0).save("on-demand", "n");
            at(100).save("scheduled", "n");
        }
        byte[] content = Files.readAllBytes(file);
        byte[] noise = new byte[4096 * 8];
        new Random(1).nextBytes(noise);
        System.arraycopy(noise, 0, content, content.length / 2, noise.length);
        Files.write(file, content);
        for (int i = 0; i < 2; i++) { // it says so each time, and touches nothing
            assertThatThrownBy(() -> SqliteDatastore.open(file)).isInstanceOf(DatastoreException.class).hasMessageContaining(file.toString())
                .hasMessageContaining("damaged").hasMessageContaining("'skerry snapshot restore scheduled-n-1800000100'");
        }
        assertThat(Files.readAllBytes(file)).isEqualTo(content);
        Path kept = at(200).restore("scheduled-n-1800000100");
        assertThat(Files.readAllBytes(kept)).isEqualTo(content);
        try (Datastore store = SqliteDatastore.open(file)) {
            assertThat(store.list("/k/", null, 0, 0).items()).hasSize(200);
        }
    }

    @Test
    void ofWhatCannotBeCopiedNothingIsLeft() throws Exception {
        Files.createDirectories(file.getParent());
        Files.createFile(file);
        assertThatThrownBy(() -> at(0).save("on-demand", "n")).hasMessageContaining("is empty");
        assertThat(file.resolveSibling("snapshots")).isEmptyDirectory();
        try (Datastore store = SqliteDatastore.open(file)) {
            store.create("/a", bytes("x".repeat(100)), DURABLE);
        }
        byte[] content = Files.readAllBytes(file);
        int value = new String(content, StandardCharsets.ISO_8859_1).indexOf("xxx");
        content[value - 9] = 0; // in the header of its row, which is copied unread and found by the check
        Files.write(file, content);
        assertThatThrownBy(() -> at(0).save("on-demand", "n")).isInstanceOf(SqliteFile.DamagedException.class).hasMessageContaining("datastore " + file + " is damaged").hasNoCause();
        assertThat(file.resolveSibling("snapshots")).isEmptyDirectory();
    }

    @Test
    void aDamagedFileIsReplacedByTheNewestGoodSnapshotWhenAsked() throws Exception {
        try (Datastore store = SqliteDatastore.open(file)) {
            for (int i = 0; i < 200; i++) {
                store.create("/k/" + i, new byte[2000], DURABLE);
            }
            at(0).save("scheduled", "n");
            store.create("/later", bytes("x"), DURABLE);
            at(100).save("scheduled", "n");
        }
        damage(file.resolveSibling("snapshots/scheduled-n-1800000100"));
        long revision = 0;
        for (int time = 0; time < 2; time++) { // the same snapshot twice, and the file cannot tell its revision any more
            Files.write(file, new byte[8192]);
            Files.deleteIfExists(file.resolveSibling("state.db-wal"));
            assertThatThrownBy(() -> Datastores.open(null, file, DatastoreOptions.defaults())).hasMessageContaining("damaged");
            try (Datastore store = Datastores.openOrRestore(null, file, DatastoreOptions.defaults())) {
                assertThat(store.list("/k/", null, 0, 0).items()).hasSize(200);
                assertThat(store.get("/later")).isNull();
                assertThat(store.revision()).as("revisions go on upwards").isGreaterThan(revision);
                revision = store.create("/since/" + time, bytes("x"), DURABLE).modRevision();
            }
            assertThat(Files.readAllBytes(at(0).replaced().orElseThrow().file())).as("the damaged file").isEqualTo(new byte[8192]);
            Thread.sleep(1100); // the clock's next second
        }
    }

    @Test
    void aDamagedFileWithoutAGoodSnapshotIsLeftAlone() throws Exception {
        try (Datastore store = SqliteDatastore.open(file)) {
            store.create("/a", new byte[20_000], DURABLE);
        }
        damage(file);
        byte[] damaged = Files.readAllBytes(file);
        assertThatThrownBy(() -> Datastores.openOrRestore(null, file, DatastoreOptions.defaults())).isInstanceOf(DatastoreException.class)
            .hasMessageContaining("damaged").hasMessageContaining("there is no snapshot");
        assertThat(Files.readAllBytes(file)).isEqualTo(damaged);
        assertThat(at(0).replaced()).isEmpty();
    }

    private static void damage(Path database) throws IOException {
        byte[] content = Files.readAllBytes(database);
        new Random(1).nextBytes(content);
        byte[] head = Files.readAllBytes(database);
        System.arraycopy(head, 0, content, 0, 4096);
        Files.write(database, content);
    }

    @Test
    void aRestoreThatWasCutOffIsFinishedAtTheNextStart() throws IOException {
        try (Datastore store = SqliteDatastore.open(file)) {
            store.create("/a", bytes("then"), DURABLE);
            at(0).save("on-demand", "n");
            store.update("/a", bytes("now"), 2, DURABLE);
        }
        Path prepared = folder.resolve("prepared");
        at(1).restore("on-demand-n-1800000000");
        Files.move(file, prepared);
        // Cut off after the commit point: the former file still there; and later: already moved.
        for (boolean moved : new boolean[] {false, true}) {
            Files.copy(prepared, file.resolveSibling("state.db.restored"));
            if (!moved) {
                Files.writeString(file, "the former one");
                Files.writeString(file.resolveSibling("state.db-wal"), "its log");
            }
            try (Datastore store = SqliteDatastore.open(file)) {
                assertThat(DatastoreContract.text(store.get("/a"))).isEqualTo("then");
            }
            assertThat(file.resolveSibling("state.db.restored")).doesNotExist();
            Files.delete(file);
        }
        try (var files = Files.list(file.getParent())) {
            assertThat(files.map(path -> path.getFileName().toString()).filter(name -> name.contains("replaced-")).filter(name -> name.endsWith("-wal"))).hasSize(1);
        }
    }

    @Test
    void pruneKeepsTheNewestOfAName() {
        try (Datastore store = SqliteDatastore.open(file)) {
            store.create("/a", bytes("x"), DURABLE);
            for (int i = 0; i < 4; i++) {
                at(i).save("on-demand", "n");
                at(i).save("before-upgrade", "n");
            }
        }
        assertThat(names(at(9).prune("on-demand", 1))).containsExactly("on-demand-n-1800000000", "on-demand-n-1800000001", "on-demand-n-1800000002");
        assertThat(names(at(9).list())).hasSize(5).contains("on-demand-n-1800000003");
    }

    @Test
    void mistakesAreNamed() throws IOException {
        assertThatThrownBy(() -> at(0).save("on-demand", "n")).hasMessageContaining("no datastore");
        try (Datastore store = SqliteDatastore.open(file)) {
            store.create("/a", bytes("x"), DURABLE);
            at(0).save("on-demand", "n");
            assertThatThrownBy(() -> at(0).save("on-demand", "n")).hasMessageContaining("same second");
            assertThatThrownBy(() -> at(0).save("../x", "n")).hasMessageContaining("cannot be named");
            assertThatThrownBy(() -> at(0).restore("on-demand-n-1800000000")).isInstanceOf(DatastoreException.class).hasMessageContaining("already open");
        }
        assertThatThrownBy(() -> at(0).restore("none")).hasMessageContaining("no snapshot");
        Path text = Files.writeString(folder.resolve("text"), "no database".repeat(1000));
        assertThatThrownBy(() -> at(0).restore(text.toString())).hasMessageContaining(text.toString()).hasMessageContaining("choose another");
        assertThat(file.resolveSibling("state.db.restored")).doesNotExist();
        try (Datastore store = SqliteDatastore.open(file)) {
            assertThat(store.get("/a")).isNotNull();
        }
    }

    @Test
    void theClockTakesThemAndKeepsTheLastFew() {
        try (Datastore store = SqliteDatastore.open(file)) {
            store.create("/a", bytes("x"), DURABLE);
            var snapshots = new SqliteSnapshots(file, Clock.systemUTC());
            try (var _ = new ScheduledSnapshots(snapshots, "n", Duration.ofMillis(1100), 2, Clock.systemUTC())) {
                Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> snapshots.list().size() == 2);
                String first = snapshots.list().getFirst().name();
                Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> !names(snapshots.list()).contains(first));
            }
            assertThat(snapshots.list()).hasSizeBetween(2, 3).allMatch(snapshot -> snapshot.name().startsWith("scheduled-n-"));
        }
    }
}
