package io.skerry.datastore;

import static io.skerry.datastore.Durability.DURABLE;
import static io.skerry.datastore.Durability.FREEING;
import static io.skerry.datastore.Durability.LAZY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On a disk that is really full: a small tmpfs, or an ext4 as a device has, which keeps some of what is free for root and some for itself. */
class BallastTest {
    private static final long WHOLE = 2 << 20;
    private static final long SLICE = WHOLE / 8;

    @TempDir
    Path folder;
    private Path disk;
    private Path file;
    private Ballast ballast;

    private void mount(String type) throws Exception {
        disk = Files.createDirectory(folder.resolve("disk"));
        if (type.equals("tmpfs")) {
            assertThat(run("mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", disk.toString())).as("mount; this test needs root").isZero();
        } else {
            Path image = folder.resolve("image");
            assertThat(run("mke2fs", "-q", "-t", "ext4", "-b", "4096", image.toString(), "32m")).as("mke2fs of the package e2fsprogs").isZero();
            assertThat(run("mount", "-o", "loop", image.toString(), disk.toString())).as("mount; this test needs root and loop devices").isZero();
        }
        file = disk.resolve("ballast");
        ballast = new Ballast(file, WHOLE);
    }

    @AfterEach
    void unmount() throws Exception {
        run("umount", "-l", disk.toString());
    }

    private static int run(String... command) throws Exception {
        return new ProcessBuilder(command).inheritIO().start().waitFor();
    }

