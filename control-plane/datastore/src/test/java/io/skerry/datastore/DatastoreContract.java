package io.skerry.datastore;

import static io.skerry.datastore.Durability.DURABLE;
import static io.skerry.datastore.Durability.LAZY;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every dialect has to do; a subclass opens the store. */
abstract class DatastoreContract {

    static final DatastoreOptions SMALL_MEMORY = DatastoreOptions.defaults().withMemory(4, 1 << 20);
    static final DatastoreOptions FORGETFUL = DatastoreOptions.defaults().withHistory(10, Duration.ZERO).withMemory(4, 1 << 20);

    Datastore store;

    /** Opens the store of this test; after a close, the same one again. */
    abstract Datastore open(DatastoreOptions options);

    @BeforeEach
    void openStore() {
        store = open(DatastoreOptions.defaults());
    }

    @AfterEach
    void closeStore() {
        store.close();
    }

    void reopen(DatastoreOptions options) {
        store.close();
        store = open(options);
    }

    static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    static String text(Stored stored) {
        return stored == null ? null : new String(stored.value(), UTF_8);
    }

    static List<String> keys(Page page) {
        return page.items().stream().map(Stored::key).toList();
    }

    static List<String> values(Page page) {
        return page.items().stream().map(DatastoreContract::text).toList();
    }

    @Test
    void startsEmptyAtRevisionOne() {
        assertThat(store.revision()).isEqualTo(1);
        assertThat(store.get("/a")).isNull();
        assertThat(store.list("/", null, 0, 0)).isEqualTo(new Page(List.of(), false, 0, 1));
    }

    @Test
    void createUpdateDelete() {
        Stored created = store.create("/a", bytes("1"), DURABLE);
        assertThat(created.createRevision()).isEqualTo(created.modRevision()).isEqualTo(2);
        Stored updated = store.update("/a", bytes("2"), created.modRevision(), DURABLE);
        assertThat(updated.createRevision()).isEqualTo(2);
        assertThat(updated.modRevision()).isEqualTo(3).isEqualTo(store.revision());
        assertThat(text(store.get("/a"))).isEqualTo("2");
        Stored deleted = store.delete("/a", updated.modRevision(), DURABLE);
        assertThat(text(deleted)).isEqualTo("2");
        assertThat(deleted.modRevision()).isEqualTo(4);
        assertThat(store.get("/a")).isNull();
        assertThat(store.create("/a", bytes("3"), DURABLE).createRevision()).isEqualTo(5);
    }

    @Test
    void aFailedWriteTakesNoRevisionAndCarriesWhatIsThere() {
        store.create("/a", bytes("1"), DURABLE);
        var exists = catchThrowableOfType(KeyExistsException.class, () -> store.create("/a", bytes("2"), DURABLE));
        assertThat(text(exists.current())).isEqualTo("1");
        var mismatch = catchThrowableOfType(RevisionMismatchException.class, () -> store.update("/a", bytes("2"), 77, DURABLE));
        assertThat(mismatch.current().modRevision()).isEqualTo(2);
        mismatch = catchThrowableOfType(RevisionMismatchException.class, () -> store.delete("/a", 77, DURABLE));
        assertThat(mismatch.current().modRevision()).isEqualTo(2);
        mismatch = catchThrowableOfType(RevisionMismatchException.class, () -> store.update("/none", bytes("2"), 2, DURABLE));
        assertThat(mismatch.current()).isNull();
        mismatch = catchThrowableOfType(RevisionMismatchException.class, () -> store.delete("/none", 0, DURABLE));
        assertThat(mismatch.current()).isNull();
        assertThatThrownBy(() -> store.update("/a", bytes("2"), 0, DURABLE)).isInstanceOf(RevisionMismatchException.class);
        assertThat(store.revision()).isEqualTo(2);
        assertThat(store.delete("/a", 0, DURABLE).modRevision()).isEqualTo(3);
    }

