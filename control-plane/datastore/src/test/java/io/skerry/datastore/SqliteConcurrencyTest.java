package io.skerry.datastore;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class SqliteConcurrencyTest extends DatastoreConcurrency {

    @TempDir
    Path folder;

    @Override
    Datastore open(DatastoreOptions options) {
        return SqliteDatastore.open(folder.resolve("state.db"), options);
    }
}
