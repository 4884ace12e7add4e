package io.skerry.datastore;

import static io.skerry.datastore.Durability.DURABLE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damage that is met while a file is in use, or that the short look at a start cannot see. */
class SqliteSuspicionTest {

    private static final int PAGE = 4096;
    private static final int LEAF_OF_AN_INDEX = 0x0a; // https://www.sqlite.org/fileformat2.html, 1.6

    @TempDir
    Path folder;
    private Path file;

    @BeforeEach
    void aFileWithASnapshot() {
        file = folder.resolve("state.db");
        try (Datastore store = SqliteDatastore.open(file)) {
            for (int i = 100; i < 300; i++) {
                store.create("/k/" + i, new byte[2000], DURABLE);
            }
        }
        new SqliteSnapshots(file, Clock.systemUTC()).save("scheduled", "n");
    }

    @Test
    void whatIsMetInUseIsToldOnceAndMendedByTheNextStart() throws Exception {
        List<String> told = new ArrayList<>();
        try (Datastore store = SqliteDatastore.open(file, DatastoreOptions.defaults().withDamaged(e -> told.add(e.getMessage())))) {
            try (var content = new RandomAccessFile(file.toFile(), "rw")) {
                content.seek(20 * PAGE);
                content.write(new byte[(int) (content.length() - 20 * PAGE)]);
            }
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> store.list("/k/", null, 0, 0)).isInstanceOf(DatastoreException.class).hasMessageContaining("damaged");
            }
        }
        assertThat(told).singleElement().asString().contains("damaged", "'skerry snapshot restore scheduled-n-");
        assertThat(SqliteSuspicion.file(file)).content().isEqualTo(told.getFirst() + "\n");
        try (Datastore store = Datastores.openOrRestore(null, file, DatastoreOptions.defaults())) {
            assertThat(store.list("/k/", null, 0, 0).items()).hasSize(200);
        }
        SqliteDatastore.open(file).close();
        assertThat(SqliteSuspicion.file(file)).doesNotExist();
    }

    @Test
    void theIndexesOfASuspectAreLookedAtToo() throws Exception {
        forgetInTheIndex("/k/150");
        try (Datastore store = SqliteDatastore.open(file)) {
            assertThat(store.get("/k/150")).as("what the short look does not see").isNull();
        }
        Files.writeString(SqliteSuspicion.file(file), "seen while it was in use\n");
        assertThatThrownBy(() -> SqliteDatastore.open(file)).hasMessageContaining("is damaged").hasMessageContaining("missing from index");
        assertThat(SqliteSuspicion.file(file)).exists();
    }

    @Test
    void aSuspectThatIsWellIsAcquitted() throws Exception {
        Files.writeString(SqliteSuspicion.file(file), "seen while it was in use\n");
        try (Datastore store = SqliteDatastore.open(file)) {
            assertThat(store.list("/k/", null, 0, 0).items()).hasSize(200);
        }
        assertThat(SqliteSuspicion.file(file)).doesNotExist();
    }

    /** Changes the last letter of a key in the index on keys, so that the order of its entries is still one. */
    private void forgetInTheIndex(String key) throws IOException {
        byte[] content = Files.readAllBytes(file);
        byte[] wanted = key.getBytes(StandardCharsets.US_ASCII);
        int changed = 0;
        for (int page = PAGE; page < content.length; page += PAGE) {
            for (int at = page; content[page] == LEAF_OF_AN_INDEX && at < page + PAGE - wanted.length; at++) {
                if (Arrays.equals(content, at, at + wanted.length, wanted, 0, wanted.length)) {
                    content[at + wanted.length - 1] = '/';
                    changed++;
                }
            }
        }
        assertThat(changed).isEqualTo(1);
        Files.write(file, content);
    }
}