    @Test
    void valuesAreOpaqueAndMayBeEmptyOrLarge() {
        byte[] large = new byte[3 << 20];
        for (int i = 0; i < large.length; i++) {
            large[i] = (byte) (i * 31);
        }
        store.create("/large", large, DURABLE);
        store.create("/empty", new byte[0], DURABLE);
        store.update("/empty", new byte[] {0, -1}, 3, DURABLE);
        reopen(SMALL_MEMORY);
        assertThat(store.get("/large").value()).isEqualTo(large);
        assertThat(store.get("/empty").value()).containsExactly(0, -1);
        assertThat(store.list("/empty", null, 0, 3).items().getFirst().value()).isEmpty();
    }

    @Test
    void everythingIsThereAfterAReopen() {
        store.create("/a", bytes("1"), DURABLE);
        store.create("/b", bytes("1"), LAZY);
        store.update("/b", bytes("2"), 3, LAZY);
        reopen(DatastoreOptions.defaults());
        assertThat(store.revision()).isEqualTo(4);
        assertThat(text(store.get("/b"))).isEqualTo("2");
        assertThat(store.get("/b").createRevision()).isEqualTo(3);
        assertThat(store.create("/c", bytes("1"), DURABLE).modRevision()).isEqualTo(5);
    }

    @Test
    void listsAPrefixInOrder() {
        for (String key : List.of("/pods/b/2", "/pods/a/1", "/pods/b/1", "/podsx/1", "/pod", "/pods/é")) {
            store.create(key, bytes(key), DURABLE);
        }
        store.delete("/pods/b/1", 0, DURABLE);
        Page page = store.list("/pods/", null, 0, 0);
        assertThat(keys(page)).containsExactly("/pods/a/1", "/pods/b/2", "/pods/é");
        assertThat(page.revision()).isEqualTo(8);
        assertThat(page.more()).isFalse();
        assertThat(store.list("", null, 0, 0).items()).hasSize(5);
    }

    @Test
    void laterPagesShowTheRevisionOfTheFirst() {
        for (int i = 0; i < 10; i++) {
            store.create("/k/" + i, bytes("old" + i), i % 3 == 0 ? LAZY : DURABLE);
        }
        store.create("/l", bytes("x"), DURABLE);
        Page first = store.list("/k/", null, 4, 0);
        assertThat(keys(first)).containsExactly("/k/0", "/k/1", "/k/2", "/k/3");
        assertThat(first.more()).isTrue();
        assertThat(first.remaining()).isEqualTo(6);
        store.delete("/k/4", 0, DURABLE);
        store.update("/k/5", bytes("new"), store.get("/k/5").modRevision(), DURABLE);
        store.update("/k/5", bytes("newer"), store.get("/k/5").modRevision(), LAZY);
        store.create("/k/55", bytes("new"), DURABLE);
        store.delete("/k/7", 0, LAZY);
        store.create("/k/7", bytes("new"), LAZY);
        Page second = store.list("/k/", "/k/3", 4, first.revision());
        assertThat(values(second)).containsExactly("old4", "old5", "old6", "old7");
        Page third = store.list("/k/", "/k/7", 4, first.revision());
        assertThat(values(third)).containsExactly("old8", "old9");
        assertThat(third.more()).isFalse();
        assertThat(third.revision()).isEqualTo(first.revision());
        assertThat(values(store.list("/k/", null, 0, 0)))
            .containsExactly("old0", "old1", "old2", "old3", "newer", "new", "old6", "new", "old8", "old9");
    }

