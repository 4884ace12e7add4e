package io.skerry.apiserver.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.datastore.Durability;
import io.skerry.datastore.SqliteDatastore;
import io.skerry.datastore.Stored;
import io.skerry.machinery.json.Json;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WatchCacheTest {
    @TempDir
    Path folder;
    private SqliteDatastore datastore;
    private WatchCache cache;

    @BeforeEach
    void start() {
        datastore = SqliteDatastore.open(folder.resolve("state.db"));
        cache = new WatchCache(datastore);
    }

    @AfterEach
    void stop() {
        cache.close();
        datastore.close();
    }

    private static byte[] map(String name, String label) {
        ObjectNode object = Json.object().put("kind", "ConfigMap").put("apiVersion", "v1");
        object.putObject("data").put("metadata", "{\"metadata\":{");
        object.putObject("metadata").put("name", name).put("resourceVersion", "old").putObject("labels").put("l", label);
        return Entry.encode(object);
    }

    private Stored create(String name, String label) {
        Stored stored = datastore.create("/registry/core/configmaps/default/" + name, map(name, label), Durability.DURABLE);
        assertThat(cache.await(stored.modRevision(), 5_000)).isTrue();
        return stored;
    }

    private Stored update(Stored before, String name, String label) {
        Stored stored = datastore.update(before.key(), map(name, label), before.modRevision(), Durability.DURABLE);
        assertThat(cache.await(stored.modRevision(), 5_000)).isTrue();
        return stored;
    }

    private static List<String> names(ResourceCache.Snapshot snapshot) {
        return snapshot.entries().stream().map(e -> e.name() + "=" + e.labels(Set.of()).get("l")).toList();
    }

    @Test
    void bytesCarryTheirRevision() {
        Stored stored = create("a", "1");
        Entry entry = cache.resource("", "configmaps").get("default/a");
        ObjectNode tree = entry.tree();
        assertThat(Json.text(tree, "metadata", "resourceVersion")).isEqualTo(Long.toString(stored.modRevision()));
        assertThat(Json.text(entry.at(99).tree(), "metadata", "resourceVersion")).isEqualTo("99");
        assertThat(Json.text(entry.at(99).tree(), "data", "metadata")).isEqualTo("{\"metadata\":{");
        assertThat(entry.isOf("v1")).isTrue();
        assertThat(entry.isOf("v")).isFalse();
        assertThat(entry.isOf("v1beta1")).isFalse();
    }

    @Test
    void fieldsAreReadByThePathsThatAreAskedFor() {
        create("a", "1");
        Entry entry = cache.resource("", "configmaps").get("default/a");
        assertThat(entry.labels(Set.of())).containsEntry("l", "1");
        assertThat(entry.field("kind", Set.of("kind"))).isEqualTo("ConfigMap");
        assertThat(entry.field("data.metadata", Set.of("data.metadata"))).isEqualTo("{\"metadata\":{");
        assertThat(entry.field("kind", Set.of("kind"))).isEqualTo("ConfigMap");
        assertThat(entry.labels(Set.of("kind"))).as("labels are read whatever the paths").isSameAs(entry.labels(Set.of("data.metadata")));
    }

    @Test
    void thePastIsMadeOfTheChanges() throws Exception {
        Stored a = create("a", "1");
        Stored b = create("b", "1");
        Stored a2 = update(a, "a", "2");
        Stored gone = datastore.delete(b.key(), b.modRevision(), Durability.DURABLE);
        assertThat(cache.await(gone.modRevision(), 5_000)).isTrue();
        ResourceCache maps = cache.resource("", "configmaps");
        assertThat(names(maps.snapshotAt("", a.modRevision()))).containsExactly("a=1");
        assertThat(names(maps.snapshotAt("", b.modRevision()))).containsExactly("a=1", "b=1");
        assertThat(names(maps.snapshotAt("", a2.modRevision()))).containsExactly("a=2", "b=1");
        assertThat(names(maps.snapshot("default/"))).containsExactly("a=2");
        assertThat(maps.snapshot("other/").entries()).isEmpty();
        try (Watcher watcher = maps.watch("", b.modRevision())) {
            CacheEvent first = watcher.poll(1_000);
            assertThat(first.current().revision()).isEqualTo(a2.modRevision());
            assertThat(first.previous().revision()).isEqualTo(a.modRevision());
            CacheEvent second = watcher.poll(1_000);
            assertThat(second.deleted()).isTrue();
            assertThat(second.current().revision()).isEqualTo(gone.modRevision());
        }
    }

    @Test
    void whatIsWithheldIsNeitherGoneNorDamaged() throws Exception {
        Stored a = create("a", "1");
        Stored b = create("b", "1");
        ResourceCache maps = cache.resource("", "configmaps");
        Watcher all = maps.watch("", b.modRevision());
        Watcher elsewhere = maps.watch("other/", b.modRevision());
        Stored hidden = datastore.update(a.key(), Withheld.because("its key is missing"), a.modRevision(), Durability.DURABLE);
        assertThat(cache.await(hidden.modRevision(), 5_000)).isTrue();
        assertThat(all.poll(100)).as("no event").isNull();
        assertThat(all.isEnded()).isTrue();
        assertThat(elsewhere.isEnded()).isFalse();
        assertThatThrownBy(() -> maps.get("default/a")).isInstanceOf(WithheldException.class)
                .hasMessage("/registry/core/configmaps/default/a cannot be served: its key is missing");
        assertThatThrownBy(() -> maps.snapshot("default/")).isInstanceOf(WithheldException.class);
        assertThatThrownBy(() -> maps.snapshotAt("", hidden.modRevision())).isInstanceOf(WithheldException.class);
        assertThatThrownBy(() -> maps.follow("")).isInstanceOf(WithheldException.class);
        assertThatThrownBy(() -> maps.watch("", hidden.modRevision())).isInstanceOf(WithheldException.class);
        assertThat(maps.get("default/b")).isNotNull();
        assertThat(names(maps.snapshot("other/"))).isEmpty();
        assertThat(cache.unreadable()).isEmpty();

        cache.close();
        cache = new WatchCache(datastore);
        ResourceCache anew = cache.resource("", "configmaps");
        assertThatThrownBy(() -> anew.get("default/a")).as("after a restart").isInstanceOf(WithheldException.class);
        Stored readable = update(hidden, "a", "2");
        assertThat(names(anew.snapshot(""))).containsExactly("a=2", "b=1");
        assertThatThrownBy(() -> anew.watch("", b.modRevision())).as("it would miss a change").isInstanceOf(ResourceCache.TooOldException.class);
        try (Watcher watcher = anew.watch("", readable.modRevision())) {
            Stored later = update(readable, "a", "3");
            assertThat(watcher.poll(5_000).revision()).isEqualTo(later.modRevision());
            Stored again = datastore.update(later.key(), Withheld.because("its key is missing"), later.modRevision(), Durability.DURABLE);
            Stored gone = datastore.delete(again.key(), again.modRevision(), Durability.DURABLE);
            assertThat(cache.await(gone.modRevision(), 5_000)).isTrue();
            assertThat(names(anew.snapshot(""))).containsExactly("b=1");
        }
    }

    @Test
    void whatLiesFurtherBackIsReadFromTheHistory() throws Exception {
        Stored first = create("a", "0");
        Stored b = create("b", "0");
        create("c", "0");
        Stored last = first;
        for (int i = 1; i <= 1_500; i++) {
            last = datastore.update(last.key(), map("a", "" + i), last.modRevision(), Durability.DURABLE);
        }
        assertThat(cache.await(last.modRevision(), 5_000)).isTrue();
        ResourceCache maps = cache.resource("", "configmaps");
        assertThat(names(maps.snapshotAt("", b.modRevision()))).containsExactly("a=0", "b=0");
        assertThat(names(maps.snapshotAt("other/", b.modRevision()))).isEmpty();
        long at = first.modRevision();
        try (Watcher watcher = maps.watch("default/", at)) {
            for (int i = 0; i < 1_502; i++) {
                CacheEvent event = watcher.poll(5_000);
                assertThat(event).as("event " + i).isNotNull();
                assertThat(event.revision()).isGreaterThan(at);
                at = event.revision();
                assertThat(event.previous() == null).isEqualTo(i < 2);
            }
            assertThat(at).isEqualTo(last.modRevision());
            Stored later = update(last, "a", "later");
            assertThat(watcher.poll(5_000).revision()).isEqualTo(later.modRevision());
            assertThat(watcher.poll(0)).isNull();
            assertThat(watcher.progress()).isEqualTo(later.modRevision());
        }
    }

    @Test
    void aRestartKeepsThePastUntilItIsCompacted() throws Exception {
        Stored a = create("a", "1");
        Stored a2 = update(a, "a", "2");
        cache.close();
        cache = new WatchCache(datastore);
        ResourceCache maps = cache.resource("", "configmaps");
        assertThat(names(maps.snapshot(""))).containsExactly("a=2");
        assertThat(names(maps.snapshotAt("", a.modRevision()))).containsExactly("a=1");
        try (Watcher watcher = maps.watch("", a.modRevision())) {
            assertThat(watcher.poll(5_000).revision()).isEqualTo(a2.modRevision());
            assertThat(watcher.progress()).as("it cannot know whether more comes from the history").isEqualTo(-1);
            Stored a3 = update(a2, "a", "3");
            assertThat(watcher.poll(5_000).revision()).isEqualTo(a3.modRevision());
            assertThat(watcher.progress()).isEqualTo(a3.modRevision());
        }
        Stored b = create("b", "1");
        datastore.compact(b.modRevision());
        cache.close();
        cache = new WatchCache(datastore);
        assertThatThrownBy(() -> cache.resource("", "configmaps").watch("", a.modRevision())).isInstanceOf(ResourceCache.TooOldException.class)
                .hasMessage("too old resource version: " + a.modRevision() + " (" + b.modRevision() + ")");
        assertThatThrownBy(() -> cache.resource("", "configmaps").snapshotAt("", a.modRevision())).isInstanceOf(ResourceCache.TooOldException.class);
    }

    @Test
    void whoFallsTooFarBehindIsCutOff() throws Exception {
        Stored stored = create("a", "0");
        Watcher slow = cache.resource("", "configmaps").watch("", stored.modRevision());
        Watcher quick = cache.resource("", "configmaps").watch("", stored.modRevision());
        for (int i = 1; i <= 8_300; i++) {
            stored = datastore.update(stored.key(), map("a", "" + i), stored.modRevision(), Durability.LAZY);
            if (i % 100 == 0) {
                assertThat(cache.await(stored.modRevision(), 5_000)).isTrue();
                while (quick.poll(0) != null) {
                    // keeps up
                }
            }
        }
        assertThat(slow.isEnded()).isTrue();
        assertThat(quick.isEnded()).isFalse();
        quick.close();
    }
}