    /** Until there is room for nothing more. */
    private void fill(String name) throws IOException {
        ByteBuffer block = ByteBuffer.allocate(4096);
        // what was set aside and not taken comes back with the sync
        for (int again = 0; again < 3; again++) {
            try (FileChannel filler = FileChannel.open(disk.resolve(name), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
                try {
                    while (true) {
                        filler.write(block.clear());
                    }
                } catch (IOException e) {
                    assertThat(e).hasMessageContaining("No space left");
                }
                filler.force(true);
            }
        }
    }

    private void shorten(String name, long by) throws IOException {
        try (FileChannel channel = FileChannel.open(disk.resolve(name), StandardOpenOption.WRITE)) {
            channel.truncate(channel.size() - by);
        }
    }

    @Test
    void isGivenUpInSlicesAndMadeWholeWhereThereIsRoom() throws Exception {
        mount("tmpfs");
        assertThat(ballast.give()).as("before it was made").isFalse();
        ballast.fill();
        assertThat(file).hasSize(WHOLE);
        ballast.makeRoom();
        assertThat(file).as("there is room enough").hasSize(WHOLE);
        fill("filler");
        assertThat(ballast.isLow()).as("whole").isFalse();
        ballast.makeRoom();
        assertThat(file).hasSize(WHOLE - 2 * SLICE);
        assertThat(disk.toFile().getFreeSpace()).isEqualTo(2 * SLICE);
        assertThat(ballast.isLow()).isFalse();
        fill("filler");
        assertThat(ballast.isLow()).isTrue();

        Ballast next = new Ballast(file, WHOLE);
        assertThat(next.isLow()).as("of the next process, too").isTrue();
        for (int left = 5; left >= 0; left--) {
            assertThat(next.give()).isTrue();
            assertThat(file).hasSize(left * SLICE);
        }
        assertThat(next.give()).isFalse();
        next.fill();
        assertThat(file).as("there is no room for twice as much").hasSize(0);
        Files.delete(disk.resolve("filler"));
        next.fill();
        assertThat(file).hasSize(WHOLE);
        assertThat(next.isLow()).isFalse();
    }

    /** Of this one, more than two slices are free when nobody can write any more. */
    @Test
    void aStartHasRoomWhereTheFileSystemKeepsSomeForItself() throws Exception {
        mount("ext4");
        ballast.fill();
        fill("filler");
        assertThat(disk.toFile().getFreeSpace()).isGreaterThan(2 * SLICE);
        ballast.makeRoom();
        assertThat(file).hasSize(WHOLE - 2 * SLICE);
        Files.write(disk.resolve("start"), new byte[(int) SLICE]);
        fill("filler");
        assertThat(ballast.isLow()).isTrue();
        Files.delete(disk.resolve("filler"));
        assertThat(ballast.isLow()).isFalse();
    }

    @Test
    void whoNeedsAllOfItMayDeleteIt() throws Exception {
        mount("tmpfs");
        ballast.fill();
        Files.delete(file);
        assertThat(ballast.give()).isFalse();
        assertThat(ballast.isLow()).isFalse();
        ballast.fill();
        assertThat(file).hasSize(WHOLE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"tmpfs", "ext4"})
    void onAFullDiskThingsAreDeletedAndTheStoreIsOpenedAgain(String type) throws Exception {
        mount(type);
        ballast.fill();
        DatastoreOptions options = DatastoreOptions.defaults().withBallast(ballast);
        byte[] value = new byte[5000];
        try (Datastore store = SqliteDatastore.open(disk.resolve("state.db"), options)) {
            for (int i = 0; i < 40; i++) {
                store.create("/k/" + i, value, DURABLE);
            }
            fill("filler");
            Stored kept = store.get("/k/39");
            assertThatThrownBy(() -> store.create("/more", value, DURABLE)).isInstanceOf(DatastoreException.class).hasMessageContaining("the disk is full; free some space");
            assertThatThrownBy(() -> store.update("/k/39", value, kept.modRevision(), DURABLE)).hasMessageContaining("the disk is full; free some space");
            store.create("/heartbeat", value, LAZY);
            assertThat(file).as("nothing of that is worth it").hasSize(WHOLE);

            Stored marked = store.update("/k/39", value, kept.modRevision(), FREEING);
            assertThat(Files.size(file)).isLessThan(WHOLE);
            assertThatThrownBy(() -> store.create("/more", value, DURABLE)).as("what was given up is for deletes")
                .hasMessageContaining("the disk is full; free some space").hasMessageContaining(file.toString());
            store.delete("/k/39", marked.modRevision(), DURABLE);
            for (int i = 0; i < 20; i++) {
                store.delete("/k/" + i, 0, DURABLE);
            }
            shorten("filler", 4 * SLICE); // for a proper close
        }
        fill("filler");
        long before = Files.size(file);
        assertThat(before).isPositive();
        try (Datastore store = SqliteDatastore.open(disk.resolve("state.db"), options)) {
            assertThat(Files.size(file)).as("what it took to open it").isLessThan(before);
            assertThat(store.list("/k/", null, 0, 0).items()).hasSize(19);
            assertThat(store.get("/heartbeat")).isNotNull();
            store.delete("/k/20", 0, DURABLE);
            Files.delete(disk.resolve("filler"));
            ballast.fill();
            assertThat(file).hasSize(WHOLE);
            assertThat(store.create("/more", value, DURABLE).modRevision()).isEqualTo(store.revision());
        }
        try (Datastore store = SqliteDatastore.open(disk.resolve("state.db"))) {
            assertThat(store.list("/k/", null, 0, 0).items()).hasSize(18);
            assertThat(store.get("/more")).isNotNull();
        }
    }

    /** Without room for the mark that it is in use it is read all the same, and what is written later gets revisions that nobody had. */
    @Test
    void aStoreIsOpenedWithoutRoomForItsMark() throws Exception {
        mount("tmpfs");
        Path state = disk.resolve("state.db");
        try (Datastore holder = SqliteDatastore.open(state)) {
            holder.create("/a", new byte[5000], DURABLE);
        }
        // a second connection keeps the log and its index in place, so that they need no room; the mark does
        try (var other = SqliteFile.connect(state)) {
            SqliteFile.number(other, "SELECT count(*) FROM current");
            fill("filler");
            Stored after;
            try (Datastore store = SqliteDatastore.open(state)) {
                long revision = store.revision();
                assertThat(store.get("/a")).isNotNull();
                assertThatThrownBy(() -> store.create("/b", new byte[5000], DURABLE)).hasMessageContaining("the disk is full");
                Files.delete(disk.resolve("filler"));
                after = store.create("/b", new byte[5000], DURABLE);
                assertThat(after.modRevision()).isGreaterThan(revision);
            }
            try (Datastore store = SqliteDatastore.open(state)) {
                assertThat(store.get("/b").modRevision()).isEqualTo(after.modRevision());
                assertThat(store.revision()).isGreaterThanOrEqualTo(after.modRevision());
            }
        }
    }
}