    @Test
    void listsAnyKeptRevisionFromHistoryAsFromMemory() {
        reopen(SMALL_MEMORY);
        // The model: after each write, what a list at its revision has to show.
        List<List<String>> states = new ArrayList<>();
        List<Long> revisions = new ArrayList<>();
        var random = new java.util.Random(7);
        for (int i = 0; i < 200; i++) {
            String key = "/k/" + random.nextInt(12);
            Stored there = store.get(key);
            Stored written = there == null ? store.create(key, bytes("v" + i), DURABLE)
                : random.nextInt(3) == 0 ? store.delete(key, 0, DURABLE)
                : store.update(key, bytes("v" + i), there.modRevision(), DURABLE);
            revisions.add(written.modRevision());
            states.add(values(store.list("/k/", null, 0, 0)));
        }
        for (int i = 0; i < states.size(); i++) {
            assertThat(values(store.list("/k/", null, 0, revisions.get(i)))).as("at revision " + revisions.get(i)).isEqualTo(states.get(i));
            List<String> paged = new ArrayList<>();
            Page page = store.list("/k/", null, 2, revisions.get(i));
            paged.addAll(values(page));
            while (page.more()) {
                page = store.list("/k/", page.items().getLast().key(), 2, page.revision());
                paged.addAll(values(page));
            }
            assertThat(paged).isEqualTo(states.get(i));
        }
    }

    @Test
    void lazyWritesAreVisibleAtOnceToEveryRead() throws Exception {
        var events = new Collector();
        store.watch("/", store.revision(), events);
        store.create("/a", bytes("1"), LAZY);
        store.update("/a", bytes("2"), 2, LAZY);
        assertThat(text(store.get("/a"))).isEqualTo("2");
        assertThat(values(store.list("/", null, 0, 0))).containsExactly("2");
        assertThat(values(store.list("/", null, 0, 2))).containsExactly("1");
        assertThatThrownBy(() -> store.create("/a", bytes("3"), DURABLE)).isInstanceOf(KeyExistsException.class);
        store.update("/a", bytes("3"), 3, DURABLE);
        store.delete("/a", 4, LAZY);
        assertThat(store.get("/a")).isNull();
        assertThat(store.list("/", null, 0, 0).items()).isEmpty();
        events.await(4);
        assertThat(events.summary()).containsExactly("PUT /a=1 @2 prev null", "PUT /a=2 @3 prev 1", "PUT /a=3 @4 prev 2", "DELETE /a=3 @5 prev 3");
    }

    @Test
    void aWatchFromThePastSeesHistoryThenThePresent() throws Exception {
        reopen(SMALL_MEMORY);
        for (int i = 0; i < 20; i++) {
            store.create("/k/" + i, bytes("v" + i), DURABLE);
            store.create("/other/" + i, bytes("x"), DURABLE);
        }
        store.update("/k/3", bytes("new"), store.get("/k/3").modRevision(), DURABLE);
        store.delete("/k/4", 0, DURABLE);
        for (long from = 1; from <= store.revision(); from++) {
            var events = new Collector();
            try (Watch watch = store.watch("/k/", from, events)) {
                int expected = (int) (20 - from / 2) + (from < 42 ? 1 : 0) + (from < 43 ? 1 : 0);
                events.await(Math.max(0, expected));
            }
            assertThat(events.list()).as("from " + from).isSortedAccordingTo((a, b) -> Long.compare(a.revision(), b.revision()));
            if (from == 1) {
                assertThat(events.summary()).startsWith("PUT /k/0=v0 @2 prev null", "PUT /k/1=v1 @4 prev null")
                    .endsWith("PUT /k/19=v19 @40 prev null", "PUT /k/3=new @42 prev v3", "DELETE /k/4=v4 @43 prev v4").hasSize(22);
            }
        }
    }

    @Test
    void historySurvivesAProperRestart() throws Exception {
        store.create("/a", bytes("1"), DURABLE);
        store.update("/a", bytes("2"), 2, DURABLE);
        store.update("/a", bytes("3"), 3, DURABLE);
        reopen(DatastoreOptions.defaults());
        var events = new Collector();
        store.watch("/", 2, events);
        store.delete("/a", 4, DURABLE);
        events.await(3);
        assertThat(events.summary()).containsExactly("PUT /a=2 @3 prev 1", "PUT /a=3 @4 prev 2", "DELETE /a=3 @5 prev 3");
        assertThat(values(store.list("/", null, 0, 3))).containsExactly("2");
    }

    @Test
    void compactionForgetsThePastOnly() {
        for (int i = 0; i < 5; i++) {
            store.create("/k/" + i, bytes("v" + i), DURABLE);
        }
        store.update("/k/0", bytes("new"), 2, DURABLE);
        store.compact(5);
        assertThat(store.compactedRevision()).isEqualTo(5);
        var list = catchThrowableOfType(CompactedException.class, () -> store.list("/", null, 0, 4));
        assertThat(list.compactedRevision()).isEqualTo(5);
        assertThatThrownBy(() -> store.watch("/", 4, event -> { })).isInstanceOf(CompactedException.class);
        assertThat(values(store.list("/", null, 0, 5))).containsExactly("v0", "v1", "v2", "v3");
        store.compact(3);
        assertThat(store.compactedRevision()).isEqualTo(5);
        assertThatThrownBy(() -> store.compact(1000)).isInstanceOf(DatastoreException.class).hasMessageContaining("future");
        reopen(DatastoreOptions.defaults());
        assertThat(store.compactedRevision()).isEqualTo(5);
    }

    @Test
    void historyIsCompactedByItself() {
        reopen(FORGETFUL);
        Stored last = store.create("/k", bytes("0"), DURABLE);
        for (int i = 1; i < 200; i++) {
            last = store.update("/k", bytes("" + i), last.modRevision(), DURABLE);
            assertThat(store.revision() - store.compactedRevision()).isLessThanOrEqualTo(22);
        }
        assertThat(store.revision() - store.compactedRevision()).isGreaterThanOrEqualTo(10);
        assertThat(values(store.list("/", null, 0, store.compactedRevision()))).hasSize(1);
    }

    @Test
    void aWatchTooSlowForHistoryEndsAndSaysSo() throws Exception {
        reopen(FORGETFUL);
        var entered = new CountDownLatch(1);
        var release = new CountDownLatch(1);
        Stored last = store.create("/k", bytes("0"), DURABLE);
        Watch watch = store.watch("/", 1, event -> {
            entered.countDown();
            try {
                release.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        entered.await();
        for (int i = 0; i < 100; i++) {
            last = store.update("/k", bytes("" + i), last.modRevision(), DURABLE);
        }
        release.countDown();
        assertThatThrownBy(() -> watch.done().toCompletableFuture().get(10, TimeUnit.SECONDS))
            .isInstanceOf(ExecutionException.class).hasCauseInstanceOf(CompactedException.class);
    }

    @Test
    void aThrowingSinkEndsItsWatchOnly() throws Exception {
        var events = new Collector();
        store.watch("/", 1, events);
        Watch bad = store.watch("/", 1, event -> {
            throw new IllegalStateException("sink");
        });
        store.create("/a", bytes("1"), DURABLE);
        store.create("/b", bytes("1"), DURABLE);
        events.await(2);
        assertThatThrownBy(() -> bad.done().toCompletableFuture().get(10, TimeUnit.SECONDS)).hasRootCauseMessage("sink");
    }

    @Test
    void watchesEndWithTheStore() throws Exception {
        Watch watch = store.watch("/", 1, event -> { });
        Watch closed = store.watch("/", 1, event -> { });
        closed.close();
        closed.done().toCompletableFuture().get(10, TimeUnit.SECONDS);
        store.close();
        watch.done().toCompletableFuture().get(10, TimeUnit.SECONDS);
        assertThatThrownBy(() -> store.create("/a", bytes("1"), DURABLE)).isInstanceOf(DatastoreException.class).hasMessageContaining("closed");
        assertThatThrownBy(() -> store.get("/a")).isInstanceOf(DatastoreException.class).hasMessageContaining("closed");
        store.close();
    }

    @Test
    void anInterruptedCallerStillLearnsItsResult() {
        Thread.currentThread().interrupt();
        Stored created = store.create("/a", bytes("1"), DURABLE);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(store.get("/a").modRevision()).isEqualTo(created.modRevision());
    }
}
